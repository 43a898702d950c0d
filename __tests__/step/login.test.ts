import { beforeEach, describe, expect, test } from '@jest/globals';
import { loginFields } from '../../simulator/providers.js';
import { account, startSimulator } from '../../simulator/simulator.js';
import { signalAfter, stopSignals } from '../support/system.js';
import {
  builtInProviders,
  loginInputs,
  loginInputsAt,
  providerTest,
  runAtProvider,
  simulated,
  statuses,
} from '../support/provider.js';

const filePath = 'https://reports.example/a.csv';
const pair = (user: string, secret: string) => Buffer.from(`${user}:${secret}`).toString('base64');

const CONTENT_TYPES = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  query: undefined,
};

/** Headers of a login that are special to one provider. */
const loginHeaders: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  os1: { 'x-coreos-tid': account.tenant },
  sei: { authorization: `Basic ${pair(account.appKey, account.clientSecret)}` },
};

/** Codes that the log shows beside the sentence of a refused login. */
const refusalCodes: Readonly<Record<string, string>> = {
  safetychain: 'invalid_grant: ',
  flolive: 'AUTH_1002: ',
  os1: 'AAAAUTPOST401: ',
};

/** The texts in a response that are written for people: those with a space in them. */
function sentencesIn(value: unknown): string[] {
  if (typeof value === 'string') return value.includes(' ') ? [value] : [];
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap(sentencesIn)
    : [];
}

describe.each(builtInProviders)('%s', (provider) => {
  const run = providerTest(provider);
  const {
    login,
    refused,
    statuses: { pending, successful },
    unauthorized,
  } = simulated(provider);
  const end = { status: successful, filePath };
  const done = { steps: [end] };
  const inputs = () => ({ token: '', ...loginInputsAt(run.simulator().url, provider) });
  beforeEach(() => {
    run.simulator().reset();
  });

  test('without a token the step logs in once and polls with the issued token', async () => {
    const steps = [{ status: pending, forPolls: 2 }, end];
    const { exitCode, outputs, log, logins, tokens } = await run({ steps }, inputs());
    expect(exitCode).toBe(0);
    expect(outputs.status).toBe('Successful');
    expect(tokens).toEqual(Array(3).fill(expect.stringMatching(/^issued-/)));
    expect(new Set(tokens).size).toBe(1);
    expect(log.match(/logged in/g)).toHaveLength(1);

    expect(logins).toHaveLength(1);
    const { method, path, sentAs, fields } = login(account);
    const request = run.simulator().requests.findLast(({ isLogin }) => isLogin);
    if (request === undefined) throw new Error('no login was recorded');
    expect(`${request.method} ${request.url.pathname}`).toBe(`${method} ${path}`);
    expect(loginFields(login(account), request)).toEqual(fields);
    expect(request.headers['content-type']).toBe(CONTENT_TYPES[sentAs]);
    expect(request.headers).toMatchObject(loginHeaders[provider] ?? {});
  });

  test('a refused login is tried once, ends the wait and shows what the provider says', async () => {
    const given = inputs();
    const secret = 'password' in given ? 'password' : 'client-secret';
    const wrong = { ...given, [secret]: 'wrong-secret' };
    const { exitCode, outputs, log, logins, requests } = await run(done, wrong);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
    expect(outputs.message).toContain('the login failed and is not repeated');
    const sentences = sentencesIn(refused.body);
    expect(sentences).not.toEqual([]);
    for (const text of sentences) expect(log).toContain(`${refusalCodes[provider] ?? ''}${text}`);
    expect(logins).toHaveLength(1);
    expect(requests).toHaveLength(0);
  });

  test('a given token is used first, and the login after it was refused', async () => {
    const old = { ...inputs(), token: 'token-of-yesterday' };
    const { exitCode, logins, tokens } = await run(done, old);
    expect(exitCode).toBe(0);
    expect(tokens).toEqual(['token-of-yesterday', expect.stringMatching(/^issued-/)]);
    expect(logins).toHaveLength(1);
  });

  test('a given token that is good needs no login', async () => {
    const { exitCode, logins } = await run(done, { ...inputs(), token: 'simulator-token' });
    expect(exitCode).toBe(0);
    expect(logins).toHaveLength(0);
  });

  test('a token that is refused in the middle of a wait is replaced once', async () => {
    const steps = [{ status: pending, forPolls: 5 }, end];
    let expired = false;
    const { exitCode, logins, tokens } = await run(
      { steps },
      { ...inputs(), interval: '0.2s' },
      {
        onLog: (log) => {
          if (expired || !log.includes(pending)) return;
          expired = true;
          run.simulator().expireTokens();
        },
      },
    );
    expect(exitCode).toBe(0);
    expect(logins).toHaveLength(2);
    expect(new Set(tokens).size).toBe(2);
  });

  test('a provider that accepts no token costs one new login, then the wait ends', async () => {
    const always = { steps: [{ reply: unauthorized }] };
    const { exitCode, outputs, logins, requests } = await run(always, inputs());
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
    expect(logins).toHaveLength(2);
    expect(requests).toHaveLength(2);
  });

  test('a response to the login that is cut off shows no part of the token', async () => {
    const half = { status: 200, body: '{"access_token":"half-of-a-secr' };
    run.simulator().logins.errors = { 1: half };
    const { exitCode, stdout, outputs } = await run(done, inputs());
    expect(exitCode).toBe(0);
    expect(stdout).toContain('the response to the login is not JSON: 31 characters');
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
  ])('a response to the login that is %s is not shown', async (_, error) => {
    run.simulator().logins.errors = { 1: error };
    const { stdout, outputs } = await run(done, inputs());
    expect(stdout + JSON.stringify(outputs)).not.toContain('an-issued-secret');
  });

  test('a redirect of the login is refused with its target named', async () => {
    run.simulator().logins.errors = { 1: 'redirect' };
    const { exitCode, outputs, logins } = await run(done, inputs());
    expect(exitCode).toBe(1);
    expect(outputs.message).toBe(
      'the login failed and is not repeated: HTTP 302: a redirect to login.elsewhere.example, which is not followed',
    );
    expect(logins).toHaveLength(1);
  });
});

