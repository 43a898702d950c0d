import { compile, search as searchJson } from '@jmespath-community/jmespath';
import { PermanentError } from '../../domain/errors.ts';
import { quote } from '../../text/inert.ts';
import { isObject, toText } from '../json.ts';

type Value = Parameters<typeof searchJson>[0];

/** What a query finds; null where it finds nothing, or where there is nothing to search in. */
export function search(body: unknown, query: string): unknown {
  if (body === undefined || query === '') return null;
  try {
    return searchJson(body as Value, query);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PermanentError(`the query “${query}” cannot be evaluated: ${why}`, 'bad-response', {
      cause: error,
    });
  }
}

/** As JMESPath sees it: not false, null, an empty text, list or object. */
export const isTruthy = (body: unknown, query: string): boolean =>
  search(body, `!(${query})`) === false;

/** What a query finds as text, the members of a list joined. */
export function findText(body: unknown, query: string): string {
  const found = search(body, query);
  const texts = (Array.isArray(found) ? (found as unknown[]) : [found]).map((one) =>
    isObject(one) || Array.isArray(one) ? JSON.stringify(one) : toText(one),
  );
  return texts.filter(Boolean).join('; ');
}

/** Keys and types of a value, without any content. */
export function describeShape(value: unknown, depth = 0): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[${describeShape(value[0], depth + 1)} × ${value.length}]`;
  }
  if (!isObject(value)) return typeof value;
  const keys = Object.keys(value);
  if (depth > 2) return '{…}';
  const shown = keys.slice(0, 12).map((key) => `${key}: ${describeShape(value[key], depth + 1)}`);
  return `{${[...shown, ...(keys.length > 12 ? ['…'] : [])].join(', ')}}`;
}

/** Longer queries are not searched for the position of their error. */
const MAX_SEARCHED_PREFIX = 500;

/**
 * @returns the query
 * @throws Error that says from which position on it does not parse
 */
export function parseQuery(query: string): string {
  if (query === '') return query;
  if (!parses(query)) {
    const rest = query.slice(longestValidPrefix(query)).trimStart();
    const position = query.length - rest.length + 1;
    throw new Error(
      `“${quote(query)}” is not a JMESPath query; it makes no sense from position ${position} on (“${quote(rest)}”); see https://jmespath.org/tutorial.html`,
    );
  }
  const problem = findFunctionError(query);
  if (problem !== undefined) throw new Error(`“${quote(query)}” cannot be evaluated: ${problem}`);
  return query;
}

/** Length of the longest part at the start that parses. */
function longestValidPrefix(query: string): number {
  let length = Math.min(query.length - 1, MAX_SEARCHED_PREFIX);
  while (length > 0 && !parses(query.slice(0, length))) length -= 1;
  return length;
}

/** What is wrong with a function in a query, as far as that shows without a response. */
function findFunctionError(query: string): string | undefined {
  try {
    searchJson(null, query);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return /unknown function|takes .*argument/i.test(message) ? message : undefined;
  }
}

function parses(query: string): boolean {
  try {
    compile(query);
    // A quote that is left open is closed by the end, unless something follows.
    compile(`!(${query})`);
    return true;
  } catch {
    return false;
  }
}
