import { describe, expect, test } from '@jest/globals';
import { safetychain } from '../../../src/providers/safetychain.js';
import { providerOf, withCapitalKeys } from '../../support/poll.js';

const poll = (body: unknown) => providerOf(safetychain).poll([{ body }]);
const success = { RequestId: 'job-1', RequestStatus: 'Successful', Status: true };
const unknownId = (message: string) => ({
  name: 'PermanentError',
  reason: 'not-found',
  needsGrace: true,
  problem: 'unknown-id',
  message,
});
const NOT_KNOWN = 'SafetyChain does not know this RequestId (Status is false)';
const NOT_MENTIONED = 'The response of SafetyChain does not mention this RequestId';

test('SafetyChain has a login that needs a tenant and its address, and no report', () => {
  expect(safetychain).toMatchObject({
    title: 'SafetyChain',
    requiredInputs: [],
    loginInputs: ['username', 'password', 'tenant-id', 'token-url'],
  });
  expect(safetychain.hasReports({} as never)).toBe(false);
  expect(providerOf(safetychain).provider.credentials('t')).toEqual({ Authorization: 'Bearer t' });
});

test('a request is polled by a POST of its id', async () => {
  const { poll, requests } = providerOf(safetychain);
  await poll([{ body: success }]);
  expect(requests).toEqual([
    {
      method: 'POST',
      url: new URL('https://acme.example/root/api/integration/GetBatchStatus'),
      headers: { 'Content-Type': 'application/json' },
      body: '{"RequestId":"job-1"}',
    },
  ]);
});

test('a request that was started is found by its id, and judged by the response', () => {
  const { provider } = providerOf(safetychain);
  const body = JSON.stringify({ Data: success });
  const response = { url: new URL('https://x.example'), status: 200, headers: {}, body };
  expect(provider.startedId?.(response)).toBe('job-1');
  expect(provider.judge?.(response, 'job-1')).toMatchObject({ state: 'successful' });
});

describe('a status', () => {
  test.each([
    ['AwaitingProcess', 'pending'],
    ['Pending', 'pending'],
    ['Inprocess', 'pending'],
    ['Successful', 'successful'],
    ['PartialSuccess', 'partial'],
    ['Failure', 'failed'],
    ['Archived', 'unknown'],
  ])('%s is %s', async (RequestStatus, state) => {
    expect(await poll({ ...success, RequestStatus })).toEqual({
      state,
      providerStatus: RequestStatus,
      batchId: 'job-1',
      message: '',
    });
  });

  test('that the workflow has classified counts before those of SafetyChain', async () => {
    const { poll } = providerOf(safetychain, { statusWords: { pending: ['Successful'] } });
    expect(await poll([{ body: success }])).toMatchObject({ state: 'pending' });
  });

  test('of an entry without an id is the status of the request that was polled', async () => {
    expect(await poll({ RequestStatus: 'Successful', Status: true })).toMatchObject({
      state: 'successful',
      batchId: '',
    });
  });

  test('that is not there is pending, with a warning, where Status is true', async () => {
    expect(await poll({ RequestId: 'job-1', Status: true })).toEqual({
      state: 'pending',
      providerStatus: '',
      batchId: 'job-1',
      message: '',
      warning: 'the response names no RequestStatus; taken as pending',
    });
  });

  test.each([
    [{ RequestId: 'job-1' }],
    [{ Status: 'true' }],
    ['17'],
    [{ Data: 'text' }],
    [{ Data: 7 }],
  ])('that %j lacks is polled for again', async (body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(await poll(body)).toEqual({
      name: 'TransientError',
      reason: 'bad-response',
      message: `the response has no RequestStatus: no content type, ${text}`,
    });
  });
});

test.each<[string, object]>([
  ['a status', success],
  ['an id that is not known', { ...success, Status: false }],
  ['an envelope', { Status: true, Data: [success] }],
  ['an error with a field', { RequestError: { FieldName: 'f', ErrorMessage: 'm' } }],
  ['errors', { Errors: [{ Message: 'm' }] }],
  ['an error beside a status', { ...success, Error: 'a', ErrorMessage: 'b' }],
  ['a refusal', { ErrorMsg: 'no access' }],
])('a response means the same whatever the case of its keys: %s', async (_, body) => {
  const result = await poll(body);
  expect(result).not.toMatchObject({ name: 'TransientError' });
  expect(await poll(withCapitalKeys(body))).toEqual(result);
});

