import type { Clock } from '../domain/clock.ts';
import { Cancelled } from '../domain/errors.ts';

const EVERY_MS = 60_000;

/** Runs `tell` once a minute until `signal` is aborted, so that a long wait is seen to live. */
export async function beat(clock: Clock, signal: AbortSignal, tell: () => void): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(EVERY_MS, signal);
      tell();
    }
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
  }
}
