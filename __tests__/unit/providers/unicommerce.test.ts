import { describe, expect, test } from '@jest/globals';
import { unicommerce } from '../../../src/providers/unicommerce.js';
import { providerOf, withCapitalKeys } from '../../support/poll.js';

const filePath = 'https://reports.example/a.csv';
const poll = (body: unknown) => providerOf(unicommerce).poll([{ body }]);
const observed = { providerStatus: '', filePath: '', message: '' };

test('Uniware has reports, and a login by user and password', () => {
  expect(unicommerce).toMatchObject({
    title: 'Unicommerce Uniware',
    requiredInputs: [],
    loginInputs: ['username', 'password'],
    optionalInputs: ['token-url', 'client-id'],
  });
  expect(unicommerce.hasReports({} as never)).toBe(true);
  expect(providerOf(unicommerce).provider.credentials('t')).toEqual({ Authorization: 'bearer t' });
});

test('a job is polled by a POST of its code', async () => {
  const { poll, requests } = providerOf(unicommerce);
  await poll([{ body: { status: 'RUNNING' } }], 'code "1"');
  expect(requests).toEqual([
    {
      method: 'POST',
      url: new URL('https://acme.example/root/services/rest/v1/export/job/status'),
      headers: { 'Content-Type': 'application/json' },
      body: '{"jobCode":"code \\"1\\""}',
    },
  ]);
});

test('a job that was started is found by its code, and judged by the response', () => {
  const { provider } = providerOf(unicommerce);
  const body = JSON.stringify({ jobCode: 'c-1', status: 'QUEUED' });
  const response = { url: new URL('https://x.example'), status: 200, headers: {}, body };
  expect(provider.startedId?.(response)).toBe('c-1');
  expect(provider.judge?.(response, 'c-1')).toMatchObject({ state: 'pending' });
});

describe('a status', () => {
  test.each([
    ['COMPLETE', 'successful'],
    ['SUCCESSFUL', 'successful'],
    ['SCHEDULED', 'pending'],
    ['RUNNING', 'pending'],
    ['IN_PROGRESS', 'pending'],
    ['QUEUED', 'pending'],
    ['PROCESSING', 'pending'],
    ['FAILED', 'failed'],
    ['ERROR', 'failed'],
    ['CANCELLED', 'failed'],
    ['MAILED', 'unknown'],
  ])('%s is %s', async (status, state) => {
    expect(await poll({ successful: true, status, filePath })).toEqual({
      ...observed,
      state,
      providerStatus: status,
      filePath,
    });
  });

  test('that the workflow has classified counts before those of Uniware', async () => {
    const { poll } = providerOf(unicommerce, { statusWords: { failed: ['RUNNING'] } });
    expect(await poll([{ body: { status: 'RUNNING' } }])).toMatchObject({ state: 'failed' });
  });

  test('of success without a link waits for the link', async () => {
    expect(await poll({ successful: true, status: 'COMPLETE' })).toEqual({
      ...observed,
      state: 'successful',
      providerStatus: 'COMPLETE',
      needsGrace: true,
      note: 'its filePath is not there yet',
      warning: 'the job is COMPLETE but has no filePath',
    });
  });

  test('of failure has no link to wait for', async () => {
    expect(await poll({ status: 'FAILED', message: 'Too many rows' })).toEqual({
      ...observed,
      state: 'failed',
      providerStatus: 'FAILED',
      message: 'Too many rows',
    });
  });

  test.each([[{ status: '' }], [{ successful: true, status: null }], [{ successful: true }]])(
    'that is empty is pending, with a warning: %j',
    async (body) => {
      expect(await poll(body)).toEqual({
        ...observed,
        state: 'pending',
        warning: 'the response’s status is empty; taken as pending',
      });
    },
  );

  test.each([[{}], [[]], [{ message: 'hello' }]])(
    'that %j lacks is polled for again',
    async (body) => {
      expect(await poll(body)).toEqual({
        name: 'TransientError',
        reason: 'bad-response',
        message: `the response has no status: no content type, ${JSON.stringify(body)}`,
      });
    },
  );

  test('under HTTP 400 is an error with the message of Uniware', async () => {
    const reply = { status: 400, body: { errors: [{ description: 'bad code' }] } };
    expect(await providerOf(unicommerce).poll([reply])).toEqual({
      name: 'PermanentError',
      reason: 'rejected',
      problem: 'bad-request',
      message: 'HTTP 400: bad code',
    });
  });
});

describe('successful: false', () => {
  const hint = 'Check `request-id`, and that `base-url` is the service where the job was started';

  test.each([false, 'False', 0])('as %j, without a status, is no such job', async (successful) => {
    expect(await poll({ successful, message: 'none' })).toEqual({
      ...observed,
      state: 'failed',
      message: 'none',
      hint,
    });
  });

  test('beside a status of failure is a failure, without a hint', async () => {
    expect(await poll({ successful: false, status: 'FAILED' })).toEqual({
      ...observed,
      state: 'failed',
      providerStatus: 'FAILED',
    });
  });

  test.each<[string, unknown, string]>([
    [
      'the description, or else the message, of each error',
      [
        { description: 'No such export', message: 'X' },
        { description: null, message: 'DENIED' },
      ],
      'No such export; DENIED; m',
    ],
    ['errors that are texts', ['one', 'two'], 'one; two; m'],
    ['one error alone', { description: 'one' }, 'one; m'],
    ['an error of neither', [{ code: 7 }], '{"code":7}; m'],
    ['no errors', null, 'm'],
  ])('says %s', async (_, errors, message) => {
    expect(await poll({ successful: false, errors, message: 'm' })).toMatchObject({ message });
  });
});

