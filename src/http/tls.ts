import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A secret is often pasted with its line breaks written as `\\n`. */
const restoreLineBreaks = (pem: string): string =>
  pem.includes('\n') ? pem : pem.replaceAll('\\n', '\n');

/**
 * The certificates in PEM text, in its order.
 *
 * @throws Error that says what is wrong with the text, without showing it
 */
export function parseCertificates(pem: string, nowMs: number): X509Certificate[] {
  const blocks = restoreLineBreaks(pem).match(CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    throw new Error(
      'holds no PEM certificate; it must have lines from -----BEGIN CERTIFICATE-----',
    );
  }
  return blocks.map((block, index) => {
    const certificate = parseCertificate(block, index + 1);
    const name = certificate.subject.replaceAll('\n', ', ');
    if (Date.parse(certificate.validTo) < nowMs) {
      throw new Error(`has expired on ${certificate.validTo} (${name}); give one that is valid`);
    }
    if (Date.parse(certificate.validFrom) > nowMs) {
      throw new Error(`is not valid before ${certificate.validFrom} (${name})`);
    }
    return certificate;
  });
}

function parseCertificate(pem: string, number: number): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Error(
      `holds a PEM block, number ${number}, that is not a certificate; are its line breaks missing?`,
    );
  }
}

/**
 * The private key in PEM text.
 *
 * @throws Error that says what is wrong with the text, without showing it
 */
export function parsePrivateKey(pem: string): KeyObject {
  if (pem.includes('ENCRYPTED')) {
    throw new Error('is encrypted; give the key without a passphrase');
  }
  try {
    return createPrivateKey(restoreLineBreaks(pem));
  } catch {
    throw new Error(
      'is not a PEM private key; it must have lines from -----BEGIN PRIVATE KEY-----',
    );
  }
}

/** Whether nobody can read on the way what is sent to `url`: https, or http that stays on this machine. */
export function isSecure({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  const isLoopback =
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    (isIPv4(hostname) && hostname.startsWith('127.'));
  return protocol === 'http:' && isLoopback;
}

/** What https connections use beyond the CAs that Node.js trusts. */
interface TlsMaterial {
  /** The client's own certificate first, then those that lead to its CA. */
  readonly client:
    { readonly chain: readonly X509Certificate[]; readonly key: KeyObject } | undefined;
  readonly cas: readonly X509Certificate[];
}

/** @throws Error where OpenSSL refuses the material */
export function createContext({ client, cas }: TlsMaterial): SecureContext {
  const pem = (list: readonly X509Certificate[]) => list.map((one) => one.toString());
  const secureContext = createSecureContext(
    client && {
      cert: pem(client.chain).join('\n'),
      key: client.key.export({ type: 'pkcs8', format: 'pem' }),
    },
  );
  // Not as the option `ca`: that would replace the CAs that Node.js trusts, and to name all of those too takes
  // longer than a poll.
  const context = secureContext.context as { addCACert: (pem: string) => void };
  for (const ca of pem(cas)) context.addCACert(ca);
  return secureContext;
}
