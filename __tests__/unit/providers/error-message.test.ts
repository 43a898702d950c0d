import { expect, test } from '@jest/globals';
import {
  awsErrorKind,
  errorCodes,
  findErrorMessage,
  saysRateLimit,
  saysTokenEnded,
} from '../../../src/providers/error-message.js';

const url = new URL('https://api.example/jobs/1');
const says = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return saysTokenEnded({ url, status, headers, body: text }, body);
};

test.each<[unknown, string]>([
  [{ error: 'invalid_grant', error_description: 'Bad password' }, 'Bad password'],
  [{ error: { code: 7, message: 'no such job' } }, '7: no such job'],
  [{ error: { status: 'NOT_FOUND', message: 'no such job' } }, 'NOT_FOUND: no such job'],
  [{ error: { detail: 'no such job' } }, 'no such job'],
  [{ error: { code: 7 }, message: 'm' }, 'm'],
  [{ message: 'm', error: 'e' }, 'm'],
  [{ Message: 'm' }, 'm'],
  [{ title: 'Not found', detail: 'no such job' }, 'Not found: no such job'],
  [{ detail: 'no such job' }, 'no such job'],
  [{ title: 'Not found' }, ''],
  [{ errors: ['a', '', 7] }, 'a; 7'],
  [{ Errors: ['a'] }, 'a'],
  [{ errors: [{ message: 'a', detail: 'b' }, { Message: 'c' }, { code: 7 }] }, 'a; c'],
  [{ errors: [{ detail: 'a' }, { title: 'b' }, { reason: 'c' }] }, 'a; b; c'],
  [{ errors: { message: 'a' } }, ''],
  [{ error: { errors: [{ message: 'a' }] } }, 'a'],
  [{ fault: { faultstring: 'f' } }, 'f'],
  [{ fault: 'f' }, ''],
  [{ errorMessage: 'm' }, 'm'],
  [{ error: 'e' }, 'e'],
  [{}, ''],
  [[], ''],
  [null, ''],
])('the error message of %j is “%s”', (body, message) => {
  expect(findErrorMessage(body, JSON.stringify(body))).toBe(message);
});

test('of a long list of errors ten are named', () => {
  const texts = Array.from({ length: 11 }, (_, index) => `e${index + 1}`);
  const ten = texts.slice(0, 10).join('; ');
  expect(findErrorMessage({ errors: texts }, '')).toBe(ten);
  expect(findErrorMessage({ errors: texts.map((message) => ({ message })) }, '')).toBe(ten);
});

test('the error message of XML is found where the body is no JSON', () => {
  const xml = '<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>';
  expect(findErrorMessage(undefined, xml)).toBe('NoSuchKey: gone');
  expect(findErrorMessage(null, xml)).toBe('');
});

test.each<[unknown, string[]]>([
  [
    { error: 'e', code: 7, errorCode: 'f', error_code: 'g', __type: 'h' },
    ['e', '7', 'f', 'g', 'h'],
  ],
  [
    { Error: 'e', ERRORCODE: 'f', ERROR_CODE: 'g', Code: 7, __TYPE: 'h' },
    ['e', '7', 'f', 'g', 'h'],
  ],
  [{ error: { code: 'a', status: 'b', type: 'c' } }, ['a', 'b', 'c']],
  [{ Error: { Code: 'a', Status: 'b', Type: 'c' } }, ['a', 'b', 'c']],
  [{ errors: [{ code: 'a' }, { errorCode: 'b' }] }, ['a', 'b']],
  [{ Errors: [{ Code: 'a' }] }, ['a']],
  [
    [{ code: 'a' }, 'text', { code: 'b' }],
    ['a', 'b'],
  ],
  [{ message: 'm' }, []],
  ['text', []],
  [null, []],
])('the error codes of %j are %j', (body, codes) => {
  expect(errorCodes(body).filter(Boolean)).toEqual(codes);
});

test('of a long list ten are looked at for codes', () => {
  const list = Array.from({ length: 11 }, (_, index) => ({ code: `e${index + 1}` }));
  expect(errorCodes(list).filter(Boolean)).toEqual(list.slice(0, 10).map(({ code }) => code));
});

test.each([
  '/realms/x/protocol/openid-connect/auth?client_id=y',
  'https://accounts.google.com/ServiceLogin?continue=z',
  '/auth?return=x',
  '/session/new',
  '/adfs/ls/?wa=wsignin1.0',
  '/login',
  'https://sso.example/sign-in',
  'https://login.example/',
  '/x/signin',
  '/x/log_on?y',
  'logon',
  '/oauth2/authorize',
  '/saml',
  '/oauth?x',
  '/sso/x',
  '/openid-connect',
  '/auth',
  '/x?wa=wsignin1.0',
  '/x?y=z&wa=wsignin',
])('a redirect to %s is one to a login page', (location) => {
  expect(says(302, '', { location })).toBe(true);
});

