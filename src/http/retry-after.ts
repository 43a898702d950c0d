import type { IncomingHttpHeaders } from 'node:http';

/**
 * How long the provider asks us to pause, in milliseconds from `nowMs`: `Retry-After` in seconds or as
 * a date, see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(
  { headers }: { readonly headers: IncomingHttpHeaders },
  nowMs: number,
): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const ms = /^[a-z]{3}.*\d\d:\d\d:\d\d/i.test(value) ? Date.parse(value) - nowMs : NaN;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
