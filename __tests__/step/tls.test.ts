import { generateKeyPairSync } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { beforeAll, afterAll, describe, expect, test } from '@jest/globals';
import { startSimulator } from '../../simulator/simulator.js';
import { createCa, signed, type Material } from '../support/certificates.js';
import { runAction } from '../support/action.js';
import { listen, makeFolder, removeFolder } from '../support/system.js';
import { runAtProvider } from '../support/provider.js';

const ca = await createCa('Test Authority');
const otherCa = await createCa('Other Authority');
const server = await signed(ca, 'provider', { hosts: ['127.0.0.1'] });
const client = await signed(ca, 'service-account');
const foreignClient = await signed(otherCa, 'service-account');
const expiredClient = await signed(ca, 'old-account', { expired: true });
const wrongHost = await signed(ca, 'elsewhere.example');
const expiredServer = await signed(ca, 'provider', { hosts: ['127.0.0.1'], expired: true });
const filePath = 'https://reports.example/a.csv';
const job = { steps: [{ status: 'COMPLETE', filePath }] };
const unreachable = { status: 'Error', reason: 'unreachable' };

type Simulator = Awaited<ReturnType<typeof startSimulator>>;
type Options = Parameters<typeof startSimulator>[0];

/** Starts a provider for the tests of one group; gives a function that runs the bundle against it. */
function providerWith(tls: NonNullable<NonNullable<Options>['tls']>) {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({ tls });
  });
  afterAll(() => simulator.close());
  return (inputs: Record<string, string> = {}) =>
    runAtProvider(simulator, 'unicommerce', job, { timeout: '2s', ...inputs });
}

describe('a provider whose certificate a private authority signed', () => {
  const run = providerWith(server);

  test('is trusted with that authority', async () => {
    const { exitCode, outputs } = await run({ 'ca-certificate': ca.cert });
    expect(exitCode).toBe(0);
    expect(outputs.filePath).toBe(filePath);
  });

  test('is trusted with that authority among several', async () => {
    const { exitCode } = await run({ 'ca-certificate': `${otherCa.cert}\n${ca.cert}` });
    expect(exitCode).toBe(0);
  });

  test.each([
    ['without an authority', {}],
    ['with another authority', { 'ca-certificate': otherCa.cert }],
  ])('is not trusted %s, which ends the wait before any poll', async (_, inputs) => {
    const { exitCode, outputs, requests, ms } = await run({ ...inputs, timeout: '20s' });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject(unreachable);
    expect(outputs.message).toMatch(/^certificate of 127\.0\.0\.1:\d+ is not trusted: /);
    expect(requests).toHaveLength(0);
    expect(ms).toBeLessThan(5000);
  });

  test('keeps no step from ending by a connection that is open', async () => {
    const folder = await makeFolder('end');
    const [preload, ended] = [join(folder, 'end.cjs'), join(folder, 'ended')];
    // Not called where the process has to be ended by process.exit.
    const code = `process.on('beforeExit', () => require('fs').writeFileSync(process.env.ENDED, ''));`;
    await writeFile(preload, code);
    const simulator = await startSimulator({ tls: server });
    const env = { ENDED: ended, NODE_OPTIONS: `--require "${preload.replaceAll('\\', '/')}"` };
    const inputs = { 'ca-certificate': ca.cert };
    const { exitCode } = await runAtProvider(simulator, 'unicommerce', job, inputs, { env });
    await simulator.close();
    expect(exitCode).toBe(0);
    expect(await readdir(folder)).toContain('ended');
    await removeFolder(folder);
  });

  test('is not trusted because the environment says so', async () => {
    const simulator = await startSimulator({ tls: server });
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const { exitCode, requests } = await runAtProvider(simulator, 'unicommerce', job, {}, { env });
    await simulator.close();
    expect(exitCode).toBe(1);
    expect(requests).toHaveLength(0);
  });
});

