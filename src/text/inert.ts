/** Most of a text from outside that is kept: more is neither a status nor a message that people read. */
export const MAX_TEXT_LENGTH = 16 * 1024;

/** Most of a body that is kept for the output `response`. */
export const MAX_BODY_LENGTH = 128 * 1024;

/** What is shown of a text in one line, and what is kept of it where there are thousands. */
export const SHOWN_LENGTH = 500;
export const SHORTEST_LENGTH = 100;

/** A text of one of these lengths may have been cut, also one character behind the limit. */
export const CUT_LENGTHS: readonly number[] = [
  ...[SHORTEST_LENGTH, SHOWN_LENGTH, MAX_TEXT_LENGTH, MAX_TEXT_LENGTH + 1, MAX_BODY_LENGTH],
];

/** The beginning of a text, as a copy: a part would keep the whole text in memory. */
export const cutText = (text: string, maxLength = MAX_TEXT_LENGTH): string =>
  Buffer.from(text.slice(0, maxLength)).toString();

/** Escape sequences of terminals: commands, and titles and links up to their end, or that of the text. Read in linear time. */
const ESCAPE_SEQUENCE =
  // eslint-disable-next-line no-control-regex -- these are the characters
  /(?:\u001B\[|\u009B)[0-?]*[ -/]*(?:[@-~]|$)|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\|\u001B?$)|\u001B[@-Z\\^_]/g;

/** All characters of it are seen, and none turns, moves or breaks a line. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/** The text without what nobody sees: marks of format, variation selectors, what fonts ignore. */
export const withoutInvisible = (text: string): string =>
  text.replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}]+/gu, '');

/** The text with a blank for what breaks a line, moves the cursor or turns the direction of text. */
const withoutUnprintable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ');

/**
 * Makes one inert line of text that came from outside: no control characters, no escape sequences,
 * nothing invisible, and nothing that the runner takes for a workflow command. Other characters stay as
 * they are.
 */
export function toLine(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return withoutCommands(text.trim());
  const printable = withoutUnprintable(text.replace(ESCAPE_SEQUENCE, '').toWellFormed());
  return withoutCommands(withoutInvisible(printable).trim());
}

/**
 * Lines in which the runner finds no workflow command: `::name::` opens a line, behind blanks of any kind, and
 * `##[name]` stands anywhere.
 */
export function withoutCommands(text: string): string {
  const harmless = text.replaceAll('##[', '## [');
  if (!harmless.includes('::')) return harmless;
  return harmless.replace(/^((?:[^\S\r\n\u2028\u2029]|\u0085)*)::/gm, '$1: :');
}

/**
 * Text from outside as one inert line of at most `maxLength` characters, without the queries of links.
 * Says how long the text was if it is cut.
 *
 * @param wholeLength of the text, where `text` is only its beginning
 * @param redact takes secrets out of the line before it is cut
 */
export function excerpt(
  text: string,
  maxLength: number,
  wholeLength = text.length,
  redact = (line: string) => line,
): string {
  // Cut before searching: a response may be long.
  const start = text.slice(0, 8 * maxLength);
  const line = withoutQueries(redact(toLine(start)));
  if (start.length === wholeLength && line.length <= maxLength) return line;
  const shown = line.slice(0, maxLength).toWellFormed().trimEnd();
  return `${shown}… (${wholeLength.toLocaleString('en')} characters)`;
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
  if (!text.includes('?')) return text;
  return text.replace(/[^\s"'<>]+/g, (word) => {
    const query = word.indexOf('?');
    const isLink = query > 0 && query < word.length - 1 && word.lastIndexOf('/', query) >= 0;
    return isLink ? `${word.slice(0, query)}?…` : word;
  });
}
