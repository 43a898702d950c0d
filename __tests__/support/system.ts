import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const isWindows = process.platform === 'win32';

/** How a runner tells a step to stop: politely, and when it loses patience. */
export const stopSignals = ['SIGINT', isWindows ? 'SIGBREAK' : 'SIGTERM'] as const;

/** Makes a folder for a test; its path is spelt as the system does, without links and short names. */
export const makeFolder = async (name: string): Promise<string> =>
  realpath(await mkdtemp(join(tmpdir(), `await-job-${name}-`)));

/** Windows may hold a folder for a moment after the process that worked in it has ended. */
export const removeFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 5 });
