import { describe, expect, test } from '@jest/globals';
import { fieldOf, httpError, notJson, readJson } from '../../../src/providers/response.js';
import { errorFields } from '../../support/poll.js';

const response = (body: unknown, status = 200, headers: Record<string, string> = {}) => ({
  url: new URL('https://api.example/jobs/1'),
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const errorOf = (status: number, body: unknown = '', headers: Record<string, string> = {}) =>
  errorFields(httpError(response(body, status, headers), ''));

describe('a field of a response is found', () => {
  test.each<[string, unknown]>([
    ['at the top', { id: ' 7 ' }],
    ['as a number', { id: 7 }],
    ['in any case', { ID: '7' }],
    ['in an envelope', { data: { id: '7' } }],
    ['in an envelope of an envelope', { a: { b: { id: '7' } } }],
    ['in the second of two envelopes', { meta: {}, data: { id: '7' } }],
    ['at the top before an envelope', { data: { id: '8' }, id: '7' }],
    ['in a list of one', { data: [{ id: '7' }] }],
    ['in an envelope where it is empty at the top', { id: '', data: { id: '7' } }],
  ])('%s', (_, body) => {
    expect(fieldOf(response(body), 'Id')).toBe('7');
  });

  test.each<[string, unknown]>([
    ['deeper', { a: { b: { c: { id: '7' } } } }],
    ['in a list of several', { data: [{ id: '7' }, { id: '8' }] }],
    ['under another key', { key: '7' }],
    ['in a text', '7'],
    ['where there is no JSON', 'id: 7'],
    ['as an object', { id: {} }],
  ])('but not %s', (_, body) => {
    expect(fieldOf(response(body), 'id')).toBe('');
  });
});

describe('JSON is read', () => {
  const explain = (body: object) => `explained: ${Object.keys(body).join()}`;
  const thrownBy = (body: unknown, status?: number) => {
    try {
      return readJson(response(body, status), explain);
    } catch (error) {
      return errorFields(error);
    }
  };

  test.each([200, 204, 299])('of an HTTP %d', (status) => {
    expect(thrownBy({ a: 1 }, status)).toEqual({ a: 1 });
  });

  test.each([199, 300, 404])('of an HTTP %d never', (status) => {
    expect(thrownBy({ a: 1 }, status)).toHaveProperty('message');
  });

  test('for the message of an error, too', () => {
    expect(thrownBy({ a: 1 }, 400)).toMatchObject({ message: 'HTTP 400: explained: a' });
    expect(thrownBy([1], 400)).toMatchObject({ message: 'HTTP 400: no content type, [1]' });
  });

  test('where there is any', () => {
    expect(thrownBy('null')).toBeNull();
    expect(thrownBy('{')).toMatchObject({ reason: 'bad-response' });
  });
});

describe('what is not JSON', () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    ['nothing', ' \n', { problem: 'not-json', message: 'the body is empty' }],
    ['a text', 'hello', { problem: 'not-json', message: 'text/x, hello' }],
    [
      'a page',
      ' <html><head><TITLE lang="en"> Sign in </TITLE>',
      { name: 'HtmlInsteadOfJson', problem: 'html-page', message: 'an HTML page “Sign in”' },
    ],
    ['XML', '<a/>', { name: 'HtmlInsteadOfJson', problem: 'html-page', message: 'text/x, <a/>' }],
    [
      'a page whose title has no end',
      '<title>half of a secret',
      {
        name: 'HtmlInsteadOfJson',
        problem: 'html-page',
        message: 'text/x, <title>half of a secret',
      },
    ],
    [
      'a page whose title is not even begun',
      '<title',
      { name: 'HtmlInsteadOfJson', problem: 'html-page', message: 'text/x, <title' },
    ],
    [
      'a page whose title has no beginning',
      '<title</title',
      { name: 'HtmlInsteadOfJson', problem: 'html-page', message: 'text/x, <title</title' },
    ],
    [
      'a text with the end of a title',
      'a > b</title>',
      { problem: 'not-json', message: 'text/x, a > b</title>' },
    ],
    [
      'a text that mentions a page',
      'see <html>',
      { problem: 'not-json', message: 'text/x, see <html>' },
    ],
  ])('is a transient error that describes it: %s', (_, body, { message, ...fields }) => {
    const error = notJson(response(body, 200, { 'content-type': 'text/x' }));
    expect(errorFields(error)).toEqual({
      name: 'TransientError',
      reason: 'bad-response',
      message: `the response is not JSON: ${message}`,
      ...fields,
    });
  });
});

