import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Cancelled } from './domain/errors.ts';

/**
 * Is aborted when the runner asks the step to stop: by SIGINT first, then by SIGTERM after the grace period, or by
 * SIGHUP and SIGBREAK on Windows. Listens from the moment this module is loaded, which is before all others: on a
 * busy machine loading takes a second, and a signal that nobody listens to ends the step without outputs.
 */
export const stopSignal = listenForSignals();

function listenForSignals(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'] as const) {
    process.on(name, () => {
      // Whatever has been reported by then: a step that was told to stop does not end green.
      process.exitCode = 1;
      stop.abort(new Cancelled());
    });
  }
  return stop.signal;
}

/** Has the signals heard that came while other code ran: it takes up to two turns of the event loop. */
export async function hearSignals(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

/**
 * Gives the callback, which also keeps the memory of a long wait from growing, from its first call on. Meant for the
 * first response, and not sooner: with other flags V8 does not take what Node.js has compiled beforehand of the modules
 * that it loads, and those of TLS come with the first request.
 */
export function limitMemoryFrom<T>(callback: (value: T) => void): (value: T) => void {
  let isLimited = false;
  return (value) => {
    if (!isLimited) limitMemory();
    isLimited = true;
    callback(value);
  };
}

/** Keeps the memory of a wait for many jobs from growing: to be called before there is something for each of them. */
export function limitMemory(): void {
  // Each poll allocates a little. Without this flag V8 keeps doubling its young generation, up to 100 MB
  // in a long wait.
  setFlagsFromString('--semi-space-growth-factor=1');

  // V8 collects large texts only once they are several times what is in use: those of one response after the
  // other came to 400 MB.
  setFlagsFromString('--heap-growing-percent=20');
}

/**
 * Workarounds that hold for the whole process. To be called before the step begins.
 *
 * @param onUncaught is called with nothing of what was thrown, before the process ends: Node.js would print it
 */
export function prepareProcess(onUncaught: () => void): void {
  process.on('uncaughtException', () => {
    onUncaught();
    process.exit(1);
  });

  // The proxy tunnel of http-client calls `new Buffer`: nothing that the user of a step could act on.
  process.noDeprecation = true;

  // Whatever ends the process, the step is not green before the outcome is known to be good.
  process.exitCode = 1;

  // Nobody reads the log any more: that changes nothing about the outcome.
  process.stdout.on('error', () => undefined);
}

/**
 * Ends the process once its output is written. A proxy that never responds would hold its connection
 * open, and with it the step. Not sooner: `process.exit` was seen to hang after a large download.
 */
export async function endProcess(): Promise<void> {
  // After a signal that came while the end was reported the step is not green.
  await hearSignals();
  process.stdout.write('', () => setTimeout(() => process.exit(), 100).unref());
}
