import { unescapeOnce, type Unescaped } from './escapes.ts';
import { CUT_LENGTHS } from './inert.ts';
import { formsOfSecret, longestWritten, partsOfSecret } from './secret-forms.ts';
import { createTextIndex, replaceRanges, type Range } from './text-index.ts';

/** The secrets of this run: masked by the runner, and redacted from everything that we write. */
export interface Secrets {
  /** Registers a secret in every form in which it travels. Call it before anything else is done with it. */
  readonly add: (secret: string) => void;
  /** Gives `text` with every registered secret replaced by `***`. */
  readonly redact: (text: string) => string;
  /**
   * Gives the first `length` characters of a text that may be long, redacted: a secret that begins in them
   * is replaced whole, and so is what may be the beginning of one at the end of a text that was cut before.
   *
   * @param isCut whether it was, where that is known; by default where its length is one of a cut
   */
  readonly redactStart: (text: string, length: number, isCut?: boolean) => string;
}

/** An escape may be escaped again: `&#37;2F` is a slash, and JSON may stand inside JSON. */
const ROUNDS = 4;
/** An escape whose end was cut off, or what stands for half a character. */
const CUT_ESCAPE = /(?:\\(?:u[\da-f]{0,3})?|%[\da-f]?|&#?x?[\da-z]{0,7}|\uFFFD)$/i;
/** A character of several bytes in a URL whose end was cut off: each byte alone would pass for one of Latin-1. */
const CUT_BYTES =
  /(?:%[cd][\da-f]|%e[\da-f](?:%[89ab][\da-f])?|%f[0-4](?:%[89ab][\da-f]){0,2})(?:%[\da-f]?)?$/i;
/** What is left of a secret without its own escapes may be too short to be looked for. */
const SHORTEST_UNESCAPED = 8;

/**
 * @param mask tells the runner to hide a value in the log, as `core.setSecret` does
 */
export function createSecrets(mask: (value: string) => void): Secrets {
  const index = createTextIndex();
  const masked = new Set<string>();
  let longest = 0;

  const find = (text: string): Range[] =>
    layersOf(text).flatMap((layer) => index.find(layer.text).map(layer.toOriginal));

  /** What stands at the end of a text that was cut and may be the beginning of a secret. */
  const findCutOff = (text: string): Range[] =>
    layersOf(text, (layer) => layer.replace(CUT_BYTES, '')).map((layer) => {
      const whole = layer.text.replace(CUT_ESCAPE, '');
      const [start] = layer.toOriginal([index.findCutOff(whole), layer.text.length]);
      return [start, text.length];
    });

  return {
    add(secret) {
      for (const part of partsOfSecret(secret)) {
        longest = Math.max(longest, longestWritten(part));
        // In a text without its escapes a secret is without its own.
        for (const { text } of layersOf(part)) {
          if (text.length >= Math.min(part.length - 3, SHORTEST_UNESCAPED)) index.add(text);
        }
        for (const form of formsOfSecret(part)) {
          index.add(form);
          // The runner would mask each line of it, also one that is only a brace.
          if (masked.has(form) || /[\r\n]/.test(form)) continue;
          masked.add(form);
          mask(form);
        }
      }
    },
    redact: (text) => replaceRanges(text, find(text), '***'),
    redactStart(text, length, isCut = CUT_LENGTHS.includes(text.length)) {
      const start = text.slice(0, length + longest);
      const hasCut = isCut && start.length === text.length;
      const ranges = hasCut ? [...find(start), ...findCutOff(start)] : find(start);
      return replaceRanges(start, ranges, '***', Math.min(length, text.length));
    },
  };
}

/**
 * The text, and what it is without its escapes, without the escapes of those, and so on.
 *
 * @param trimEnd takes off the end of each what is not to be resolved
 */
function layersOf(text: string, trimEnd = (layer: string) => layer): Unescaped[] {
  let outer: Unescaped = { text: trimEnd(text), toOriginal: (range) => range };
  const layers = [outer];
  for (let round = 0; round < ROUNDS; round += 1) {
    const inner = unescapeOnce(outer.text);
    if (inner === undefined) break;
    const { toOriginal } = outer;
    outer = {
      text: trimEnd(inner.text),
      toOriginal: (range) => toOriginal(inner.toOriginal(range)),
    };
    layers.push(outer);
  }
  return layers;
}