test.each([
  '/jobs/2',
  '/results/author.csv',
  '/oauthors',
  '/blogin',
  '/session/newer',
  '/author/7',
])('a redirect to %s is none', (location) => {
  expect(says(302, '', { location })).toBe(false);
});

test.each([
  [299, '/login', false],
  [300, '/login', true],
  [399, '/login', true],
])('HTTP %d to a login page counts where it is a redirect: %s', (status, location, ended) => {
  expect(says(status, '', { location })).toBe(ended);
});

test('the beginning of a text is looked at, of a long one no more', () => {
  const blanks = (length: number) => ' '.repeat(length);
  const login = (length: number) => says(302, '', { location: `${blanks(length - 6)}/login` });
  expect([login(2000), login(2001)]).toEqual([true, false]);
  const form = (length: number) => {
    const password = 'type=password';
    return says(403, `<html>${blanks(length - 6 - password.length)}${password}`);
  };
  expect([form(10_000), form(10_001)]).toEqual([true, false]);
  const limit = (length: number) => saysRateLimit(`${blanks(length - 10)}rate limit`);
  expect([limit(2000), limit(2001)]).toEqual([true, false]);
});

test('a redirect without a target is none to a login page', () => {
  expect(says(302, '')).toBe(false);
});

test.each([400, 403])('HTTP %d may say in a header that the token has ended', (status) => {
  const header = (text: string) => ({ 'www-authenticate': text });
  expect(says(status, '', header('Bearer realm="x", error="invalid_token"'))).toBe(true);
  expect(says(status, '', header('Bearer error=Invalid_Token'))).toBe(true);
  expect(says(status, '', header('Bearer error="insufficient_scope"'))).toBe(false);
});

test.each([
  [403, '<!doctype html><form><input type="password"></form>'],
  [400, [{ errorCode: 'INVALID_SESSION_ID', message: 'x' }]],
  [403, [{ errorCode: 'TOKEN_EXPIRED' }]],
  [403, { __type: 'ExpiredTokenException' }],
  [403, '<Error><Code>ExpiredToken</Code><Message>x</Message></Error>'],
  [403, '<html><title>Please log in</title>'],
  [403, '<html><title>Login</title>'],
  [403, "<html><input type='password'>"],
  [403, '<html><input type=password>'],
  [403, '<html><title>Sign-in'],
  [400, { error: 'invalid_token' }],
  [400, { code: 'invalidtoken' }],
  [400, { code: 'InvalidSession' }],
])('HTTP %d with %j says that the token has ended', (status, body) => {
  expect(says(status, body)).toBe(true);
});

test.each([
  [403, { error: 'forbidden', message: 'you may not read this job' }],
  [403, '<!doctype html><title>Forbidden</title>'],
  [404, { error: 'invalid_token' }],
  [400, '<!doctype html><form><input type="password"></form>'],
  [403, 'type="password"'],
  [403, '<html><title>Logging</title>'],
  [403, `<html><title>${'x'.repeat(101)} log in`],
  [403, '<Error><Code>AccessDenied</Code><Message>expired: x</Message></Error>'],
  [422, { code: 'expired' }],
])('HTTP %d with %j does not', (status, body) => {
  expect(says(status, body)).toBe(false);
});

test.each([
  'Rate limit exceeded, slow down',
  '<title>Too many requests</title>',
  '[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]',
  '{"error":{"errors":[{"reason":"rateLimitExceeded"}]}}',
  'request-limit',
  'requests are throttled',
  'Quota exceeded',
  'the quota has been exceeded',
  'limit reached',
])('%s tells of a rate limit', (text) => {
  expect(saysRateLimit(text)).toBe(true);
});

test.each(['Forbidden', '{"message":"you may not read this job"}'])('%s does not', (text) => {
  expect(saysRateLimit(text)).toBe(false);
});

test.each([
  ['ThrottlingException', 'rate limit'],
  ['com.amazon.coral.availability#ThrottlingException', 'rate limit'],
  ['TooManyRequestsException', 'rate limit'],
  ['ProvisionedThroughputExceededException', 'rate limit'],
  ['ExecutionDoesNotExist', 'not found'],
  ['com.amazonaws.glue#EntityNotFoundException', 'not found'],
  ['RequestLimitExceeded', 'rate limit'],
  ['ResourceNotFound', 'not found'],
  ['NotFoundExceptionally', undefined],
  ['LimitExceededException', undefined],
  ['ValidationException', undefined],
  [17, undefined],
])('the error %s of AWS means %s', (__type, kind) => {
  expect(awsErrorKind({ __type })).toBe(kind);
});

test.each([undefined, null, [], 'text', {}])('%j has no error code of AWS', (body) => {
  expect(awsErrorKind(body)).toBeUndefined();
});
