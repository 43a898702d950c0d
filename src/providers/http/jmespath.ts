import { compile, search } from 'small-jmespath';
import { PermanentFault } from '../../domain/errors.ts';
import { quote } from '../../text/inert.ts';
import { isObject, textOf } from '../response.ts';

type Value = Parameters<typeof search>[0];

/** What a query finds; null where it finds nothing, or where there is nothing to search in. */
export function find(body: unknown, query: string): unknown {
  if (body === undefined || query === '') return null;
  try {
    return search(body as Value, query);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PermanentFault(`the query “${query}” cannot be answered: ${why}`, 'bad-answer', {
      cause: error,
    });
  }
}

/** As JMESPath sees it: not false, null, an empty text, list or object. */
export const isTruthy = (body: unknown, query: string): boolean =>
  find(body, `!(${query})`) === false;

/** What a query finds as text, the members of a list joined. */
export function textAt(body: unknown, query: string): string {
  const found = find(body, query);
  const texts = (Array.isArray(found) ? (found as unknown[]) : [found]).map((one) =>
    isObject(one) || Array.isArray(one) ? JSON.stringify(one) : textOf(one),
  );
  return texts.filter(Boolean).join('; ');
}

/** Keys and types of a value, without any content. */
export function shapeOf(value: unknown, depth = 0): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[${shapeOf(value[0], depth + 1)} × ${value.length}]`;
  }
  if (!isObject(value)) return typeof value;
  const keys = Object.keys(value);
  if (depth > 2) return '{…}';
  const shown = keys.slice(0, 12).map((key) => `${key}: ${shapeOf(value[key], depth + 1)}`);
  return `{${[...shown, ...(keys.length > 12 ? ['…'] : [])].join(', ')}}`;
}

/**
 * @returns the query
 * @throws Error that says from where on it does not parse
 */
export function checkedQuery(query: string): string {
  if (query === '') return query;
  if (!parses(query)) {
    // A rest is as good as any other: what is long is not tried out letter by letter.
    let good = Math.min(query.length - 1, 500);
    while (good > 0 && !parses(query.slice(0, good))) good -= 1;
    const rest = query.slice(good).trimStart();
    const position = query.length - rest.length + 1;
    throw new Error(
      `“${quote(query)}” is not a JMESPath query; it makes no sense from position ${position} on (“${quote(rest)}”); see https://jmespath.org/tutorial.html`,
    );
  }
  const fault = functionFault(query);
  if (fault !== undefined) throw new Error(`“${quote(query)}” cannot be answered: ${fault}`);
  return query;
}

/** What is wrong with a function in a query, as far as that shows without an answer. */
function functionFault(query: string): string | undefined {
  try {
    search(null, query);
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
