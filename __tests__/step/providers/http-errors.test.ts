import { describe, expect, test } from '@jest/globals';
import { apiServer, done, running, type Given } from '../../support/api-server.js';

const { run, asked, lines, url } = apiServer();

type Inputs = Record<string, string>;
const failed = { status: 'Failed', message: 'row 7 is bad' };

/** Milliseconds between the first two requests. */
const firstPause = () => (asked[1]?.atMs ?? 0) - (asked[0]?.atMs ?? 0);

describe('the body of an error', () => {
  test.each([400, 405, 409, 410, 422, 423, 500, 501])(
    'of HTTP %i decides where its status is a failure',
    async (status) => {
      const { exitCode, outputs } = await run({}, [running, { status, body: failed }]);
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({
        status: 'Failure',
        reason: 'job-failed',
        providerStatus: 'Failed',
        message: 'row 7 is bad',
      });
      expect(asked).toHaveLength(2);
    },
  );

  test('decides by the words and the message of the workflow', async () => {
    const inputs = {
      ...{ timeout: '0', 'failure-statuses': 'Terminated' },
      ...{ 'status-query': 'runtimeStatus', 'message-query': 'output' },
    };
    const { outputs } = await run(inputs, [
      { status: 400, body: { runtimeStatus: 'Terminated', output: 'by hand' } },
    ]);
    expect(outputs).toMatchObject({ status: 'Failure', message: 'by hand' });
    expect(asked).toHaveLength(1);
  });

  test.each([
    [401, 'rejected', 1],
    [403, 'rejected', 1],
    [404, 'not-found', 3],
    [408, 'unreachable', 4],
    [425, 'unreachable', 4],
    [429, 'unreachable', 4],
    [502, 'unreachable', 4],
    [503, 'unreachable', 4],
    [504, 'unreachable', 4],
  ])(
    'of HTTP %i speaks of the request, whatever its status says',
    async (status, reason, polls) => {
      const { exitCode, outputs } = await run({ timeout: '0' }, [{ status, body: failed }]);
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ status: 'Error', reason });
      expect(outputs.message).toContain('row 7 is bad');
      expect(asked.length).toBeGreaterThanOrEqual(polls);
    },
  );

  test.each([
    [400, 'rejected', 1],
    [422, 'rejected', 1],
    [404, 'not-found', 3],
    [500, 'unreachable', 4],
  ])('of HTTP %i is no success, even if it says so', async (status, reason, polls) => {
    const { exitCode, outputs } = await run({ timeout: '0' }, [
      { status, body: { status: 'done' } },
    ]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason });
    expect(asked.length).toBeGreaterThanOrEqual(polls);
  });

  test.each([
    [400, 'rejected'],
    [402, 'rejected'],
    [405, 'rejected'],
    [415, 'rejected'],
    [430, 'rejected'],
    [423, 'unreachable'],
    [500, 'unreachable'],
  ])('of HTTP %i is not asked by failure-query', async (status, reason) => {
    const inputs = { timeout: '0', 'failure-query': 'error' };
    const { exitCode, outputs } = await run(inputs, [
      { status, body: { error: { code: status, message: 'a request that is wrong' } } },
    ]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason });
    expect(outputs.message).toContain('a request that is wrong');
  });

  test.each<[string, Given, string]>([
    [
      'RFC 9457',
      { body: { title: 'Out of credit', detail: 'Yours is 30' } },
      'Out of credit: Yours is 30',
    ],
    [
      'a list of errors',
      { body: { errors: [{ message: 'one' }, { detail: 'two' }, 'three'] } },
      'three; one; two',
    ],
    ['a fault', { body: { fault: { faultstring: 'Invalid ApiKey' } } }, 'Invalid ApiKey'],
    ['Message', { body: { Message: 'No HTTP resource' } }, 'No HTTP resource'],
    ['detail', { body: { detail: 'Not allowed here' } }, 'Not allowed here'],
    [
      'OAuth 2',
      { body: { error: 'bad_scope', error_description: 'no such scope' } },
      'no such scope',
    ],
    [
      'an error object',
      { body: { error: { status: 'INVALID', message: 'Bad name' } } },
      'INVALID: Bad name',
    ],
    ['an error text', { body: { error: 'nope' } }, 'nope'],
    [
      'XML',
      {
        headers: { 'Content-Type': 'application/xml' },
        body: '<?xml version="1.0"?>\n<Error><Code>BadKey</Code><Message>No such key</Message></Error>',
      },
      'BadKey: No such key',
    ],
  ])('in the form of %s gives the message', async (_, given, message) => {
    const { outputs, log } = await run({}, [{ status: 400, ...given }]);
    expect(outputs).toMatchObject({ reason: 'rejected', message: `HTTP 400: ${message}` });
    expect(log).toMatch(/^::error /m);
    expect(asked).toHaveLength(1);
  });
});

