import { stripVTControlCharacters } from 'node:util';

/** Characters that move the cursor, hide text or turn its direction. */
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
 * Text from outside as one inert line of at most `maxLength` characters, without the queries of links.
 * Says how long the text was if it is cut.
 */
export function excerpt(text: string, maxLength: number): string {
  // Cut before searching: a response may be long, and made to be slow to search.
  const start = text.slice(0, 8 * maxLength);
  const line = withoutQueries(toLine(start));
  if (start.length === text.length && line.length <= maxLength) return line;
  const length = text.length.toLocaleString('en');
  return `${line.slice(0, maxLength).toWellFormed().trimEnd()}… (${length} characters)`;
}

/** Text from outside as log lines and messages show it. */
export const quote = (text: string): string => excerpt(text, 500);

/** Text that was meant to be JSON but is not, with the escapes of its characters resolved. */
export const unescapeJson = (text: string): string =>
  text
    .replace(/\\u([\da-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replaceAll('\\/', '/');

/** The query of a link often signs it: whoever reads the query may fetch the report. */
function withoutQueries(text: string): string {
  return text.replace(/(\/[^\s?"'<>]*)\?[^\s"'<>]+/g, '$1?…');
}
