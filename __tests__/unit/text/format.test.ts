import { expect, test } from '@jest/globals';
import { counted, duration, listInputs, size } from '../../../src/text/format.js';

test.each([
  [0, '0ms'],
  [340, '300ms'],
  [1649, '1.6s'],
  [59_949, '59.9s'],
  [59_990, '1m'],
  [60_400, '1m'],
  [134_000, '2m 14s'],
  [5_400_000, '1h 30m'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1_337_000, '1.34 MB'],
])('%d bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

test.each([
  [[], ''],
  [['token'], '`token`'],
  [['username', 'password'], '`username` and `password`'],
  [['token', 'username', 'password'], '`token`, `username` and `password`'],
])('the inputs %j are listed as “%s”', (names, text) => {
  expect(listInputs(names)).toBe(text);
});

test.each([
  [0, '0 polls'],
  [1, '1 poll'],
  [2, '2 polls'],
])('%d with its noun is “%s”', (count, text) => {
  expect(counted(count, 'poll')).toBe(text);
});
