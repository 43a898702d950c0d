import { expect, test } from '@jest/globals';
import { retryAfterMs } from '../../../src/http/retry-after.js';

test.each([
  ['120', 120_000],
  ['0', 0],
  ['Sun, 06 Nov 1994 08:49:47 GMT', 10_000],
  ['Sun, 06 Nov 1994 08:49:00 GMT', 0],
  ['soon', undefined],
  ['in 3000', undefined],
  ['-5', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s milliseconds', (value, expected) => {
  const response = { headers: { 'retry-after': value } };
  expect(retryAfterMs(response, Date.parse('Sun, 06 Nov 1994 08:49:37 GMT'))).toBe(expected);
});
