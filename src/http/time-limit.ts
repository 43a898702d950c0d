import { TransientError } from '../domain/errors.ts';

/**
 * A signal that is aborted with a TransientError when time runs out, and with the reason of `outer` when
 * that is aborted.
 */
export function limitTime(limitMs: number, late: string, outer: AbortSignal) {
  outer.throwIfAborted();
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new TransientError(late, 'unreachable', { problem: 'no-response' }));
  }, limitMs);
  const abort = () => {
    stop.abort(outer.reason);
  };
  outer.addEventListener('abort', abort);
  return {
    signal: stop.signal,
    restart: () => {
      timer.refresh();
    },
    clear: () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', abort);
    },
  };
}

/** Node.js drops a connection that it cannot make sense of (HTTP 101) without telling anyone. */
export function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
  return Promise.race([work, aborted]);
}
