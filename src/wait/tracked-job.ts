import type { TransientError } from '../domain/errors.ts';
import type { Change, Observation, Outcome } from '../domain/job.ts';
import { estimateEndMs, parseShare, type Progress } from './estimate.ts';

/** How the wait for one job ends, as far as it decides that itself. */
export type JobEnd = Pick<Outcome, 'status' | 'reason' | 'message' | 'problem' | 'hint'> & {
  /** Whether time ran out before the job was settled. */
  readonly timedOut: boolean;
};

/** What is known of one job while it is waited for. */
export interface TrackedJob {
  readonly requestId: string;
  polls: number;
  /** Whether it was seen in a status in which it is not queued. */
  hasStarted: boolean;
  /** From the last useful response. */
  observation: Observation | undefined;
  /** When the last useful response came, in milliseconds since the epoch. */
  observedAtMs: number | undefined;
  /** The last transient error, where no useful response came after it. */
  error: TransientError | undefined;
  /** How long the provider asked us to wait with that error, in milliseconds. */
  requestedPauseMs: number;
  /** An end that has not lasted long enough to be believed. */
  unconfirmedOutcome:
    { readonly end: JobEnd; readonly timesInARow: number; readonly sinceMs: number } | undefined;
  readonly changes: Change[];
  /** How far it had come at the last two looks that differ, where the provider says so. */
  progress: { readonly earlier: Progress | undefined; readonly later: Progress | undefined };
  outcome: Outcome | undefined;
}

export function trackJob(requestId: string): TrackedJob {
  return {
    requestId,
    polls: 0,
    hasStarted: false,
    observation: undefined,
    observedAtMs: undefined,
    error: undefined,
    requestedPauseMs: 0,
    unconfirmedOutcome: undefined,
    changes: [],
    progress: { earlier: undefined, later: undefined },
    outcome: undefined,
  };
}

/** Of a job that changes without end, the first changes and the last one are kept. */
const MAX_CHANGES = 40;

export function recordChange({ changes }: TrackedJob, change: Change): void {
  changes.splice(MAX_CHANGES - 1, 1);
  changes.push(change);
}

/** Notes how far a job has come. */
export function recordProgress(job: TrackedJob, progress: string, nowMs: number): void {
  const share = parseShare(progress);
  const { later } = job.progress;
  if (share === undefined || share === later?.share) return;
  job.progress = { earlier: later, later: { atMs: nowMs, share } };
}

/** When a job will be done by its progress so far, in milliseconds since the epoch; undefined where that is not known. */
export const expectedEndMs = ({ progress: { earlier, later } }: TrackedJob): number | undefined =>
  earlier && later && estimateEndMs(earlier, later);
