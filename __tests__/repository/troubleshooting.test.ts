import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { account, startSimulator, type Script } from '../../simulator/simulator.js';
import type { Problem } from '../../src/domain/job.js';
import { root, runAction } from '../support/action.js';
import { createCa, signed } from '../support/certificates.js';

const page = await readFile(join(root, 'docs', 'troubleshooting.md'), 'utf8');

/** The messages in the first column of the tables, in their order; a row may have several. */
const messages = [...page.matchAll(/^\| (`.+?`) +\|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message),
);

let simulator: Awaited<ReturnType<typeof startSimulator>>;
let secure: Awaited<ReturnType<typeof startSimulator>>;
/** A proxy that refuses each connection with the status that is its path's first part. */
let proxies: Record<'refuses' | 'wantsLogin', Server>;
const refusing = (status: string) =>
  new Promise<Server>((resolve) => {
    const server = createServer().on('connect', (_, socket) => {
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
    });
    server.listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  simulator = await startSimulator();
  simulator.reports.serve = (request, response) => {
    const expired =
      '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>';
    response.writeHead(403, { 'Content-Type': 'application/xml' });
    response.end(request.url?.includes('expired') ? expired : '');
  };
  const { cert, key } = await signed(await createCa('Private Authority'), '127.0.0.1');
  secure = await startSimulator({ tls: { cert, key } });
  proxies = {
    refuses: await refusing('403 Forbidden'),
    wantsLogin: await refusing('407 Proxy Authentication Required'),
  };
});
afterAll(async () => {
  await Promise.all([simulator.close(), secure.close()]);
  for (const proxy of Object.values(proxies)) proxy.close();
});

type Inputs = Record<string, string>;
const uniware = (script: Omit<Script, 'provider'>, inputs: Inputs = {}): Inputs => ({
  'request-id': simulator.createJob({ provider: 'unicommerce', ...script }),
  ...inputs,
});
const running = { steps: [{ status: 'RUNNING' }] };
const finished = (file = 'a.csv') => ({
  steps: [{ status: 'COMPLETE', filePath: `${simulator.url}/reports/${file}` }],
});
const http = (inputs: Inputs = {}): Inputs => ({
  provider: 'http',
  url: `${simulator.url}/services/rest/v1/export/job/status`,
  method: 'POST',
  body: '{"jobCode":"{id}"}',
  ...inputs,
});
/** A job whose polls are all responded to in this way. */
const always = (status: number, inputs: Inputs = {}) =>
  uniware({ steps: [{ reply: { status, body: { message: 'said by the provider' } } }] }, inputs);
const behind = (proxy: string): Inputs => ({
  'base-url': 'https://provider.invalid',
  PROXY: proxy,
});

