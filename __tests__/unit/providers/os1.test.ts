import { describe, expect, test } from '@jest/globals';
import { os1 } from '../../../src/providers/os1.js';
import { providerOf, withCapitalKeys, type Reply } from '../../support/poll.js';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const poll = (body: unknown) => providerOf(os1).poll([{ body }]);
const observed = { batchId: 'job-1', providerStatus: '', message: '', progress: '' };
const contradiction = (message: string) => ({
  name: 'PermanentError',
  reason: 'bad-response',
  message,
});

test('OS1 needs a tenant and a type of participants, and has no report', () => {
  expect(os1).toMatchObject({
    title: 'Delhivery OS1',
    requiredInputs: ['tenant-id', 'participant-type'],
    loginInputs: ['client-id', 'client-secret'],
    optionalInputs: ['token-url', 'audience'],
  });
  expect(os1.hasReports({} as never)).toBe(false);
});

test('the token goes with the tenant and an id of its own for each request', () => {
  const { provider } = providerOf(os1);
  const [first, second] = [provider.credentials('t'), provider.credentials('t')];
  expect(first).toEqual({
    'X-COREOS-ACCESS': 't',
    'X-COREOS-TID': 'acme',
    'X-COREOS-REQUEST-ID': expect.stringMatching(UUID),
  });
  expect(first['X-COREOS-REQUEST-ID']).not.toBe(second['X-COREOS-REQUEST-ID']);
});

test('a batch is polled by a GET with its id as a parameter', async () => {
  const { poll, requests } = providerOf(os1, { participantType: 'end users' });
  await poll([{ body: { data: { status: 'done' } } }], 'batch:1 & 2');
  expect(requests.map(({ method, url }) => `${method} ${url.href}`)).toEqual([
    'GET https://acme.example/root/core/api/v2/participants/end%20users/batch/status?batchId=batch%3A1+%26+2',
  ]);
});

test.each([
  [{ data: { batchId: 'b-1', id: 'i-1' } }, 'b-1'],
  [{ data: { id: 'i-1' } }, 'i-1'],
  [{ data: {} }, ''],
])('a batch that was started with %j has the id “%s”', (body, id) => {
  const { provider } = providerOf(os1);
  const text = JSON.stringify(body);
  const response = { url: new URL('https://x.example'), status: 202, headers: {}, body: text };
  expect(provider.startedId?.(response)).toBe(id);
  expect(provider.judge?.(response, 'job-1')).toMatchObject({ batchId: 'job-1', state: 'pending' });
});

describe('a status', () => {
  test.each([
    ['success', 'successful'],
    ['PARTIAL_SUCCESS', 'partial'],
    ['failed', 'failed'],
    ['IN_PROGRESS', 'pending'],
    ['ARCHIVED', 'unknown'],
  ])('%s is %s, in meta or beside it', async (status, state) => {
    const expected = { ...observed, state, providerStatus: status };
    expect(await poll({ data: { meta: { status } } })).toEqual(expected);
    expect(await poll({ data: { status } })).toEqual(expected);
  });

  test('that the workflow has classified counts before the common ones', async () => {
    const { poll } = providerOf(os1, { statusWords: { pending: ['SUCCESS'] } });
    const data = { status: 'success', success: 1, failed: 0, total: 1 };
    expect(await poll([{ body: { data } }])).toMatchObject({ state: 'pending' });
  });

  test.each([[{}], [[]], [{ data: [] }], [{ data: null }]])(
    'that %j has no place for is polled for again',
    async (body) => {
      expect(await poll(body)).toEqual({
        name: 'TransientError',
        reason: 'bad-response',
        message: `the response has no data: no content type, ${JSON.stringify(body)}`,
      });
    },
  );
});