describe('an HTTP status', () => {
  test.each([
    [408, 'server-error'],
    [409, 'conflict'],
    [423, 'conflict'],
    [425, 'server-error'],
    [449, 'server-error'],
    [500, 'server-error'],
    [503, 'server-error'],
    [599, 'server-error'],
  ])('of %d may pass', (status, problem) => {
    expect(errorOf(status)).toEqual({
      name: 'TransientError',
      reason: 'unreachable',
      message: `HTTP ${status}: the body is empty`,
      problem,
    });
  });

  test.each<[number, unknown, Record<string, string>]>([
    [429, '', {}],
    [403, '', { 'retry-after': '3' }],
    [403, { message: 'Rate limit exceeded' }, {}],
    [400, { __type: 'ThrottlingException' }, {}],
    [503, '', {}],
  ])('of %d with %j and %j may be a rate limit', (status, body, headers) => {
    expect(errorOf(status, body, headers)).toMatchObject({
      name: 'TransientError',
      reason: 'unreachable',
      ...(status === 503
        ? { problem: 'server-error' }
        : { isRateLimit: true, problem: 'rate-limited' }),
    });
  });

  test.each<[number, unknown]>([
    [404, ''],
    [410, ''],
    [400, { __type: 'ExecutionDoesNotExist' }],
  ])('of %d with %j is an unknown id', (status, body) => {
    expect(errorOf(status, body)).toMatchObject({
      name: 'PermanentError',
      reason: 'not-found',
      needsGrace: true,
      problem: 'unknown-id',
    });
  });

  test.each([
    [400, 'bad-request'],
    [403, 'not-allowed'],
    [405, 'wrong-method'],
    [406, 'wrong-type'],
    [415, 'wrong-type'],
    [422, 'bad-request'],
  ])('of %d is permanent', (status, problem) => {
    expect(errorOf(status, { message: 'no' })).toEqual({
      name: 'PermanentError',
      reason: 'rejected',
      message: `HTTP ${status}: no`,
      problem,
    });
  });

  test.each([
    [422, { message: 'Rate limit exceeded' }],
    [403, { __type: 'ThrottlingError' }],
    [422, { __type: 'ExecutionDoesNotExist' }],
  ])('of %d counts whatever %j says of other statuses', (status, body) => {
    expect(errorOf(status, body).reason).toBe(status === 403 ? 'unreachable' : 'rejected');
  });

  test('of 401 has the token renewed', () => {
    expect(errorOf(401, { error: 'x' })).toEqual({
      name: 'CredentialsRejected',
      reason: 'rejected',
      message: 'HTTP 401: x',
      problem: 'token-rejected',
    });
  });

  test('of 400 may say that the token has ended', () => {
    expect(errorOf(400, { error: 'invalid_token' })).toMatchObject({ tokenEnded: true });
  });

  test.each([304, 199])('of %d is polled again', (status) => {
    expect(errorOf(status)).toEqual({
      name: 'TransientError',
      reason: 'bad-response',
      message: `HTTP ${status}: the body is empty`,
    });
  });

  test.each<[number, string | undefined, string]>([
    [300, '/jobs/2', 'a redirect to api.example, which is not followed'],
    [302, 'https://other.example/x', 'a redirect to other.example, which is not followed'],
    [399, undefined, 'a redirect that names no target'],
    [302, 'https://', 'a redirect that names no target'],
  ])('of %d to %s is a redirect', (status, location, message) => {
    expect(errorOf(status, '', location === undefined ? {} : { location })).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message: `HTTP ${status}: ${message}`,
      problem: 'redirected',
    });
  });

  test('of 302 to a login page says that the token has ended', () => {
    expect(errorOf(302, '', { location: '/login' })).toMatchObject({ tokenEnded: true });
  });

  test('is explained by the provider before all', () => {
    const error = httpError(response({ message: 'generic' }, 400), 'own');
    expect(error.message).toBe('HTTP 400: own');
  });
});
