/** A JSON object as it came: no field is known to be there. */
export type Json = Readonly<Record<string, unknown>>;

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

/** The message of an error object: its first field that has text, else all of it as JSON. */
export function errorMessage(error: Json, ...fields: readonly string[]): string {
  const text = fields.map((field) => toText(error[field])).find(Boolean);
  return text ?? JSON.stringify(error);
}
