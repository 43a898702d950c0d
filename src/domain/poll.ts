import type { PermanentError, TransientError } from './errors.ts';
import type { Observation } from './job.ts';

/** Why a poll could not tell how the job stands. */
export type PollError = TransientError | PermanentError;

/** What one poll brought: how the job stands, or why that could not be read. */
export type PollResult = (
  | { readonly observation: Observation; readonly error?: undefined }
  | { readonly observation?: undefined; readonly error: PollError }
) & {
  /** How long the provider asks us to pause, where it said so. */
  readonly retryAfterMs: number | undefined;
  /** Body of the last response; empty where none came. */
  readonly body: string;
};

/**
 * Polls the job `requestId` once, giving up at `requestDeadlineMs` (milliseconds since the epoch).
 * Throws nothing but the signal's reason.
 */
export type Poll = (
  requestId: string,
  requestDeadlineMs: number,
  signal: AbortSignal,
) => Promise<PollResult>;
