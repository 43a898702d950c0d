import { mkdtemp, realpath, rm } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const isWindows = process.platform === 'win32';

/** How a runner tells a step to stop: politely, and when it loses patience. */
export const stopSignals = ['SIGINT', isWindows ? 'SIGBREAK' : 'SIGTERM'] as const;

/**
 * Gives what `runAction` takes to send a signal once, some time after a text has appeared in the log, and when
 * that was due, as `performance.now` counts.
 */
export function signalAfter(text: string, signal: NodeJS.Signals, delayMs = 0) {
  let sentMs = 0;
  return {
    sentMs: () => sentMs,
    onLog: (log: string, kill: (signal: NodeJS.Signals) => void) => {
      if (sentMs > 0 || !log.includes(text)) return;
      sentMs = performance.now() + delayMs;
      setTimeout(() => {
        kill(signal);
      }, delayMs);
    },
  };
}

/** Lets a server listen to this machine alone, on any free port unless one is given, and gives the port. */
export async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Makes a folder for a test; its path is spelt as the system does, without links and short names. */
export const makeFolder = async (name: string): Promise<string> =>
  realpath(await mkdtemp(join(tmpdir(), `await-job-${name}-`)));

/** Windows may hold a folder for a moment after the process that worked in it has ended. */
export const removeFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 5 });
