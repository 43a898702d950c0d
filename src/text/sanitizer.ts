import { excerpt, MAX_BODY_LENGTH, toLine, withoutCommands } from './inert.ts';
import type { Secrets } from './secrets.ts';
import { createTextIndex, replaceRanges } from './text-index.ts';

/** Makes text fit to be written: harmless to the runner, and without secrets. */
export interface Sanitizer {
  /** Text from outside as one line, cut at 500 characters unless `maxLength` says otherwise. */
  line(text: string, maxLength?: number): string;
  /** A link or an id from outside as one line for an output, with its query. */
  link(text: string): string;
  /** A link that is shown: without its query where that has a value of a link that was hidden. */
  page(link: string): string;
  /** A body from outside, JSON or not, in its own lines; of a long one the beginning. */
  body(text: string): string;
  /** Text that we wrote ourselves, without secrets. */
  redact(text: string): string;
  /** From now on the values in the query of a link are left out of messages: they often sign the link. */
  hideQuery(link: string): void;
}

const LOG_LINE_LENGTH = 500;
const OUTPUT_LENGTH = 8 * 1024;
/** Shorter values are numbers and words that stand elsewhere too. */
const SHORTEST_VALUE = 6;
/** Most characters of values that are remembered: each of thousands of jobs may have a link of its own. */
const MAX_VALUES_LENGTH = 8 * 1024 * 1024;
/** Values that say what is downloaded, not by whose leave, and that our own messages use. */
const PLAIN_VALUE = /^(attachment|download|export|inline|report|result)s?$/i;

/** @param secrets what must not be written */
export function createSanitizer(secrets: Secrets): Sanitizer {
  const { redact, redactStart } = secrets;
  const values = createTextIndex();
  let valuesLength = 0;
  const withoutValues = (text: string) => {
    const ranges = values.find(text).filter(([start, end]) => isWhole(text, start, end));
    return replaceRanges(text, ranges, '…');
  };
  /** Redacts a line, whose text may have had what nobody sees inside of a secret. */
  const redactLine = (line: string, isCut: boolean) => redactStart(line, line.length, isCut);
  const toLink = (text: string) =>
    redactLine(toLine(redactStart(text, OUTPUT_LENGTH)), text.length > OUTPUT_LENGTH);
  return {
    // Redact before cutting, or half a secret could survive the cut; again after, because cutting can
    // join two halves.
    line(text, maxLength = LOG_LINE_LENGTH) {
      const start = redactStart(text, 8 * maxLength);
      const isCut = text.length > 8 * maxLength;
      const wholeLength = isCut ? text.length : start.length;
      const line = excerpt(start, maxLength, wholeLength, (one) => redactLine(one, isCut));
      return withoutValues(redact(line));
    },
    link: toLink,
    page(link) {
      const whole = toLink(link);
      return withoutValues(whole) === whole ? whole : (whole.split('?')[0] ?? '');
    },
    body(text) {
      const start = redactStart(text, MAX_BODY_LENGTH);
      return withoutCommands(redact(start));
    },
    redact,
    hideQuery(link) {
      const [, ...query] = link.split('?');
      for (const value of query.join('?').split(/[&;#\s]/)) {
        const text = value.slice(value.indexOf('=') + 1);
        if (text.length < SHORTEST_VALUE || PLAIN_VALUE.test(text)) continue;
        if (valuesLength + text.length > MAX_VALUES_LENGTH) return;
        if (values.add(text)) valuesLength += text.length;
      }
    },
  };
}

/** Whether a range is a word of its own. */
const isWhole = (text: string, start: number, end: number): boolean =>
  !/[\p{L}\p{N}]/u.test(text.charAt(start - 1)) && !/[\p{L}\p{N}]/u.test(text.charAt(end));
