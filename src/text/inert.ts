import { stripVTControlCharacters } from 'node:util';
import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';

/** Characters that move the cursor, hide text or turn its direction, and lone surrogates' stand-in. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u200B\uFEFF\u{E0000}-\u{E007F}]+/gu;

/**
 * Makes one inert line of text that came from outside: no control characters, no escape sequences,
 * nothing that the runner takes for a workflow command (`::name::` opens a line, `##[name]` stands
 * anywhere). Other characters stay as they are.
 */
export function toLine(text: string): string {
  return stripVTControlCharacters(text)
    .toWellFormed()
    .replace(UNPRINTABLE, ' ')
    .replaceAll('##[', '## [')
    .replace(/^\s*::/, ': :')
    .trim();
}

/**
 * Text from outside as one inert line of at most `max` characters; says how long it was if it is cut.
 */
export function excerpt(text: string, max: number): string {
  // Cut before it is searched: what a vendor sends may be long and made to be slow to search.
  const start = text.slice(0, 8 * max);
  const line = withoutQueries(toLine(start));
  if (start.length === text.length && line.length <= max) return line;
  const size = text.length.toLocaleString('en');
  return `${line.slice(0, max).toWellFormed().trimEnd()}… (${size} characters)`;
}

/** Text that was meant to be JSON and is not, with the escapes of its characters resolved. */
export const unescapeJson = (text: string): string =>
  text
    .replace(/\\u([\da-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replaceAll('\\/', '/');

/** Text from outside as log lines and messages show it. */
export const quote = (text: string): string => excerpt(text, 500);

/** The query of a link often signs it: whoever reads the query may fetch the report. */
function withoutQueries(text: string): string {
  return text.replace(/(\/[^\s?"'<>]*)\?[^\s"'<>]+/g, '$1?…');
}

/** A length of time in words, such as `2m 14s`; below a minute with a digit after the point. */
export function duration(ms: number): string {
  return prettyMilliseconds(
    ms < 60_000 ? Math.round(ms / 100) * 100 : Math.round(ms / 1000) * 1000,
  );
}

/** A number of bytes in words, such as `1.34 MB`. */
export const size = (bytes: number): string => prettyBytes(bytes);
