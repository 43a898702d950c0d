import type { Clock } from '../domain/clock.ts';

const MINUTE_MS = 60_000;

/** Calls `callback` once a minute until `signal` is aborted. */
export async function everyMinute(
  clock: Clock,
  signal: AbortSignal,
  callback: () => void,
): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(MINUTE_MS, signal);
      callback();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
