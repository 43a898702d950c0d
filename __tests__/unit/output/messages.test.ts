import { describe, expect, test } from '@jest/globals';
import type { Observation, Outcome } from '../../../src/domain/job.js';
import {
  describeDownload,
  describeObservation,
  describeProgress,
} from '../../../src/output/messages.js';
import { quote } from '../../../src/text/inert.js';
import { trackJob, type TrackedJob } from '../../../src/wait/tracked-job.js';

const minute = 60_000;

/** A job that was seen in each status at a time since the wait began. */
function tracked(
  requestId: string,
  seen: Readonly<Record<string, number>>,
  observed: Partial<Observation> = {},
): TrackedJob {
  const job = { ...trackJob(requestId), polls: 4 };
  for (const [providerStatus, elapsedMs] of Object.entries(seen)) {
    job.changes.push({ elapsedMs, state: 'pending', providerStatus });
    job.observation = { state: 'pending', providerStatus, ...observed };
  }
  return job;
}

const ended = (job: TrackedJob, status: Outcome['status']): TrackedJob => ({
  ...job,
  outcome: {
    requestId: job.requestId,
    status,
    reason: status === 'Successful' ? '' : 'job-failed',
    providerStatus: '',
    batchId: '',
    filePath: '',
    message: '',
    timedOut: false,
    polls: 4,
    elapsedMs: 0,
    changes: job.changes,
    link: '',
  },
});

const progress = (...jobs: TrackedJob[]) =>
  describeProgress(
    { kind: 'progress', elapsedMs: 5 * minute, jobs },
    ({ status }) => status !== 'Successful',
    quote,
  );

describe('the line a minute', () => {
  test('of one job has its status, how far it is, and the newest message', () => {
    const job = tracked('a', { RUNNING: 0 }, { progress: '3 of 12', message: 'page 4', note: 'n' });
    expect(progress(job)).toBe('still RUNNING (3 of 12; page 4; n), 4 polls');
    expect(progress(tracked('a', { RUNNING: 0 }))).toBe('still RUNNING, 4 polls');
  });

  test('of one job without a response or a status says so', () => {
    expect(progress({ ...trackJob('a'), polls: 1 })).toBe('still without a response, 1 poll');
    expect(progress(tracked('a', { '': 0 }))).toBe('still no status yet, 4 polls');
  });

  test('of one job that has ended tells that its report is still to come', () => {
    expect(progress(tracked('a', { DONE: 0 }, { state: 'successful' }))).toBe(
      'DONE, waiting for its report',
    );
  });

  test('of several jobs counts them by status, and names the oldest and the newest change', () => {
    const jobs = [
      ended(tracked('a', { RUNNING: 0, DONE: minute }), 'Successful'),
      ended(tracked('b', { RUNNING: 0, VOID: minute }), 'Failure'),
      tracked('c', { QUEUED: 0 }),
      tracked('d', { QUEUED: 0, RUNNING: 2 * minute }),
      tracked('e', { QUEUED: 0, RUNNING: 3 * minute }),
    ];
    expect(progress(...jobs)).toBe(
      '2 of 5 finished, 1 failed; 2 RUNNING, 1 QUEUED; oldest c, 5m; newest change e RUNNING, 2m ago',
    );
  });

  test('of several jobs counts those of which nothing is known', () => {
    const jobs = [trackJob('a'), tracked('b', { '': minute }), tracked('c', { NEW: 0 })];
    expect(progress(...jobs)).toBe(
      '0 of 3 finished, 0 failed; 2 without a status, 1 NEW; oldest a, 5m; newest change b, 4m ago',
    );
  });

  test('before the first response names no change', () => {
    expect(progress(trackJob('a'), trackJob('b'))).toBe(
      '0 of 2 finished, 0 failed; 2 without a status; oldest a, 5m',
    );
  });

  test('names the five most frequent statuses at most', () => {
    const jobs = ['A', 'B', 'C', 'D', 'E', 'F', 'F'].map((status, index) =>
      tracked(`job-${index}`, { [status]: 0 }),
    );
    expect(progress(...jobs)).toContain('; 2 F, 1 A, 1 B, 1 C, 1 D; oldest');
  });

  test('is one harmless line, whatever ids and statuses are', () => {
    const odd = 'x\n::error::y\u202E';
    expect(progress(tracked(odd, { [odd]: 0 }), trackJob('b'))).toBe(
      '0 of 2 finished, 0 failed; 1 x ::error::y, 1 without a status; oldest x ::error::y, 5m; newest change x ::error::y x ::error::y, 5m ago',
    );
  });
});

test('a change of the status has what is new beside it', () => {
  const observation = { state: 'pending', providerStatus: 'RUNNING' } as const;
  expect(describeObservation(observation, quote)).toBe('RUNNING');
  expect(describeObservation({ ...observation, message: 'm', progress: '40 %' }, quote)).toBe(
    'RUNNING (40 %; m)',
  );
});

test.each([
  [{ bytes: 500, totalBytes: 2000 }, 'report: 500 B of 2 kB (25 %), 100 B/s'],
  [{ bytes: 500, totalBytes: undefined }, 'report: 500 B, 100 B/s'],
])('a report on its way: %j', (event, line) => {
  const common = { kind: 'downloading', requestId: 'a', bytesPerSecond: 100 } as const;
  expect(describeDownload({ ...common, ...event })).toBe(line);
});
