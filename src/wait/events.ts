import type { Observation, Outcome } from '../domain/job.ts';
import type { PollResult } from '../domain/poll.ts';
import type { TrackedJob } from './tracked-job.ts';

/** What the wait reports while it goes on. */
export type WaitEvent =
  /** One poll has brought a response or an error. */
  | { kind: 'polled'; requestId: string; result: PollResult }
  /** The status of a job has changed, and the job is not settled by it. */
  | { kind: 'observed'; requestId: string; observation: Observation }
  /** A poll has failed, and is repeated after a pause. */
  | {
      kind: 'poll-failed';
      requestId: string;
      message: string;
      pauseMs: number;
      /** How long the provider asked us to pause; 0 where it did not. */
      requestedMs: number;
    }
  | { kind: 'warning'; requestId: string; message: string }
  /** Once a minute. */
  | { kind: 'progress'; elapsedMs: number; jobs: readonly TrackedJob[] }
  /** Once, when the wait takes longer than the workflow expects. */
  | { kind: 'long-wait'; elapsedMs: number; jobs: readonly TrackedJob[] }
  | { kind: 'settled'; outcome: Outcome };