describe('an error that may pass:', () => {
  test.each<[string, Given]>([
    ['HTTP 408', { status: 408 }],
    ['HTTP 409', { status: 409, body: { message: 'a change is under way' } }],
    ['HTTP 423', { status: 423 }],
    ['HTTP 425', { status: 425 }],
    ['HTTP 449', { status: 449 }],
    ['HTTP 403 with Retry-After', { status: 403, headers: { 'Retry-After': '0' } }],
    ['HTTP 403 with no request left', { status: 403, headers: { 'X-RateLimit-Remaining': '0' } }],
    [
      'HTTP 403 that says so',
      { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
    ],
    [
      'HTTP 403 of Google',
      { status: 403, body: { error: { code: 403, message: 'Quota exceeded for jobs' } } },
    ],
  ])('%s is polled again', async (_, error) => {
    const { exitCode, log } = await run({}, [error, error, done]);
    expect(exitCode).toBe(0);
    expect(log.match(/HTTP \d{3}: .*; polling again in/g)).toHaveLength(2);
    expect(asked).toHaveLength(3);
  });

  test.each<[string, Given]>([
    ['HTTP 403 alone', { status: 403, body: { message: 'You shall not pass' } }],
    ['HTTP 403 with requests left', { status: 403, headers: { 'X-RateLimit-Remaining': '17' } }],
  ])('%s is none', async (_, error) => {
    const { exitCode, outputs } = await run({}, [error, done]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
    expect(asked).toHaveLength(1);
  });

  test('with timeout: 0 it is polled again three times', async () => {
    const { exitCode, outputs } = await run({ timeout: '0' }, [{ status: 409 }]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'unreachable', timedOut: 'true' });
    expect(asked).toHaveLength(4);
  });

  test.each<[string, Given]>([
    ['Retry-After in decimals', { status: 503, headers: { 'Retry-After': '0.6' } }],
    ['retry-after-ms', { status: 503, headers: { 'Retry-After-Ms': '600' } }],
    [
      'Retry-After as a date by the clock of the server',
      {
        status: 503,
        headers: {
          Date: 'Sun, 06 Nov 1994 08:49:37 GMT',
          'Retry-After': 'Sun, 06 Nov 1994 08:49:38 GMT',
        },
      },
    ],
    ['the reset of a limit in seconds', { status: 429, headers: { 'X-RateLimit-Reset': '0.6' } }],
    [
      'the reset of a limit since the epoch',
      {
        status: 403,
        headers: {
          Date: 'Sun, 06 Nov 1994 08:49:37 GMT',
          'X-RateLimit-Remaining': '0',
          'X-RateLimit-Reset': String(Date.parse('Sun, 06 Nov 1994 08:49:38 GMT') / 1000),
        },
      },
    ],
    ['RateLimit-Reset', { status: 429, headers: { 'RateLimit-Reset': '1' } }],
  ])('%s is obeyed', async (_, error) => {
    const { exitCode } = await run({}, [error, done]);
    expect(exitCode).toBe(0);
    expect(firstPause()).toBeGreaterThanOrEqual(590);
    expect(firstPause()).toBeLessThan(4500);
  });
});

describe('transient-query', () => {
  const throttled = { errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }] };
  const inputs = {
    'status-query': 'data.node.status',
    'failure-query': 'errors',
    'transient-query': "errors && length(errors[?extensions.code != 'THROTTLED']) == `0`",
  };

  test('makes a GraphQL 200 whose errors are all THROTTLED one to ask again', async () => {
    const { exitCode, log } = await run(inputs, [
      { body: throttled },
      { body: throttled },
      { body: { data: { node: { status: 'done' } } } },
    ]);
    expect(exitCode).toBe(0);
    expect(log).toMatch(/HTTP 200, which may pass: Throttled; polling again in/);
    expect(asked).toHaveLength(3);
  });

  test('leaves other errors to failure-query', async () => {
    const errors = [...throttled.errors, { message: 'No', extensions: { code: 'DENIED' } }];
    const { exitCode, outputs } = await run(inputs, [{ body: { errors } }]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Failure', reason: 'job-failed' });
    expect(asked).toHaveLength(1);
  });

  test('outweighs a status, a failure and a listed HTTP status', async () => {
    const busy = { body: { status: 'failed', error: { status: 'UNAVAILABLE', message: 'busy' } } };
    const listed = {
      'failure-query': 'error',
      'transient-query': "error.status == 'UNAVAILABLE'",
      'success-http-statuses': '200',
    };
    const { exitCode } = await run(listed, [busy, { ...busy, status: 400 }, done]);
    expect(exitCode).toBe(0);
    expect(asked).toHaveLength(3);
  });

  test('that cannot work on a response is taken as no', async () => {
    const { exitCode } = await run({ 'transient-query': 'length(status_code) > `1`' }, [done]);
    expect(exitCode).toBe(0);
    expect(asked).toHaveLength(1);
  });

  test('with timeout: 0 ends as unreachable after three more polls', async () => {
    const { outputs } = await run({ ...inputs, timeout: '0' }, [{ body: throttled }]);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'unreachable' });
    expect(asked).toHaveLength(4);
  });
});

