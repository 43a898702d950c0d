import { PermanentFault, type TransientFault } from '../domain/errors.ts';
import type { Change, JobState, JobStatus, Observation, Outcome, Reason } from '../domain/job.ts';
import { duration } from '../text/inert.ts';

/** What one question brought to light: how the job stands, or why that could not be had. */
export type Result = Observation | TransientFault | PermanentFault;

/** What one question brought. */
export interface Finding {
  readonly result: Result;
  /** How long the vendor wants to be left alone, where it said so. */
  readonly retryAfterMs: number | undefined;
  /** Body of the last answer; empty where none came. */
  readonly response: string;
}

/**
 * Asks once about the job `requestId`, giving up at `answerByMs` (milliseconds since the epoch).
 * Throws nothing but `Cancelled`.
 */
export type Ask = (requestId: string, answerByMs: number, signal: AbortSignal) => Promise<Finding>;

/** What ends the wait for one job. */
export type End = Pick<Outcome, 'status' | 'reason' | 'message'>;

/** What is known of one job while it is waited for. */
export interface Job {
  readonly requestId: string;
  polls: number;
  /** The last useful answer. */
  observation: Observation | undefined;
  /** The last fault that may pass, where no useful answer came after it. */
  fault: TransientFault | undefined;
  /** An end that was not yet seen often enough in a row to be believed. */
  provisional: { readonly end: End; readonly seen: number } | undefined;
  readonly changes: Change[];
  outcome: Outcome | undefined;
}

/** Something that a watcher of the wait wants to know. */
export type WaitEvent =
  | { kind: 'observed'; requestId: string; observation: Observation }
  | { kind: 'fault'; requestId: string; message: string; pauseMs: number }
  | { kind: 'warning'; requestId: string; message: string }
  | { kind: 'answered'; response: string; word: string; filePath: string }
  | { kind: 'progress'; elapsedMs: number; jobs: readonly Job[] }
  | { kind: 'settled'; outcome: Outcome };

export function newJob(requestId: string): Job {
  return {
    requestId,
    polls: 0,
    observation: undefined,
    fault: undefined,
    provisional: undefined,
    changes: [],
    outcome: undefined,
  };
}

/** A job that changes without end is told by its first changes and its last. */
const MAX_CHANGES = 40;

export function noteChange({ changes }: Job, change: Change): void {
  changes.splice(MAX_CHANGES - 1, 1);
  changes.push(change);
}

/** Takes a result into the job's record; gives the end of the wait where the result settles it. */
export function conclude(
  job: Job,
  result: Result,
  onUnknownStatus: 'wait' | 'fail',
): End | undefined {
  if (!(result instanceof Error)) {
    job.observation = result;
    job.fault = undefined;
  } else if (!(result instanceof PermanentFault)) {
    job.fault = result;
    return undefined;
  }

  const end = endOf(result, onUnknownStatus);
  if (end === undefined) {
    job.provisional = undefined;
    return undefined;
  }
  const again = job.provisional?.end.reason === end.reason;
  const seen = (again ? (job.provisional?.seen ?? 0) : 0) + 1;
  job.provisional = { end, seen };
  return seen >= (result.confirmations ?? 1) ? end : undefined;
}

function endOf(
  result: Observation | PermanentFault,
  onUnknownStatus: 'wait' | 'fail',
): End | undefined {
  if (result instanceof PermanentFault) {
    const { reason, message } = result;
    return { status: reason === 'job-failed' ? 'Failure' : 'Error', reason, message };
  }
  if (result.state === 'unknown' && onUnknownStatus === 'fail') {
    return { status: 'Error', reason: 'unknown-status', message: unknownWords(result).join('; ') };
  }
  const end = ENDS[result.state];
  return end && { status: end[0], reason: end[1], message: result.message ?? '' };
}

const ENDS: Readonly<Record<JobState, readonly [JobStatus, Reason] | undefined>> = {
  pending: undefined,
  unknown: undefined,
  successful: ['Successful', ''],
  partial: ['PartialSuccess', 'partial-success'],
  failed: ['Failure', 'job-failed'],
};

/** The end of a wait that has no time left. */
export function giveUp(job: Job, elapsedMs: number): End {
  const { observation, fault, provisional } = job;
  if (provisional?.end.status === 'Successful') return provisional.end;
  if (provisional !== undefined && observation === undefined) return provisional.end;
  const spent = `${duration(elapsedMs)} and ${job.polls} ${job.polls === 1 ? 'question' : 'questions'}`;
  if (observation === undefined) {
    return {
      status: 'Error',
      reason: fault?.reason ?? 'unreachable',
      message: `no useful answer in ${spent}; the last fault: ${fault?.message ?? 'none'}`,
    };
  }
  const word = observation.providerStatus || 'without a status word';
  const sentences = [
    `the job is still ${word} after ${spent}`,
    ...unknownWords(observation),
    'raise `timeout` to wait longer, or set `on-timeout: continue` to go on without it',
    fault === undefined ? '' : `the last question failed: ${fault.message}`,
    provisional === undefined ? '' : `the last answer was: ${provisional.end.message}`,
    observation.message ?? '',
  ];
  return { status: 'Pending', reason: 'timed-out', message: sentences.filter(Boolean).join('; ') };
}

/** A sentence for each word that nobody has classified, with the inputs that would settle it. */
export function unknownWords({ state, providerStatus, unknownWords }: Observation): string[] {
  if (state !== 'unknown') return [];
  return (unknownWords ?? [providerStatus]).map(
    (word) =>
      `the word “${word}” is not known; name it in success-statuses, ` +
      'partial-statuses, failure-statuses or pending-statuses to say what it means',
  );
}
