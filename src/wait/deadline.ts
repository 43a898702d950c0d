import type { Job } from './verdict.ts';

/** How long one wait may go on, for all its jobs. Times are in milliseconds since the epoch. */
export interface Deadline {
  readonly startMs: number;
  readonly endMs: number;
  /** Whether to ask once and not to wait. */
  readonly once: boolean;
  /** Whether the vendor has given a useful answer about any job. */
  answered: boolean;
  /** When to give up a vendor that has not. */
  unreachableMs: number;
}

/** Without one useful answer the wait ends here: a mistyped host must not cost half an hour. */
const UNREACHABLE_AFTER_MS = 2 * 60_000;
/** The last round of questions begins on the deadline; it may go on for so long. */
const LAST_ROUND_MS = 5_000;
/** `timeout: 0` does not wait, but outlives a hiccup: so many more questions in so much time. */
const ONCE_RETRIES = 3;
const ONCE_WINDOW_MS = 30_000;

/** @param timeoutMs how long to wait in all; 0 to ask once */
export function createDeadline(timeoutMs: number, startMs: number): Deadline {
  const once = timeoutMs === 0;
  const endMs = startMs + (once ? ONCE_WINDOW_MS : timeoutMs);
  return { startMs, endMs, once, answered: false, unreachableMs: startMs + UNREACHABLE_AFTER_MS };
}

/** When to give up: at the deadline, or earlier while the vendor has never answered usefully. */
export const horizonMs = ({ answered, endMs, unreachableMs }: Deadline): number =>
  answered ? endMs : Math.min(endMs, unreachableMs);

/** Until when a question that begins now may wait for its answer; in the past if it is too late to ask. */
export function answerByMs(deadline: Deadline, nowMs: number): number {
  const horizon = horizonMs(deadline);
  return Math.min(Math.max(horizon, nowMs + LAST_ROUND_MS), horizon + LAST_ROUND_MS);
}

/** Whether nothing more is asked about this unsettled job. */
export function isOver(deadline: Deadline, job: Job, nowMs: number): boolean {
  if (nowMs >= horizonMs(deadline)) return true;
  if (!deadline.once) return false;
  const isClear = job.fault === undefined && job.provisional === undefined;
  return isClear || job.polls > ONCE_RETRIES;
}

/** Whether a job that is given up now has run out of time. */
export const isLate = ({ once, endMs }: Deadline, nowMs: number): boolean => once || nowMs >= endMs;
