import { setTimeout as delay } from 'node:timers/promises';

/** Time as the wait sees it; a test brings its own. */
export interface Clock {
  /** Milliseconds since the epoch; never runs backwards. */
  now(): number;
  /** Resolves after `ms` milliseconds; throws the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const START_MS = Date.now() - process.uptime() * 1000;

/** The clock of the machine. It does not follow corrections of the system time, so deadlines hold. */
export const systemClock: Clock = {
  now: () => START_MS + process.uptime() * 1000,
  sleep: async (ms, signal) => {
    try {
      // Timers of Node.js count whole milliseconds, and may end almost two too early.
      await delay(Math.ceil(ms) + 1, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