describe('a provider with a certificate for another host', () => {
  const run = providerWith(wrongHost);

  test('is not trusted', async () => {
    const { exitCode, outputs, requests } = await run({ 'ca-certificate': ca.cert });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject(unreachable);
    expect(outputs.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(requests).toHaveLength(0);
  });
});

describe('a provider with an expired certificate', () => {
  const run = providerWith(expiredServer);

  test('is not trusted', async () => {
    const { exitCode, outputs, requests } = await run({ 'ca-certificate': ca.cert });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject(unreachable);
    expect(outputs.message).toContain('CERT_HAS_EXPIRED');
    expect(requests).toHaveLength(0);
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a provider that wants a client certificate over %s',
  (version) => {
    const run = providerWith({
      ...server,
      ca: ca.cert,
      requestCert: true,
      rejectUnauthorized: true,
      maxVersion: version,
    });
    const mutual = ({ cert, key }: Material) => ({
      'ca-certificate': ca.cert,
      'client-certificate': cert,
      'client-key': key,
    });

    test('responses to the right one', async () => {
      const { exitCode, outputs } = await run(mutual(client));
      expect(exitCode).toBe(0);
      expect(outputs.status).toBe('Successful');
    });

    test.each([
      ['line breaks written as \\\\n', (text: string) => text.replaceAll('\n', '\\n')],
      [
        'the authority first',
        (text: string) => (text.includes('PRIVATE') ? text : `${ca.cert}\n${text}`),
      ],
    ])('responses to the right one with %s', async (_, write) => {
      const { exitCode } = await run(mutual({ cert: write(client.cert), key: write(client.key) }));
      expect(exitCode).toBe(0);
    });

    test('turns down a step without one, which ends the wait', async () => {
      const { exitCode, outputs, requests } = await run({
        'ca-certificate': ca.cert,
        timeout: '20s',
      });
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
      expect(outputs.message).toMatch(
        version === 'TLSv1.3'
          ? /^TLS handshake failed: .*certificate required.*give `client-certificate` and `client-key`/
          : /^TLS handshake failed: \S+ sent the alert “handshake failure”$/,
      );
      expect(requests).toHaveLength(0);
    });

    test('hangs up on one of another authority, which the message makes out', async () => {
      const { exitCode, outputs, requests } = await run(mutual(foreignClient));
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject(unreachable);
      expect(outputs.message).toContain('hang up like this on a client certificate');
      expect(requests).toHaveLength(0);
    });
  },
);

test('the host of a report is trusted by the same authority, but shown no client certificate', async () => {
  const seen = { provider: [] as unknown[], reports: [] as unknown[] };
  const host = (names: unknown[]) =>
    startSimulator({
      tls: { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: false },
      onConnection: (name) => names.push(name),
    });
  const [provider, reports] = await Promise.all([host(seen.provider), host(seen.reports)]);
  const workspace = await makeFolder('tls');
  const { exitCode } = await runAtProvider(
    provider,
    'unicommerce',
    { steps: [{ status: 'COMPLETE', filePath: `${reports.url}/reports/a.csv` }] },
    {
      'ca-certificate': ca.cert,
      'client-certificate': client.cert,
      'client-key': client.key,
      'download-path': 'reports/',
    },
    { env: { GITHUB_WORKSPACE: workspace } },
  );
  await Promise.all([provider.close(), reports.close(), removeFolder(workspace)]);
  expect(exitCode).toBe(0);
  expect(seen).toEqual({ provider: ['service-account'], reports: [undefined] });
});

describe('material that cannot work is named before the first request', () => {
  const encrypted = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

  test.each([
    [
      'text that is not PEM',
      { 'ca-certificate': 'just-some-text' },
      '`ca-certificate` holds no PEM certificate',
    ],
    [
      'a block that is no certificate',
      { 'ca-certificate': '-----BEGIN CERTIFICATE-----\nAAAABBBBCCCC\n-----END CERTIFICATE-----' },
      '`ca-certificate` holds a PEM block, number 1, that is not a certificate',
    ],
    [
      'an expired client certificate',
      { 'client-certificate': expiredClient.cert, 'client-key': expiredClient.key },
      /`client-certificate` has expired on .* \(CN=old-account\)/,
    ],
    [
      'the key of another certificate',
      { 'client-certificate': client.cert, 'client-key': server.key },
      '`client-key` is not the key of `client-certificate` (CN=service-account)',
    ],
    [
      'a key that is none',
      { 'client-certificate': client.cert, 'client-key': 'not-a-key' },
      '`client-key` is not a PEM private key',
    ],
    [
      'an encrypted key',
      { 'client-certificate': client.cert, 'client-key': encrypted },
      '`client-key` is encrypted',
    ],
    [
      'a certificate without its key',
      { 'client-certificate': client.cert },
      '`client-certificate` and `client-key` go together',
    ],
    [
      'a key without its certificate',
      { 'client-key': client.key },
      '`client-certificate` and `client-key` go together',
    ],
  ])('%s', async (_, inputs: Record<string, string>, message) => {
    const { exitCode, log, outputs } = await runAction({
      provider: 'sei',
      'request-id': 'key',
      token: 'a-token-4711',
      'app-key': 'an-app-key-4711',
      ...inputs,
    });
    expect(exitCode).toBe(1);
    expect(outputs.reason).toBe('bad-input');
    expect(log).toEqual(
      expect.stringMatching(
        typeof message === 'string' ? message.replace(/[()]/g, '\\$&') : message,
      ),
    );
  });
});

describe('the authorities of the runner in NODE_EXTRA_CA_CERTS', () => {
  const mutual = { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true };
  const ownClient = { 'client-certificate': client.cert, 'client-key': client.key };

  type Case = [
    name: string,
    tls: NonNullable<NonNullable<Options>['tls']>,
    inputs: Record<string, string>,
    extra: string,
    exitCode: number,
  ];
  /** Node.js 20, on which no step runs, forgets these authorities with the first CA that is added. */
  const besideCas = (one: Case) => (Number.parseInt(process.versions.node) < 22 ? [] : [one]);

  test.each<Case>([
    ['count alone', server, {}, ca.cert, 0],
    ...besideCas([
      'count beside ca-certificate',
      server,
      { 'ca-certificate': otherCa.cert },
      ca.cert,
      0,
    ]),
    ['leave ca-certificate in force', server, { 'ca-certificate': ca.cert }, otherCa.cert, 0],
    ['count beside client-certificate', mutual, ownClient, ca.cert, 0],
    ...besideCas([
      'count beside both',
      mutual,
      { ...ownClient, 'ca-certificate': otherCa.cert },
      `# two\n${otherCa.cert}\n${ca.cert}`,
      0,
    ]),
    [
      'do no harm where they are no certificates',
      server,
      { 'ca-certificate': ca.cert },
      'no PEM',
      0,
    ],
    ['do not make others trusted', server, { 'ca-certificate': otherCa.cert }, otherCa.cert, 1],
  ])('%s', async (_, tls, inputs, extra, exitCode) => {
    const folder = await makeFolder('extra-ca');
    const file = join(folder, 'extra.pem');
    await writeFile(file, extra);
    const simulator = await startSimulator({ tls });
    const env = { NODE_EXTRA_CA_CERTS: file };
    const own = { timeout: '2s', ...inputs };
    const run = await runAtProvider(simulator, 'unicommerce', job, own, { env });
    await Promise.all([simulator.close(), removeFolder(folder)]);
    expect({ exitCode: run.exitCode, polls: run.requests.length }).toEqual({
      exitCode,
      polls: 1 - exitCode,
    });
    if (exitCode === 1) expect(run.outputs.message).toContain('is not trusted');
  });

  test('that are a file which is not there change nothing', async () => {
    const simulator = await startSimulator({ tls: server });
    const env = { NODE_EXTRA_CA_CERTS: '/nowhere/extra.pem', NODE_NO_WARNINGS: '1' };
    const own = { 'ca-certificate': ca.cert };
    const { exitCode } = await runAtProvider(simulator, 'unicommerce', job, own, { env });
    await simulator.close();
    expect(exitCode).toBe(0);
  });
});

describe('a status without a length', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n';
  const body = '{"status":"done"}';
  const sockets = new Set<Socket>();
  const raws = new Map<number | undefined, Socket>();
  let respond: (socket: TLSSocket, hangUp: () => void) => void;
  let url = '';
  let requests = 0;
  const tlsServer = createTlsServer(server);

  beforeAll(async () => {
    tlsServer.on('connection', (raw: Socket) => {
      sockets.add(raw);
      raws.set(raw.remotePort, raw);
      raw.on('error', () => undefined);
    });
    tlsServer.on('secureConnection', (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        requests += 1;
        respond(socket, () => raws.get(socket.remotePort)?.end());
      });
    });
    url = `https://127.0.0.1:${await listen(tlsServer)}`;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => tlsServer.close(resolve));
  });

  /** Polls once, with three tries, at a server that sends these and ends TLS, or TCP alone. */
  function poll(isEnded: boolean, ...parts: (string | Buffer)[]) {
    requests = 0;
    respond = (socket, hangUp) => {
      for (const part of parts) socket.write(part);
      // What was written is to arrive before the connection ends.
      setTimeout(() => {
        if (isEnded) socket.end();
        else hangUp();
      }, 50);
    };
    return runAction({
      provider: 'http',
      url: `${url}/jobs/{id}`,
      'request-id': 'job-1',
      'ca-certificate': ca.cert,
      interval: '0.05s',
      timeout: '0',
    });
  }

  test('that TLS ends is believed', async () => {
    const { exitCode, outputs } = await poll(true, `${head}\r\n`, body);
    expect({ exitCode, requests, status: outputs.status }).toEqual({
      exitCode: 0,
      requests: 1,
      status: 'Successful',
    });
  });

  test.each([
    ['whole', body],
    ['cut in its middle', '{"status":"do'],
    ['cut behind a status', '{"status":"done"'],
    ['empty', ''],
  ])('that TCP alone ends is a cut, also where it is %s', async (_, part) => {
    const { exitCode, outputs } = await poll(false, `${head}\r\n`, part);
    expect({ exitCode, requests }).toEqual({ exitCode: 1, requests: 4 });
    expect(outputs).toMatchObject({ status: 'Error', reason: 'unreachable' });
    expect(outputs.message).toContain('the connection ended without the end of TLS');
  });

  test.each<[string, ...(string | Buffer)[]]>([
    ['a length', `${head}Content-Length: ${body.length}\r\n\r\n`, body],
    ['chunks', `${head}Transfer-Encoding: chunked\r\n\r\n`, `11\r\n${body}\r\n0\r\n\r\n`],
    ['packing', `${head}Content-Encoding: gzip\r\n\r\n`, gzipSync(body)],
  ])('but with %s is whole, however the connection ends', async (_, ...parts) => {
    expect((await poll(false, ...parts)).exitCode).toBe(0);
  });

  test('but packed, and cut in its middle, is a cut', async () => {
    const packed = gzipSync(body);
    const start = `${head}Content-Encoding: gzip\r\n\r\n`;
    const { exitCode } = await poll(false, start, packed.subarray(0, -9));
    expect({ exitCode, requests }).toEqual({ exitCode: 1, requests: 4 });
  });
});

