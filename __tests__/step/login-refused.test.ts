import { describe, expect, test } from '@jest/globals';
import { apiServer, done, type Given } from '../support/api-server.js';
import { builtInProviders, loginInputsAt, providerTest, simulated } from '../support/provider.js';

/** Logins that are refused, fail, or issue what no header can carry, through the bundle. */
const { run, asked, lines, url } = apiServer();

const login = () => ({
  'token-url': `${url()}/token`,
  'client-id': 'my-client',
  'client-secret': 'Zk3-Xw9-Qv7-Jp5',
});
const loginTimes = () => asked.filter(({ line }) => line === 'POST /token').map(({ atMs }) => atMs);
const invalid = '{"error":"invalid_client","error_description":"no such client"}';

/** Responds to logins in turn, the last response for ever, and to polls with a job that is done. */
const loginsGive =
  (...replies: readonly Given[]) =>
  ({ line }: { line: string }): Given =>
    line === 'POST /token'
      ? (replies[Math.min(loginTimes().length, replies.length) - 1] ?? {})
      : done;

test('a login that is refused under HTTP 503 is sent three times in a wait', async () => {
  const { exitCode, outputs, log } = await run(
    { ...login(), timeout: '20s' },
    loginsGive({ status: 503, body: invalid }),
  );
  const [first = 0, second = 0, third = 0] = loginTimes();
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
  expect(outputs.message).toContain('the login was refused 3 times and is not repeated');
  expect(loginTimes()).toHaveLength(3);
  expect(second - first).toBeGreaterThan(1900);
  expect(third - second).toBeGreaterThan(7500);
  expect(log).toContain('invalid_client: no such client');
});

test('an outage of the login is tried on, and ends well once it is over', async () => {
  const { exitCode, outputs } = await run(
    { ...login(), timeout: '20s' },
    loginsGive({ status: 503 }, { status: 502 }, { body: { access_token: 'issued-4711' } }),
  );
  expect(outputs).toMatchObject({ status: 'Successful', reason: '' });
  expect(exitCode).toBe(0);
  expect(loginTimes()).toHaveLength(3);
});

test('many jobs together have no more logins than one', async () => {
  const { exitCode } = await run(
    { ...login(), 'request-id': 'a\nb\nc\nd\ne', timeout: '1.5s' },
    loginsGive({ status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>Sign in' }),
  );
  expect(exitCode).toBe(1);
  expect(loginTimes()).toHaveLength(1);
});

describe('an issued token of 25 kB', () => {
  const long = 'x1Y2z3W4'.repeat(3200);

  test.each(builtInProviders)(
    'ends the wait at %s, with outputs and without the token',
    async (name) => {
      const atProvider = providers[name];
      const simulator = atProvider?.simulator();
      if (atProvider === undefined || simulator === undefined) throw new Error(name);
      simulator.reset();
      simulator.logins.errors = { 1: simulated(name).issued(long, 3_600_000) };
      const { exitCode, stderr, log, outputs, logins } = await atProvider(
        { steps: [{ status: simulated(name).statuses.successful }] },
        { token: '', ...loginInputsAt(simulator.url, name) },
      );
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
      expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
      expect(outputs.message).toContain('the issued token has over 16 KiB');
      expect(log + JSON.stringify(outputs)).not.toContain('x1Y2z3W4x1Y2');
      expect(logins).toHaveLength(1);
    },
  );

  test('ends the wait at any other service', async () => {
    const { exitCode, stderr, outputs } = await run(
      login(),
      loginsGive({ body: { access_token: long } }),
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
    expect(lines()).toEqual(['POST /token']);
  });

  test('as a refresh token is not used, and shows up nowhere', async () => {
    const { exitCode, log, outputs } = await run(
      login(),
      loginsGive({ body: { access_token: 'issued-4711', refresh_token: long, expires_in: 3600 } }),
    );
    expect(exitCode).toBe(0);
    expect(log + JSON.stringify(outputs)).not.toContain('x1Y2z3W4');
  });
});

test('an issued token of 16 KiB is used, and leaves no part of itself in what is echoed', async () => {
  const token = 'x1Y2z3W4'.repeat(2048);
  const { log, summary, outputs } = await run(login(), ({ line, headers }) =>
    line === 'POST /token'
      ? { body: { access_token: token } }
      : {
          status: 400,
          body: `{"error":{"message":"no \\u0078${String(headers.authorization).slice(8)}"}}`,
        },
  );
  expect(asked).toHaveLength(2);
  expect(log + summary + JSON.stringify(outputs)).not.toMatch(/Y2z3W4x1Y2/);
  expect(outputs.message).toContain('***');
});

const providers = Object.fromEntries(builtInProviders.map((name) => [name, providerTest(name)]));
