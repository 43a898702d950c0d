import { describe, expect, test } from '@jest/globals';
import { sei } from '../../../src/providers/sei.js';
import { providerOf, withCapitalKeys, type Reply } from '../../support/poll.js';

const poll = (reply: Reply) => providerOf(sei).poll([reply]);
const tracked = { requesttrackingid: 'track-1' };
const trackedNote = 'requesttrackingid track-1';

/** The envelope of SEI's errors. */
const refusal = (status: number, transient: unknown, more: object = {}): Reply => ({
  status,
  body: {
    code: 'gateway.limit',
    message: 'Slow down',
    trackingId: 'track-2',
    transient,
    errors: [{ field: 'key', location: 'path', reason: 'malformed' }],
    ...more,
  },
});
const REFUSED = 'gateway.limit: Slow down; key path malformed; trackingId track-2';

test('SEI has an address of its own, a key beside the token, and no report', () => {
  expect(sei).toMatchObject({
    title: 'SEI',
    defaultBaseUrl: 'https://api.seic.com',
    requiredInputs: ['app-key'],
    loginInputs: ['username', 'password', 'client-secret'],
    optionalInputs: ['token-url', 'app-name', 'token-scheme'],
  });
  expect(sei.hasReports({} as never)).toBe(false);
  expect(providerOf(sei).provider.credentials('t')).toEqual({
    Authorization: 'Bearer t',
    AppKey: 'app-key',
  });
});

test('a transaction is polled by a GET of its key, percent-encoded', async () => {
  const { poll, requests } = providerOf(sei, { appName: 'end client' });
  await poll([{ body: { status: 'done' } }], 'a/b+c==');
  expect(requests).toEqual([
    {
      method: 'GET',
      url: new URL('https://acme.example/root/v1/jobs/end%20client/status/a%2Fb%2Bc%3D%3D'),
    },
  ]);
});

test('a transaction that was started is found by its key, and judged by the response', () => {
  const { provider } = providerOf(sei);
  const body = JSON.stringify({ jobStatusQueryKey: 'k-1', status: 'queued' });
  const response = { url: new URL('https://x.example'), status: 202, headers: {}, body };
  expect(provider.startedId?.(response)).toBe('k-1');
  expect(provider.judge?.(response, 'k-1')).toMatchObject({ state: 'pending' });
});

describe('a status', () => {
  test.each<[string, Reply, object]>([
    [
      'that is common, with its batch',
      { body: { status: 'Completed', batchId: 'B-77' } },
      { state: 'successful', providerStatus: 'Completed', batchId: 'B-77' },
    ],
    [
      'with the id by which SEI finds the request',
      { body: { status: 'Queued' }, headers: tracked },
      { state: 'pending', providerStatus: 'Queued', note: trackedNote },
    ],
    ['that nobody knows', { body: { status: 'odd' } }, { state: 'unknown', providerStatus: 'odd' }],
    [
      'with messages',
      { body: { status: 'Rejected', message: 'no', validationMessage: ['a', { code: 7 }] } },
      { state: 'failed', providerStatus: 'Rejected', message: 'no; a; {"code":7}' },
    ],
    [
      'with one validation message',
      { body: { status: 'Processed', validationMessage: 'moved' } },
      { state: 'successful', providerStatus: 'Processed', message: 'moved' },
    ],
    [
      'that is empty',
      { body: { status: null, batchId: 7 } },
      {
        state: 'pending',
        providerStatus: '',
        batchId: '7',
        warning: 'the response’s status is empty; taken as pending',
      },
    ],
  ])('%s', async (_, reply, expected) => {
    expect(await poll(reply)).toEqual({ batchId: '', message: '', note: '', ...expected });
  });

  test('that the workflow has classified counts before the common ones', async () => {
    const { poll } = providerOf(sei, { statusWords: { failed: ['DONE'] } });
    expect(await poll([{ body: { status: 'done' } }])).toMatchObject({ state: 'failed' });
  });

  test.each<[string, object, string]>([
    ['a code', { code: 'SWP-500', message: 'locked' }, 'SWP-500: locked'],
    ['errors', { errors: [{ field: 'date', message: 'in the past' }] }, 'date in the past'],
    ['errors that are texts', { errors: ['in the past', 'odd'] }, 'in the past; odd'],
    ['success: false', { success: false }, ''],
  ])('of success beside %s is an error', async (_, fields, told) => {
    expect(await poll({ body: { status: 'completed', ...fields } })).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message: `status “completed” contradicts the error in the same response: ${told}`,
    });
  });

  test('of failure beside a code is a failure', async () => {
    const body = { status: 'failed', code: 'SWP-500', message: 'locked' };
    expect(await poll({ body })).toMatchObject({ state: 'failed', message: 'locked' });
  });

  test.each([[{}], [[]], [{ batchId: '7' }]])('that %j lacks is polled for again', async (body) => {
    expect(await poll({ body })).toEqual({
      name: 'TransientError',
      reason: 'bad-response',
      message: `the response has no status: no content type, ${JSON.stringify(body)}`,
    });
  });
});

