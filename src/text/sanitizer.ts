import { excerpt, toLine, unescapeJson } from './inert.ts';
import type { Secrets } from './secrets.ts';

/** Makes text fit to be written: harmless to the runner, and without secrets. */
export interface Sanitizer {
  /** Text from outside as one line, cut at 500 characters unless `maxLength` says otherwise. */
  line(text: string, maxLength?: number): string;
  /** A link or an id from outside as one line for an output, with its query. */
  link(text: string): string;
  /** A whole body from outside, JSON or not, in its own lines. */
  json(text: string): string;
  /** Text that we wrote ourselves, without secrets. */
  redact(text: string): string;
  /** From now on the query of this link is left out of log and messages: it often signs the link. */
  hideQuery(link: string): void;
}

const LOG_LINE_LENGTH = 500;
const OUTPUT_LENGTH = 8 * 1024;

/** @param secrets what must not be written */
export function createSanitizer(secrets: Secrets): Sanitizer {
  const hiddenQueries = new Set<string>();
  const redact = (text: string) =>
    [...hiddenQueries].reduce((rest, query) => rest.replaceAll(query, '…'), secrets.redact(text));
  return {
    // Redact before cutting, or half a secret could survive the cut; again after, because cutting can
    // join two halves.
    line: (text, maxLength = LOG_LINE_LENGTH) => redact(excerpt(redact(text), maxLength)),
    link: (text) => secrets.redact(toLine(secrets.redact(text).slice(0, OUTPUT_LENGTH))),
    json: (text) => {
      const plain = withoutEscapes(text);
      const redacted = secrets.redact(plain);
      return redacted === plain ? secrets.redact(text) : redacted;
    },
    redact,
    hideQuery(link) {
      const [, ...query] = link.split('?');
      if (query.join('?') !== '') hiddenQueries.add(query.join('?'));
    },
  };
}

/** A secret in JSON can be written with any escapes: JSON is written anew, other text is unescaped. */
function withoutEscapes(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return unescapeJson(text);
  }
}
