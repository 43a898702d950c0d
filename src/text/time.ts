/**
 * Reads a time as ISO 8601 writes it, in UTC where it names no zone, or as seconds or milliseconds since the epoch.
 *
 * @returns milliseconds since the epoch; undefined where the text is no time
 */
export function parseTimeMs(text: string): number | undefined {
  if (/^\d{13}$/.test(text)) return Number(text);
  if (/^\d{9,10}(\.\d{1,9})?$/.test(text)) return Number(text) * 1000;
  const isTime = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d|$)/.test(text);
  // A date alone is in UTC by itself.
  const zone = /^[^:]*:[\d:.]*$/.test(text) ? 'Z' : '';
  const ms = isTime ? Date.parse(text + zone) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