describe('an error of SEI', () => {
  test.each([
    [200, 'true'],
    [400, 'True'],
    [404, true],
  ])('under HTTP %d whose transient is %j is polled again', async (status, transient) => {
    expect(await poll(refusal(status, transient))).toEqual({
      name: 'TransientError',
      reason: 'unreachable',
      message: `HTTP ${status}: ${REFUSED}`,
    });
  });

  test('that is transient is polled again where it has a status, too', async () => {
    expect(await poll({ body: { status: 'done', transient: 'true' } })).toMatchObject({
      name: 'TransientError',
    });
  });

  test('inside HTTP 200 that is not transient ends the wait', async () => {
    const reply = { ...refusal(200, 'false'), headers: tracked };
    expect(await poll(reply)).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message: `HTTP 200: ${REFUSED} (${trackedNote})`,
    });
  });

  test('inside HTTP 200 that only has a code ends the wait', async () => {
    expect(await poll({ body: { code: 'x.y' } })).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message: 'HTTP 200: x.y',
    });
  });

  test('inside HTTP 200 about the authentication has the token renewed', async () => {
    expect(await poll(refusal(200, 'false', { code: 'Authentication.failed' }))).toMatchObject({
      name: 'CredentialsRejected',
      message: expect.stringContaining('HTTP 200: Authentication.failed: Slow down'),
    });
  });

  test('under HTTP 400 that is not transient means what HTTP 400 means', async () => {
    expect(await poll(refusal(400, 'false'))).toEqual({
      name: 'PermanentError',
      reason: 'rejected',
      problem: 'bad-request',
      message: `HTTP 400: ${REFUSED}`,
    });
  });

  test('under HTTP 300 is a redirect', async () => {
    expect(await poll(refusal(300, 'false'))).toMatchObject({ problem: 'redirected' });
  });

  test('under HTTP 401 has the token renewed, transient or not', async () => {
    expect(await poll(refusal(401, 'true'))).toMatchObject({ name: 'CredentialsRejected' });
  });

  test('names what there is of each of its errors', async () => {
    const errors = [
      { field: 'key', reason: 'short', message: 'not this' },
      { location: 'query', message: 'odd' },
      'a text',
    ];
    const body = { transient: 'true', code: '', message: 'No', errors };
    expect(await poll({ body })).toMatchObject({
      message: 'HTTP 200: No; key short; query odd; a text',
    });
  });
});

test.each<[string, object]>([
  ['a status', { status: 'done', batchId: 'b', message: 'm', validationMessage: 'v' }],
  ['an error', refusal(200, 'false').body as object],
  ['a transient error', { transient: 'true', errors: [{ reason: 'r' }] }],
  ['a status beside an error', { status: 'done', code: 'c' }],
])('a response means the same whatever the case of its keys: %s', async (_, body) => {
  const result = await poll({ body });
  expect(await poll({ body: withCapitalKeys(body) })).toEqual(result);
});

describe('a login', () => {
  const issued: Reply = { body: { access_token: 'issued', expires_in: 60 } };
  const pair = Buffer.from('app-key:client-secret').toString('base64');

  test.each([
    ['basic', `Basic ${pair}`],
    ['none', pair],
  ] as const)('sends key and secret as a pair by the scheme %s', async (tokenScheme, sent) => {
    const { logIn, requests } = providerOf(sei, { tokenScheme });
    expect(await logIn([issued])).toEqual({ value: 'issued', lifetimeMs: 60_000 });
    expect(requests).toEqual([
      {
        method: 'POST',
        url: new URL('https://acme.example/root/v2/oauthtoken'),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: sent },
        body: 'grant_type=client_credentials&username=jane&password=pass-word',
      },
    ]);
  });

  test('goes to token-url where one is given', async () => {
    const { logIn, requests } = providerOf(sei, { tokenUrl: 'https://login.example/t' });
    await logIn([issued]);
    expect(requests[0]?.url.href).toBe('https://login.example/t');
  });

  test('whose error is transient is tried again', async () => {
    const { logIn } = providerOf(sei);
    expect(await logIn([refusal(400, 'true')])).toMatchObject({ name: 'TransientError' });
  });
});
