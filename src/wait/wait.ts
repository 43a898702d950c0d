import type { Clock } from '../domain/clock.ts';
import type { Outcome } from '../domain/job.ts';
import type { Poll } from '../domain/poll.ts';
import type { Deadline } from './deadline.ts';
import type { WaitEvent } from './events.ts';
import type { Limiter } from './limiter.ts';
import type { Schedule } from './schedule.ts';

export interface WaitSettings extends Schedule {
  /** How long to wait in all; 0 polls once. */
  readonly timeoutMs: number;
  readonly onUnknownStatus: 'wait' | 'fail';
  /** Whether the wait for the other jobs ends once one has failed. */
  readonly failFast: boolean;
  /** How long a job may be queued before that ends the wait for it; undefined for as long as the rest. */
  readonly queueTimeoutMs: number | undefined;
  /** Whether a status means that the job has not begun. */
  readonly isQueued: (status: string) => boolean;
  /** When a wait is worth a warning; undefined for never. */
  readonly warnAfterMs: number | undefined;
  /** How long a job may be unknown, or a finished one without its link, before that is believed. */
  readonly notFoundGraceMs: number;
}

/** What a wait takes from outside. */
export interface WaitContext {
  readonly poll: Poll;
  readonly clock: Clock;
  /** A number from 0 to 1, as `Math.random`. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WaitEvent) => void;
  /** Whether an outcome fails the step. */
  readonly isFailure: (outcome: Outcome) => boolean;
  /** What else is done for a job once it is settled, before its outcome counts. */
  readonly finishJob?: ((outcome: Outcome) => Promise<Outcome>) | undefined;
}

export interface WaitResult {
  /** One per job, in the order of the ids. */
  readonly outcomes: readonly Outcome[];
  /** Body of the last response to a poll; empty where none came. */
  readonly response: string;
}

/** One wait, for all its jobs. */
export interface Wait extends WaitContext {
  readonly settings: WaitSettings;
  readonly deadline: Deadline;
  readonly limiter: Limiter;
  readonly warned: Set<string>;
  lastBody: string;
  /** Ends the wait for the jobs that are left. */
  readonly cancelOthers: (reason: Error) => void;
}

export const elapsedMs = ({ clock, deadline }: Wait): number => clock.now() - deadline.startMs;
