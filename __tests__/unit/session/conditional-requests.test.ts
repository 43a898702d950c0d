import { describe, expect, test } from '@jest/globals';
import type { HttpRequest, HttpResponse } from '../../../src/http/transport.js';
import { createConditionalRequests } from '../../../src/session/conditional-requests.js';

const minute = 60_000;
const request: HttpRequest = { method: 'GET', url: new URL('https://api.example/jobs/1') };
const respond = (status: number, etag?: string, body = ''): HttpResponse => ({
  url: request.url,
  status,
  headers: etag === undefined ? {} : { etag },
  body,
});

/** Sends a request to a server that gives `response`; returns the tag that was sent and what was taken. */
function conversation() {
  let nowMs = 0;
  const conditional = createConditionalRequests({ now: () => nowMs });
  return {
    pass: (ms: number) => (nowMs += ms),
    ask: (response: HttpResponse, about = request) => {
      const tag = conditional.prepare(about).headers?.['If-None-Match'];
      return { tag, taken: conditional.resolve(about, response) };
    },
  };
}

test('a 304 means the last response with a tag', () => {
  const { ask } = conversation();
  const first = respond(200, '"v1"', 'running');
  expect(ask(first)).toEqual({ tag: undefined, taken: first });
  expect(ask(respond(304))).toEqual({ tag: '"v1"', taken: first });
  expect(ask(respond(304))).toEqual({ tag: '"v1"', taken: first });
});

test('a 304 that has lasted for ten minutes is asked once without the tag', () => {
  const { ask, pass } = conversation();
  ask(respond(200, '"v1"', 'running'));
  for (let minutes = 1; minutes < 10; minutes += 1) {
    pass(minute);
    expect(ask(respond(304)).tag).toBe('"v1"');
  }
  pass(minute);
  const done = respond(200, '"v1"', 'done');
  expect(ask(done)).toEqual({ tag: undefined, taken: done });
  pass(minute);
  expect(ask(respond(304))).toEqual({ tag: '"v1"', taken: done });
});

test.each([201, 202, 203, 206, 404, 500])('the tag of a %i is never sent', (status) => {
  const { ask } = conversation();
  ask(respond(status, '"v1"'));
  expect(ask(respond(200, '"v1"', 'done')).tag).toBeUndefined();
});

test('a tag that is empty is never sent', () => {
  const { ask } = conversation();
  ask(respond(200, ''));
  expect(ask(respond(200)).tag).toBeUndefined();
});

test('a 202 takes back the tag of the 200 before it', () => {
  const { ask } = conversation();
  ask(respond(200, '"v1"', 'queued'));
  ask(respond(202, '"v2"'));
  expect(ask(respond(200, '"v3"')).tag).toBeUndefined();
});

test('a tag is kept per URL', () => {
  const { ask } = conversation();
  ask(respond(200, '"v1"'));
  const other = { ...request, url: new URL('https://api.example/jobs/2') };
  expect(ask(respond(200, '"v2"'), other).tag).toBeUndefined();
  expect(ask(respond(304)).tag).toBe('"v1"');
});

test('a 304 that nobody asked for is a bad response', () => {
  const { ask } = conversation();
  ask(respond(200, undefined, 'running'));
  const message = 'HTTP 304 for a response that was never given';
  const error = expect.objectContaining({ reason: 'bad-response', message });
  expect(() => ask(respond(304))).toThrow(error);
});

test('a request that is no GET neither sends a tag nor leaves one', () => {
  const { ask } = conversation();
  const post: HttpRequest = { ...request, method: 'POST' };
  ask(respond(200, '"v1"', 'posted'), post);
  expect(ask(respond(200, '"v2"', 'running')).tag).toBeUndefined();
  const error = expect.objectContaining({ reason: 'bad-response' });
  expect(() => ask(respond(304), post)).toThrow(error);
  expect(ask(respond(200, '"v3"'), post).tag).toBeUndefined();
});

describe('responses of no more than 16 MiB together, with their headers,', () => {
  const other = { ...request, url: new URL('https://api.example/jobs/2') };
  const megabytes = (count: number) => 'x'.repeat(count * 1024 * 1024);
  const headersLength = JSON.stringify({ etag: '"v1"' }).length;

  test('are kept', () => {
    const { ask } = conversation();
    ask(respond(200, '"v1"', megabytes(16).slice(headersLength)));
    expect(ask(respond(304)).tag).toBe('"v1"');
  });

  test('are kept, and not the one that is too much', () => {
    const { ask } = conversation();
    ask(respond(200, '"v1"', megabytes(10)));
    ask(respond(200, '"v1"', megabytes(10)), other);
    expect(ask(respond(304)).tag).toBe('"v1"');
    expect(ask(respond(200), other).tag).toBeUndefined();
  });

  test('are kept, and not one that is too long by itself', () => {
    const { ask } = conversation();
    ask(respond(200, '"v1"', megabytes(16).slice(headersLength - 1)));
    expect(ask(respond(200)).tag).toBeUndefined();
  });

  test('are kept in the place of those that they replace', () => {
    const { ask } = conversation();
    ask(respond(200, '"v1"', megabytes(10)));
    ask(respond(200, '"v2"', 'short'));
    ask(respond(200, '"v1"', megabytes(10)), other);
    expect(ask(respond(304), other).tag).toBe('"v1"');
  });
});
