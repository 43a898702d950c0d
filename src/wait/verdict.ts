import { TransientError, type PermanentError } from '../domain/errors.ts';
import type { JobState, JobStatus, Observation, Reason } from '../domain/job.ts';
import type { PollResult } from '../domain/poll.ts';
import { counted, duration } from '../text/format.ts';
import type { JobEnd, TrackedJob } from './tracked-job.ts';

/** An end that needs grace is believed at this poll in a row, however short the grace period is. */
const LEAST_POLLS_IN_GRACE = 3;

/** What decides whether a result settles a job. Times are in milliseconds since the epoch. */
export interface VerdictContext {
  readonly onUnknownStatus: 'wait' | 'fail';
  /** How long an end that needs grace must last, in milliseconds. */
  readonly notFoundGraceMs: number;
  readonly startMs: number;
  readonly nowMs: number;
}

/** Records a poll's result in the job; gives the end of the wait where the result settles it. */
export function applyPollResult(
  job: TrackedJob,
  { observation, error }: PollResult,
  context: VerdictContext,
): JobEnd | undefined {
  if (error instanceof TransientError) {
    job.error = error;
    return undefined;
  }
  if (error !== undefined) {
    const sinceMs = job.observedAtMs ?? context.startMs;
    return error.needsGrace ? confirm(job, endByError(error), sinceMs, context) : endByError(error);
  }
  job.observation = observation;
  job.observedAtMs = context.nowMs;
  job.error = undefined;
  const end = endByObservation(observation, context.onUnknownStatus);
  if (end !== undefined && observation.needsGrace) return confirm(job, end, context.nowMs, context);
  job.unconfirmedOutcome = undefined;
  return end;
}

/**
 * Gives the end once it has lasted for the grace period, and for three polls.
 *
 * @param sinceMs when the grace period begins, unless the same end was seen before
 */
function confirm(
  job: TrackedJob,
  end: JobEnd,
  sinceMs: number,
  { nowMs, notFoundGraceMs }: VerdictContext,
): JobEnd | undefined {
  const before = job.unconfirmedOutcome;
  const isSame = before?.end.reason === end.reason;
  const timesInARow = isSame ? before.timesInARow + 1 : 1;
  const firstMs = isSame ? before.sinceMs : sinceMs;
  job.unconfirmedOutcome = { end, timesInARow, sinceMs: firstMs };
  const hasLasted = nowMs - firstMs >= notFoundGraceMs;
  return hasLasted && timesInARow >= LEAST_POLLS_IN_GRACE ? end : undefined;
}

const endByError = ({ reason, message }: PermanentError): JobEnd => ({
  status: reason === 'job-failed' ? 'Failure' : 'Error',
  reason,
  message,
  timedOut: false,
});

function endByObservation(
  observation: Observation,
  onUnknownStatus: 'wait' | 'fail',
): JobEnd | undefined {
  if (observation.state === 'unknown' && onUnknownStatus === 'fail') {
    const message = describeUnknownStatuses(observation).join('; ');
    return { status: 'Error', reason: 'unknown-status', message, timedOut: false };
  }
  const outcome = OUTCOME_BY_STATE[observation.state];
  if (outcome === undefined) return undefined;
  const [status, reason] = outcome;
  return { status, reason, message: observation.message ?? '', timedOut: false };
}

const OUTCOME_BY_STATE: Readonly<Record<JobState, readonly [JobStatus, Reason] | undefined>> = {
  pending: undefined,
  unknown: undefined,
  successful: ['Successful', ''],
  partial: ['PartialSuccess', 'partial-success'],
  failed: ['Failure', 'job-failed'],
};

/**
 * The end of a wait that has no time left.
 *
 * @param hasRunOutOfTime false where the provider has been unreachable and time remains
 */
export function endAtDeadline(
  job: TrackedJob,
  elapsedMs: number,
  hasRunOutOfTime: boolean,
): JobEnd {
  const { observation, error, unconfirmedOutcome } = job;
  // A success that was not confirmed is one all the same; an error counts where nothing else is known.
  const end = unconfirmedOutcome?.end;
  if (end !== undefined && (end.status === 'Successful' || observation === undefined)) return end;
  const timedOut = hasRunOutOfTime;
  const spent = `${duration(elapsedMs)} and ${counted(job.polls, 'poll')}`;
  if (observation === undefined) {
    const last = [error?.message ?? 'none', error?.hint].filter(Boolean).join('; ');
    const message = `no useful response in ${spent}; the last error: ${last}`;
    return { status: 'Error', reason: error?.reason ?? 'unreachable', message, timedOut };
  }
  const sentences = [
    `the job is still ${observation.providerStatus || 'without a status'} after ${spent}`,
    ...describeUnknownStatuses(observation),
    'raise `timeout` to wait longer, or set `on-timeout: continue` to go on without it',
    error === undefined ? '' : `the last poll failed: ${error.message}`,
    end === undefined ? '' : `the last response was: ${end.message}`,
    observation.message ?? '',
  ];
  const message = sentences.filter(Boolean).join('; ');
  return { status: 'Pending', reason: 'timed-out', message, timedOut };
}

/** A sentence for each status that nobody has classified, with the inputs that would settle it. */
export function describeUnknownStatuses({
  state,
  providerStatus,
  unknownStatuses,
}: Observation): string[] {
  if (state !== 'unknown') return [];
  return (unknownStatuses ?? [providerStatus]).map(
    (status) =>
      `the status “${status}” is not known; name it in success-statuses, ` +
      'partial-statuses, failure-statuses or pending-statuses to say what it means',
  );
}
