import { generate } from 'selfsigned';

/** A certificate and its key, as PEM text. */
export interface Material {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;

/** Makes a CA that signs the certificates of a test. */
export async function createCa(name: string): Promise<Material> {
  return make(name, {
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
}

/** Makes a certificate for a server or a client, signed by `ca`. */
export async function signed(
  ca: Material,
  name: string,
  options: { readonly hosts?: readonly string[]; readonly expired?: boolean } = {},
): Promise<Material> {
  const hosts = options.hosts ?? [name];
  const fromMs = Date.now() - (options.expired ? 10 : 1) * DAY_MS;
  return make(name, {
    ca,
    notBeforeDate: new Date(fromMs),
    notAfterDate: new Date(fromMs + 5 * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) =>
          /^\d/.test(host) ? { type: 7, ip: host } : { type: 2, value: host },
        ),
      },
    ],
  });
}

async function make(name: string, options: Parameters<typeof generate>[1]): Promise<Material> {
  const pems = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...options,
  });
  return { cert: pems.cert, key: pems.private };
}
