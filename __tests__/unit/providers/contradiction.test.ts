import { expect, test } from '@jest/globals';
import { findContradiction } from '../../../src/providers/contradiction.js';

test.each<[string, object]>([
  ['success', { success: false }],
  ['SUCCESS', { SUCCESS: 'False' }],
  ['success', { success: 0 }],
  ['error', { error: 'boom' }],
  ['Error', { Error: { code: 7 } }],
  ['errors', { errors: ['boom'] }],
  ['errorCode', { errorCode: 'X' }],
  ['ErrorMessage', { ErrorMessage: 'boom' }],
  ['error', { error: true }],
  ['error', { error: 7 }],
])('%s of %j says something against a success', (key, body) => {
  expect(findContradiction({ status: 'done', ...body })).toBe(key);
});

test.each<[object]>([
  [{ success: true }],
  [{ success: 'false positives' }],
  [{ error: null }],
  [{ error: '' }],
  [{ error: ' ' }],
  [{ error: false }],
  [{ errors: [] }],
  [{ errors: {} }],
  [{ errorCode: 0 }],
  [{ errorCount: 7, message: 'fine' }],
])('%j says nothing against it', (body) => {
  expect(findContradiction({ status: 'done', ...body })).toBeUndefined();
});
