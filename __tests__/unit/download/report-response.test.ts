import { describe, expect, test } from '@jest/globals';
import { CredentialsRejected, PermanentError, TransientError } from '../../../src/domain/errors.js';
import {
  placeResponse,
  refusalError,
  staysPacked,
  UNKNOWN,
  type Representation,
} from '../../../src/download/report-response.js';

const known: Representation = { totalBytes: 100, validator: '"v1"' };
const open: Representation = { totalBytes: undefined, validator: '"v1"' };
const dated: Representation = { totalBytes: 100, validator: 'Thu, 01 Jan 2026 00:00:00 GMT' };
const rest = { 'content-range': 'bytes 40-99/100' };

describe('the place of a response', () => {
  test.each([
    ['the rest', known, 40, 206, rest, 40, 100],
    ['the rest as 200', known, 40, 200, rest, 40, 100],
    ['the rest as 203', known, 40, 203, rest, 40, 100],
    ['the rest under its tag', known, 40, 206, { ...rest, etag: '"v1"' }, 40, 100],
    [
      'the rest under its date',
      dated,
      40,
      206,
      { ...rest, 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' },
      40,
      100,
    ],
    ['the rest of what was open', open, 40, 206, rest, 40, 100],
    ['a rest of an unknown whole', known, 40, 206, { 'content-range': 'bytes 40-99/*' }, 40, 100],
    ['a beginning', UNKNOWN, 0, 206, { 'content-range': 'bytes 0-39/100' }, 0, 100],
    ['a beginning as 200', UNKNOWN, 0, 200, { 'content-range': 'bytes 0-39/100' }, 0, 100],
    ['the whole', UNKNOWN, 0, 200, { 'content-length': '100' }, 0, 100],
    ['the whole in place of the rest', known, 40, 200, { 'content-length': '7' }, 0, 7],
    ['the whole again', known, 40, 200, { etag: '"v1"', 'content-length': '100' }, 0, 100],
    ['the whole without a length', UNKNOWN, 0, 200, {}, 0, undefined],
    ['a new whole', known, 40, 200, { etag: '"v2"', 'content-length': '7' }, 0, 7],
    ['the whole under its tag without a length', known, 40, 200, { etag: '"v1"' }, 0, 100],
  ] as const)('is found for %s', (_, before, bytes, status, headers, offset, totalBytes) => {
    const placed = placeResponse(before, bytes, status, headers);
    expect(placed?.offset).toBe(offset);
    expect(placed?.representation.totalBytes).toBe(totalBytes);
  });

  test.each([
    ['another beginning', known, 40, 206, { 'content-range': 'bytes 41-99/100' }],
    ['a part from the middle', UNKNOWN, 0, 206, rest],
    ['another length', known, 40, 206, { 'content-range': 'bytes 40-99/101' }],
    ['another tag', known, 40, 206, { ...rest, etag: '"v2"' }],
    ['another date', dated, 40, 206, { ...rest, 'last-modified': 'Fri, 02 Jan 2026 00:00:00 GMT' }],
    ['a part that nobody requested', { totalBytes: 100, validator: undefined }, 40, 206, rest],
    ['no Content-Range', known, 40, 206, {}],
    ['an unknown whole at first', UNKNOWN, 0, 206, { 'content-range': 'bytes 0-39/*' }],
    ['another unit', known, 40, 206, { 'content-range': 'rows 40-99/100' }],
    ['HTTP 416', known, 40, 416, { 'content-range': 'bytes */100' }],
    ['HTTP 416 that claims to be a part', known, 40, 416, rest],
    ['the same tag with another length', known, 40, 200, { etag: '"v1"', 'content-length': '60' }],
    ['the same tag as 203', known, 40, 203, { etag: '"v1"', 'content-length': '60' }],
    [
      'what may be the rest of what was open',
      open,
      40,
      200,
      { etag: '"v1"', 'content-length': '60' },
    ],
    ['what may be the rest, without a length', open, 40, 200, { etag: '"v1"' }],
  ] as const)('is nowhere for %s', (_, before, bytes, status, headers) => {
    expect(placeResponse(before, bytes, status, headers)).toBeUndefined();
  });

  test('is not continued where nothing proves that it is the whole', () => {
    const placed = placeResponse(known, 40, 200, { etag: '"v1"' });
    expect(placed?.representation.validator).toBeUndefined();
  });
});

test.each([
  ['r.csv.gz', 'gzip', true],
  ['R.TGZ', 'x-gzip', true],
  ['r.csv.br', 'br', true],
  ['r.csv.zst', 'zstd', true],
  ['r.tar.xz', 'xz', true],
  ['r.csv', 'gzip', false],
  ['r.gz.csv', 'gzip', false],
  ['gz', 'gzip', false],
  ['r.br', 'gzip', false],
  ['r.gz', 'br', false],
  ['', 'gzip', false],
  ['r.constructor', 'constructor', false],
])('%s keeps the coding %s: %s', (name, coding, stays) => {
  expect(staysPacked(name, coding)).toBe(stays);
});

describe('a refusal', () => {
  const nowMs = Date.parse('2026-11-25T12:00:00Z');
  const url = new URL('https://h.example/a.csv?sig=x');
  const expired = new URL('https://h.example/a.csv?sig=x&se=2026-11-25T11:00:00Z');
  const refuse = (status: number, hasCredentials = false, text = '', from = url) =>
    refusalError({ url: from, status, headers: {} }, hasCredentials, text, nowMs);

  test.each([202, 408, 425, 429, 500, 502, 503, 504])('HTTP %i may pass', (status) => {
    expect(refuse(status)).toBeInstanceOf(TransientError);
  });

  test.each([403, 404])('HTTP %i may be early', (status) => {
    expect(refuse(status)).toMatchObject({ needsGrace: true });
  });

  test.each([400, 405, 410, 451])('HTTP %i stays', (status) => {
    expect(refuse(status)).toMatchObject({ needsGrace: false });
    expect(refuse(status)).toBeInstanceOf(PermanentError);
  });

  test('HTTP 401 asks for credentials, or for others', () => {
    expect(refuse(401)).toBeInstanceOf(CredentialsRejected);
    expect(refuse(401).message).toMatch(/it wants credentials/);
    expect(refuse(401, true).message).toMatch(/does not accept the credentials/);
  });

  test.each([400, 401, 403, 410])('HTTP %i of an expired link says so', (status) => {
    const error = refuse(status, false, '', expired);
    expect(error.message).toContain('the link has expired at 2026-11-25T11:00:00.000Z');
    expect(error).toMatchObject({ needsGrace: true });
  });

  test('what the store says is in the message, and nothing of the query', () => {
    const text = '<Error><Code>NoSuchKey</Code><Message>None</Message></Error>';
    expect(refuse(404, false, text).message).toBe(
      'HTTP 404 (NoSuchKey: None) from h.example: there is no report at the link',
    );
  });
});
