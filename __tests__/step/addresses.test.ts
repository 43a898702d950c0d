import { createServer as createHttpsServer } from 'node:https';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Server as ProxyServer } from 'proxy-chain';
import { runAction } from '../support/action.js';
import { createCa, signed } from '../support/certificates.js';
import { expectSaved, fetchReport } from '../support/report-server.js';
import { listen, makeFolder, removeFolder } from '../support/system.js';

/**
 * Links of reports that lead into the runner's own network. All servers are on loopback; behind a proxy, which
 * alone knows the names, they look like public ones.
 */
const ca = await createCa('Test Authority');
const names = ['provider.test', 'storage.test', 'localhost', '127.0.0.1'];
const material = await signed(ca, 'provider.test', { hosts: names });

let tunnels: string[] = [];
let requests: string[] = [];
let link = '';
let location = '';
const server = createHttpsServer(material, ({ headers, url = '' }, response) => {
  requests.push(`${headers.host?.split(':')[0]}${url}`);
  if (url.startsWith('/jobs/')) {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ status: 'done', link }));
  } else if (url === '/redirect') response.writeHead(302, { Location: location }).end();
  else response.writeHead(200, { 'Content-Type': 'text/csv' }).end('a,b\n');
});
const proxy = new ProxyServer({
  port: 0,
  host: '127.0.0.1',
  prepareRequestFunction: ({ hostname }) => {
    tunnels.push(hostname);
    return {
      dnsLookup: (_host: string, _options: unknown, done: (...result: unknown[]) => void) => {
        done(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    } as never;
  },
});
let port = 0;
beforeAll(async () => {
  port = await listen(server);
  await proxy.listen();
});
afterAll(async () => {
  server.closeAllConnections();
  await Promise.all([proxy.close(true), new Promise((resolve) => server.close(resolve))]);
});

/** Downloads the report of a job at provider.test, which the step takes for a public host. */
async function download(reportLink: string, redirectsTo = '') {
  [tunnels, requests, link, location] = [[], [], reportLink, redirectsTo];
  const workspace = await makeFolder('addresses');
  const run = await runAction(
    {
      provider: 'http',
      url: `https://provider.test:${port}/jobs/{id}`,
      'request-id': 'job-1',
      token: 'Zk3-Xw9-Qv7-Jp5',
      'ca-certificate': ca.cert,
      'file-path-query': 'link',
      'download-path': 'reports/',
      interval: '0.05s',
      timeout: '5s',
    },
    {
      env: { GITHUB_WORKSPACE: workspace, https_proxy: `http://127.0.0.1:${proxy.port}` },
    },
  );
  const files = await readdir(join(workspace, 'reports')).catch(() => []);
  await removeFolder(workspace);
  return { ...run, files };
}

const HOSTS = {
  '127.0.0.1': 'loopback',
  '127.1': 'loopback',
  '2130706433': 'loopback',
  '0.0.0.0': 'loopback',
  '[::1]': 'loopback',
  '[::ffff:127.0.0.1]': 'loopback',
  '[::ffff:7f00:1]': 'loopback',
  localhost: 'loopback',
  'a.localhost': 'loopback',
};

describe('behind a proxy, a report of a public provider', () => {
  test('is fetched from another public host', async () => {
    const { exitCode, files } = await download(`https://storage.test:${port}/r.csv`);
    expect(exitCode).toBe(0);
    expect(files).toEqual(['r.csv']);
    expect(requests).toEqual(['provider.test/jobs/job-1', 'storage.test/r.csv']);
  });

  test.each(Object.entries(HOSTS))('is not fetched from %s', async (host, kind) => {
    const { exitCode, outputs, files, ms } = await download(`https://${host}:${port}/r.csv`);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'download-failed' });
    expect(outputs.message).toContain(`is at the ${kind} address`);
    expect(files).toEqual([]);
    expect(requests).toEqual(['provider.test/jobs/job-1']);
    expect(new Set(tunnels)).toEqual(new Set(['provider.test']));
    // No second try changes it.
    expect(ms).toBeLessThan(3000);
  });

  test.each(['127.0.0.1', '[::1]', 'localhost'])(
    'is not fetched from %s by a redirect',
    async (host) => {
      const { exitCode, outputs, files } = await download(
        `https://storage.test:${port}/redirect`,
        `https://${host}:${port}/r.csv`,
      );
      expect(exitCode).toBe(1);
      expect(outputs.message).toContain('is at the loopback address');
      expect(files).toEqual([]);
      expect(requests).toEqual(['provider.test/jobs/job-1', 'storage.test/redirect']);
    },
  );

  test('is not fetched from there by a redirect of the provider itself', async () => {
    const { outputs } = await download('/redirect', `https://127.0.0.1:${port}/r.csv`);
    expect(outputs.message).toContain('is at the loopback address');
    expect(requests).toEqual(['provider.test/jobs/job-1', 'provider.test/redirect']);
  });
});

describe('where the provider itself is on this machine', () => {
  const csv: Parameters<typeof fetchReport>[0] = (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/csv' }).end('a,b\n');
  };

  test.each(['127.0.0.1', 'localhost'])('a report at %s is fetched', async (host) => {
    const run = await fetchReport(csv, {
      links: ({ storage }) => `${storage.replace('127.0.0.1', host)}/r.csv`,
    });
    expectSaved(run, { 'r.csv': Buffer.from('a,b\n') });
  });

  test('a report at an address of the local network is still refused', async () => {
    const run = await fetchReport(csv, { links: () => 'https://169.254.169.254/latest/meta-data' });
    expect(run.exitCode).toBe(1);
    expect(run.outputs.message).toContain('is at the link-local address 169.254.169.254');
  });
});
