import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isRateLimit, retryAfterMs } from '../../../src/http/retry-after.js';

const now = 'Sun, 06 Nov 1994 08:49:37 GMT';
const nowMs = Date.parse(now);
const day = 24 * 60 * 60 * 1000;
const pause = (headers: IncomingHttpHeaders, status = 503) =>
  retryAfterMs({ status, headers }, nowMs);

test.each([
  ['120', 120_000],
  ['0', 0],
  ['1.5', 1500],
  [' 2 ', 2000],
  ['0.25', 250],
  ['Sun, 06 Nov 1994 08:49:47 GMT', 10_000],
  ['Sun, 06 Nov 1994 08:49:00 GMT', 0],
  ['Sunday, 06-Nov-94 08:49:47 GMT', 10_000],
  ['Sun Nov  6 08:49:47 1994', 10_000],
  ['99999999', day],
  ['Sun, 06 Nov 2094 08:49:47 GMT', day],
  ['soon', undefined],
  ['in 3000', undefined],
  ['-5', undefined],
  ['1e3', undefined],
  ['Infinity', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s milliseconds', (value, expected) => {
  expect(pause({ 'retry-after': value })).toBe(expected);
});

describe('a date', () => {
  const inTenSeconds = 'Sun, 06 Nov 1994 10:00:10 GMT';

  test('is measured by the Date of the response, whatever our clock says', () => {
    const date = 'Sun, 06 Nov 1994 10:00:00 GMT';
    expect(pause({ 'retry-after': inTenSeconds, date })).toBe(10_000);
  });

  test('is measured by our clock where the Date of the response is none', () => {
    expect(pause({ 'retry-after': 'Sun, 06 Nov 1994 08:49:47 GMT', date: 'today' })).toBe(10_000);
  });

  test('is measured by a Date of the response that names no zone', () => {
    expect(pause({ 'retry-after': inTenSeconds, date: 'Sun Nov  6 10:00:00 1994' })).toBe(10_000);
  });

  test('changes nothing about seconds', () => {
    expect(pause({ 'retry-after': '7', date: inTenSeconds })).toBe(7000);
  });
});

test('retry-after-ms goes before Retry-After, which is coarser', () => {
  expect(pause({ 'retry-after-ms': '350', 'retry-after': '1' })).toBe(350);
});

test.each(['soon', '-1', '', 'NaN'])('retry-after-ms: %j is passed over', (value) => {
  expect(pause({ 'retry-after-ms': value, 'retry-after': '2' })).toBe(2000);
});

describe('the reset of a rate limit', () => {
  const epoch = String(nowMs / 1000 + 30);

  test.each([
    ['x-ratelimit-reset', epoch, 30_000],
    ['x-ratelimit-reset', '45', 45_000],
    ['x-ratelimit-reset', '0', 0],
    ['x-ratelimit-reset', String(nowMs / 1000 - 30), 0],
    ['x-ratelimit-reset', String(nowMs / 1000 + 200_000), day],
    ['ratelimit-reset', '12', 12_000],
    ['ratelimit-reset', 'later', undefined],
  ])('%s: %s is %s milliseconds', (name, value, expected) => {
    expect(pause({ [name]: value }, 429)).toBe(expected);
    expect(pause({ [name]: value, 'x-ratelimit-remaining': '0' }, 403)).toBe(expected);
  });

  test('since the epoch is measured by the Date of the response', () => {
    const date = 'Sun, 06 Nov 1994 08:49:57 GMT';
    expect(pause({ 'x-ratelimit-reset': epoch, date }, 429)).toBe(10_000);
  });

  test('says nothing where the response tells no limit', () => {
    const headers = { 'x-ratelimit-reset': epoch, 'ratelimit-reset': '12' };
    expect(pause(headers, 200)).toBeUndefined();
    expect(pause(headers, 503)).toBeUndefined();
    expect(pause({ ...headers, 'x-ratelimit-remaining': '17' }, 403)).toBeUndefined();
  });

  test('gives way to Retry-After', () => {
    expect(pause({ 'x-ratelimit-reset': epoch, 'retry-after': '3' }, 429)).toBe(3000);
  });
});

test('any text gives nothing, or a pause between zero and a day', () => {
  const text = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.bigInt().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    fc.string().map((rest) => `Sun ${rest} 10:00:00`),
  );
  const name = fc.constantFrom(
    ...['retry-after', 'retry-after-ms', 'x-ratelimit-reset', 'ratelimit-reset'],
    ...['x-ratelimit-remaining', 'date'],
  );
  fc.assert(
    fc.property(
      fc.dictionary(name, text),
      fc.constantFrom(200, 403, 429, 503),
      (headers, status) => {
        const ms = pause(headers, status);
        if (ms === undefined) return;
        expect(Number.isFinite(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(day);
      },
    ),
    { numRuns: 2000 },
  );
});

test.each([
  [429, {}, true],
  [403, {}, false],
  [403, { 'retry-after': '5' }, true],
  [403, { 'x-ratelimit-remaining': '0' }, true],
  [403, { 'x-ratelimit-remaining': '1' }, false],
  [503, { 'retry-after': '5' }, false],
])(
  'HTTP %i with %j tells of a rate limit: %s',
  (status, headers: IncomingHttpHeaders, expected) => {
    expect(isRateLimit({ status, headers })).toBe(expected);
  },
);
