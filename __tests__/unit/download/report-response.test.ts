import { describe, expect, test } from '@jest/globals';
import { CredentialsRejected, PermanentError, TransientError } from '../../../src/domain/errors.js';
import {
  htmlInsteadOfReport,
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
    ['the whole as 203', UNKNOWN, 0, 203, { 'content-length': '100' }, 0, 100],
    ['the whole again, without a tag', UNKNOWN, 40, 200, { 'content-length': '100' }, 0, 100],
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

describe('what a response proves of the report', () => {
  const validatorOf = (headers: Record<string, string>, before = UNKNOWN, status = 200) =>
    placeResponse(before, 0, status, headers)?.representation.validator;
  const modified = 'Wed, 25 Nov 2026 11:59:59 GMT';

  test.each<[string, Record<string, string>, string | undefined]>([
    ['a strong tag', { etag: '"v1"' }, '"v1"'],
    ['a weak tag', { etag: 'W/"v1"', 'last-modified': modified }, undefined],
    ['an old date', { date: 'Wed, 25 Nov 2026 12:00:00 GMT', 'last-modified': modified }, modified],
    ['a date of this second', { date: modified, 'last-modified': modified }, undefined],
    [
      'a date of this second that names no zone',
      { date: modified, 'last-modified': 'Wed Nov 25 11:59:59 2026' },
      undefined,
    ],
    ['a date without the present one', { 'last-modified': modified }, undefined],
    ['nothing', {}, undefined],
  ])('is %s, or not', (_, headers, validator) => {
    expect(validatorOf(headers)).toBe(validator);
    expect(validatorOf({ ...headers, 'content-range': 'bytes 0-9/100' }, UNKNOWN, 206)).toBe(
      validator,
    );
  });

  test.each<[string, Representation, Record<string, string>, Representation | undefined]>([
    ['keeps its tag', known, rest, known],
    [
      'keeps its tag under its date',
      { totalBytes: 100, validator: modified },
      { ...rest, etag: '"v2"', 'last-modified': modified },
      { totalBytes: 100, validator: modified },
    ],
    [
      'has another date',
      { totalBytes: 100, validator: modified },
      { ...rest, etag: '"v2"', 'last-modified': 'x' },
      undefined,
    ],
    ['is of an unknown whole twice', open, { 'content-range': 'bytes 40-99/*' }, undefined],
    ['follows something else', known, { 'content-range': 'xbytes 40-99/100' }, undefined],
    ['goes on after its end', known, { 'content-range': 'bytes 40-99/100x' }, undefined],
    ['has ranges of two digits and more', known, { 'content-range': 'bytes 40-999/100' }, known],
  ])('of a part that %s', (_, before, headers, representation) => {
    expect(placeResponse(before, 40, 206, headers)?.representation).toEqual(representation);
  });

  test('of the whole of what was open', () => {
    const headers = { etag: '"v1"', 'content-length': '60' };
    expect(placeResponse(open, 0, 200, headers)).toEqual({
      representation: { totalBytes: 60, validator: '"v1"' },
      offset: 0,
    });
  });
});

test.each(
  Object.entries({
    gzip: ['.gz', '.tgz', '.gzip', '.svgz'],
    'x-gzip': ['.gz', '.tgz', '.gzip', '.svgz'],
    br: ['.br'],
    zstd: ['.zst', '.zstd', '.tzst'],
    compress: ['.z'],
    bzip2: ['.bz2', '.tbz2'],
    xz: ['.xz', '.txz'],
    lz4: ['.lz4'],
  }),
)('a file keeps %s by its extension: %j', (coding, extensions) => {
  expect(extensions.filter((extension) => staysPacked(`r${extension}`, coding))).toEqual(
    extensions,
  );
});

test('a page from the provider may be the one of a login', () => {
  expect(htmlInsteadOfReport(new URL('https://h.example/a?sig=x'))).toMatchObject({
    name: 'CredentialsRejected',
    message: 'h.example sent an HTML page in place of the report; is the link still valid?',
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

  test.each<[number, boolean, string]>([
    [
      401,
      false,
      'HTTP 401 from h.example: it wants credentials, which go to the host of `base-url` alone',
    ],
    [401, true, 'HTTP 401 from h.example: it does not accept the credentials'],
    [403, false, 'HTTP 403 from h.example'],
    [404, false, 'HTTP 404 from h.example: there is no report at the link'],
    [500, false, 'HTTP 500 from h.example'],
    [405, false, 'HTTP 405 from h.example'],
  ])('HTTP %i with credentials (%s) is told as it is', (status, hasCredentials, message) => {
    expect(refuse(status, hasCredentials).message).toBe(message);
  });

  test('a link that the store calls expired has expired, whatever its time', () => {
    const text = '<Error><Code>ExpiredToken</Code><Message>It has Expired</Message></Error>';
    const said = 'HTTP 403 (ExpiredToken: It has Expired) from h.example';
    expect(refuse(403, false, text)).toMatchObject({
      reason: 'download-failed',
      needsGrace: true,
      problem: 'link-expired',
      message: said,
    });
    expect(refuse(403, false, text, expired)).toMatchObject({
      problem: 'link-expired',
      message: 'the link has expired at 2026-11-25T11:00:00.000Z (HTTP 403 from h.example)',
    });
    expect(refuse(404, false, text).message).toContain('there is no report at the link');
    expect(refuse(401, true, text)).toBeInstanceOf(CredentialsRejected);
  });

  test('a link expires at its time, and not before', () => {
    const link = (time: string) => new URL(`https://h.example/a.csv?sig=x&se=${time}`);
    expect(refuse(403, false, '', link('2026-11-25T12:00:00Z'))).toMatchObject({
      problem: 'link-expired',
      message: 'the link has expired at 2026-11-25T12:00:00.000Z (HTTP 403 from h.example)',
    });
    const other = refuse(403, false, '', link('2026-11-25T12:00:01Z'));
    expect(other).toMatchObject({ problem: undefined, message: 'HTTP 403 from h.example' });
  });

  test('what the store says of an expired link is told, too', () => {
    const text = '<Error><Code>AccessDenied</Code><Message>No</Message></Error>';
    expect(refuse(403, false, text, expired).message).toBe(
      'the link has expired at 2026-11-25T11:00:00.000Z (HTTP 403 (AccessDenied: No) from h.example)',
    );
  });

  test('HTTP 503 is tried again when the store says', () => {
    const head = { url, status: 503, headers: { 'retry-after': '7' } };
    expect(refusalError(head, false, '', nowMs)).toMatchObject({
      reason: 'unreachable',
      retryAfterMs: 7000,
    });
  });

  test.each([403, 404, 405])('HTTP %i is a download that has failed', (status) => {
    expect(refuse(status)).toMatchObject({ reason: 'download-failed' });
  });

  test('what the store says is in the message, and nothing of the query', () => {
    const text = '<Error><Code>NoSuchKey</Code><Message>None</Message></Error>';
    expect(refuse(404, false, text).message).toBe(
      'HTTP 404 (NoSuchKey: None) from h.example: there is no report at the link',
    );
  });
});
