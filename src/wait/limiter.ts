import pLimit from 'p-limit';
import type { Clock } from '../domain/clock.ts';
import { answerByMs, type Deadline } from './deadline.ts';

/** Who may ask when, where many jobs wait for one vendor. */
export interface Turns {
  /**
   * Runs `ask` as soon as it is its turn, first come, first served.
   *
   * @param ask is told until when it may wait for its answer
   * @returns nothing if the turn comes too late to ask
   */
  take<T>(ask: (answerByMs: number) => Promise<T>): Promise<T | undefined>;
  /** Lets no one ask before `untilMs`, or the deadline if that is earlier. */
  keepQuiet(untilMs: number): void;
}

const MAX_QUESTIONS_AT_ONCE = 10;

export function createTurns(deadline: Deadline, clock: Clock, signal: AbortSignal): Turns {
  const limit = pLimit(MAX_QUESTIONS_AT_ONCE);
  let quietUntilMs = 0;
  const quietMs = () => Math.min(quietUntilMs, deadline.endMs) - clock.now();

  return {
    async take(ask) {
      for (;;) {
        const taken = await limit(async () => {
          if (quietMs() > 0) return undefined;
          const nowMs = clock.now();
          const untilMs = answerByMs(deadline, nowMs);
          return { answer: untilMs > nowMs ? await ask(untilMs) : undefined };
        });
        if (taken !== undefined) return taken.answer;
        await clock.sleep(quietMs(), signal);
      }
    },
    keepQuiet(untilMs) {
      quietUntilMs = Math.max(quietUntilMs, untilMs);
    },
  };
}
