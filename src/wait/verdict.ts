import { TransientError, type PermanentError } from '../domain/errors.ts';
import type { JobState, JobStatus, Observation, Reason } from '../domain/job.ts';
import type { PollResult } from '../domain/poll.ts';
import { counted, duration } from '../text/format.ts';
import type { JobEnd, TrackedJob } from './tracked-job.ts';

/** Records a poll's result in the job; gives the end of the wait where the result settles it. */
export function applyPollResult(
  job: TrackedJob,
  { observation, error }: PollResult,
  onUnknownStatus: 'wait' | 'fail',
): JobEnd | undefined {
  if (error instanceof TransientError) {
    job.error = error;
    return undefined;
  }
  if (error !== undefined) return confirm(job, endByError(error), error.requiredInARow);
  job.observation = observation;
  job.error = undefined;
  const end = endByObservation(observation, onUnknownStatus);
  if (end !== undefined) return confirm(job, end, observation.requiredInARow ?? 1);
  job.unconfirmedOutcome = undefined;
  return undefined;
}

/** Gives the end once it was seen so many times in a row. */
function confirm(job: TrackedJob, end: JobEnd, requiredInARow: number): JobEnd | undefined {
  const before = job.unconfirmedOutcome;
  const timesInARow = before?.end.reason === end.reason ? before.timesInARow + 1 : 1;
  job.unconfirmedOutcome = { end, timesInARow };
  return timesInARow >= requiredInARow ? end : undefined;
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
    const message = `no useful response in ${spent}; the last error: ${error?.message ?? 'none'}`;
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
