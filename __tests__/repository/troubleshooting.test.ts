import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { account, startSimulator, type Script } from '../../simulator/simulator.js';
import { root, runAction } from '../support/action.js';
import { createCa, signed } from '../support/certificates.js';

/** The messages in the README's table, in its order. */
const section = (await readFile(join(root, 'README.md'), 'utf8')).split(
  '\n## Troubleshooting\n',
)[1];
const messages = [...(section?.split('\n## ')[0] ?? '').matchAll(/^\| `(.+?)` +\|/gm)].map(
  ([, message = '']) => message,
);

let simulator: Awaited<ReturnType<typeof startSimulator>>;
let secure: Awaited<ReturnType<typeof startSimulator>>;
beforeAll(async () => {
  simulator = await startSimulator();
  simulator.reports.serve = (_, response) => response.writeHead(403).end();
  const { cert, key } = await signed(await createCa('Private Authority'), '127.0.0.1');
  secure = await startSimulator({ tls: { cert, key } });
});
afterAll(() => Promise.all([simulator.close(), secure.close()]));

type Inputs = Record<string, string>;
const uniware = (script: Omit<Script, 'provider'>, inputs: Inputs = {}): Inputs => ({
  'request-id': simulator.createJob({ provider: 'unicommerce', ...script }),
  ...inputs,
});
const running = { steps: [{ status: 'RUNNING' }] };
const finished = () => ({
  steps: [{ status: 'COMPLETE', filePath: `${simulator.url}/reports/a.csv` }],
});

/** The inputs of a step that ends in each message, beside what is common below. */
const steps: Record<string, () => Inputs> = {
  'is empty; give an access token of': () => ({ token: '' }),
  'These inputs need a change': () => ({ timeout: 'a while' }),
  'really set to its value?': () => ({ token: 'null' }),
  'HTTP 401': () => uniware(running, { token: 'an-old-token' }),
  'the login failed and is not repeated': () => ({
    token: '',
    username: account.username,
    password: 'not-the-right-one',
  }),
  'HTTP 403': () => uniware({ steps: [{ reply: { status: 403, body: {} } }] }),
  '(not-found)': () => ({ provider: 'sei', 'app-key': account.appKey }),
  'getaddrinfo ENOTFOUND': () => ({ 'base-url': 'https://acme.invalid' }),
  'connect ECONNREFUSED': () => ({ 'base-url': 'https://127.0.0.1:1' }),
  'give that CA in ca-certificate': () => ({ 'base-url': secure.url }),
  'a redirect to': () => uniware({ ...running, errors: { 1: 'redirect' } }),
  'the response is not JSON: an HTML page': () => uniware({ ...running, errors: { 1: 'html' } }),
  'no useful response in': () => ({ 'base-url': 'https://127.0.0.1:1', timeout: '1s' }),
  'HTTP 400': () => uniware({ steps: [{ reply: { status: 400, body: {} } }] }),
  'polling again in': () => uniware({ ...running, errors: { 1: 'reset' } }),
  'to wait longer': () => uniware(running),
  'is not known; name it in': () => uniware({ steps: [{ status: 'BOOKED' }] }),
  'inner requests failed': () => ({
    provider: 'flolive',
    'request-id': simulator.createJob({
      provider: 'flolive',
      steps: [{ entries: [{ status: 'SUCCESS' }, { status: 'FAILURE' }] }],
    }),
  }),
  'has no status at': () =>
    uniware(running, {
      provider: 'http',
      url: `${simulator.url}/services/rest/v1/export/job/status`,
      method: 'POST',
      body: '{"jobCode":"{id}"}',
      'status-query': 'state',
    }),
  'is not a JMESPath query': () => ({
    provider: 'http',
    url: `${simulator.url}/{id}`,
    'status-query': 'jobs[?',
  }),
  'the report could not be downloaded': () => uniware(finished(), { 'download-path': 'reports/' }),
  'the job has ended but has no link': () =>
    uniware({ steps: [{ status: 'COMPLETE' }] }, { 'download-path': 'reports/', timeout: '10s' }),
  'leads out of the workspace': () => ({ 'download-path': '../reports/' }),
  'so download-path is not used': () => ({
    provider: 'sei',
    'app-key': account.appKey,
    'download-path': 'reports/',
  }),
};

test('the README explains the messages that are provoked here, and no others', () => {
  expect(messages).toEqual(Object.keys(steps));
});

test.each(messages)('a step says “%s”', async (message) => {
  const { log } = await runAction({
    provider: 'unicommerce',
    'base-url': simulator.url,
    'request-id': 'no-such-job',
    token: 'simulator-token',
    interval: '0.1s',
    timeout: '2s',
    ...steps[message]?.(),
  });
  expect(log).toContain(message);
});
