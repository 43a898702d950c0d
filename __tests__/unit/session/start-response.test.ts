import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PermanentError, TransientError } from '../../../src/domain/errors.js';
import { PROVIDERS, type ProviderName } from '../../../src/providers/index.js';
import type {
  HttpSettings,
  ProviderSettings,
  StartSettings,
} from '../../../src/providers/provider.js';
import {
  leavesUnknown,
  readStartResponse,
  toEnd,
  toOutcome,
} from '../../../src/session/start-response.js';

interface Given {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const url = new URL('https://acme.example/start');
const plainStart: StartSettings = {
  ...{ url, method: 'POST', headers: {}, body: '' },
  ...{ idQuery: '', idempotencyHeader: '', isFinal: false },
};

/** What a response to a start means at a provider. */
function read(
  name: ProviderName,
  { status = 200, headers = {}, body = '' }: Given,
  settings: Partial<StartSettings> & { readonly http?: Partial<HttpSettings> } = {},
) {
  const http = {
    ...{ statusQuery: 'status', failureQuery: '', messageQuery: '', batchIdQuery: '' },
    ...{ filePathQuery: '', linkQuery: '', progressQuery: '', transientQuery: '' },
    ...{ updatedAtQuery: '', notBeforeMs: undefined, headers: {}, cancelUrl: '' },
    httpStatuses: { successful: [], pending: [202], failed: [] },
    ...settings.http,
  };
  const provider = PROVIDERS[name].create({
    ...({ baseUrl: url.origin, statusWords: {} } as ProviderSettings),
    http: http as unknown as HttpSettings,
  });
  const start = { ...plainStart, ...settings };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = { url, status, headers, body: text };
  const found = readStartResponse(response, start, provider);
  if (found.error === undefined) return found;
  const { reason, message } = found.error;
  return { error: reason, message, mayExist: leavesUnknown(response, found.error) };
}

describe('where the providers put the id', () => {
  test.each<[ProviderName, Given]>([
    ['safetychain', { body: { RequestId: '7' } }],
    ['safetychain', { body: { Data: { requestID: 7 }, Status: true } }],
    ['flolive', { status: 202, headers: { 'request-id': '7' } }],
    ['flolive', { status: 202, headers: { 'request-id': '7' }, body: { content: '' } }],
    ['os1', { status: 202, body: { data: { batchId: '7' } } }],
    ['sei', { status: 202, body: { jobStatusQueryKey: '7' } }],
    ['unicommerce', { body: { successful: true, message: null, errors: [], jobCode: '7' } }],
    ['http', { status: 201, body: { id: 7 } }],
    ['http', { status: 202, headers: { location: '7' }, body: { id: 8 } }],
    ['http', { status: 202, headers: { 'operation-location': '7' }, body: { id: 8 } }],
  ])('%s %j', (name, given) => {
    expect(read(name, given)).toMatchObject({ requestId: '7' });
    expect(read(name, given)).not.toHaveProperty('status');
  });

  test('id-query finds it elsewhere, in headers and by the status too', () => {
    const given = {
      status: 201,
      headers: { 'x-job': 'a' },
      body: { job: { id: '9007199254740993' } },
    };
    for (const [idQuery, id] of [
      ['job.id', '9007199254740993'],
      ['$headers."x-job"', 'a'],
      ['to_string($status)', '201'],
    ] as const) {
      expect(read('sei', given, { idQuery })).toMatchObject({ requestId: id });
    }
  });
});

describe('a job that failed at once', () => {
  test.each<[ProviderName, Given, string]>([
    ['safetychain', { body: { RequestId: '7', RequestError: [{ ErrorMessage: 'no' }] } }, 'no'],
    ['flolive', { body: { errorCode: 'SIM_1', errorMessage: 'no', content: '' } }, 'SIM_1: no'],
    [
      'os1',
      { body: { data: { batchId: '7', status: 'FAILED', errors: [{ reason: 'no' }] } } },
      'no',
    ],
    ['sei', { body: { jobStatusQueryKey: '7', status: 'Failed', message: 'no' } }, 'no'],
    ['unicommerce', { body: { successful: false, errors: [{ description: 'no' }] } }, 'no'],
    ['http', { body: { id: '7', status: 'failed', error: { message: 'no' } } }, 'no'],
    ['http', { status: 422, body: { status: 'failed', message: 'no' } }, 'no'],
  ])('%s %j', (name, given, message) => {
    const found = read(name, given) as { message: string };
    expect(found).toMatchObject({ status: 'Failure', reason: 'job-failed' });
    expect(found.message).toContain(message);
  });
});

describe('a request that was refused', () => {
  test.each<[ProviderName, Given, string]>([
    [
      'unicommerce',
      { body: { successful: false, errors: [{ description: 'no such type' }] } },
      'no such type',
    ],
    ['sei', { body: { code: 'BAD', errors: [{ field: 'a', reason: 'too long' }] } }, 'a too long'],
    ['os1', { body: { error: { code: 'E1', description: 'no batch' } } }, 'E1: no batch'],
    ['safetychain', { body: { Message: 'no form' } }, 'no form'],
    ['flolive', { body: { errorCode: 'X_1', errorMessage: 'no SIM' } }, 'X_1: no SIM'],
    ['http', { body: { title: 'Bad', detail: 'no day' } }, 'Bad: no day'],
  ])('%s gives its own words: %j', (name, given, words) => {
    const found = read(name, { ...given, status: 400 });
    expect(found).toMatchObject({ error: 'rejected', mayExist: false });
    expect(found.message).toContain(words);
  });

  test.each([400, 403, 404, 405, 408, 409, 410, 413, 415, 422, 423, 425])('HTTP %d', (status) => {
    const found = read('sei', { status, body: { note: 'no' } });
    expect(found).toMatchObject({ mayExist: false });
    expect(['rejected', 'not-found']).toContain((found as { error: string }).error);
  });
});

describe('a response that says to come again', () => {
  test.each<[ProviderName, Given]>([
    ['sei', { status: 429 }],
    ['sei', { status: 503, headers: { 'retry-after': '1' } }],
    ['http', { status: 403, headers: { 'retry-after': '1' } }],
    ['http', { status: 403, body: { message: 'API rate limit exceeded' } }],
    ['http', { status: 400, body: { __type: 'com.amazon#ThrottlingException' } }],
  ])('has accepted nothing: %s %j', (name, given) => {
    expect(read(name, given)).toMatchObject({ error: 'unreachable', mayExist: false });
  });

  test('may have accepted something where it is a 200 without an id', () => {
    const body = { errors: [{ extensions: { code: 'THROTTLED' } }] };
    const found = read('http', { body }, { http: { transientQuery: 'errors' } });
    expect(found).toMatchObject({ error: 'unreachable', mayExist: true });
    const withId = read(
      'http',
      { body: { ...body, id: '7' } },
      { http: { transientQuery: 'errors' } },
    );
    expect(withId).toMatchObject({ requestId: '7' });
  });
});

test('HTTP 400 that transient-query takes for an error that may pass has accepted nothing', () => {
  const given = { status: 400, body: { busy: true } };
  const found = read('http', given, { http: { transientQuery: 'busy' } });
  expect(found).toMatchObject({ error: 'rejected', mayExist: false });
});

test.each([500, 502, 504])('after HTTP %d the job may exist in spite of Retry-After', (status) => {
  const found = read('http', { status, headers: { 'retry-after': '1' } });
  expect(found).toMatchObject({ error: 'unreachable', mayExist: true });
});

test.each([500, 502, 503, 504, 599])('after HTTP %d the job may exist', (status) => {
  for (const body of ['', { status: 'failed', message: 'no' }, '<html></html>']) {
    expect(read('http', { status, body })).toMatchObject({ mayExist: true });
    expect(read('unicommerce', { status, body })).toMatchObject({ mayExist: true });
  }
});

test.each([
  [199, '/jobs/7', true],
  [300, '/jobs/7', false],
  [301, '/start/', false],
  [302, '/login', false],
  [302, 'https://sso.example/saml', false],
  [302, '/thanks', true],
  [303, '/jobs/7', true],
  [304, '/jobs/7', true],
  [307, '/other', false],
])('after HTTP %d to %s the job may exist: %s', (status, location, mayExist) => {
  const found = read('sei', { status, headers: { location } });
  expect(found).toMatchObject({ error: 'bad-response', mayExist });
});

test('an HTML page in place of the response leaves unknown whether there is a job', () => {
  for (const name of Object.keys(PROVIDERS) as ProviderName[]) {
    const found = read(name, { body: '<!doctype html><title>Sign in</title>' });
    expect(found).toMatchObject({ error: 'bad-response', mayExist: true });
  }
});

test('a session that has ended asks for a new login, under 200 too', () => {
  const body = { RequestError: [{ ErrorMessage: 'Login Timeout' }] };
  expect(read('safetychain', { body })).toMatchObject({ error: 'rejected', mayExist: false });
});

describe('an id that is lost', () => {
  test.each([
    [{ body: '' }, 'there is none where the provider puts it; the response is null'],
    [{ body: { data: { x: [1] } } }, 'the response is {data: {x: [number × 1]}}'],
    [{ body: 'Accepted' }, 'the response is null'],
    [{ body: { id: null } }, 'there is none'],
    [{ body: { id: '..' } }, 'there is none'],
    [{ body: { id: ' ' } }, 'there is none'],
    [{ body: { id: false } }, 'there is none'],
  ])('%j', (given, why) => {
    const found = read('http', given);
    expect(found).toMatchObject({ status: 'Error', reason: 'start-unknown' });
    expect(found.message).toMatch(/^the job was started, and its id is lost: /);
    expect(found.message).toContain(why);
  });

  test('because of a query that fails does not hide what the response says', () => {
    const idQuery = "join('', ids)";
    expect(read('http', { body: { ids: 7 } }, { idQuery })).toMatchObject({
      reason: 'start-unknown',
    });
    expect(read('http', { status: 401, body: { ids: 7 } }, { idQuery })).toMatchObject({
      error: 'rejected',
    });
  });

  test('because of a response that is endless costs no time, whatever else it says', () => {
    const body = `{"id": 7, "status": "failed", "values": [${'1,'.repeat(1_500_000)}1]}`;
    expect(read('http', { body })).toMatchObject({
      reason: 'start-unknown',
      message: expect.stringContaining('values, which is no status') as unknown,
    });
  });
});

describe('start-final', () => {
  const bare = { body: { status: 'success', id: 7 } };

  test('false: a success is an acknowledgement', () => {
    expect(read('http', bare)).not.toHaveProperty('status');
  });

  test('true: a success with an id is the end', () => {
    const end = { requestId: '7', status: 'Successful', reason: '' };
    expect(read('http', bare, { isFinal: true })).toMatchObject(end);
  });

  test.each<[string, Given, Partial<HttpSettings>]>([
    ['a pending status', { body: { status: 'running', id: 7 } }, {}],
    ['no status', { body: { id: 7 } }, {}],
    [
      'an HTTP status alone',
      { body: { id: 7 } },
      { httpStatuses: { successful: [200], pending: [], failed: [] } },
    ],
    ['a success whose link is to come', bare, { filePathQuery: 'link' }],
  ])('true: %s is not the end', (_, given, http) => {
    const found = read('http', given, { isFinal: true, http });
    expect(found).toMatchObject({ requestId: '7' });
    expect(found).not.toHaveProperty('status');
  });

  test('true: a report of Uniware that has no link yet is waited for', () => {
    const body = { successful: true, status: 'COMPLETE', jobCode: '7' };
    expect(read('unicommerce', { body }, { isFinal: true })).not.toHaveProperty('status');
    const whole = { body: { ...body, filePath: 'https://r.example/a.csv' } };
    expect(read('unicommerce', whole, { isFinal: true })).toHaveProperty('status', 'Successful');
  });
});

test('a job that has failed at its start has the message of its error where message-query finds none', () => {
  const body = { id: 7, status: 'failed', error: { message: 'no such table' } };
  const end = read('http', { body }, { http: { messageQuery: 'reason' } });
  expect(end).toMatchObject({ status: 'Failure', message: 'no such table' });
});

test('a start that is not found speaks of the request, not of a job', () => {
  const error = new PermanentError('HTTP 404', 'not-found', { problem: 'unknown-id' });
  expect(toEnd(error)).toMatchObject({ reason: 'rejected', problem: 'bad-request' });
});

test.each([
  ['.7', '.7'],
  ['7..', '7..'],
  ['...', '...'],
  [' 7 ', '7'],
])('the id “%s” is polled as “%s”', (id, requestId) => {
  const response = { url, status: 200, headers: {}, body: '{}' };
  const found = readStartResponse(response, plainStart, { startedId: () => id });
  expect(found).toMatchObject({ requestId });
});

test('whatever a start is responded with, its id is one that can be polled', () => {
  const id = fc.oneof(
    fc.constantFrom('.', '..', ' .. ', '\ud800', 'a\udc00b', 7, null, ['x'], {}),
    fc.string({ unit: 'binary' }),
  );
  const key = fc.constantFrom('RequestId', 'batchId', 'jobStatusQueryKey', 'jobCode', 'id', 'data');
  const body = fc.oneof(fc.dictionary(key, fc.oneof(id, fc.dictionary(key, id))), fc.string());
  const given = fc.record({ status: fc.constantFrom(200, 202, 302, 400, 429, 500), body });
  const name = fc.constantFrom(...(Object.keys(PROVIDERS) as ProviderName[]));
  fc.assert(
    fc.property(name, given, (provider, response) => {
      const found = read(provider, response);
      const requestId = 'requestId' in found ? (found.requestId ?? '') : '';
      expect(requestId).not.toMatch(/^\.{1,2}$|^\s|\s$/);
      expect(requestId.isWellFormed()).toBe(true);
    }),
    { numRuns: 200 },
  );
});

describe('the end by an error', () => {
  test.each([
    [
      'that may pass',
      new TransientError('HTTP 503', 'unreachable', { problem: 'server-error' }),
      { status: 'Error', reason: 'unreachable', message: 'HTTP 503', problem: 'server-error' },
    ],
    [
      'of the job',
      new PermanentError('no day', 'job-failed'),
      { status: 'Failure', reason: 'job-failed', message: 'no day' },
    ],
    [
      'that something is not found, which is no job here',
      new PermanentError('HTTP 404', 'not-found'),
      { status: 'Error', reason: 'rejected', message: 'HTTP 404', problem: 'bad-request' },
    ],
  ])('%s', (_, error, end) => {
    expect(toEnd(error)).toEqual(end);
  });
});

test('a start without a status has no outcome', () => {
  expect(toOutcome({ requestId: '7' }, 1, 1000)).toBeUndefined();
});

test('an outcome of a start has what the response says of the job', () => {
  const observation = { state: 'successful', providerStatus: 'DONE', batchId: 'b' } as const;
  expect(toOutcome({ status: 'Successful', requestId: '7', observation }, 2, 1000)).toEqual({
    ...{ requestId: '7', status: 'Successful', reason: '', message: '', problem: undefined },
    ...{ providerStatus: 'DONE', batchId: 'b', filePath: '', link: '', timedOut: false },
    ...{ polls: 2, elapsedMs: 1000, changes: [] },
  });
});

test('an outcome of a start that failed has empty texts for what is not known', () => {
  expect(toOutcome({ status: 'Error' }, 0, 0)).toMatchObject({ requestId: '', reason: '' });
});

describe('of a provider that says little', () => {
  const judged = (state: 'failed' | 'successful', body = '') =>
    readStartResponse(
      { url, status: 201, headers: {}, body },
      { ...plainStart, idQuery: 'id', isFinal: true },
      { judge: () => ({ state, providerStatus: 'END' }) },
    );

  test('a failure has the message that the response holds', () => {
    expect(judged('failed', '{"id": "7", "error": "no day"}')).toMatchObject({
      ...{ requestId: '7', status: 'Failure', message: 'no day' },
    });
  });

  test('a success has no message', () => {
    expect(judged('successful', '{"id": "7"}')).toMatchObject({
      ...{ requestId: '7', status: 'Successful', message: '' },
    });
  });

  test('a job is lost without an id, whatever became of it', () => {
    expect(judged('successful', '{"name": "x"}')).toMatchObject({
      message:
        'the job was started, and its id is lost: there is none at `id-query` “id”; the response is {name: string}',
    });
  });
});

test('a provider whose place of an id is not known has none', () => {
  const response = { url, status: 200, headers: {}, body: '{}' };
  expect(readStartResponse(response, plainStart, {})).toMatchObject({
    reason: 'start-unknown',
    problem: 'start-unknown',
    message: expect.stringContaining('there is none where the provider puts it') as unknown,
  });
});