describe('a token that has ended', () => {
  const login = () => ({
    'token-url': `${url()}/token`,
    'client-id': 'client-1',
    'client-secret': 'client-secret-1',
  });
  const polls = () => lines().map((line) => line.replace('/jobs/job-1', 'poll'));
  /** Issues tokens, and gives `responses` to the polls in turn. */
  const withLogin = (inputs: Inputs, ...responses: Given[]) => {
    let number = 0;
    return run({ ...login(), ...inputs }, ({ line }) => {
      if (line === 'POST /token') return { body: { access_token: `issued-${asked.length}` } };
      number += 1;
      return responses[Math.min(number, responses.length) - 1] ?? {};
    });
  };

  const ended: [string, Given][] = [
    [
      '403 with invalid_token in WWW-Authenticate',
      { status: 403, headers: { 'WWW-Authenticate': 'Bearer realm="a", error="invalid_token"' } },
    ],
    ['403 with invalid_token in the body', { status: 403, body: { error: 'invalid_token' } }],
    [
      '400 with a code that says expired',
      { status: 400, body: { error: { code: 'TokenExpired' } } },
    ],
    [
      '400 with a listed code',
      { status: 400, body: { errors: [{ errorCode: 'INVALID_TOKEN', message: 'Session over' }] } },
    ],
    [
      '302 to a login page',
      { status: 302, headers: { Location: '/login?next=/jobs/job-1' }, body: '' },
    ],
    [
      '303 to a login host',
      { status: 303, headers: { Location: 'https://login.elsewhere.example/oauth2/v2' }, body: '' },
    ],
    ['401', { status: 401 }],
  ];

  test.each(ended)('told by %s brings one new login', async (_, response) => {
    const { exitCode } = await withLogin({}, running, response, done);
    expect(exitCode).toBe(0);
    expect(polls()).toEqual(['POST /token', 'GET poll', 'GET poll', 'POST /token', 'GET poll']);
    expect(asked[2]?.headers.authorization).toBe('Bearer issued-1');
    expect(asked[4]?.headers.authorization).toBe('Bearer issued-4');
  });

  test('told by a redirect that is listed as success brings a new login, too', async () => {
    const redirect = { status: 302, headers: { Location: '/login' }, body: '' };
    const { exitCode } = await withLogin(
      { 'success-http-statuses': '302' },
      running,
      redirect,
      done,
    );
    expect(exitCode).toBe(0);
    expect(polls().filter((line) => line === 'POST /token')).toHaveLength(2);
  });

  test.each(ended.slice(0, 4))(
    'told by %s of the new token as well ends the wait',
    async (_, response) => {
      const { exitCode, outputs } = await withLogin({}, running, response);
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
      expect(polls()).toEqual(['POST /token', 'GET poll', 'GET poll', 'POST /token', 'GET poll']);
    },
  );

  test.each(ended.slice(0, 5))(
    'told by %s of a token that was never accepted ends the wait',
    async (_, response) => {
      const { exitCode, outputs } = await withLogin({}, response, done);
      expect(exitCode).toBe(1);
      expect(outputs.status).toBe('Error');
      expect(polls()).toEqual(['POST /token', 'GET poll']);
    },
  );

  test.each(ended)('told by %s ends the wait where there is no login', async (_, response) => {
    const { exitCode, outputs } = await run({ token: 'a-token' }, [running, response, done]);
    expect(exitCode).toBe(1);
    expect(outputs.status).toBe('Error');
    expect(polls()).toEqual(['GET poll', 'GET poll']);
  });

  test('is renewed where it was given beside a login', async () => {
    const { exitCode } = await withLogin(
      { token: 'given-token' },
      { status: 403, body: { code: 'token_expired' } },
      done,
    );
    expect(exitCode).toBe(0);
    expect(polls()).toEqual(['GET poll', 'POST /token', 'GET poll']);
    expect(asked[0]?.headers.authorization).toBe('Bearer given-token');
  });

  test.each<[string, Given]>([
    ['403', { status: 403, body: { error: 'forbidden' } }],
    ['400', { status: 400, body: { error: { code: 'BadRequest', message: 'expired coupon' } } }],
    ['302', { status: 302, headers: { Location: '/elsewhere' }, body: '' }],
  ])('is not assumed for any other %s', async (_, response) => {
    const { exitCode } = await withLogin({}, running, response, done);
    expect(exitCode).toBe(1);
    expect(polls()).toEqual(['POST /token', 'GET poll', 'GET poll']);
  });
});

