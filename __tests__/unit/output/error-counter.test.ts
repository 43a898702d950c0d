import { expect, test } from '@jest/globals';
import { createErrorCounter } from '../../../src/output/error-counter.js';
import { toLine } from '../../../src/text/inert.js';

test('an error of many jobs is written once, and then counted', () => {
  const errors = createErrorCounter(false, toLine);
  expect(errors.describe('HTTP 503', 'polling again')).toBe('HTTP 503; polling again');
  expect(errors.describe('HTTP 503', 'polling again')).toBeUndefined();
  expect(errors.takeCounts()).toEqual(['1 more of: HTTP 503']);
});

test('a provider that makes up a new error each time fills no memory', () => {
  const errors = createErrorCounter(false, toLine);
  for (let number = 0; number < 2000; number += 1) errors.describe(`error ${number}`, 'again');
  errors.describe('error 0', 'again');
  errors.describe('error 1999', 'again');
  expect(errors.takeCounts()).toEqual(['1 more of: error 0']);
});
