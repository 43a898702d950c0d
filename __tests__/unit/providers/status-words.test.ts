import { expect, test } from '@jest/globals';
import { worstOf, type JobStatus, type Outcome } from '../../../src/domain/job.js';
import { classify, COMMON_WORDS } from '../../../src/providers/status-words.js';

test.each([
  ['successful', 'success successful succeeded complete completed done finished processed'],
  ['partial', 'partial partialsuccess partiallysucceeded completedwitherrors'],
  [
    'failed',
    'failure failed error errored rejected invalid aborted cancelled canceled expired timedout',
  ],
])('%s is what the common words say: %s', (state, words) => {
  for (const word of words.split(' '))
    expect([word, classify(word, COMMON_WORDS)]).toEqual([word, state]);
});

test.each(['Timed Out', 'TIMED_OUT', 'timed-out', 'timedOut'])(
  '%s is the word timedout',
  (word) => {
    expect(classify(word, COMMON_WORDS)).toBe('failed');
  },
);

test.each(['marinating', '', 'constructor', 'suc.cess'])('%j is unknown', (word) => {
  expect(classify(word, COMMON_WORDS)).toBe('unknown');
});

test('the first list that knows a word decides', () => {
  expect(classify('done', { pending: ['DONE'] }, COMMON_WORDS)).toBe('pending');
});

test('several jobs are as bad as the worst: Error, Failure, PartialSuccess, Pending, Successful', () => {
  const order: JobStatus[] = ['Successful', 'Pending', 'PartialSuccess', 'Failure', 'Error'];
  for (let n = 1; n <= order.length; n++) {
    const outcomes = order.slice(0, n).map((status) => ({ status }) as Outcome);
    expect(worstOf(outcomes)?.status).toBe(order[n - 1]);
    expect(worstOf(outcomes.toReversed())?.status).toBe(order[n - 1]);
  }
});
