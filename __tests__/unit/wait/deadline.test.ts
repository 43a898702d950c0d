import { describe, expect, test } from '@jest/globals';
import { TransientError } from '../../../src/domain/errors.js';
import { createDeadline } from '../../../src/wait/deadline.js';
import { trackJob, type TrackedJob } from '../../../src/wait/tracked-job.js';

const minute = 60_000;
const startMs = 1_700_000_000_000;

/** A deadline whose provider has given a useful response. */
function reachable(timeoutMs: number) {
  const deadline = createDeadline(timeoutMs, startMs);
  deadline.noteUsefulResponse();
  return deadline;
}

test.each([
  [0, 600_000],
  [595_000, 600_000],
  [595_001, 600_001],
  [600_000, 605_000],
  [604_000, 605_000],
  [606_000, 605_000],
])('a request of %d ms after the start may run until %d ms', (atMs, untilMs) => {
  expect(reachable(10 * minute).requestDeadlineMs(startMs + atMs)).toBe(startMs + untilMs);
});

describe('the wait gives up', () => {
  test('at the deadline, once the provider has given a useful response', () => {
    expect(reachable(10 * minute).giveUpAtMs()).toBe(startMs + 10 * minute);
  });

  test('after two minutes without one', () => {
    expect(createDeadline(10 * minute, startMs).giveUpAtMs()).toBe(startMs + 2 * minute);
  });

  test('at a deadline that comes before the two minutes', () => {
    expect(createDeadline(minute, startMs).giveUpAtMs()).toBe(startMs + minute);
  });

  test.each([
    ['later where that is asked for', 5 * minute, 5 * minute],
    ['no earlier for it', minute, 2 * minute],
    ['never after the deadline', 20 * minute, 10 * minute],
  ])('%s', (_, extendedMs, expectedMs) => {
    const deadline = createDeadline(10 * minute, startMs);
    deadline.extendTo(startMs + extendedMs);
    expect(deadline.giveUpAtMs()).toBe(startMs + expectedMs);
  });
});

const error = new TransientError('HTTP 503', 'unreachable');
const end = { status: 'Error', reason: 'not-found', message: '', timedOut: false } as const;
const unconfirmedOutcome = { end, timesInARow: 1, sinceMs: startMs };

describe('whether a job is polled no more', () => {
  test.each<[string, number, Partial<TrackedJob>, number, boolean]>([
    ['a job that goes on', minute, { polls: 9 }, minute - 1, false],
    ['a job at the deadline', minute, { polls: 9 }, minute, true],
    ['a job that is polled once', 0, { polls: 1 }, 0, true],
    ['a poll that failed, where only one is wanted', 0, { polls: 3, error }, 0, false],
    ['the fourth poll that failed', 0, { polls: 4, error }, 0, true],
    ['an end that is not believed yet', 0, { polls: 3, unconfirmedOutcome }, 0, false],
    ['the fourth that is not believed', 0, { polls: 4, unconfirmedOutcome }, 0, true],
    ['a poll that failed after half a minute', 0, { polls: 1, error }, 30_000, true],
  ])('%s', (_, timeoutMs, job, afterMs, expected) => {
    const deadline = reachable(timeoutMs);
    expect(deadline.shouldStop({ ...trackJob('job-1'), ...job }, startMs + afterMs)).toBe(expected);
  });
});

test.each([
  ['before the deadline, where the provider is unreachable', minute, minute - 1, false],
  ['at the deadline', minute, minute, true],
  ['at once where a job is only looked at', 0, 0, true],
])('whether a job has run out of time %s', (_, timeoutMs, afterMs, expected) => {
  expect(createDeadline(timeoutMs, startMs).hasRunOutOfTime(startMs + afterMs)).toBe(expected);
});
