import { describe, expect, test } from '@jest/globals';
import { PermanentError, TransientError } from '../../../src/domain/errors.js';
import type { Outcome } from '../../../src/domain/job.js';
import { trackJob, type JobEnd, type TrackedJob } from '../../../src/wait/tracked-job.js';
import { endAtDeadline } from '../../../src/wait/verdict.js';
import { see, wait } from '../../support/wait.js';

const minute = 60_000;

test.each<[string, Parameters<typeof wait>[0], Partial<Outcome>]>([
  [
    'a success',
    () => ({ ...see('successful', 'DONE'), message: '3 rows' }),
    { status: 'Successful', reason: '', message: '3 rows', problem: undefined, hint: undefined },
  ],
  [
    'a partial success',
    () => see('partial', 'WITH_ERRORS'),
    { status: 'PartialSuccess', reason: 'partial-success', problem: 'partial-success' },
  ],
  [
    'a failure that the response does not explain',
    () => ({ ...see('failed'), hint: 'look at the page' }),
    { status: 'Failure', reason: 'job-failed', message: '', hint: 'look at the page' },
  ],
  [
    'a failure that comes as an error',
    () => new PermanentError('no such column', 'job-failed'),
    { status: 'Failure', reason: 'job-failed', message: 'no such column' },
  ],
  [
    'an error that polling does not cure',
    () => new PermanentError('HTTP 400', 'bad-response', { problem: 'bad-request' }),
    { status: 'Error', reason: 'bad-response', message: 'HTTP 400', problem: 'bad-request' },
  ],
])('%s is what the job ends with', async (_, provider, expected) => {
  const { outcome } = await wait(provider);
  expect(outcome).toMatchObject({ ...expected, timedOut: false, polls: 1 });
});

test('a status that is not to be waited for is named with the list that it belongs to', async () => {
  const list = { ...see('unknown', 'A, B'), unknownStatuses: ['A', 'B'] };
  const { outcome } = await wait(() => list, { onUnknownStatus: 'fail' });
  const rest = 'is not classified; add it to `success-statuses`, or whichever list fits';
  expect(outcome).toMatchObject({
    ...{ status: 'Error', reason: 'unknown-status', problem: 'unknown-status', timedOut: false },
    message: `status \`A\` ${rest}; status \`B\` ${rest}`,
  });
});

test('a status that is known is waited for, also where another one would not be', async () => {
  const { outcome } = await wait((poll) => see(poll < 3 ? 'pending' : 'successful'), {
    onUnknownStatus: 'fail',
  });
  expect(outcome).toMatchObject({ status: 'Successful', polls: 3 });
});

const limited = new TransientError('HTTP 429', 'unreachable', { isRateLimit: true });
const busy = new TransientError('HTTP 503', 'unreachable', { problem: 'server-error' });
const notFound: JobEnd = {
  ...{ status: 'Error', reason: 'not-found', message: 'HTTP 404', timedOut: false },
};
const success: JobEnd = { status: 'Successful', reason: '', message: '', timedOut: false };
const unconfirmed = (end: JobEnd) => ({
  unconfirmedOutcome: { end, timesInARow: 1, sinceMs: 0 },
});
const unreachable: Omit<JobEnd, 'message'> = {
  ...{ status: 'Error', reason: 'unreachable', timedOut: true },
};
const stillRunning: Omit<JobEnd, 'message'> = {
  ...{ status: 'Pending', reason: 'timed-out', problem: 'timed-out', timedOut: true },
};

test('a rate limit that lasts to the end is told with the pause that was asked for last', async () => {
  const { outcome } = await wait(() => ({ result: limited, retryAfterMs: 40_000 }), {
    timeoutMs: minute,
  });
  expect(outcome.message).toContain('asked to wait 40s');
});

describe('when no time is left, a job ends', () => {
  const endOf = (job: Partial<TrackedJob>, hasRunOutOfTime = true) =>
    endAtDeadline({ ...trackJob('job-1'), polls: 3, ...job }, 2 * minute, hasRunOutOfTime);

  test.each<[string, Partial<TrackedJob>, JobEnd]>([
    [
      'as unreachable where nothing has come',
      {},
      { ...unreachable, message: 'no response; no useful response' },
    ],
    [
      'with the last error where nothing else has come',
      { error: busy, requestedPauseMs: 40_000 },
      { ...unreachable, message: 'HTTP 503; no useful response', problem: 'server-error' },
    ],
    [
      'with what would mend the last error',
      { error: new TransientError('HTML', 'bad-response', { hint: 'Is `url` right?' }) },
      {
        ...unreachable,
        reason: 'bad-response',
        message: 'HTML; no useful response. Is `url` right?',
      },
    ],
    [
      'as rate-limited, with the pause that was asked for',
      { error: limited, requestedPauseMs: 1000 },
      {
        ...unreachable,
        message: 'rate-limited (HTTP 429), asked to wait 1s; no useful response',
        problem: 'rate-limited',
        hint: 'Run the step again after that, and raise `interval`',
      },
    ],
    [
      'as rate-limited, without a pause that is too short to speak of',
      { error: limited, requestedPauseMs: 999 },
      {
        ...unreachable,
        message: 'rate-limited (HTTP 429); no useful response',
        problem: 'rate-limited',
      },
    ],
    [
      'with the message of the provider',
      { observation: { ...see('pending', 'RUNNING'), message: '40 rows so far' } },
      { ...stillRunning, message: 'still RUNNING after 2m and 3 polls; 40 rows so far' },
    ],
    [
      'without a status where its responses have none',
      { observation: see('pending', '') },
      { ...stillRunning, message: 'still without a status after 2m and 3 polls' },
    ],
    [
      'with the response that was not believed yet',
      { observation: see('pending', 'RUNNING'), ...unconfirmed(notFound) },
      {
        ...stillRunning,
        message: 'still RUNNING after 2m and 3 polls; the last response was: HTTP 404',
      },
    ],
    [
      'with the last error, and with every status that nobody has classified',
      { observation: see('unknown', 'ODD'), error: busy },
      {
        ...stillRunning,
        problem: 'unknown-status',
        message:
          'status `ODD` is not classified; add it to `success-statuses`, or whichever list fits; still so after 2m and 3 polls; the last poll failed: HTTP 503',
      },
    ],
    [
      'as unknown where that is all that is known',
      unconfirmed(notFound),
      { ...notFound, timedOut: true },
    ],
    [
      'as successful where that was not believed yet',
      { observation: see('successful'), ...unconfirmed(success) },
      success,
    ],
  ])('%s', (_, job, expected) => {
    expect(endOf(job)).toEqual(expected);
  });

  test.each([
    ['no useful response', { error: busy }],
    ['a status', { observation: see('pending') }],
  ])('as not timed out where time remains, after %s', (_, job) => {
    expect(endOf(job, false).timedOut).toBe(false);
  });
});
