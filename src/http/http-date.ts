/**
 * Reads the date of a header in each of its three formats, of which the oldest names no zone:
 * https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 *
 * @returns milliseconds since the epoch; undefined where the text is no such date
 */
export function parseHttpDate(text = ''): number | undefined {
  const zone = /\d\d:\d\d:\d\d \d{4}$/.test(text) ? ' GMT' : '';
  const ms = /^[a-z]{3}.*\d\d:\d\d:\d\d/i.test(text) ? Date.parse(text + zone) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