describe('counts', () => {
  const progressOf = (success: number, failed: number, total: number) =>
    `${success + failed} of ${total} done, ${failed} failed`;

  test.each<[string, number, number, number, string]>([
    ['that are finished, all successful', 10, 0, 10, 'successful'],
    ['that are finished, all failed', 0, 10, 10, 'failed'],
    ['that are finished, some failed', 8, 2, 10, 'partial'],
    ['that exceed the total', 11, 0, 10, 'successful'],
  ])('%s decide where the status does not', async (_, success, failed, total, state) => {
    const expected = { ...observed, state, progress: progressOf(success, failed, total) };
    expect(await poll({ data: { meta: { success, failed, total } } })).toEqual(expected);
    expect(await poll({ data: { success, failed, total } })).toEqual(expected);
    expect(
      await poll({ data: { successCount: success, failureCount: failed, totalCount: total } }),
    ).toEqual(expected);
  });

  test('that are finished outweigh a status that is only usually pending', async () => {
    const counts = { success: 10, failed: 0, total: 10 };
    const expected = { state: 'successful', providerStatus: 'IN_PROGRESS' };
    expect(await poll({ data: { meta: { status: 'IN_PROGRESS', ...counts } } })).toMatchObject(
      expected,
    );
    expect(await poll({ data: { status: 'IN_PROGRESS', ...counts } })).toMatchObject(expected);
  });

  test.each<[string, object, string]>([
    ['none', {}, ''],
    ['unfinished ones', { success: 3, failed: 1, total: 10 }, '4 of 10 done, 1 failed'],
    ['those of nothing', { success: 0, failed: 0, total: 0 }, '0 of 0 done, 0 failed'],
    ['no successes', { failed: 10, total: 10 }, '10 of 10 done, 10 failed'],
    ['no failures', { success: 10, total: 10 }, '10 of 10 done, 0 failed'],
    ['no total', { success: 10, failed: 0 }, ''],
  ])('without a status are pending, with a warning: %s', async (_, data, progress) => {
    expect(await poll({ data })).toEqual({
      ...observed,
      state: 'pending',
      progress,
      warning: 'the response holds neither a status nor finished counts; taken as pending',
    });
  });

  test('that are not finished do not decide against a status', async () => {
    const data = { status: 'ARCHIVED', success: 1, failed: 0, total: 10 };
    expect(await poll({ data })).toMatchObject({ state: 'unknown' });
  });

  test('in meta come before those beside it', async () => {
    const data = {
      meta: { success: 1, failed: 1, total: 2 },
      ...{ success: 5, failed: 0, total: 5 },
      ...{ successCount: 6, failureCount: 0, totalCount: 6 },
    };
    expect(await poll({ data })).toMatchObject({
      state: 'partial',
      progress: '2 of 2 done, 1 failed',
    });
  });

  test.each([
    ['failed', { success: 0, failed: 10, total: 10 }],
    ['failed', { success: '0', failed: '10', total: '10' }],
    ['failed', { failed: 10 }],
    ['partial', { success: 1, failed: 10, total: 11 }],
  ])('against a status of success make it %s: %j', async (state, counts) => {
    const expected = {
      state,
      providerStatus: 'completed',
      message: 'status “completed” contradicts the counts: 10 failed',
    };
    expect(await poll({ data: { status: 'completed', ...counts } })).toMatchObject(expected);
    expect(await poll({ data: { meta: { status: 'completed', ...counts } } })).toMatchObject(
      expected,
    );
  });

  test('that are not finished beside a status of success are pending, with a warning', async () => {
    const data = { status: 'completed', success: 3, failed: 0, total: 10 };
    expect(await poll({ data })).toMatchObject({
      state: 'pending',
      warning: 'status “completed” contradicts the counts: 3 of 10 have ended; taken as pending',
    });
    const total = { status: 'completed', total: 1 };
    expect(await poll({ data: total })).toMatchObject({ state: 'pending' });
  });
});

describe('errors', () => {
  test.each<[string, unknown, string]>([
    [
      'objects',
      [
        { refID: 'r-1', reason: 'no stock' },
        { refID: '', reason: 'odd' },
      ],
      'r-1: no stock; odd',
    ],
    ['texts', ['row 3 is bad', ''], 'row 3 is bad'],
    ['one object alone', { refID: 'r-1', reason: 'no stock' }, 'r-1: no stock'],
    ['one text alone', 'no stock', 'no stock'],
    ['objects without a reason', [{ code: 7 }], '{"code":7}'],
    ['objects that say nothing', [{ refID: '', reason: null }], ''],
    ['null', null, ''],
  ])('of a failed batch are its message: %s', async (_, errors, message) => {
    const expected = { ...observed, state: 'failed', providerStatus: 'failed', message };
    expect(await poll({ data: { status: 'failed', errors } })).toEqual(expected);
    expect(await poll({ data: { status: 'failed', failureDetails: errors } })).toEqual(expected);
  });

  test('against a status of success make it failed', async () => {
    const errors = [{ refID: 'r-7', reason: 'no stock' }];
    expect(await poll({ data: { meta: { status: 'success' }, errors } })).toEqual({
      ...observed,
      state: 'failed',
      providerStatus: 'success',
      message: 'status “success” contradicts the counts: 1 failed; r-7: no stock',
    });
  });

  test('against counts of success make it partial', async () => {
    const data = { success: 10, failed: 0, total: 10, failureDetails: ['a', 'b'] };
    expect(await poll({ data })).toMatchObject({
      state: 'partial',
      message: 'success contradicts the counts: 2 failed; a; b',
    });
  });
});

