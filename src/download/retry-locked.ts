import { setTimeout as delay } from 'node:timers/promises';

const LOCKED_ERROR_CODES = ['EACCES', 'EBUSY', 'EPERM'];
/** Together three seconds: much less than a runner leaves to a step that was cancelled. */
const PAUSES_MS = [100, 200, 400, 800, 1600];

/**
 * Does something with a file, again where it is locked for a moment: on Windows nobody can move or delete
 * a file that a virus scanner reads, and a new file is scanned at once. Node.js itself does not retry.
 */
export async function retryWhileLocked(work: () => Promise<void>): Promise<void> {
  for (const pauseMs of PAUSES_MS) {
    try {
      await work();
      return;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!LOCKED_ERROR_CODES.includes(code)) throw error;
      await delay(pauseMs);
    }
  }
  await work();
}