describe('not-found-grace', () => {
  const gone: Given = { status: 404, body: { message: 'no such job' } };
  const inputs = { interval: '0.2s', 'not-found-grace': '1s' };
  /** Responds 404 for half a second from request `first` on. */
  const goneFrom = (first: number, status = 404) => {
    let sinceMs = Infinity;
    return (request: { atMs: number }, number: number): Given => {
      if (number < first) return running;
      sinceMs = Math.min(sinceMs, request.atMs);
      return request.atMs - sinceMs < 500 ? { ...gone, status } : done;
    };
  };

  test.each([
    ['404', 'at the start', 1, 404],
    ['404', 'in the middle', 3, 404],
    ['410', 'at the start', 1, 410],
    ['410', 'in the middle', 3, 410],
  ])('survives half a second of %s %s', async (_, __, first, status) => {
    const { exitCode, log } = await run(inputs, goneFrom(first, status));
    expect(exitCode).toBe(0);
    expect(log).toMatch(/HTTP 4\d\d: no such job; polling again in/);
    expect(asked.length).toBeGreaterThan(first + 1);
  });

  test('ends an unknown id as not-found, once it is over', async () => {
    const { exitCode, outputs } = await run(inputs, [gone]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({
      status: 'Error',
      reason: 'not-found',
      message: 'HTTP 404: no such job',
    });
    const spentMs = (asked.at(-1)?.atMs ?? 0) - (asked[0]?.atMs ?? 0);
    expect(spentMs).toBeGreaterThanOrEqual(900);
    expect(spentMs).toBeLessThan(4500);
  });

  test('takes three polls, however short it is', async () => {
    const { outputs } = await run({ ...inputs, 'not-found-grace': '0' }, [gone]);
    expect(outputs.reason).toBe('not-found');
    expect(asked).toHaveLength(3);
  });

  test('is 15 seconds by default, which a 404 of three seconds survives', async () => {
    const byDefault = { interval: '0.2s', 'not-found-grace': '', timeout: '10s' };
    const { exitCode } = await run(byDefault, ({ atMs }) =>
      atMs - (asked[0]?.atMs ?? 0) < 2900 ? gone : done,
    );
    expect(exitCode).toBe(0);
    expect(asked.length).toBeGreaterThan(5);
  });

  test('with timeout: 0 ends after three more polls', async () => {
    const { outputs } = await run({ 'not-found-grace': '15s', timeout: '0' }, [gone]);
    expect(outputs.reason).toBe('not-found');
    expect(asked).toHaveLength(4);
  });

  test.each(['soon', '-1'])('of %s is a bad input', async (grace) => {
    const { outputs, log } = await run({ 'not-found-grace': grace });
    expect(outputs.reason).toBe('bad-input');
    expect(log).toContain(`\`not-found-grace\` “${grace}” is not a duration`);
    expect(asked).toEqual([]);
  });
});
