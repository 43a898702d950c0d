import { expect, test } from '@jest/globals';
import type { HttpRequest } from '../../../src/http/transport.js';
import { idempotencyKey } from '../../../src/session/idempotency-key.js';

const request: HttpRequest = {
  method: 'POST',
  url: new URL('https://acme.example/start?day=1'),
  headers: { 'Content-Type': 'application/json', Authorization: 'Bearer one', Facility: 'north' },
  body: '{"a": 1}',
};
const run = {
  GITHUB_REPOSITORY: 'acme/exports',
  GITHUB_RUN_ID: '4711',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_JOB: 'nightly',
  GITHUB_ACTION: '__acme_await-job',
};
const usual = idempotencyKey(request, run);

test('is a UUID of the version that is free', () => {
  expect(usual).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('is the same in each attempt, whatever token it goes with', () => {
  const { headers } = request;
  expect(idempotencyKey(request, { ...run, GITHUB_RUN_ATTEMPT: '2' })).toBe(usual);
  for (const name of [
    'Authorization',
    'X-COREOS-ACCESS',
    'AppKey',
    'X-COREOS-REQUEST-ID',
    'X-Api-Key',
    'TraceId',
    'Correlation-Id',
    'Cookie',
  ]) {
    const other = { ...request, headers: { ...headers, [name]: 'another' } };
    expect(idempotencyKey(other, run)).toBe(usual);
  }
});

test('is the same in each version of the action, which may be another when the run is repeated', () => {
  expect(usual).toBe('692da9c2-af8a-8124-a1c6-02155670dcf6');
});

test('is the same in whatever case and order the headers are', () => {
  const headers = { facility: 'north', 'content-type': 'application/json' };
  expect(idempotencyKey({ ...request, headers }, run)).toBe(usual);
});

test.each(['GITHUB_REPOSITORY', 'GITHUB_RUN_ID', 'GITHUB_JOB', 'GITHUB_ACTION'])(
  'is another for another %s',
  (name) => {
    expect(idempotencyKey(request, { ...run, [name]: 'another' })).not.toBe(usual);
  },
);

test('is another for each leg of a matrix, in whatever they differ', () => {
  const legs: Partial<HttpRequest>[] = [
    { body: '{"a": 2}' },
    { url: new URL('https://acme.example/start?day=2') },
    { url: new URL('https://other.example/start?day=1') },
    { method: 'PUT' },
    { headers: { ...request.headers, Facility: 'south' } },
    { headers: { ...request.headers, 'X-COREOS-TID': 'tenant' } },
  ];
  const keys = legs.map((leg) => idempotencyKey({ ...request, ...leg }, run));
  expect(new Set([usual, ...keys]).size).toBe(legs.length + 1);
});

test('is the same for no headers and no body as for empty ones', () => {
  const { method, url } = request;
  const bare = idempotencyKey({ method, url }, run);
  expect(idempotencyKey({ method, url, headers: {}, body: '' }, run)).toBe(bare);
});

test('does not depend on where one part ends and the next begins', () => {
  const one = idempotencyKey(request, { ...run, GITHUB_JOB: 'a', GITHUB_ACTION: 'bc' });
  const other = idempotencyKey(request, { ...run, GITHUB_JOB: 'ab', GITHUB_ACTION: 'c' });
  expect(one).not.toBe(other);
});
