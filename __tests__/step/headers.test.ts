import { expect, test } from '@jest/globals';
import { actionFile } from '../support/action.js';
import { apiServer, done, running } from '../support/api-server.js';
import { builtInProviders, loginInputsAt, providerTest, statuses } from '../support/provider.js';
import { startSimulator } from '../../simulator/simulator.js';
import { runAtProvider } from '../support/provider.js';

/** Headers as people write them, and inputs that a provider does not read, through the bundle. */
const { run, lines, asked } = apiServer();

test.each([
  [
    'two headers in one line, as `>` folds them',
    'X-A: 1 X-B: 2',
    '`headers` has a second header, X-B, in the line of X-A; write one per line, after `headers: |`',
  ],
  [
    'Accept after another header in one line',
    'X-A: 1 Accept: text/plain',
    '`headers` has a second header, Accept, in the line of X-A; write one per line, after `headers: |`',
  ],
  ['no value', 'X-Api-Key:  ', '`headers` has no value in X-Api-Key; is its secret set?'],
  [
    '`Bearer` alone',
    'Authorization: Bearer ',
    '`headers` has `Bearer` and no token in Authorization; is its secret set?',
  ],
  [
    '`Basic` alone',
    'Authorization: Basic',
    '`headers` has `Basic` and no token in Authorization; is its secret set?',
  ],
  [
    '`Bearer` twice',
    'Authorization: Bearer Bearer some-secret-token',
    '`headers` has `Bearer` twice in Authorization; the secret holds it already, so leave it out before the secret',
  ],
  ['the same header twice', 'X-A: 1\nx-a: 2', '`headers` sets x-a twice'],
])('%s is a bad input', async (_, headers, message) => {
  const { exitCode, log, outputs } = await run({ headers }, [done], {
    secrets: () => ['some-secret-token'],
  });
  expect(exitCode).toBe(1);
  expect(log.match(/^::error/gm)).toHaveLength(1);
  expect(log).toContain(message);
  expect(outputs.reason).toBe('bad-input');
  expect(lines()).toEqual([]);
});

test('headers of the report are checked in the same way', async () => {
  const { log } = await run({ 'report-headers': 'X-Api-Key: ' });
  expect(log).toContain('`report-headers` has no value in X-Api-Key; is its secret set?');
  expect(lines()).toEqual([]);
});

test.each(['X-Time: 10:30 in the morning', 'X-Link: https://a.example/b?c=d', 'X-Note: see a: b'])(
  '%s is one header and is sent as it is',
  async (header) => {
    const { exitCode } = await run({ headers: header });
    const [name = '', ...value] = header.split(': ');
    expect(exitCode).toBe(0);
    expect(asked[0]?.headers[name.toLowerCase()]).toBe(value.join(': '));
  },
);

test.each(['Bearer a-token', 'bearer  a-token', 'a-token'])(
  '`token: %s` is understood',
  async (token) => {
    const { exitCode } = await run({ token }, [done], { secrets: () => ['a-token'] });
    expect(exitCode).toBe(0);
    expect(asked[0]?.headers.authorization).toBe('Bearer a-token');
  },
);

test.each([
  ['Bearer', '`token` is `Bearer` without a token; is the secret set?'],
  [
    'Bearer Bearer a-token',
    '`token` has `Bearer` twice; the secret holds it already, so leave it out before the secret',
  ],
  [
    'Bearer Bearer',
    '`token` has `Bearer` twice; the secret holds it already, so leave it out before the secret',
  ],
])('`token: %s` is a bad input', async (token, message) => {
  // The word `Bearer` stands in the message, so it cannot be looked for as a secret.
  const { exitCode, log, stdout, outputs } = await run({}, [done], {
    env: { INPUT_TOKEN: token },
    secrets: () => (token.includes('a-token') ? ['a-token'] : []),
  });
  expect(exitCode).toBe(1);
  expect(log).toContain(message);
  expect(stdout).not.toContain('::add-mask::Bearer\n');
  expect(outputs.reason).toBe('bad-input');
  expect(lines()).toEqual([]);
});

const uniware = providerTest('unicommerce');

test('headers go with every poll of a built-in provider and not with its login', async () => {
  const { exitCode, requests, logins, log } = await uniware(
    { steps: [...statuses('RUNNING'), { status: 'COMPLETE', filePath: '/a.csv' }] },
    {
      token: '',
      ...loginInputsAt(uniware.simulator().url, 'unicommerce'),
      headers: 'Facility: north\nX-Trace: 7',
    },
  );
  expect(exitCode).toBe(0);
  expect(requests).toHaveLength(2);
  for (const { headers } of requests) {
    expect(headers).toMatchObject({ facility: 'north', 'x-trace': '7' });
  }
  expect(logins).toHaveLength(1);
  expect(logins[0]?.headers).not.toHaveProperty('facility');
  expect(log).not.toContain('does not read');
});

test('headers override neither the credentials of a provider nor the type of its body', async () => {
  const { exitCode, requests } = await uniware(
    { steps: [{ status: 'COMPLETE', filePath: '/a.csv' }] },
    { headers: 'authorization: Bearer mine-and-wrong\ncontent-type: text/plain\nFacility: north' },
    { secrets: () => ['mine-and-wrong'] },
  );
  expect(exitCode).toBe(0);
  expect(requests[0]?.headers).toMatchObject({
    authorization: 'bearer simulator-token',
    'content-type': 'application/json',
    facility: 'north',
  });
});

test('headers go with the request to cancel-url as well', async () => {
  const { exitCode } = await run(
    { headers: 'X-Trace: 7', 'cancel-url': '/jobs/{id}/cancel', timeout: '0.3s' },
    [running],
  );
  expect(exitCode).toBe(1);
  expect(lines().at(-1)).toBe('POST /jobs/job-1/cancel');
  expect(asked.at(-1)?.headers['x-trace']).toBe('7');
});

test('inputs that the provider does not read are named in one warning', async () => {
  const { exitCode, log } = await uniware(
    { steps: [{ status: 'COMPLETE', filePath: '/a.csv' }] },
    {
      'status-query': 'job.state',
      'tenant-id': 'acme',
      'cancel-url': 'https://a.example/{id}',
      'app-key': 'an-app-key',
    },
  );
  expect(exitCode).toBe(0);
  expect(log.match(/^::warning/gm)).toHaveLength(1);
  const [warning = ''] = /^::warning.*$/m.exec(log) ?? [];
  expect(warning).toMatch(
    /^::warning::Unicommerce Uniware does not read .*; the wait goes on without$/,
  );
  const named = [...warning.matchAll(/`([\w-]+)`/g)].map(([, name]) => name);
  expect(named.sort()).toEqual(['app-key', 'cancel-url', 'status-query', 'tenant-id']);
});

test.each(builtInProviders)('the defaults of action.yml bring no warning at %s', async (name) => {
  const simulator = await startSimulator();
  const inputs = Object.fromEntries(
    Object.entries(actionFile.inputs).flatMap(([input, { default: value }]) =>
      value === undefined || ['timeout', 'interval', 'not-found-grace'].includes(input)
        ? []
        : [[input, value]],
    ),
  ) as Record<string, string>;
  const { log } = await runAtProvider(
    simulator,
    name,
    { steps: [{}] },
    { ...inputs, timeout: '0' },
  );
  await simulator.close();
  expect(log).not.toContain('does not read');
});
