import type { Clock } from '../domain/clock.ts';
import { PermanentError, TransientError } from '../domain/errors.ts';
import type { HttpRequest, HttpResponse, Transport } from '../http/transport.ts';
import { REQUEST_TIMEOUT_MS } from './session.ts';

/** What the tries to start a job take from outside. */
export interface TriesContext {
  readonly transport: Transport;
  readonly clock: Clock;
  /** How long the wait may last in all; 0 starts and polls once. */
  readonly timeoutMs: number;
  /** Receives each error after which the request is repeated. */
  readonly onRetry: (message: string, pauseMs: number) => void;
}

/** As long as a wait without one useful response. */
export const MAX_RETRY_MS = 2 * 60_000;
const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 30_000;
/** A try with less time than this would only be cut off. */
const SHORTEST_TRY_MS = 500;
/** `timeout: 0` survives a short outage: so many more tries. */
const ONCE_RETRIES = 3;

export type Tries = ReturnType<typeof createTries>;

/** Sends requests, counts them, and remembers whether one of them may have started a job. */
export function createTries({ transport, clock, timeoutMs, onRetry }: TriesContext) {
  const startMs = clock.now();
  let [count, pauses, mayExist] = [0, 0, false];
  return {
    count: () => count,
    mayExist: () => mayExist,
    noteUnknown: () => {
      mayExist = true;
    },
    async send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
      const before = mayExist;
      count += 1;
      mayExist = true;
      try {
        const response = await transport.send(request, REQUEST_TIMEOUT_MS, signal);
        mayExist = before;
        return response;
      } catch (error) {
        const isTyped = error instanceof TransientError || error instanceof PermanentError;
        if (isTyped && error.isUnsent) mayExist = before;
        throw error;
      }
    },
    /** Waits before another try; gives false where there is no time for one. */
    async pause(
      error: PermanentError | TransientError,
      askedMs: number | undefined,
      signal: AbortSignal,
    ): Promise<boolean> {
      const ownMs = error instanceof TransientError ? error.retryAfterMs : undefined;
      const requestedMs = askedMs ?? ownMs;
      const pauseMs = requestedMs ?? Math.min(FIRST_PAUSE_MS * 2 ** pauses, MAX_PAUSE_MS);
      const isOnce = timeoutMs === 0;
      const mostMs = isOnce || requestedMs === undefined ? MAX_RETRY_MS : timeoutMs;
      const giveUpAtMs = startMs + (isOnce ? mostMs : Math.min(timeoutMs, mostMs));
      const isLate = clock.now() + pauseMs + SHORTEST_TRY_MS > giveUpAtMs;
      if (isLate || (isOnce && pauses >= ONCE_RETRIES)) return false;
      pauses += 1;
      onRetry(error.message, pauseMs);
      await clock.sleep(pauseMs, signal);
      return true;
    },
  };
}
