import type { TrackedJob } from './tracked-job.ts';

/** How long one wait may go on, for all its jobs. Times are in milliseconds since the epoch. */
export interface Deadline {
  readonly startMs: number;
  readonly endMs: number;
  /** When the wait gives up: at the deadline, or earlier while no useful response has ever come. */
  giveUpAtMs(): number;
  /** Until when a request that begins now may run; in the past if it is too late to begin one. */
  requestDeadlineMs(nowMs: number): number;
  /** Whether an unsettled job is polled no more. */
  shouldStop(job: TrackedJob, nowMs: number): boolean;
  /** Whether a job that is given up now has run out of time, rather than met an unreachable provider. */
  hasRunOutOfTime(nowMs: number): boolean;
  /** Notes a useful response: from now on the provider counts as reachable. */
  noteUsefulResponse(): void;
  /** Notes that a provider which has given no useful response is not given up before `untilMs`. */
  extendTo(untilMs: number): void;
}

/** Without one useful response the wait ends here: a mistyped host must not cost half an hour. */
const UNREACHABLE_AFTER_MS = 2 * 60_000;
/** The last polls begin at the deadline; they may run for so long. */
const LAST_POLLS_MS = 5_000;
/** `timeout: 0` does not wait, but survives a short outage: so many more polls in so much time. */
const ONCE_RETRIES = 3;
const ONCE_WINDOW_MS = 30_000;

/** @param timeoutMs how long to wait in all; 0 to poll once */
export function createDeadline(timeoutMs: number, startMs: number): Deadline {
  const once = timeoutMs === 0;
  const endMs = startMs + (once ? ONCE_WINDOW_MS : timeoutMs);
  let isReachable = false;
  let unreachableAtMs = startMs + UNREACHABLE_AFTER_MS;
  const giveUpAtMs = () => (isReachable ? endMs : Math.min(endMs, unreachableAtMs));

  return {
    startMs,
    endMs,
    giveUpAtMs,
    // | the poll begins                     | its request may run until         |
    // | ----------------------------------- | --------------------------------- |
    // | more than 5 s before giving up      | the wait gives up                 |
    // | in the last 5 s, or within 5 s late | 5 s from now, but 5 s late at most |
    // | later                               | a time in the past: it is not sent |
    requestDeadlineMs: (nowMs) =>
      Math.min(Math.max(giveUpAtMs(), nowMs + LAST_POLLS_MS), giveUpAtMs() + LAST_POLLS_MS),
    shouldStop(job, nowMs) {
      if (nowMs >= giveUpAtMs()) return true;
      if (!once) return false;
      const isClear = job.error === undefined && job.unconfirmedOutcome === undefined;
      return isClear || job.polls > ONCE_RETRIES;
    },
    hasRunOutOfTime: (nowMs) => once || nowMs >= endMs,
    noteUsefulResponse() {
      isReachable = true;
    },
    extendTo(untilMs) {
      unreachableAtMs = Math.max(unreachableAtMs, untilMs);
    },
  };
}