describe('lifetimes', () => {
  const run = providerTest('unicommerce');
  const inputs = { token: '', ...loginInputs.unicommerce, interval: '0.2s' };
  const twoSeconds = {
    steps: [
      { status: 'RUNNING', forPolls: 12 },
      { status: 'COMPLETE', filePath },
    ],
  };
  beforeEach(() => {
    run.simulator().reset();
  });

  test('a token is renewed before it runs out, by its refresh token', async () => {
    run.simulator().logins.lifetimeMs = 1000;
    const { exitCode, logins, requests } = await run(twoSeconds, inputs);
    expect(exitCode).toBe(0);
    expect(logins.length).toBeGreaterThanOrEqual(2);
    expect(logins[1]?.line).toMatch(
      /^GET \/oauth\/token\?client_id=my-trusted-client&grant_type=refresh_token&refresh_token=refresh-issued-/,
    );
    expect(requests.length).toBeLessThan(25);
    expect(logins.filter(({ line }) => line.includes('grant_type=password'))).toHaveLength(1);
  });

  test('a refresh token that has run out falls back to the password', async () => {
    Object.assign(run.simulator().logins, { lifetimeMs: 1500, refreshable: false });
    const { exitCode, logins } = await run(twoSeconds, inputs);
    expect(exitCode).toBe(0);
    expect(logins.map(({ line }) => /grant_type=(\w+)/.exec(line)?.[1]).slice(0, 3)).toEqual([
      'password',
      'refresh_token',
      'password',
    ]);
  });

  test('a login page in place of a response is a session that has ended, once', async () => {
    const job = {
      steps: [{ status: 'COMPLETE', filePath }],
      errors: { 2: 'html', 3: 'html', 4: 'html' } as const,
    };
    const steps = [{ status: 'RUNNING', forPolls: 1 }, ...job.steps];
    const { exitCode, logins, log } = await run({ ...job, steps }, inputs);
    expect(exitCode).toBe(0);
    expect(logins).toHaveLength(2);
    expect(log.match(/an HTML page “Sign in”; polling again/g)).toHaveLength(2);
  });

  test('Retry-After of a login is obeyed', async () => {
    const later = { status: 429, body: {}, headers: { 'Retry-After': '2' } };
    run.simulator().logins.errors = { 1: later };
    const { exitCode, loginTimes } = await run({ steps: statuses('COMPLETE') }, inputs);
    expect(exitCode).toBe(0);
    expect((loginTimes[1] ?? 0) - (loginTimes[0] ?? 0)).toBeGreaterThanOrEqual(1990);
  });

  test('500 jobs and an expired token make one login', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => `bulk-${index}`);
    for (const id of ids)
      run
        .simulator()
        .createJob({ provider: 'unicommerce', id, steps: [{ status: 'COMPLETE', filePath }] });
    const many = { ...inputs, token: 'token-of-yesterday', 'request-id': ids.join('\n') };
    const { exitCode, logins, requests } = await run({ steps: statuses('COMPLETE') }, many);
    expect(exitCode).toBe(0);
    expect(logins).toHaveLength(1);
    expect(requests.length).toBeLessThanOrEqual(510);
  });

  test.each(stopSignals)('%s during a login ends the step within a second', async (signal) => {
    run.simulator().logins.errors = { 1: 'silence' };
    const { onLog, sentMs } = signalAfter('Waiting for job', signal, 300);
    const { exitCode, outputs } = await run({ steps: statuses('COMPLETE') }, inputs, { onLog });
    expect(performance.now() - sentMs()).toBeLessThan(1000);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'cancelled' });
  });

  const many = Array.from({ length: 40 }, (_, index) => `many-${index}`).join('\n');

  test('a login that is refused is refused for all jobs after one try', async () => {
    const wrong = { ...inputs, password: 'wrong-secret', 'request-id': many };
    const { exitCode, logins, outputs } = await run({ steps: statuses('COMPLETE') }, wrong);
    expect(exitCode).toBe(1);
    expect(logins).toHaveLength(1);
    expect(JSON.parse(outputs.jobs ?? '')).toHaveLength(40);
  });

  test('a login that fails for now is not tried anew by every job', async () => {
    run.simulator().logins.errors = { 1: { status: 503, body: {} } };
    const { logins, outputs } = await run(
      { steps: statuses('COMPLETE') },
      { ...inputs, 'request-id': many, timeout: '4s' },
    );
    expect(logins).toHaveLength(2);
    expect(outputs.reason).toBe('job-failed');
  });

  test('a provider that accepts none of its own tokens is not flooded with logins', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `storm-${index}`);
    const steps = [{ reply: { status: 401, body: {} } }];
    for (const id of ids) run.simulator().createJob({ provider: 'unicommerce', id, steps });
    const { exitCode, logins } = await run({ steps }, { ...inputs, 'request-id': ids.join('\n') });
    expect(exitCode).toBe(1);
    expect(logins.length).toBeLessThanOrEqual(3);
  });

  test('a page for people on both addresses does not end a wait whose token is good', async () => {
    run.simulator().logins.errors = {
      1: { status: 500, body: '<html><title>Maintenance</title>' },
    };
    const job = {
      steps: [{ status: 'COMPLETE', filePath }],
      errors: { 1: 'html' as const, 2: 'html' as const },
    };
    const { exitCode, logins } = await run(job, { ...inputs, token: 'simulator-token' });
    expect(exitCode).toBe(0);
    expect(logins).toHaveLength(1);
  });

  test('a late refusal of a token that was replaced meanwhile needs no other login', async () => {
    const old = { status: 401, body: {} };
    for (const id of ['late-1', 'late-2', 'late-3']) {
      const steps = [
        { reply: old, forPolls: 1 },
        { status: 'COMPLETE', filePath },
      ];
      run.simulator().createJob({ provider: 'unicommerce', id, steps });
    }
    const { exitCode, logins } = await run(
      { steps: statuses('COMPLETE') },
      { ...inputs, token: 'simulator-token', 'request-id': 'late-1\nlate-2\nlate-3' },
    );
    expect(exitCode).toBe(0);
    expect(logins).toHaveLength(1);
  });
});

