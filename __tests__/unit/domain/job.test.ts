import { expect, test } from '@jest/globals';
import { bySeverity, isSettled, observedFields, worstOf } from '../../../src/domain/job.js';
import type { JobState, JobStatus, Observation } from '../../../src/domain/job.js';
import { outcome } from '../../support/outcome.js';

test('several jobs are as bad as the worst: Error, Failure, PartialSuccess, Pending, Successful', () => {
  const order: JobStatus[] = ['Successful', 'Pending', 'PartialSuccess', 'Failure', 'Error'];
  for (let n = 1; n <= order.length; n++) {
    const outcomes = order.slice(0, n).map((status) => outcome({ status }));
    expect(worstOf(outcomes)?.status).toBe(order[n - 1]);
    expect(worstOf(outcomes.toReversed())?.status).toBe(order[n - 1]);
  }
});

test('of several jobs that are equally bad, the first one speaks for all', () => {
  const outcomes = ['a', 'b', 'c'].map((requestId) => outcome({ requestId, status: 'Failure' }));
  expect(worstOf([outcome(), ...outcomes])?.requestId).toBe('a');
});

test('no job is the worst of none', () => {
  expect(worstOf([])).toBeUndefined();
});

test('jobs are sorted by how bad they are, the worst first', () => {
  const statuses: JobStatus[] = ['Pending', 'Successful', 'Error', 'PartialSuccess', 'Failure'];
  const sorted = statuses.map((status) => outcome({ status })).sort(bySeverity);
  expect(sorted.map(({ status }) => status)).toEqual([
    ...['Error', 'Failure', 'PartialSuccess', 'Pending', 'Successful'],
  ]);
});

test.each<[JobState, boolean]>([
  ['pending', false],
  ['unknown', false],
  ['successful', true],
  ['partial', true],
  ['failed', true],
])('whether a job stays in the state “%s”: %s', (state, expected) => {
  expect(isSettled(state)).toBe(expected);
});

test('a job that was never observed has empty texts, and no list of links', () => {
  expect(observedFields()).toEqual({ providerStatus: '', batchId: '', filePath: '', link: '' });
});

test('an outcome takes over from an observation what outputs show, and nothing else', () => {
  const shown = {
    providerStatus: 'DONE',
    batchId: 'batch-1',
    filePath: 'a.csv b.csv',
    filePaths: ['a.csv', 'b.csv'],
    link: 'https://acme.example/jobs/1',
  };
  const observation: Observation = { ...shown, state: 'successful', note: 'trace 1' };
  expect(observedFields(observation)).toEqual(shown);
});
