import pLimit from 'p-limit';
import type { Clock } from '../domain/clock.ts';
import type { Deadline } from './deadline.ts';

/** Limits how many polls run at once, where many jobs wait for one provider. */
export interface Limiter {
  /**
   * Runs `poll` as soon as there is room, first come, first served.
   *
   * @param poll is told until when its request may run
   * @returns undefined if there is room too late to poll
   */
  run<T>(poll: (requestDeadlineMs: number) => Promise<T>): Promise<T | undefined>;
  /** Starts no poll before `untilMs`, or until the wait gives up if that is earlier. */
  pauseUntil(untilMs: number): void;
}

const MAX_POLLS_AT_ONCE = 10;

export function createLimiter(deadline: Deadline, clock: Clock, signal: AbortSignal): Limiter {
  const limit = pLimit(MAX_POLLS_AT_ONCE);
  let pausedUntilMs = 0;
  const pauseMs = () => Math.min(pausedUntilMs, deadline.giveUpAtMs()) - clock.now();

  return {
    async run(poll) {
      for (;;) {
        const ran = await limit(async () => {
          signal.throwIfAborted();
          if (pauseMs() > 0) return undefined;
          const nowMs = clock.now();
          const requestDeadlineMs = deadline.requestDeadlineMs(nowMs);
          return { value: requestDeadlineMs > nowMs ? await poll(requestDeadlineMs) : undefined };
        });
        if (ran !== undefined) return ran.value;
        await clock.sleep(pauseMs(), signal);
      }
    },
    pauseUntil(untilMs) {
      pausedUntilMs = Math.max(pausedUntilMs, untilMs);
    },
  };
}
