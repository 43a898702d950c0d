import type { Json } from './json.ts';

/** Keys under which most APIs put an error. */
const ERROR_KEYS = ['error', 'errors', 'errorCode', 'errorMessage'];

/**
 * The key under which a body says something against a status that means success: an error, or `success`
 * that is false; undefined where nothing does.
 */
export function findContradiction(body: Json): string | undefined {
  const key = ERROR_KEYS.find((one) => isSaid(body[one]));
  if (key !== undefined) return key;
  return String(body.success).toLowerCase() === 'false' ? 'success' : undefined;
}

/** Whether a field holds anything: an empty text, list or object says nothing. */
function isSaid(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return typeof value === 'string' ? value.trim() !== '' : Boolean(value);
}
