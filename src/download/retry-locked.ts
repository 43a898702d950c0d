import { setTimeout as delay } from 'node:timers/promises';

const HELD = ['EACCES', 'EBUSY', 'EPERM'];
/** Together three seconds: much less than a runner leaves to a step that was cancelled. */
const PAUSES_MS = [100, 200, 400, 800, 1600];

/**
 * Does something with a file, again where it is held for a moment: on Windows nobody moves or deletes a
 * file that a virus scanner reads, and a new one is read at once. Node.js itself does not wait.
 */
export async function pastScanners(work: () => Promise<void>): Promise<void> {
  for (const pauseMs of PAUSES_MS) {
    try {
      await work();
      return;
    } catch (error) {
      if (!HELD.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await delay(pauseMs);
    }
  }
  await work();
}
