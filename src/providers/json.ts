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

/** Writes each integer of a JSON text that a number cannot hold exactly as a string. */
export function quoteUnsafeIntegers(text: string): string {
  if (!/\d{16}/.test(text)) return text;
  let isInString = false;
  return text.replace(QUOTE_OR_NUMBER, (token) => {
    if (token === '"') isInString = !isInString;
    return isInString ? token : quoteUnsafeInteger(token);
  });
}

/** One token at a time: to match whole strings would take quadratic time where the text is cut inside one. */
const QUOTE_OR_NUMBER = /\\[^]|"|[-+.\w]{16,}/g;

const quoteUnsafeInteger = (token: string): string =>
  /^-?[1-9]\d*$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects in a list; none where it is not a list. */
export function objectsIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The value where it is text or a number, else an empty string. */
export function toText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

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
  if (Array.isArray(value)) return value.map((member) => withKnownKeys(member, keys));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => {
    const known = keys.find((one) => one.toLowerCase() === key.toLowerCase()) ?? key;
    return [Object.hasOwn(value, known) ? key : known, withKnownKeys(member, keys)];
  });
  return Object.fromEntries(entries) as Json;
}

/** The message of an error object: its first field that has text, else all of it as JSON. */
export function errorMessage(error: Json, ...fields: readonly string[]): string {
  const text = fields.map((field) => toText(error[field])).find(Boolean);
  return text ?? JSON.stringify(error);
}
