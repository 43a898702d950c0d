import { isFalse, type Json } from './json.ts';

/** Keys under which most APIs put an error, in whatever case. */
const ERROR_KEYS = ['error', 'errors', 'errorcode', 'errormessage'];

/**
 * The key under which a body says something against a status that means success: an error, or `success`
 * that is false; undefined where nothing does.
 */
export function findContradiction(body: Json): string | undefined {
  return Object.entries(body).find(([key, value]) =>
    key.toLowerCase() === 'success'
      ? isFalse(value)
      : ERROR_KEYS.includes(key.toLowerCase()) && isSaid(value),
  )?.[0];
}

/** Whether a field holds anything: an empty text, list or object says nothing. */
function isSaid(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return typeof value === 'string' ? value.trim() !== '' : Boolean(value);
}