describe('a status of success', () => {
  test.each<[string, object, string]>([
    ['successful as a text', { successful: 'False' }, '`successful`: "False"'],
    ['successful as 0', { successful: 0 }, '`successful`: 0'],
    ['successful as null', { successful: null }, '`successful`: null'],
    ['an error', { successful: true, error: 'boom' }, '`error`, which is not empty'],
  ])('beside %s is a failure', async (_, fields, told) => {
    expect(await poll({ status: 'COMPLETE', filePath, ...fields })).toEqual({
      state: 'failed',
      providerStatus: 'COMPLETE',
      filePath,
      message: `status “COMPLETE” contradicts ${told}`,
    });
  });

  test('beside errors is a failure that names them', async () => {
    const errors = [{ description: 'No rows' }];
    expect(await poll({ status: 'COMPLETE', successful: true, errors, filePath })).toMatchObject({
      state: 'failed',
      message: 'status “COMPLETE” contradicts `errors`, which is not empty; No rows',
    });
  });

  test.each([[{ successful: 'True' }], [{ errors: [] }], [{}]])(
    'beside %j is a success',
    async (fields) => {
      expect(await poll({ status: 'COMPLETE', filePath, ...fields })).toMatchObject({
        state: 'successful',
        message: '',
      });
    },
  );
});

test.each<[string, object]>([
  ['a status', { successful: true, status: 'COMPLETE', filePath, message: 'm' }],
  ['a refusal', { successful: false, errors: [{ description: 'd', message: 'm' }] }],
  ['a refusal with a message', { successful: false, errors: [{ message: 'm' }] }],
])('a response means the same whatever the case of its keys: %s', async (_, body) => {
  const result = await poll(body);
  expect(result).toMatchObject({ message: expect.stringMatching(/./) });
  expect(await poll(withCapitalKeys(body))).toEqual(result);
});

describe('a login', () => {
  const issued = { body: { access_token: 'a', expires_in: 60, refresh_token: 'r' } };
  const token = { value: 'a', lifetimeMs: 60_000, refreshToken: 'r' };
  const address = 'https://acme.example/root/oauth/token';
  const byPassword = 'grant_type=password&username=jane&password=pass-word';

  test('is a GET with user and password', async () => {
    const { logIn, requests } = providerOf(unicommerce);
    expect(await logIn([issued])).toEqual(token);
    expect(requests).toEqual([
      { method: 'GET', url: new URL(`${address}?client_id=client&${byPassword}`) },
    ]);
  });

  test('is by the client that is documented, at token-url where that is given', async () => {
    const { logIn, requests } = providerOf(unicommerce, {
      clientId: '',
      tokenUrl: 'https://login.example/t?old=1',
    });
    await logIn([issued]);
    expect(requests.map(({ url }) => url.href)).toEqual([
      `https://login.example/t?client_id=my-trusted-client&${byPassword}`,
    ]);
  });

  test('is by the refresh token where there is one', async () => {
    const { logIn, requests } = providerOf(unicommerce);
    expect(await logIn([issued], 'old')).toEqual(token);
    expect(requests.map(({ url }) => url.search)).toEqual([
      '?client_id=client&grant_type=refresh_token&refresh_token=old',
    ]);
  });

  test('whose refresh token has ended is by the password', async () => {
    const { logIn, requests } = providerOf(unicommerce);
    expect(await logIn([{ status: 400, body: {} }, issued], 'old')).toEqual(token);
    expect(requests.map(({ url }) => url.searchParams.get('grant_type'))).toEqual([
      'refresh_token',
      'password',
    ]);
  });

  test('whose refresh nobody has judged is tried again as it is', async () => {
    const { logIn, requests } = providerOf(unicommerce);
    expect(await logIn([{ status: 503 }, issued], 'old')).toMatchObject({
      name: 'TransientError',
    });
    expect(requests).toHaveLength(1);
  });

  test.each<[string, unknown, string]>([
    ['with a reason', { error: 'invalid_grant', error_description: 'Bad' }, 'invalid_grant: Bad'],
    ['without one', {}, 'no message'],
    ['that is not JSON', 'oops', 'no message'],
  ])('that fails with HTTP 500 %s is refused', async (_, body, why) => {
    const { logIn } = providerOf(unicommerce);
    expect(await logIn([{ status: 500, body }])).toEqual({
      name: 'PermanentError',
      reason: 'rejected',
      message: `${why} (HTTP 500, with which Uniware refuses wrong credentials)`,
    });
  });
});
