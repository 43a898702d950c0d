import { expect, test } from '@jest/globals';
import type { JobState } from '../../../src/domain/job.js';
import { classify, combine, COMMON_STATUS_WORDS } from '../../../src/providers/status-words.js';

test.each([
  ['successful', 'success successful succeeded complete completed done finished processed'],
  ['partial', 'partial partialsuccess partiallysucceeded completedwitherrors'],
  [
    'failed',
    'failure failed error errored rejected invalid aborted cancelled canceled expired timedout',
  ],
])('%s is what the common statuses say: %s', (state, statuses) => {
  for (const status of statuses.split(' '))
    expect([status, classify(status, COMMON_STATUS_WORDS)]).toEqual([status, state]);
});

test.each(['Timed Out', 'TIMED_OUT', 'timed-out', 'timedOut'])(
  '%s is the status timedout',
  (status) => {
    expect(classify(status, COMMON_STATUS_WORDS)).toBe('failed');
  },
);

test.each(['marinating', '', 'constructor', 'suc.cess'])('%j is unknown', (status) => {
  expect(classify(status, COMMON_STATUS_WORDS)).toBe('unknown');
});

test('the first list that knows a status decides', () => {
  expect(classify('done', { pending: ['DONE'] }, COMMON_STATUS_WORDS)).toBe('pending');
});

test.each<[JobState[], JobState]>([
  [['successful', 'successful'], 'successful'],
  [['successful', 'failed'], 'partial'],
  [['successful', 'partial'], 'partial'],
  [['successful', 'partial', 'failed'], 'partial'],
  [['failed', 'partial'], 'failed'],
  [['partial', 'partial'], 'partial'],
  [['failed', 'failed'], 'failed'],
  [['failed', 'pending'], 'pending'],
  [['successful', 'unknown', 'pending'], 'unknown'],
  [[], 'pending'],
])('parts that are %j are %s together', (states, expected) => {
  expect(combine(states)).toBe(expected);
});