describe('what contradicts a success is an error:', () => {
  test.each<[string, object, string]>([
    [
      'an error of the envelope',
      { errors: [{ reason: 'x' }], data: { status: 'completed' } },
      'status “completed” contradicts `errors` in the same response',
    ],
    [
      'success: false',
      { success: false, data: { status: 'completed' } },
      'status “completed” contradicts `success` in the same response',
    ],
    [
      'success: false in the data',
      { data: { status: 'completed', success: false } },
      'status “completed” contradicts `success` in the same response',
    ],
    [
      'an error in the data',
      { data: { status: 'completed', error: { code: 'x' } } },
      'status “completed” contradicts `error` in the same response',
    ],
    [
      'another status',
      { data: { status: 'failed', meta: { status: 'completed' }, errors: ['no stock'] } },
      'status “completed” contradicts “failed” in the same response; no stock',
    ],
    [
      'another status of partial success',
      { data: { status: 'partial', meta: { status: 'completed' } } },
      'status “completed” contradicts “partial” in the same response',
    ],
    [
      'an error beside counts',
      { data: { success: 1, failed: 0, total: 1, errorCode: 'X' } },
      'success by its counts contradicts `errorCode` in the same response',
    ],
  ])('%s', async (_, body, message) => {
    expect(await poll(body)).toEqual(contradiction(message));
  });

  test('but another status that is pending leaves it pending', async () => {
    const data = { status: 'running', meta: { status: 'completed' } };
    expect(await poll({ data })).toEqual({
      ...observed,
      state: 'pending',
      providerStatus: 'completed',
      note: 'also “running”',
    });
  });

  test('but another status that is success too agrees', async () => {
    const data = { status: 'done', meta: { status: 'completed' } };
    expect(await poll({ data })).toMatchObject({
      state: 'successful',
      providerStatus: 'completed',
    });
  });
});

describe('an error of OS1', () => {
  test.each<[string, unknown, string]>([
    ['with a description', { code: 'PTC400', description: 'Bad', message: 'm' }, 'PTC400: Bad'],
    ['with a message', { code: 'PTC400', message: 'Bad' }, 'PTC400: Bad'],
    ['without a code', { message: 'Bad' }, 'Bad'],
    ['that is a text', 'boom', 'boom'],
  ])('inside HTTP 200 ends the wait, %s', async (_, error, told) => {
    expect(await poll({ error, data: { status: 'completed' } })).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message: `OS1 responded with an error: ${told}`,
    });
  });

  test('of an unknown batch is waited for within the grace', async () => {
    const reply = { status: 404, body: { error: { code: 'G404', description: 'not found' } } };
    expect(await providerOf(os1).poll([reply])).toEqual({
      name: 'PermanentError',
      reason: 'not-found',
      needsGrace: true,
      problem: 'unknown-id',
      message: 'HTTP 404: G404: not found',
    });
  });

  test.each([[''], [null], [[]]])('that is empty (%j) is none', async (error) => {
    expect(await poll({ error, data: { status: 'failed' } })).toMatchObject({ state: 'failed' });
  });
});

test.each<[string, object]>([
  ['the shape of a callback', { data: { meta: { status: 'x', success: 1, failed: 1, total: 2 } } }],
  [
    'the flat shape',
    {
      data: {
        ...{ status: 'x', successCount: 1, failureCount: 1, totalCount: 2 },
        failureDetails: [{ refID: 'r', reason: 'why' }],
      },
    },
  ],
  ['errors', { data: { status: 'failed', errors: [{ refID: 'r', reason: 'why' }] } }],
  ['an error with a description', { error: { code: 'c', description: 'd' } }],
  ['an error with a message', { error: { code: 'c', message: 'd' } }],
])('a response means the same whatever the case of its keys: %s', async (_, body) => {
  const result = await poll(body);
  expect(result).not.toMatchObject({ name: 'TransientError' });
  expect(await poll(withCapitalKeys(body))).toEqual(result);
});

describe('a login', () => {
  const issued: Reply = { body: { data: { accessToken: 'issued', expiresIn: 60 } } };

  test('posts id and secret as JSON, with the tenant', async () => {
    const { logIn, requests } = providerOf(os1);
    expect(await logIn([issued])).toEqual({ value: 'issued', lifetimeMs: 60_000 });
    expect(requests).toEqual([
      {
        method: 'POST',
        url: new URL('https://acme.example/root/core/api/v1/aaa/auth/client-credentials'),
        headers: {
          'Content-Type': 'application/json',
          'X-COREOS-REQUEST-ID': expect.stringMatching(UUID),
          'X-COREOS-TID': 'acme',
        },
        body: '{"clientId":"client","clientSecret":"client-secret"}',
      },
    ]);
  });

  test('names its audience, and goes to token-url, where they are given', async () => {
    const changes = { tokenUrl: 'https://login.example/t', audience: 'platform:app' };
    const { logIn, requests } = providerOf(os1, changes);
    await logIn([issued]);
    expect(requests[0]).toMatchObject({
      url: new URL('https://login.example/t'),
      body: '{"clientId":"client","clientSecret":"client-secret","audience":"platform:app"}',
    });
  });

  test.each([[{}], [{ data: 'issued' }], [{ data: {} }]])(
    'whose response is %j brings no token',
    async (body) => {
      expect(await providerOf(os1).logIn([{ body }])).toMatchObject({
        name: 'PermanentError',
        reason: 'rejected',
      });
    },
  );
});