test.each([
  ['flolive', { errorCode: 'GLOBAL_1001', errorMessage: 'Please try again', content: '' }, 400],
  ['sei', { code: 'busy', message: 'later', transient: 'true' }, 400],
] as const)('%s says itself that a login may be tried again', async (provider, body, status) => {
  const simulator = await startSimulator();
  simulator.logins.errors = { 1: { status, body } };
  const steps = statuses(provider === 'sei' ? 'Completed' : 'SUCCESS');
  const { exitCode, logins } = await runAtProvider(
    simulator,
    provider,
    { steps },
    { token: '', ...loginInputs[provider] },
  );
  await simulator.close();
  expect(exitCode).toBe(0);
  expect(logins).toHaveLength(2);
});

test('a token that no header can carry ends the wait and says so', async () => {
  const simulator = await startSimulator();
  simulator.logins.errors = { 1: { status: 200, body: { access_token: 'line\nbreak' } } };
  const inputs = { token: '', ...loginInputs.unicommerce };
  const { exitCode, outputs } = await runAtProvider(
    simulator,
    'unicommerce',
    { steps: statuses('COMPLETE') },
    inputs,
  );
  await simulator.close();
  expect(exitCode).toBe(1);
  expect(outputs.message).toContain('the issued token holds a character that no header can carry');
});

