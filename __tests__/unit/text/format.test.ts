import { expect, test } from '@jest/globals';
import { duration } from '../../../src/text/format.js';

test.each([
  [0, '0ms'],
  [340, '300ms'],
  [1649, '1.6s'],
  [59_990, '1m'],
  [134_000, '2m 14s'],
  [5_400_000, '1h 30m'],
])('%d ms is %s', (ms, statuses) => {
  expect(duration(ms)).toBe(statuses);
});
