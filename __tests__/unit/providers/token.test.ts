import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../../src/providers/json.js';
import { explainOAuth, readOAuthToken, readToken } from '../../../src/providers/token.js';
import { errorFields, withCapitalKeys } from '../../support/poll.js';

const response = (body: unknown, status = 200) => ({
  url: new URL('https://login.example/token'),
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
function read(body: unknown, status?: number) {
  try {
    return readOAuthToken(response(body, status));
  } catch (error) {
    return errorFields(error);
  }
}

test.each<[string, object, object]>([
  ['alone', { access_token: ' a ' }, { value: 'a' }],
  ['in any case', { Access_Token: 'a', EXPIRES_IN: 60 }, { value: 'a', lifetimeMs: 60_000 }],
  [
    'with a refresh token',
    { access_token: 'a', refresh_token: 'r' },
    { value: 'a', refreshToken: 'r' },
  ],
  [
    'with a lifetime as a text',
    { access_token: 'a', expires_in: '2' },
    { value: 'a', lifetimeMs: 2000 },
  ],
  [
    'with a lifetime below a second',
    { access_token: 'a', expires_in: 0.1 },
    { value: 'a', lifetimeMs: 1000 },
  ],
  ['with a lifetime of 0', { access_token: 'a', expires_in: 0 }, { value: 'a' }],
  ['with a lifetime below 0', { access_token: 'a', expires_in: -5 }, { value: 'a' }],
  ['with a lifetime that is none', { access_token: 'a', expires_in: 'soon' }, { value: 'a' }],
])('a token is read %s', (_, body, token) => {
  expect(read(body)).toEqual(token);
});

test('a lifetime that the provider gives in other words may be none', () => {
  const find = ({ token }: Json) => ({ value: token, lifetimeMs: 'none' });
  expect(readToken(response({ token: 'a' }), find, () => '')).toEqual({ value: 'a' });
});

test.each([
  [{ access_token: 'a', expires_in: 60, refresh_token: 'r' }],
  [{ error: 'e', error_description: 'd' }],
  [{ message: 'm' }],
])('%j means the same whatever the case of its keys', (body) => {
  expect(read(withCapitalKeys(body))).toEqual(read(body));
});

test('the keys of other providers are found whatever their case, too', () => {
  const find = ({ data, content }: Json) => {
    const { accessToken, expiresIn } = data as Json;
    return {
      value: `${String(accessToken)}-${String((content as Json).token)}`,
      lifetimeMs: expiresIn,
    };
  };
  const body = { data: { accessToken: 'a', expiresIn: 2000 }, content: { token: 'b' } };
  expect(readToken(response(withCapitalKeys(body)), find, () => '')).toEqual({
    value: 'a-b',
    lifetimeMs: 2000,
  });
});

describe('a login is refused', () => {
  test('with the words of OAuth', () => {
    expect(read({ error: 'invalid_client', error_description: 'Bad secret' }, 400)).toEqual({
      name: 'PermanentError',
      reason: 'rejected',
      problem: 'bad-request',
      message: 'HTTP 400: invalid_client: Bad secret',
    });
  });

  test.each([199, 300, 503])('by an HTTP %d, whatever it holds', (status) => {
    expect(read({ access_token: 'a' }, status)).toHaveProperty('message');
  });

  test.each([200, 299])('without a token under HTTP %d', (status) => {
    expect(read({ message: 'try later' }, status)).toEqual({
      name: 'PermanentError',
      reason: 'rejected',
      message: `HTTP ${status} without a token: try later`,
    });
  });

  test('without a reason, and shows nothing of the body', () => {
    expect(read({ secret: 'x' })).toMatchObject({
      message: 'HTTP 200 without a token: no reason that is understood, in 14 characters',
    });
    expect(read('secret', 400)).toMatchObject({
      message: 'HTTP 400: no reason that is understood, in 6 characters',
    });
  });

  test('for a token with a character that no header can carry', () => {
    expect(read({ access_token: 'a\u00E9' })).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message: 'the issued token holds a character that no header can carry',
    });
    expect(read({ access_token: 'a\nb' })).toMatchObject({ reason: 'bad-response' });
    expect(read({ access_token: 'a ~' })).toEqual({ value: 'a ~' });
  });

  test('for a token that is longer than 16 KiB', () => {
    const longest = 'a'.repeat(16 * 1024);
    expect(read({ access_token: longest })).toEqual({ value: longest });
    expect(read({ access_token: `${longest}a` })).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message: 'the issued token has over 16 KiB, more than a header can carry',
    });
  });
});

test('a refresh token that is longer than 16 KiB is not used', () => {
  const longest = 'r'.repeat(16 * 1024);
  expect(read({ access_token: 'a', refresh_token: longest })).toEqual({
    value: 'a',
    refreshToken: longest,
  });
  expect(read({ access_token: 'a', refresh_token: `${longest}r` })).toEqual({ value: 'a' });
});

test.each(['hello', '[]', 'null', ''])('a response that is %j is tried again', (body) => {
  expect(read(body)).toEqual({
    name: 'TransientError',
    reason: 'bad-response',
    message: `the response to the login is not JSON: ${body.length} characters`,
  });
});

test.each([
  [{ error: 'e', error_description: 'd', message: 'm' }, 'e: d'],
  [{ error: 'e', message: 'm' }, 'e'],
  [{ error_description: 'd' }, 'd'],
  [{ message: 'm' }, 'm'],
  [{}, ''],
])('the error %j of OAuth is “%s” in words', (body, text) => {
  expect(explainOAuth(body)).toBe(text);
});
