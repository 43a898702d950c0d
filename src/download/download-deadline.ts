import type { Clock } from '../domain/clock.ts';

/** Until when the downloads of a step go on. Times are in milliseconds since the epoch. */
export interface DownloadDeadline {
  /** When a report is given up that has begun, or made progress, at `progressAtMs` and not since. */
  giveUpAtMs(progressAtMs: number): number;
  /** Notes that one of the reports has made progress: the others wait for their turn, or for the same server. */
  noteProgress(): void;
}

/** Longest and shortest time to try again without progress; in between, the deadline of the wait counts. */
const LONGEST_RETRIES_MS = 2 * 60_000;
const SHORTEST_RETRIES_MS = 5_000;

/**
 * A report without progress is given up at the deadline of the wait, but not within five seconds of its last
 * progress, and after two minutes at most. Once no report makes progress, all are given up five seconds after the
 * deadline, however many there are.
 *
 * @param timeoutMs how long the wait may last in all; with 0 the deadline is the beginning of the first download
 */
export function createDownloadDeadline(
  timeoutMs: number,
  clock: Pick<Clock, 'now'>,
): DownloadDeadline {
  let endMs = timeoutMs === 0 ? undefined : clock.now() + timeoutMs;
  let lastProgressMs = 0;
  return {
    giveUpAtMs(progressAtMs) {
      endMs ??= clock.now();
      const latestMs = Math.max(endMs, lastProgressMs) + SHORTEST_RETRIES_MS;
      const soonestMs = Math.min(progressAtMs + SHORTEST_RETRIES_MS, latestMs);
      return Math.min(Math.max(endMs, soonestMs), progressAtMs + LONGEST_RETRIES_MS);
    },
    noteProgress() {
      lastProgressMs = clock.now();
    },
  };
}
