import { isSettled, type Outcome } from './job.ts';

/** What the workflow lets pass. */
export interface Policy {
  readonly onTimeout: 'fail' | 'continue';
  readonly onPartialSuccess: 'fail' | 'continue';
  /** How long to wait in all; 0 polls once. */
  readonly timeoutMs: number;
}

/** Whether an outcome fails the step. */
export function failsStep({ status, reason }: Outcome, policy: Policy): boolean {
  if (status === 'PartialSuccess') return policy.onPartialSuccess === 'fail';
  if (reason === 'timed-out') return policy.onTimeout === 'fail';
  return status !== 'Successful';
}

/**
 * Whether the provider is told to cancel the remote job: nobody waits for it any more, since the step was
 * cancelled or ran out of time in a way that fails it. `timeout: 0` only looks, so it abandons nothing.
 */
export function abandonsJob({ reason, timedOut, changes }: Outcome, policy: Policy): boolean {
  if (isSettled(changes.at(-1)?.state ?? 'pending')) return false;
  if (reason === 'cancelled' || reason === 'stuck-in-queue') return true;
  return timedOut && policy.onTimeout === 'fail' && policy.timeoutMs > 0;
}
