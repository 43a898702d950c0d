import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Server } from 'proxy-chain';
import { account, startSimulator } from '../../simulator/simulator.js';
import { createCa, signed } from '../support/certificates.js';
import { loginInputs, runAtProvider } from '../support/provider.js';
import { listen } from '../support/system.js';

/** A provider behind a proxy: only the proxy knows that provider.test is this machine. */
const ca = await createCa('Test Authority');
const server = await signed(ca, 'provider.test');
const client = await signed(ca, 'service-account');
const tls = { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: false };
const filePath = 'https://reports.example/a.csv';
const job = {
  steps: [
    { status: 'RUNNING', forPolls: 2 },
    { status: 'COMPLETE', filePath },
  ],
};
const user = { name: 'proxy-user', password: 'proxy p@ss/1' };

type Simulator = Awaited<ReturnType<typeof startSimulator>>;
let simulator: Simulator;
let certificates: (string | undefined)[] = [];
let tunnels: string[] = [];

const proxy = new Server({
  port: 0,
  host: '127.0.0.1',
  prepareRequestFunction: ({ username, password, hostname, port }) => {
    tunnels.push(`${hostname}:${port}`);
    return {
      requestAuthentication: username !== user.name || password !== user.password,
      dnsLookup: (_host: string, _options: unknown, done: (...result: unknown[]) => void) => {
        done(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    } as never;
  },
});

beforeAll(async () => {
  simulator = await startSimulator({ tls, onConnection: (name) => certificates.push(name) });
  await proxy.listen();
});
afterAll(async () => {
  await Promise.all([simulator.close(), proxy.close(true)]);
});

const proxyUrl = (name: string, password: string) =>
  `http://${encodeURIComponent(name)}:${encodeURIComponent(password)}@127.0.0.1:${proxy.port}`;

/** Runs the bundle for a job at provider.test with `env`, and tells what the proxy saw. */
async function run(env: Record<string, string>, inputs: Record<string, string> = {}) {
  [certificates, tunnels] = [[], []];
  const result = await runAtProvider(
    simulator,
    'unicommerce',
    job,
    {
      'base-url': `https://provider.test:${simulator.port}`,
      'ca-certificate': ca.cert,
      timeout: '3s',
      ...inputs,
    },
    { env, secrets: () => [user.password, ...simulator.tokens()] },
  );
  return { ...result, certificates, tunnels };
}

describe.each(['https_proxy', 'HTTPS_PROXY'])('with %s', (name) => {
  test('every request goes through the proxy, with TLS to the provider inside', async () => {
    const { exitCode, outputs, stderr, tunnels, requests } = await run({
      [name]: proxyUrl(user.name, user.password),
    });
    expect(exitCode).toBe(0);
    expect(outputs.filePath).toBe(filePath);
    expect(requests).toHaveLength(3);
    expect(new Set(tunnels)).toEqual(new Set([`provider.test:${simulator.port}`]));
    expect(stderr).toBe('');
  });
});

test('the login and mutual TLS go through the proxy too', async () => {
  const { exitCode, certificates, logins } = await run(
    { https_proxy: proxyUrl(user.name, user.password) },
    {
      token: '',
      ...loginInputs.unicommerce,
      'client-certificate': client.cert,
      'client-key': client.key,
    },
  );
  expect(exitCode).toBe(0);
  expect(logins[0]?.line).toContain(`username=${account.username}`);
  expect(new Set(certificates)).toEqual(new Set(['service-account']));
});

test('the provider is not trusted through a proxy either, unless its authority is', async () => {
  const env = { https_proxy: proxyUrl(user.name, user.password) };
  const { exitCode, outputs, requests } = await run(env, { 'ca-certificate': '' });
  expect(exitCode).toBe(1);
  expect(outputs.message).toBe(
    `certificate of provider.test:${simulator.port} is not trusted: self-signed certificate in certificate chain (SELF_SIGNED_CERT_IN_CHAIN)`,
  );
  expect(requests).toHaveLength(0);
});

test('the password of a proxy and its pair are masked, and the user is not', async () => {
  const { stdout } = await run({ https_proxy: proxyUrl(user.name, user.password) });
  const pair = Buffer.from(`${user.name}:${user.password}`).toString('base64');
  for (const form of [user.password, encodeURIComponent(user.password), pair]) {
    expect(stdout).toContain(`::add-mask::${form.replaceAll('%', '%25')}\n`);
  }
  expect(stdout).not.toContain(`::add-mask::${user.name}\n`);
});

test('a proxy that wants other credentials ends the wait and says so', async () => {
  const env = { https_proxy: proxyUrl(user.name, 'wrong-password') };
  const { exitCode, outputs } = await run(env);
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
  expect(outputs.message).toBe(`proxy 127.0.0.1:${proxy.port} wants other credentials (HTTP 407)`);
});

test.each(['no_proxy', 'NO_PROXY'])('a host in %s is asked without the proxy', async (name) => {
  const env = {
    https_proxy: proxyUrl(user.name, user.password),
    [name]: 'other.test,provider.test',
  };
  const { exitCode, outputs, tunnels } = await run(env);
  expect(exitCode).toBe(1);
  expect(outputs.message).toMatch(/no response from provider\.test:\d+: getaddrinfo/);
  expect(tunnels).toEqual([]);
});

test.each(['http_proxy', 'HTTP_PROXY'])(
  '%s is not for https, and loopback needs no proxy',
  async (name) => {
    const env = { [name]: proxyUrl(user.name, user.password) };
    const { tunnels } = await run(env);
    expect(tunnels).toEqual([]);
    const plain = await startSimulator();
    const { exitCode } = await runAtProvider(
      plain,
      'unicommerce',
      job,
      {},
      { env: { ...env, ...{ https_proxy: proxyUrl('x', 'y') } } },
    );
    await plain.close();
    expect(exitCode).toBe(0);
    expect(tunnels).toEqual([]);
  },
);

test('a proxy that is down is outlived', async () => {
  const { exitCode, log, outputs } = await run({ https_proxy: 'http://127.0.0.1:9' });
  expect(exitCode).toBe(1);
  expect(outputs.reason).toBe('unreachable');
  expect(log).toMatch(
    / {2}proxy 127\.0\.0\.1:9 does not respond: connect ECONNREFUSED; polling again in/,
  );
});

test('a proxy that says nothing holds up neither the deadline nor the exit', async () => {
  const silent = createServer();
  const port = await listen(silent);
  const { exitCode, ms } = await run(
    { https_proxy: `http://127.0.0.1:${port}` },
    { timeout: '1s' },
  );
  silent.close();
  expect(exitCode).toBe(1);
  expect(ms).toBeLessThan(8000);
});

test.each(['http://us:p%ss@127.0.0.1:9', 'socks5://127.0.0.1:9', 'http://', 'https://:9'])(
  'a proxy that cannot be used (%s) is named before the first request',
  async (url) => {
    const { exitCode, log, outputs, requests } = await run({ https_proxy: url });
    expect(exitCode).toBe(1);
    expect(outputs.reason).toBe('bad-input');
    expect(log).toContain('`https_proxy` of the runner is not the URL of a proxy');
    expect(requests).toHaveLength(0);
  },
);

test('a proxy that is written without a scheme is used', async () => {
  const address = proxyUrl(user.name, user.password).slice('http://'.length);
  const { exitCode, tunnels } = await run({ https_proxy: address });
  expect(exitCode).toBe(0);
  expect(tunnels.length).toBeGreaterThan(0);
});

test('a proxy over https whose certificate is not trusted gets no credentials, whatever the environment says', async () => {
  const secure = await startSimulator({ tls: server });
  const { exitCode, outputs } = await run({
    https_proxy: `https://${user.name}:secret@127.0.0.1:${secure.port}`,
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
  });
  await secure.close();
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'unreachable' });
  expect(outputs.message).toBe(
    `the certificate of proxy 127.0.0.1:${secure.port} is not trusted: unable to verify the first certificate; give its CA to the runner in NODE_EXTRA_CA_CERTS`,
  );
});
