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
  { observation, error, retryAfterMs }: PollResult,
  context: VerdictContext,
): JobEnd | undefined {
  if (error instanceof TransientError) {
    job.error = error;
    job.requestedPauseMs = retryAfterMs ?? 0;
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

const endByError = ({ reason, message, problem }: PermanentError): JobEnd => ({
  status: reason === 'job-failed' ? 'Failure' : 'Error',
  reason,
  message,
  problem,
  timedOut: false,
});

function endByObservation(
  observation: Observation,
  onUnknownStatus: 'wait' | 'fail',
): JobEnd | undefined {
  if (observation.state === 'unknown' && onUnknownStatus === 'fail') {
    const message = describeUnknownStatuses(observation).join('; ');
    const problem = 'unknown-status';
    return { status: 'Error', reason: 'unknown-status', message, problem, timedOut: false };
  }
  const outcome = OUTCOME_BY_STATE[observation.state];
  if (outcome === undefined) return undefined;
  const [status, reason] = outcome;
  const problem = status === 'PartialSuccess' ? 'partial-success' : undefined;
  const { message = '', hint } = observation;
  return { status, reason, message, problem, hint, timedOut: false };
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
  if (end?.status === 'Successful') return end;
  const timedOut = hasRunOutOfTime;
  if (end !== undefined && observation === undefined) return { ...end, timedOut };
  const spent = counted(job.polls, 'poll');
  if (observation === undefined) {
    const { message = 'no response', reason = 'unreachable', problem, hint } = error ?? {};
    const isAsked = problem === 'rate-limited' && job.requestedPauseMs >= 1000;
    const asked = isAsked ? `, asked to wait ${duration(job.requestedPauseMs)}` : '';
    const what = problem === 'rate-limited' ? `rate-limited (${message})${asked}` : message;
    const text = [`${what}; no useful response`, hint].filter(Boolean).join('. ');
    const next = asked === '' ? undefined : 'Run the step again after that, and raise `interval`';
    return { status: 'Error', reason, message: text, problem, hint: next, timedOut };
  }
  const unknown = describeUnknownStatuses(observation);
  const status = unknown.length > 0 ? 'so' : observation.providerStatus || 'without a status';
  const sentences = [
    ...unknown,
    `still ${status} after ${duration(elapsedMs)} and ${spent}`,
    error === undefined ? '' : `the last poll failed: ${error.message}`,
    end === undefined ? '' : `the last response was: ${end.message}`,
    observation.message ?? '',
  ];
  const message = sentences.filter(Boolean).join('; ');
  const problem = unknown.length > 0 ? 'unknown-status' : 'timed-out';
  return { status: 'Pending', reason: 'timed-out', message, problem, timedOut };
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
      `status \`${status}\` is not classified; add it to \`success-statuses\`, or whichever list fits`,
  );
}
