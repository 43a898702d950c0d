import type { IncomingHttpHeaders } from 'node:http';
import { TransientError } from '../domain/errors.ts';
import { parseHttpDate } from './http-date.ts';

interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** No provider means a longer pause; a larger number is a time in another unit. */
const MAX_PAUSE_MS = 24 * 60 * 60 * 1000;

/**
 * How long the provider asks us to pause, in milliseconds from `nowMs`; undefined where it does not say.
 * In this order: `retry-after-ms` (Azure), `Retry-After`, and of a rate limit the time at which it resets.
 */
export function retryAfterMs(response: Response, nowMs: number): number | undefined {
  const { headers } = response;
  const ms = parseNumber(headers['retry-after-ms']);
  if (ms !== undefined) return Math.min(ms, MAX_PAUSE_MS);
  const pauseMs =
    parseRetryAfter(headers, nowMs) ??
    (isRateLimit(response) ? untilResetMs(headers, nowMs) : undefined);
  return pauseMs === undefined ? undefined : Math.min(pauseMs, MAX_PAUSE_MS);
}

/** An error that came after the head of a response, with the pause that the response asks for. */
export function withRetryAfter(error: unknown, response: Response, nowMs: number): unknown {
  if (!(error instanceof TransientError)) return error;
  const { message, reason, cause, problem } = error;
  const pauseMs = retryAfterMs(response, nowMs);
  return new TransientError(message, reason, { cause, problem, retryAfterMs: pauseMs });
}

/** Whether a response says by its status or headers that there were too many requests. */
export function isRateLimit({ status, headers }: Response): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  const remaining = headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining'];
  return headers['retry-after'] !== undefined || firstText(remaining) === '0';
}

/** Seconds or a date, see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3; decimals occur too. */
function parseRetryAfter(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const value = headers['retry-after']?.trim() ?? '';
  const seconds = parseNumber(value);
  if (seconds !== undefined) return seconds * 1000;
  const untilMs = parseHttpDate(value);
  // Measured by the server's own clock, which may differ from ours.
  return untilMs && Math.max(untilMs - (parseHttpDate(headers.date) ?? nowMs), 0);
}

/**
 * `RateLimit-Reset` counts seconds from now, `x-ratelimit-reset` those or seconds since the epoch, as at
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
function untilResetMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const seconds = parseNumber(
    firstText(headers['ratelimit-reset']) ?? firstText(headers['x-ratelimit-reset']),
  );
  if (seconds === undefined) return undefined;
  const isSinceEpoch = seconds * 1000 > MAX_PAUSE_MS;
  const serverMs = parseHttpDate(headers.date) ?? nowMs;
  return isSinceEpoch ? Math.max(seconds * 1000 - serverMs, 0) : seconds * 1000;
}

const firstText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

function parseNumber(value: string | string[] | undefined): number | undefined {
  const text = firstText(value)?.trim() ?? '';
  return /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}