describe('a handshake that fails', () => {
  test('says that a server speaks no TLS', async () => {
    const simulator = await startSimulator();
    const { exitCode, outputs } = await runAction({
      provider: 'http',
      url: `${simulator.url.replace('http:', 'https:')}/jobs/{id}`,
      'request-id': 'job-1',
      timeout: '0',
      interval: '0.05s',
    });
    await simulator.close();
    expect(exitCode).toBe(1);
    expect(outputs.message).toMatch(
      /TLS handshake failed: .*“wrong version number”, so it may speak no https at this port/,
    );
    expect(outputs.message).not.toContain('client');
  });

  test('names the alert of a server that speaks only an old version', async () => {
    const simulator = await startSimulator({ tls: { ...server, maxVersion: 'TLSv1.2' } });
    const { exitCode, outputs } = await runAtProvider(
      simulator,
      'unicommerce',
      job,
      { 'ca-certificate': ca.cert, timeout: '20s' },
      { env: { NODE_OPTIONS: '--tls-min-v1.3' } },
    );
    await simulator.close();
    expect(exitCode).toBe(1);
    expect(outputs.message).toMatch(
      /^TLS handshake failed: 127\.0\.0\.1:\d+ sent the alert “protocol version”/,
    );
    expect(outputs.message).not.toContain('client');
  });
});