/** The inputs of a step that ends in each message, beside what is common below. `PROXY` is the runner's. */
const steps: Record<string, () => Inputs> = {
  'These inputs need a change': () => ({ timeout: 'a while' }),
  'is empty; give an access token of': () => ({ token: '' }),
  'really set to its value?': () => ({ token: 'null' }),
  'is not a JMESPath query': () => http({ 'status-query': 'jobs[?' }),
  'leads out of the workspace': () => ({ 'download-path': '../reports/' }),

  'getaddrinfo ENOTFOUND': () => ({ 'base-url': 'https://acme.invalid' }),
  'connect ECONNREFUSED': () => ({ 'base-url': 'https://127.0.0.1:1' }),
  'closed the connection': () => uniware({ ...running, errors: { 1: 'reset' } }),
  'No complete response from': () => uniware({ ...running, errors: { 1: 'silence' } }),
  'not trusted': () => ({ 'base-url': secure.url }),
  'TLS handshake failed': () => ({ 'base-url': simulator.url.replace('http:', 'https:') }),
  'wants other credentials (HTTP 407)': () =>
    behind(`http://127.0.0.1:${portOf(proxies.wantsLogin)}`),
  'refused to connect to': () => behind(`http://127.0.0.1:${portOf(proxies.refuses)}`),
  'does not respond: ': () => behind('http://127.0.0.1:1'),
  NODE_EXTRA_CA_CERTS: () => behind(secure.url),
  'polling again': () => uniware({ ...running, errors: { 1: 'reset' } }),
  'no useful response': () => ({ 'base-url': 'https://127.0.0.1:1', timeout: '1s' }),

  'HTTP 401': () => uniware(running, { token: 'an-old-token' }),
  'This step sends no credentials': () => http({ ...uniware(running), token: '' }),
  'The login failed and is not repeated': () => ({
    token: '',
    username: account.username,
    password: 'not-the-right-one',
  }),
  'HTTP 403': () => always(403),
  'HTTP 404': () => ({ provider: 'sei', 'app-key': account.appKey }),
  'No export job with this code': () => ({}),
  'HTTP 400': () => always(400),
  'HTTP 405': () => always(405),
  'HTTP 406': () => always(406),
  'HTTP 415': () => always(415),
  'HTTP 409': () => always(409),
  'HTTP 423': () => always(423),
  'HTTP 429': () => always(429),
  'HTTP 500': () => always(500),
  'HTTP 502': () => always(502),
  'HTTP 503': () => always(503),
  'HTTP 504': () => always(504),
  'a redirect to': () => uniware({ ...running, errors: { 1: 'redirect' } }),
  'the response is not JSON': () => uniware({ ...running, errors: { 1: 'html' } }),
  'has no status at': () => http({ ...uniware(running), 'status-query': 'state' }),

  'its id is lost': () => ({
    'request-id': '',
    'start-url': '/services/rest/v1/export/job/status',
    'start-body': JSON.stringify({
      jobCode: simulator.createJob({ provider: 'unicommerce', ...running }),
    }),
  }),
  'whether the job was started is not known': () => ({
    'request-id': '',
    'start-url': '/services/rest/v1/export/job/status',
    'start-body': JSON.stringify({
      jobCode: simulator.createJob({
        provider: 'unicommerce',
        steps: [{ reply: { status: 500, body: {} } }],
      }),
    }),
  }),

  'Timed out: ': () => uniware(running),
  'is not classified': () => uniware({ steps: [{ status: 'BOOKED' }] }),
  'Stuck in its queue': () =>
    uniware(running, { 'queue-timeout': '0.5s', 'queued-statuses': 'RUNNING' }),
  'to show why': () => http(uniware({ steps: [{ status: 'FAILED' }] })),
  'inner requests failed': () => ({
    provider: 'flolive',
    'request-id': simulator.createJob({
      provider: 'flolive',
      steps: [{ entries: [{ status: 'SUCCESS' }, { status: 'FAILURE' }] }],
    }),
  }),
  'since job': () => {
    const ids = ['RUNNING', 'FAILED'].map((status) =>
      simulator.createJob({ provider: 'unicommerce', steps: [{ status }] }),
    );
    return { 'request-id': ids.join('\n'), 'fail-fast': 'true' };
  },

  'The report could not be downloaded': () => uniware(finished(), { 'download-path': 'reports/' }),
  'the link has expired': () =>
    uniware(finished('expired.csv?Expires=1000000000'), { 'download-path': 'reports/' }),
  'The job has ended but has no link': () =>
    uniware({ steps: [{ status: 'COMPLETE' }] }, { 'download-path': 'reports/', timeout: '10s' }),
  'is ignored': () => ({
    provider: 'sei',
    'app-key': account.appKey,
    'download-path': 'reports/',
  }),
};

/** In which row each problem stands for which the action has advice. */
const rowOf: Readonly<Record<Problem, string>> = {
  'bad-request': 'HTTP 400',
  'certificate-untrusted': 'not trusted',
  'connection-closed': 'closed the connection',
  'connection-refused': 'connect ECONNREFUSED',
  conflict: 'HTTP 409',
  'host-unknown': 'getaddrinfo ENOTFOUND',
  'html-page': 'the response is not JSON',
  'link-expired': 'the link has expired',
  'login-refused': 'The login failed and is not repeated',
  'not-allowed': 'HTTP 403',
  'not-json': 'the response is not JSON',
  'no-response': 'No complete response from',
  'partial-success': 'inner requests failed',
  'proxy-credentials': 'wants other credentials (HTTP 407)',
  'proxy-refused': 'refused to connect to',
  'proxy-unreachable': 'does not respond: ',
  'rate-limited': 'HTTP 429',
  redirected: 'a redirect to',
  'server-error': 'HTTP 500',
  'start-unknown': 'its id is lost',
  'timed-out': 'Timed out: ',
  'token-rejected': 'HTTP 401',
  'unknown-id': 'HTTP 404',
  'unknown-status': 'is not classified',
  'wrong-method': 'HTTP 405',
  'wrong-type': 'HTTP 415',
};

test('docs/troubleshooting.md explains the messages that are provoked here, and no others', () => {
  expect(messages).toEqual(Object.keys(steps));
});

test('each problem has a row', async () => {
  const source = await readFile(join(root, 'src', 'domain', 'job.ts'), 'utf8');
  const union = /export type Problem =([^;]+);/.exec(source)?.[1] ?? '';
  const problems = [...union.matchAll(/'([\w-]+)'/g)].map(([, problem]) => problem);
  expect(Object.keys(rowOf).sort()).toEqual(problems.sort());
  expect(messages).toEqual(expect.arrayContaining(Object.values(rowOf)));
});

test.concurrent.each(messages)('a step says “%s”', async (message) => {
  const { PROXY: proxy = '', ...inputs } = steps[message]?.() ?? {};
  const { log } = await runAction(
    {
      provider: 'unicommerce',
      'base-url': simulator.url,
      'request-id': 'no-such-job',
      token: 'simulator-token',
      interval: '0.1s',
      timeout: '2s',
      'not-found-grace': '0.5s',
      ...inputs,
    },
    { env: proxy === '' ? {} : { https_proxy: proxy } },
  );
  expect(log).toContain(message);
});
