import { TransientError } from '../domain/errors.ts';
import { duration } from '../text/format.ts';

/**
 * A signal that is aborted with a TransientError when time runs out, and with the reason of `outer` when
 * that is aborted.
 *
 * @param late what the error says, with the time in words
 */
export function limitTime(limitMs: number, late: (time: string) => string, outer: AbortSignal) {
  outer.throwIfAborted();
  const stop = new AbortController();
  const startTimer = (ms: number) =>
    setTimeout(() => {
      const text = late(duration(ms));
      stop.abort(new TransientError(text, 'unreachable', { problem: 'no-response' }));
    }, ms);
  let [timer, timerMs] = [startTimer(limitMs), limitMs];
  const abort = () => {
    stop.abort(outer.reason);
  };
  outer.addEventListener('abort', abort);
  return {
    signal: stop.signal,
    /** Counts anew, up to `ms`. */
    restart: (ms: number) => {
      if (ms === timerMs) {
        timer.refresh();
        return;
      }
      clearTimeout(timer);
      [timer, timerMs] = [startTimer(ms), ms];
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
