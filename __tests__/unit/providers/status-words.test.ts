import { expect, test } from '@jest/globals';
import type { JobState } from '../../../src/domain/job.js';
import {
  classify,
  combine,
  COMMON_STATUS_WORDS,
  distinctStatuses,
  normalizeStatus,
} from '../../../src/providers/status-words.js';

test.each([
  ['successful', 'success successful succeeded complete completed done finished processed'],
  ['partial', 'partial partialsuccess partiallysucceeded completedwitherrors'],
  [
    'failed',
    'failure failed error errored rejected invalid aborted cancelled canceled expired timedout',
  ],
  [
    'pending',
    'created inprogress new notstarted open pending processing queued received running scheduled started submitted waiting',
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

test('of the statuses of a response each is shown once, ten at most', () => {
  expect(distinctStatuses(['b', 'a', '', 'b'])).toEqual(['b', 'a']);
  const many = Array.from({ length: 11 }, (_, index) => `s${index}`);
  expect(distinctStatuses(many)).toEqual(many.slice(0, 10));
});

test.each([
  ['In Progress', 'inprogress'],
  ['IN_PRO-GRESS', 'inprogress'],
  ['-1', '-1'],
  ['2-A B', '2-A B'],
  ['-A', 'a'],
  ['Step 2', 'step2'],
])('%s is compared as %s', (status, normalized) => {
  expect(normalizeStatus(status)).toBe(normalized);
});

test('of one list the first meaning of a status counts', () => {
  expect(classify('x', { failed: ['X'], pending: ['X'] })).toBe('failed');
});
