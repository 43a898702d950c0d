import { beforeEach, describe, expect, test } from '@jest/globals';
import { account, startSimulator } from '../../simulator/simulator.js';
import { stopSignals } from '../support/system.js';
import { logInInputs, runAtVendor, vendorTest, words } from '../support/provider.js';

const filePath = 'https://reports.example/a.csv';
const pair = (user: string, secret: string) => Buffer.from(`${user}:${secret}`).toString('base64');
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

/** What each vendor's log-in is expected to send, and the header that carries the token after it. */
const vendors = [
  {
    vendor: 'safetychain',
    end: 'Successful',
    line: 'POST /connect/token',
    body: form({
      grant_type: 'password',
      acr_values: `tenant:${account.tenant}`,
      username: account.username,
      password: account.password,
    }),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    refused: 'invalid_grant: invalid username or password',
    tokenHeader: 'authorization',
  },
  {
    vendor: 'flolive',
    end: 'SUCCESS',
    line: 'POST /api/v2/auth/token',
    body: JSON.stringify({ username: account.username, password: account.password }),
    headers: { 'content-type': 'application/json' },
    refused: 'AUTH_1002: Bad credentials',
    tokenHeader: 'authorization',
  },
  {
    vendor: 'os1',
    end: 'success',
    line: 'POST /core/api/v1/aaa/auth/client-credentials',
    body: JSON.stringify({ clientId: account.clientId, clientSecret: account.clientSecret }),
    headers: { 'content-type': 'application/json', 'x-coreos-tid': 'acme' },
    refused: 'AAAAUTPOST401: The client is not known',
    tokenHeader: 'x-coreos-access',
  },
  {
    vendor: 'sei',
    end: 'Completed',
    line: 'POST /v2/oauthtoken',
    body: form({
      grant_type: 'client_credentials',
      username: account.username,
      password: account.password,
    }),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${pair(account.appKey, account.clientSecret)}`,
    },
    refused: 'Invalid client or account',
    tokenHeader: 'authorization',
  },
  {
    vendor: 'unicommerce',
    end: 'COMPLETE',
    line: `GET /oauth/token?${form({
      client_id: 'my-trusted-client',
      grant_type: 'password',
      username: account.username,
      password: account.password,
    })}`,
    body: '',
    headers: {},
    refused: 'Bad credentials',
    tokenHeader: 'authorization',
  },
];

describe.each(vendors)('$vendor', ({ vendor, end, line, body, headers, refused, tokenHeader }) => {
  const run = vendorTest(vendor);
  const done = { steps: [{ word: end, filePath }] };
  const inputs = (): Record<string, string> => ({
    token: '',
    ...logInInputs[vendor],
    ...(vendor === 'safetychain' ? { 'token-url': `${run.simulator().url}/connect/token` } : {}),
  });
  beforeEach(() => {
    run.simulator().reset();
  });

  test('without a token the step logs in once and asks with the issued token', async () => {
    const steps = [{ word: 'pending', forQuestions: 2 }, ...done.steps];
    const waiting = { 'pending-statuses': 'pending' };
    const { exitCode, outputs, log, logIns, requests } = await run(
      { steps },
      { ...inputs(), ...waiting },
    );
    expect(exitCode).toBe(0);
    expect(outputs.status).toBe('Successful');
    expect(logIns).toEqual([{ line, body, headers: expect.objectContaining(headers) }]);
    expect(requests).toHaveLength(3);
    for (const request of requests)
      expect(request.headers[tokenHeader]).toMatch(/^(bearer )?issued-/i);
    expect(log.match(/logged in/g)).toHaveLength(1);
  });

  test('a refused log-in is tried once, ends the wait and shows what the vendor says', async () => {
    const secret = vendor === 'os1' ? 'client-secret' : 'password';
    const wrong = { ...inputs(), [secret]: 'wrong-secret' };
    const { exitCode, outputs, log, logIns, requests } = await run(done, wrong);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
    expect(outputs.message).toContain('the log-in failed and is not repeated');
    expect(log).toContain(refused);
    expect(logIns).toHaveLength(1);
    expect(requests).toHaveLength(0);
  });

  test('a given token is used first, and the log-in after its 401', async () => {
    const { exitCode, logIns, requests } = await run(done, {
      ...inputs(),
      token: 'token-of-yesterday',
    });
    expect(exitCode).toBe(0);
    expect(
      requests.map((request) => String(request.headers[tokenHeader]).replace(/^bearer /i, '')),
    ).toEqual(['token-of-yesterday', expect.stringMatching(/^issued-/)]);
    expect(logIns).toHaveLength(1);
  });

  test('a given token that is good needs no log-in', async () => {
    const { exitCode, logIns } = await run(done, { ...inputs(), token: 'simulator-token' });
    expect(exitCode).toBe(0);
    expect(logIns).toHaveLength(0);
  });

  test('a token that is refused in the middle of a wait is replaced once', async () => {
    const steps = [{ word: 'pending', forQuestions: 5 }, ...done.steps];
    const waiting = { 'pending-statuses': 'pending', interval: '0.2s' };
    let expired = false;
    const { exitCode, logIns, requests } = await run(
      { steps },
      { ...inputs(), ...waiting },
      {
        onLog: (log) => {
          if (expired || !log.includes('pending')) return;
          expired = true;
          run.simulator().expireTokens();
        },
      },
    );
    expect(exitCode).toBe(0);
    expect(logIns).toHaveLength(2);
    expect(new Set(requests.map((request) => request.headers[tokenHeader])).size).toBe(2);
  });

  test('a vendor that accepts no token costs one new log-in, then the wait ends', async () => {
    const always401 = { steps: [{ reply: { status: 401, body: { message: 'no' } } }] };
    const { exitCode, outputs, logIns, requests } = await run(always401, inputs());
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
    expect(logIns).toHaveLength(2);
    expect(requests).toHaveLength(2);
  });

  test('an answer to the log-in that is cut off shows no part of the token', async () => {
    const half = { status: 200, body: '{"access_token":"half-of-a-secr' };
    run.simulator().logIns.faults = { 1: half };
    const { exitCode, stdout, outputs } = await run(done, inputs());
    expect(exitCode).toBe(0);
    expect(stdout).toContain('the answer to the log-in is not JSON: 31 characters');
    expect(stdout + JSON.stringify(outputs)).not.toContain('half-of-a-secr');
  });

  test.each([
    [
      'XML',
      { status: 200, body: '<OAuth2AccessToken><t>an-issued-secret</t></OAuth2AccessToken>' },
    ],
    ['another field', { status: 200, body: { unknown: 'an-issued-secret' } }],
    ['an error', { status: 503, body: { anything: 'an-issued-secret' } }],
    ['text', { status: 403, body: 'an-issued-secret' }],
  ])('an answer to the log-in that is %s is not shown', async (_, fault) => {
    run.simulator().logIns.faults = { 1: fault };
    const { stdout, outputs } = await run(done, inputs());
    expect(stdout + JSON.stringify(outputs)).not.toContain('an-issued-secret');
  });

  test('a redirect of the log-in is refused with its target named', async () => {
    run.simulator().logIns.faults = { 1: 'redirect' };
    const { exitCode, outputs, logIns } = await run(done, inputs());
    expect(exitCode).toBe(1);
    expect(outputs.message).toContain('a redirect to login.elsewhere.example is not followed');
    expect(logIns).toHaveLength(1);
  });
});

describe('lifetimes', () => {
  const run = vendorTest('unicommerce');
  const inputs = { token: '', ...logInInputs.unicommerce, interval: '0.2s' };
  const twoSeconds = {
    steps: [
      { word: 'RUNNING', forQuestions: 12 },
      { word: 'COMPLETE', filePath },
    ],
  };
  beforeEach(() => {
    run.simulator().reset();
  });

  test('a token is renewed before it runs out, by its refresh token', async () => {
    run.simulator().logIns.lifetimeMs = 1000;
    const { exitCode, logIns, requests } = await run(twoSeconds, inputs);
    expect(exitCode).toBe(0);
    expect(logIns.length).toBeGreaterThanOrEqual(2);
    expect(logIns[1]?.line).toMatch(
      /^GET \/oauth\/token\?client_id=my-trusted-client&grant_type=refresh_token&refresh_token=refresh-issued-/,
    );
    expect(requests.length).toBeLessThan(25);
    expect(logIns.filter(({ line }) => line.includes('grant_type=password'))).toHaveLength(1);
  });

  test('a refresh token that has run out falls back to the password', async () => {
    Object.assign(run.simulator().logIns, { lifetimeMs: 1500, refreshable: false });
    const { exitCode, logIns } = await run(twoSeconds, inputs);
    expect(exitCode).toBe(0);
    expect(logIns.map(({ line }) => /grant_type=(\w+)/.exec(line)?.[1]).slice(0, 3)).toEqual([
      'password',
      'refresh_token',
      'password',
    ]);
  });

  test('a log-in page in place of an answer is a session that has ended, once', async () => {
    const job = {
      steps: [{ word: 'COMPLETE', filePath }],
      faults: { 2: 'html', 3: 'html', 4: 'html' } as const,
    };
    const steps = [{ word: 'RUNNING', forQuestions: 1 }, ...job.steps];
    const { exitCode, logIns, log } = await run({ ...job, steps }, inputs);
    expect(exitCode).toBe(0);
    expect(logIns).toHaveLength(2);
    expect(log.match(/an HTML page “Sign in”; asking again/g)).toHaveLength(2);
  });

  test('Retry-After of a log-in is obeyed', async () => {
    const later = { status: 429, body: {}, headers: { 'Retry-After': '2' } };
    run.simulator().logIns.faults = { 1: later };
    const { exitCode, logInTimes } = await run({ steps: words('COMPLETE') }, inputs);
    expect(exitCode).toBe(0);
    expect((logInTimes[1] ?? 0) - (logInTimes[0] ?? 0)).toBeGreaterThanOrEqual(1990);
  });

  test('500 jobs and an expired token make one log-in', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => `bulk-${index}`);
    for (const id of ids)
      run
        .simulator()
        .createJob({ vendor: 'unicommerce', id, steps: [{ word: 'COMPLETE', filePath }] });
    const many = { ...inputs, token: 'token-of-yesterday', 'request-id': ids.join('\n') };
    const { exitCode, logIns, requests } = await run({ steps: words('COMPLETE') }, many);
    expect(exitCode).toBe(0);
    expect(logIns).toHaveLength(1);
    expect(requests.length).toBeLessThanOrEqual(510);
  });

  test.each(stopSignals)('%s during a log-in ends the step within a second', async (signal) => {
    run.simulator().logIns.faults = { 1: 'silence' };
    let killedMs = 0;
    const { exitCode, outputs } = await run({ steps: words('COMPLETE') }, inputs, {
      onLog: (log, kill) => {
        if (killedMs > 0 || !log.includes('Waiting for job')) return;
        killedMs = performance.now() + 300;
        setTimeout(() => {
          kill(signal);
        }, 300);
      },
    });
    expect(performance.now() - killedMs).toBeLessThan(1000);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'cancelled' });
  });

  const many = Array.from({ length: 40 }, (_, index) => `many-${index}`).join('\n');

  test('a log-in that is refused is refused for all jobs after one try', async () => {
    const wrong = { ...inputs, password: 'wrong-secret', 'request-id': many };
    const { exitCode, logIns, outputs } = await run({ steps: words('COMPLETE') }, wrong);
    expect(exitCode).toBe(1);
    expect(logIns).toHaveLength(1);
    expect(JSON.parse(outputs.jobs ?? '')).toHaveLength(40);
  });

  test('a log-in that fails for now is not tried anew by every job', async () => {
    run.simulator().logIns.faults = { 1: { status: 503, body: {} } };
    const { logIns, outputs } = await run(
      { steps: words('COMPLETE') },
      { ...inputs, 'request-id': many, timeout: '4s' },
    );
    expect(logIns).toHaveLength(2);
    expect(outputs.reason).toBe('job-failed');
  });

  test('a vendor that accepts none of its own tokens is not flooded with log-ins', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `storm-${index}`);
    const steps = [{ reply: { status: 401, body: {} } }];
    for (const id of ids) run.simulator().createJob({ vendor: 'unicommerce', id, steps });
    const { exitCode, logIns } = await run({ steps }, { ...inputs, 'request-id': ids.join('\n') });
    expect(exitCode).toBe(1);
    expect(logIns.length).toBeLessThanOrEqual(3);
  });

  test('a page for people on both addresses does not end a wait whose token is good', async () => {
    run.simulator().logIns.faults = {
      1: { status: 500, body: '<html><title>Maintenance</title>' },
    };
    const job = {
      steps: [{ word: 'COMPLETE', filePath }],
      faults: { 1: 'html' as const, 2: 'html' as const },
    };
    const { exitCode, logIns } = await run(job, { ...inputs, token: 'simulator-token' });
    expect(exitCode).toBe(0);
    expect(logIns).toHaveLength(1);
  });

  test('a late refusal of a token that was replaced meanwhile needs no other log-in', async () => {
    const old = { status: 401, body: {} };
    for (const id of ['late-1', 'late-2', 'late-3']) {
      const steps = [
        { reply: old, forQuestions: 1 },
        { word: 'COMPLETE', filePath },
      ];
      run.simulator().createJob({ vendor: 'unicommerce', id, steps });
    }
    const { exitCode, logIns } = await run(
      { steps: words('COMPLETE') },
      { ...inputs, token: 'simulator-token', 'request-id': 'late-1\nlate-2\nlate-3' },
    );
    expect(exitCode).toBe(0);
    expect(logIns).toHaveLength(1);
  });
});

test.each([
  ['flolive', { errorCode: 'GLOBAL_1001', errorMessage: 'Please try again', content: '' }, 400],
  ['sei', { code: 'busy', message: 'later', transient: 'true' }, 400],
] as const)('%s says itself that a log-in may be tried again', async (vendor, body, status) => {
  const simulator = await startSimulator();
  simulator.logIns.faults = { 1: { status, body } };
  const steps = words(vendor === 'sei' ? 'Completed' : 'SUCCESS');
  const { exitCode, logIns } = await runAtVendor(
    simulator,
    vendor,
    { steps },
    { token: '', ...logInInputs[vendor] },
  );
  await simulator.close();
  expect(exitCode).toBe(0);
  expect(logIns).toHaveLength(2);
});

test('a token that no header can carry ends the wait and says so', async () => {
  const simulator = await startSimulator();
  simulator.logIns.faults = { 1: { status: 200, body: { access_token: 'line\nbreak' } } };
  const inputs = { token: '', ...logInInputs.unicommerce };
  const { exitCode, outputs } = await runAtVendor(
    simulator,
    'unicommerce',
    { steps: words('COMPLETE') },
    inputs,
  );
  await simulator.close();
  expect(exitCode).toBe(1);
  expect(outputs.message).toContain('the issued token holds a character that no header can carry');
});

describe('variants', () => {
  const os1 = vendorTest('os1');
  const sei = vendorTest('sei');
  const safetychain = vendorTest('safetychain');

  test('OS1 gets an audience where one is given', async () => {
    const inputs = { token: '', ...logInInputs.os1, audience: 'platform:app:coreos' };
    const { logIns } = await os1({ steps: words('success') }, inputs);
    expect(JSON.parse(logIns[0]?.body ?? '')).toMatchObject({ audience: 'platform:app:coreos' });
  });

  test('SEI gets the bare pair where token-scheme is none', async () => {
    const inputs = { token: '', ...logInInputs.sei, 'token-scheme': 'none' };
    const { exitCode, logIns } = await sei({ steps: words('done') }, inputs);
    expect(exitCode).toBe(0);
    expect(logIns[0]?.headers.authorization).toBe(pair(account.appKey, account.clientSecret));
  });

  test('SafetyChain logs in again after “Login Timeout”', async () => {
    const steps = [{ errors: ['Login Timeout'], forQuestions: 1 }, { word: 'Successful' }];
    const tokenUrl = `${safetychain.simulator().url}/connect/token`;
    const inputs = { ...logInInputs.safetychain, 'token-url': tokenUrl };
    const { exitCode, logIns } = await safetychain({ steps }, inputs);
    expect(exitCode).toBe(0);
    expect(logIns).toHaveLength(1);
  });

  test('a token-url elsewhere gets the log-in, and nothing else', async () => {
    const elsewhere = sei.simulator();
    const before = elsewhere.requests.length;
    const inputs = {
      token: '',
      ...logInInputs.os1,
      'token-url': `${elsewhere.url}/core/api/v1/aaa/auth/client-credentials`,
    };
    const { logIns, outputs } = await os1({ steps: words('success') }, inputs);
    expect(logIns).toHaveLength(0);
    expect(elsewhere.requests.slice(before).map(({ isLogIn }) => isLogIn)).toEqual([true, true]);
    expect(outputs.reason).toBe('rejected');
  });
});

describe('inputs of a log-in', () => {
  const run = vendorTest('safetychain');

  test('what a log-in lacks is named before any request', async () => {
    const { exitCode, log, logIns } = await run(
      { steps: words('Successful') },
      { token: '', username: 'someone' },
    );
    expect(exitCode).toBe(1);
    for (const name of ['password', 'tenant-id', 'token-url'])
      expect(log).toContain(`\`${name}\` is empty; give`);
    expect(logIns).toHaveLength(0);
  });

  test('a token-url over plain http is refused unless it is on loopback', async () => {
    const { exitCode, log } = await run(
      { steps: words('Successful') },
      { 'token-url': 'http://acme.example/token' },
    );
    expect(exitCode).toBe(1);
    expect(log).toContain('`token-url` “http://acme.example/token” must begin with https://');
  });
});