describe('a response of several entries', () => {
  test.each<[string, (list: unknown[]) => unknown]>([
    ['in a list', (list) => list],
    ['in an envelope', (list) => ({ Data: list })],
  ])('%s is searched for the id', async (_, wrap) => {
    const another = { RequestId: 'another', RequestStatus: 'Failure', Status: true };
    const own = { ...success, RequestID: 'JOB-1', RequestId: undefined };
    expect(await poll(wrap([another, own, 'text']))).toEqual({
      state: 'successful',
      providerStatus: 'Successful',
      batchId: 'JOB-1',
      message: '',
    });
  });

  test.each<[string, unknown]>([
    ['an empty list', []],
    ['a list of others', [{ ...success, RequestId: 'another' }]],
    ['an envelope of nothing', { Data: [] }],
  ])('does not know the id where it is %s', async (_, body) => {
    expect(await poll(body)).toEqual(unknownId(NOT_MENTIONED));
  });

  test.each([
    [['Successful', 'Pending'], 'pending'],
    [['Successful', 'Archived'], 'unknown'],
    [['Pending', 'Archived'], 'unknown'],
    [['Successful', 'PartialSuccess'], 'partial'],
    [['Failure', 'Pending'], 'pending'],
  ])('that are %j is %s', async (statuses, state) => {
    const body = statuses.map((RequestStatus) => ({ ...success, RequestStatus }));
    expect(await poll(body)).toMatchObject({ state, providerStatus: statuses.join(', ') });
  });

  test('that refuses is refused, whichever entry says so', async () => {
    const refused = {
      name: 'PermanentError',
      reason: 'rejected',
      message: 'SafetyChain refused: no access',
    };
    expect(await poll([{ ErrorMsg: 'no access' }])).toEqual(refused);
    expect(await poll({ ErrorMsg: 'no access' })).toEqual(refused);
    expect(await poll({ ErrorMsg: 'no access', Data: success })).toEqual(refused);
  });

  test('in an envelope alone is an entry', async () => {
    expect(await poll({ Status: true, Data: success })).toMatchObject({
      state: 'successful',
      batchId: 'job-1',
    });
    expect(await poll({ Status: true, Data: { RequestId: 'job-1' } })).toMatchObject({
      state: 'pending',
    });
  });
});

describe('an error', () => {
  test.each<[string, object, string]>([
    ['RequestError', { RequestError: 'Invalid' }, 'Invalid'],
    ['Errors as a text', { Errors: 'odd' }, 'odd'],
    ['Errors as a list', { Errors: ['a', { Message: 'b' }, ['c']] }, 'a; b; c'],
    [
      'Errors as an object with a field',
      { Errors: { FieldName: 'Path', ErrorMessage: 'not found', Message: 'not this' } },
      'Path: not found',
    ],
    ['Errors as an object of anything', { Errors: { Code: 7 } }, '{"Code":7}'],
    ['Errors as a number', { Errors: [500] }, '500'],
    ['Errors as true', { Errors: true }, 'true'],
    ['Error, beside a status', { Error: 'boom' }, 'boom'],
    ['ErrorMessage, beside a status', { ErrorMessage: 'boom' }, 'boom'],
  ])('fails a status of success: %s', async (_, fields, message) => {
    expect(await poll({ ...success, ...fields })).toEqual({
      state: 'failed',
      providerStatus: 'Successful',
      batchId: 'job-1',
      message,
    });
  });

  test('decides where there is no status', async () => {
    expect(await poll({ RequestId: 'job-1', RequestError: ['Invalid', 'Invalid'] })).toEqual({
      state: 'failed',
      providerStatus: '',
      batchId: 'job-1',
      message: 'Invalid',
    });
  });

  test('explains a partial success', async () => {
    const body = { ...success, RequestStatus: 'PartialSuccess', Errors: ['2 of 5 failed'] };
    expect(await poll(body)).toMatchObject({ state: 'partial', message: '2 of 5 failed' });
  });

  test('beside a partial success and another status is a failure', async () => {
    const body = [
      { ...success, Errors: ['x'] },
      { ...success, RequestStatus: 'PartialSuccess' },
    ];
    expect(await poll(body)).toMatchObject({ state: 'failed' });
  });

  test('of the envelope holds for what is in it', async () => {
    const body = { Status: false, Errors: ['gateway down'], Data: [success] };
    expect(await poll(body)).toMatchObject({ state: 'failed', message: 'gateway down' });
  });

  test.each([[[]], [{}], [''], [null], [[[]]]])('that is empty (%j) is none', async (empty) => {
    const body = { ...success, RequestError: empty, Errors: empty, Error: empty, ErrorMsg: '' };
    expect(await poll(body)).toMatchObject({ state: 'successful', message: '' });
  });

  test('Error without a status says nothing of the job', async () => {
    const body = { RequestId: 'job-1', Status: true, Error: 'x', ErrorMessage: 'y' };
    expect(await poll(body)).toMatchObject({ state: 'pending', message: '' });
  });

  test.each(['Login Timeout', 'login timeout'])('“%s” is a token that has ended', async (text) => {
    expect(await poll({ RequestError: ['other', text] })).toEqual({
      name: 'CredentialsRejected',
      reason: 'rejected',
      problem: 'token-rejected',
      message: 'SafetyChain says “Login Timeout”',
    });
  });

  test.each<[object, string]>([
    [{ RequestError: ['a', 'b'], Message: 'c' }, 'a; b'],
    [{ Message: 'c', error: 'd' }, 'c'],
    [{ error: 'd', error_description: 'e' }, 'd: e'],
  ])('under HTTP 400 is explained by %j', async (body, told) => {
    expect(await providerOf(safetychain).poll([{ status: 400, body }])).toEqual({
      name: 'PermanentError',
      reason: 'rejected',
      problem: 'bad-request',
      message: `HTTP 400: ${told}`,
    });
  });
});

