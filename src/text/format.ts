import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';

/** A length of time in words, such as `2m 14s`; below a minute with a digit after the point. */
export function duration(ms: number): string {
  return prettyMilliseconds(
    ms < 60_000 ? Math.round(ms / 100) * 100 : Math.round(ms / 1000) * 1000,
  );
}

/** A number of bytes in words, such as `1.34 MB`. */
export const size = (bytes: number): string => prettyBytes(bytes);

/** Names of inputs as a list in words. */
export const listInputs = (names: readonly string[]): string =>
  names
    .map((name) => `\`${name}\``)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' and ');

/** A number with its noun, such as `1 poll` or `3 polls`. */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;
