import { expect, test } from '@jest/globals';
import {
  awsErrorKind,
  saysRateLimit,
  saysTokenEnded,
} from '../../../src/providers/error-message.js';

const url = new URL('https://api.example/jobs/1');
const says = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return saysTokenEnded({ url, status, headers, body: text }, body);
};

test.each([
  '/realms/x/protocol/openid-connect/auth?client_id=y',
  'https://accounts.google.com/ServiceLogin?continue=z',
  '/auth?return=x',
  '/session/new',
  '/adfs/ls/?wa=wsignin1.0',
  '/login',
  'https://sso.example/sign-in',
])('a redirect to %s is one to a login page', (location) => {
  expect(says(302, '', { location })).toBe(true);
});

test.each(['/jobs/2', '/results/author.csv', '/oauthors'])(
  'a redirect to %s is none',
  (location) => {
    expect(says(302, '', { location })).toBe(false);
  },
);

test.each([
  [403, '<!doctype html><form><input type="password"></form>'],
  [400, [{ errorCode: 'INVALID_SESSION_ID', message: 'x' }]],
  [403, [{ errorCode: 'TOKEN_EXPIRED' }]],
  [403, { __type: 'ExpiredTokenException' }],
  [403, '<Error><Code>ExpiredToken</Code><Message>x</Message></Error>'],
  [400, { error: 'invalid_token' }],
])('HTTP %d with %j says that the token has ended', (status, body) => {
  expect(says(status, body)).toBe(true);
});

test.each([
  [403, { error: 'forbidden', message: 'you may not read this job' }],
  [403, '<!doctype html><title>Forbidden</title>'],
  [404, { error: 'invalid_token' }],
  [422, { code: 'expired' }],
])('HTTP %d with %j does not', (status, body) => {
  expect(says(status, body)).toBe(false);
});

test.each([
  'Rate limit exceeded, slow down',
  '<title>Too many requests</title>',
  '[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]',
  '{"error":{"errors":[{"reason":"rateLimitExceeded"}]}}',
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
  ['LimitExceededException', undefined],
  ['ValidationException', undefined],
  [17, undefined],
])('the error %s of AWS means %s', (__type, kind) => {
  expect(awsErrorKind({ __type })).toBe(kind);
});

test.each([undefined, null, [], 'text', {}])('%j has no error code of AWS', (body) => {
  expect(awsErrorKind(body)).toBeUndefined();
});