describe('variants', () => {
  const os1 = providerTest('os1');
  const sei = providerTest('sei');
  const safetychain = providerTest('safetychain');

  test('OS1 gets an audience where one is given', async () => {
    const inputs = { token: '', ...loginInputs.os1, audience: 'platform:app:coreos' };
    const { logins } = await os1({ steps: statuses('success') }, inputs);
    expect(JSON.parse(logins[0]?.body ?? '')).toMatchObject({ audience: 'platform:app:coreos' });
  });

  test('SEI gets the bare pair where token-scheme is none', async () => {
    const inputs = { token: '', ...loginInputs.sei, 'token-scheme': 'none' };
    const { exitCode, logins } = await sei({ steps: statuses('done') }, inputs);
    expect(exitCode).toBe(0);
    expect(logins[0]?.headers.authorization).toBe(pair(account.appKey, account.clientSecret));
  });

  test('SafetyChain logs in again after “Login Timeout”', async () => {
    const steps = [{ errors: ['Login Timeout'], forPolls: 1 }, { status: 'Successful' }];
    const inputs = loginInputsAt(safetychain.simulator().url, 'safetychain');
    const { exitCode, logins } = await safetychain({ steps }, inputs);
    expect(exitCode).toBe(0);
    expect(logins).toHaveLength(1);
  });

  test('a token-url elsewhere gets the login, and nothing else', async () => {
    const elsewhere = sei.simulator();
    const before = elsewhere.requests.length;
    const inputs = {
      token: '',
      ...loginInputs.os1,
      'token-url': `${elsewhere.url}/core/api/v1/aaa/auth/client-credentials`,
    };
    const { logins, outputs } = await os1({ steps: statuses('success') }, inputs);
    expect(logins).toHaveLength(0);
    expect(elsewhere.requests.slice(before).map(({ isLogin }) => isLogin)).toEqual([true, true]);
    expect(outputs.reason).toBe('rejected');
  });
});

describe('inputs of a login', () => {
  const run = providerTest('safetychain');

  test('what a login lacks is named before any request', async () => {
    const { exitCode, log, logins } = await run(
      { steps: statuses('Successful') },
      { token: '', username: 'someone' },
    );
    expect(exitCode).toBe(1);
    for (const name of ['password', 'tenant-id', 'token-url'])
      expect(log).toContain(`\`${name}\` is empty; give`);
    expect(logins).toHaveLength(0);
  });

  test('a token-url over plain http is refused unless it is on loopback', async () => {
    const { exitCode, log } = await run(
      { steps: statuses('Successful') },
      { 'token-url': 'http://acme.example/token' },
    );
    expect(exitCode).toBe(1);
    expect(log).toContain('`token-url` “http://acme.example/token” must begin with https://');
  });
});
