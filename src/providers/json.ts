import { PermanentError } from '../domain/errors.ts';
import { cutText, MAX_TEXT_LENGTH } from '../text/inert.ts';

/** A JSON object as it came: no field is known to be there. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Parses JSON. An integer that a number cannot hold exactly (above 2^53) becomes a text with all its digits.
 *
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  return JSON.parse(quoteUnsafeIntegers(text)) as unknown;
}

/** More values than the response to a poll can need: to look at each takes longer than a signal may wait. */
const MAX_VALUES = 250_000;

/**
 * Looks at the size of a body before it is parsed.
 *
 * @throws PermanentError where it is JSON of more than 250,000 values
 */
export function refuseEndlessJson(body: string): void {
  if (body.length < MAX_VALUES || !/^\s*[{[]/.test(body)) return;
  let values = 0;
  forEachPlainPart(body, (start, end) => {
    for (let at = start; at < end; at += 1) {
      if (BEGINS_VALUE[body.charCodeAt(at)] === 1) values += 1;
    }
    return values <= MAX_VALUES;
  });
  if (values <= MAX_VALUES) return;
  const text = `the response holds over ${MAX_VALUES.toLocaleString('en')} values, which is no status; is this the URL of one job?`;
  throw new PermanentError(text, 'bad-response');
}

/** The signs `[`, `{` and `,` by their codes: a value begins with each. */
const BEGINS_VALUE = Uint8Array.from({ length: 128 }, (_, code) =>
  '[{,'.includes(String.fromCharCode(code)) ? 1 : 0,
);

/** Calls `see` with each part of a JSON text that is outside of strings, until it returns false. */
function forEachPlainPart(text: string, see: (start: number, end: number) => boolean): void {
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    if (!see(at, quote < 0 ? text.length : quote) || quote < 0) return;
    at = endOfString(text, quote);
  }
}

const BACKSLASH = 92;

/** The index behind the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let first = quote;
    while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((quote - first) % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** Writes each integer of a JSON text that a number cannot hold exactly as a string. */
export function quoteUnsafeIntegers(text: string): string {
  if (!/\d{16}/.test(text)) return text;
  const parts: string[] = [];
  let doneTo = 0;
  forEachPlainPart(text, (start, end) => {
    if (end - start < 16) return true;
    const quoted = text.slice(start, end).replace(LONG_NUMBER, quoteUnsafeInteger);
    parts.push(text.slice(doneTo, start), quoted);
    doneTo = end;
    return true;
  });
  return parts.join('') + text.slice(doneTo);
}

const LONG_NUMBER = /[-+.\w]{16,}/g;

const quoteUnsafeInteger = (token: string): string =>
  /^-?[1-9]\d*$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects in a list; none where it is not a list. */
export function objectsIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The value where it is text or a number, cut behind 16 KiB, else an empty string. */
export function toText(value: unknown): string {
  if (typeof value !== 'string') return typeof value === 'number' ? String(value) : '';
  const text = value.trim();
  return text.length > MAX_TEXT_LENGTH ? cutText(text, MAX_TEXT_LENGTH + 1) : text;
}

/** Whether a flag says no, be it a boolean, a number or a text. */
export const isFalse = (value: unknown): boolean =>
  value === false || ['false', '0'].includes(toText(value).toLowerCase());

/** Whether a flag says yes, be it a boolean or a text. */
export const isTrue = (value: unknown): boolean =>
  value === true || toText(value).toLowerCase() === 'true';

/** An object or a list as JSON; of a large one the beginning of its text. */
export const toJson = (value: unknown): string => cutText(JSON.stringify(value));

/** A number, also where it came as text. */
export function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A number of seconds in milliseconds; 0 where it is none. */
export const secondsToMs = (value: unknown): number => (toNumber(value) ?? 0) * 1000;

/**
 * Gives a value with its keys as a provider documents them, whatever their case: `STATUS` becomes `status`.
 * A key that is there as documented wins over others.
 */
export function withKnownKeys(value: unknown, keys: readonly string[]): unknown {
  const byLowerCase = new Map(keys.map((key) => [key.toLowerCase(), key]));
  const rename = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(rename);
    if (!isObject(one)) return one;
    const entries = Object.entries(one).map(([key, member]) => {
      const known = byLowerCase.get(key.toLowerCase()) ?? key;
      return [Object.hasOwn(one, known) ? key : known, rename(member)];
    });
    return Object.fromEntries(entries) as Json;
  };
  return rename(value);
}

/** More errors than these are counted, not named. */
const MAX_LISTED = 100;

/** What a list of errors says, as one text. */
export function joinErrors<T>(errors: readonly T[], toMessage: (error: T) => string): string {
  const texts = errors.slice(0, MAX_LISTED).map(toMessage).filter(Boolean);
  if (errors.length > MAX_LISTED) texts.push(`${errors.length - MAX_LISTED} more`);
  return texts.join('; ');
}

/** The message of an error object: its first field that has text, else all of it as JSON. */
export function errorMessage(error: Json, ...fields: readonly string[]): string {
  const text = fields.map((field) => toText(error[field])).find(Boolean);
  return text ?? toJson(error);
}
