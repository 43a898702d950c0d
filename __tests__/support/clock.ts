import type { Clock } from '../../src/domain/clock.js';

/** A clock that stands still while anything is to be done, then jumps to the next sleeper. */
export interface VirtualClock extends Clock {
  /** Runs `task` to its end, in as little real time as that takes. */
  run<T>(task: Promise<T>): Promise<T>;
}

/** More than any test needs: a loop without an end is to fail its test, and not to hold it up. */
const MOST_SLEEPS = 20_000;

/** @param startMs what it says at first */
export function virtualClock(startMs = 0): VirtualClock {
  interface Sleeper {
    readonly atMs: number;
    readonly wake: () => void;
  }
  const sleepers = new Set<Sleeper>();
  let nowMs = startMs;

  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const cancel = () => {
          sleepers.delete(sleeper);
          reject(signal.reason as Error);
        };
        const sleeper = {
          atMs: nowMs + ms,
          wake: () => {
            signal.removeEventListener('abort', cancel);
            resolve();
          },
        };
        if (signal.aborted) {
          cancel();
          return;
        }
        signal.addEventListener('abort', cancel);
        sleepers.add(sleeper);
      }),
    async run(task) {
      const state = { running: true };
      const stop = () => {
        state.running = false;
      };
      task.then(stop, stop);
      let lastMs = performance.now();
      for (let sleeps = 0; sleeps < MOST_SLEEPS;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (!state.running) return task;
        const next = [...sleepers].sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) {
          // The disk takes its own time.
          if (performance.now() - lastMs < 5000) continue;
          throw new Error('the task waits for something that is not time');
        }
        lastMs = performance.now();
        sleeps += 1;
        sleepers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
      }
      throw new Error(`the task still sleeps after ${MOST_SLEEPS} times`);
    },
  };
}
