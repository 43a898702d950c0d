import { setTimeout as delay } from 'node:timers/promises';
import { Cancelled } from './faults.ts';

/** Time as the wait sees it; a test brings its own. */
export interface Clock {
  /** Milliseconds since the epoch; never runs backwards. */
  now(): number;
  /** Ends after `ms` milliseconds; throws `Cancelled` as soon as `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The clock of the machine. It does not follow corrections of the system time: deadlines hold. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch {
      throw new Cancelled('the step was cancelled');
    }
  },
};
