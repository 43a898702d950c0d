import { setTimeout as delay } from 'node:timers/promises';
import { Cancelled } from './errors.ts';

/** Time as the wait sees it; a test brings its own. */
export interface Clock {
  /** Milliseconds since the epoch; never runs backwards. */
  now(): number;
  /** Ends after `ms` milliseconds; throws `Cancelled` as soon as `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const START_MS = Date.now() - process.uptime() * 1000;

/** The clock of the machine. It does not follow corrections of the system time: deadlines hold. */
export const systemClock: Clock = {
  now: () => START_MS + process.uptime() * 1000,
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch {
      throw new Cancelled('the step was cancelled');
    }
  },
};
