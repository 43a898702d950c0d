/** How long to pause between two polls of one job. */
export interface Schedule {
  readonly intervalMs: number;
  readonly maxIntervalMs: number;
}

/** A pause lasts this share of the job's age, so that its end is noticed late by no more than that. */
const GROWTH = 0.1;

/**
 * Most that jitter takes off a pause, so that waits started together do not poll together. Small
 * enough that ten minutes cost fewer than 60 polls with the default schedule, whatever is drawn.
 */
const JITTER = 0.05;

/**
 * The pause after a poll of a job that is `ageMs` old, in milliseconds: a tenth of the age, up to 5 %
 * less by jitter, never under `intervalMs`, never over `maxIntervalMs`.
 *
 * @param random a number from 0 to 1, as `Math.random` gives
 */
export function pauseMs(ageMs: number, schedule: Schedule, random: number): number {
  const grown = Math.min(ageMs * GROWTH, schedule.maxIntervalMs);
  return Math.max(grown * (1 - JITTER * random), schedule.intervalMs);
}

/**
 * Adapts a pause so that the last poll falls on the deadline. With an interval of 1 s and a
 * max-interval of 30 s, a pause of 20 s becomes:
 *
 * | time left | pause | why                                                                     |
 * | --------- | ----- | ----------------------------------------------------------------------- |
 * | 21 s      | 20 s  | one more pause of at least the interval fits                            |
 * | 20.5 s    | 20.5 s | no further poll would fit, so this one falls on the deadline           |
 * | 5 s       | 5 s   | as before                                                               |
 *
 * and a pause of 30 s with 30.5 s left becomes 29.5 s: 30.5 s is over max-interval, so one interval is
 * left for the last poll.
 */
export function fitPauseMs(pauseMs: number, remainingMs: number, schedule: Schedule): number {
  const { intervalMs, maxIntervalMs } = schedule;
  if (remainingMs >= pauseMs + intervalMs) return pauseMs;
  const tooLong = remainingMs > maxIntervalMs && remainingMs >= 2 * intervalMs;
  return Math.max(tooLong ? remainingMs - intervalMs : remainingMs, 0);
}
