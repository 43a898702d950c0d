/** How long to pause between two questions about one job. */
export interface Schedule {
  readonly intervalMs: number;
  readonly maxIntervalMs: number;
}

/** Part of a job's age that one pause may last: a job's end is noticed late by no more than that. */
const GROWTH = 0.1;

/**
 * Most that chance takes off a pause, so that waits started together do not ask together. Small
 * enough that ten minutes cost fewer than 60 questions with the default schedule, whatever is drawn.
 */
const JITTER = 0.05;

/**
 * The pause after a question about a job that is `ageMs` old, in milliseconds: a tenth of the age,
 * up to 5 % less by chance, never under `intervalMs`, never over `maxIntervalMs`.
 *
 * @param random a number from 0 to 1, as `Math.random` gives
 */
export function pauseMs(ageMs: number, schedule: Schedule, random: number): number {
  const grown = Math.min(ageMs * GROWTH, schedule.maxIntervalMs);
  return Math.max(grown * (1 - JITTER * random), schedule.intervalMs);
}

/**
 * Bends a pause so that the last question falls on the deadline: where the rest of the time is
 * too short for one more pause of at least `intervalMs`, the pause takes all of it, or leaves just
 * one interval if all of it is over `maxIntervalMs`.
 */
export function fitPauseMs(pauseMs: number, remainingMs: number, schedule: Schedule): number {
  const { intervalMs, maxIntervalMs } = schedule;
  if (remainingMs >= pauseMs + intervalMs) return pauseMs;
  const tooLong = remainingMs > maxIntervalMs && remainingMs >= 2 * intervalMs;
  return Math.max(tooLong ? remainingMs - intervalMs : remainingMs, 0);
}