describe('an id that SafetyChain does not know', () => {
  test.each([
    [{ RequestId: 'job-1', RequestStatus: 'Successful', Status: false }],
    [{ ...success, Status: 'False' }],
    [{ ...success, Status: '0' }],
    [{ Status: false, Data: null }],
    [{ Status: false, Data: [] }],
    [{ Status: true, Data: { ...success, Status: false } }],
  ])('is one whose Status is false: %j', async (body) => {
    expect(await poll(body)).toEqual(unknownId(NOT_KNOWN));
  });
});

describe('a contradiction is an error:', () => {
  test.each<[string, unknown, string]>([
    [
      'an entry about another request',
      { ...success, RequestId: 'another' },
      'the response is about the RequestId “another”, while “job-1” was polled',
    ],
    [
      'an envelope about another request',
      { RequestId: 'zz', Status: true, Data: { RequestStatus: 'Successful' } },
      'the response is about the RequestId “zz”, while “job-1” was polled',
    ],
    [
      'two statuses',
      [success, { ...success, RequestStatus: 'Failure' }],
      'RequestStatus “Successful” contradicts “Failure” in the same response',
    ],
    [
      'a Status of neither true nor false',
      { ...success, Status: 'odd' },
      'RequestStatus “Successful” contradicts “odd” in the same response',
    ],
    [
      'a Status that only begins like true',
      { ...success, Status: 'trueish' },
      'RequestStatus “Successful” contradicts “trueish” in the same response',
    ],
    [
      'a Status that only ends like true',
      { ...success, Status: 'untrue' },
      'RequestStatus “Successful” contradicts “untrue” in the same response',
    ],
  ])('%s', async (_, body, message) => {
    expect(await poll(body)).toEqual({ name: 'PermanentError', reason: 'bad-response', message });
  });

  test.each([['TRUE'], [1], [undefined]])('a Status of %j is none', async (Status) => {
    expect(await poll({ ...success, Status })).toMatchObject({ state: 'successful' });
  });

  test('a failure has none', async () => {
    const body = { ...success, RequestStatus: 'Failure', Status: 'odd' };
    expect(await poll(body)).toMatchObject({ state: 'failed' });
  });
});

test('a login posts user, password and tenant as a form', async () => {
  const { logIn, requests } = providerOf(safetychain, { tokenUrl: 'https://login.example/t' });
  expect(await logIn([{ body: { access_token: 'issued', expires_in: '60' } }])).toEqual({
    value: 'issued',
    lifetimeMs: 60_000,
  });
  expect(requests).toEqual([
    {
      method: 'POST',
      url: new URL('https://login.example/t'),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=password&acr_values=tenant%3Aacme&username=jane&password=pass-word',
    },
  ]);
});
