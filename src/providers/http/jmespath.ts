import { compile, TreeInterpreter } from '#jmespath';
import { PermanentError } from '../../domain/errors.ts';
import type { HttpResponse } from '../../http/transport.ts';
import { beginQuery } from './query-limits.ts';
import { parseBody } from '../response.ts';
import { isObject, quoteUnsafeIntegers, toJson, toText } from '../json.ts';

type Node = ReturnType<typeof compile>;
type Value = Parameters<typeof TreeInterpreter.search>[1];

/** What a query sees: the body as `@`, the rest as `$id`, `$status` and `$headers`. */
export interface QueryContext {
  /** Undefined where it is not JSON. */
  readonly body: unknown;
  readonly id: string;
  /** The HTTP status. */
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** What a query finds; null where it finds nothing. */
export function search(context: QueryContext, query: string): unknown {
  const { body } = context;
  if (query === '') return null;
  try {
    return evaluate(compile(withExactNumbers(query)), context);
  } catch (error) {
    // Without a body, a function that wants a list or a text has nothing to work on.
    if (body === undefined) return null;
    const why = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
    throw new PermanentError(`the query “${query}” cannot be evaluated: ${why}`, 'bad-response', {
      cause: error,
    });
  }
}

/** Binds the variables by a `let` around the query: the interpreter forgets those of `withScope`. */
export function evaluate(expression: Node, { body, ...variables }: QueryContext): unknown {
  const bindings = Object.entries(variables).map(([variable, value]) => ({
    type: 'Binding',
    variable,
    reference: { type: 'Literal', value },
  }));
  const bound = { type: 'LetExpression', bindings, expression } as Node;
  beginQuery();
  return TreeInterpreter.search(bound, (body ?? null) as Value);
}

/** Writes integers above 2^53 as the texts that `parseJson` makes of them, so that they can be compared. */
const withExactNumbers = (query: string): string =>
  query.replace(QUOTED, (quoted) =>
    quoted.startsWith('`') ? quoteUnsafeIntegers(quoted) : quoted,
  );

/** The parts of a query that are no operators: quoted keys, texts and JSON literals. */
export const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g;

/** As JMESPath sees it: not false, null, an empty text, list or object. */
export const isTruthy = (context: QueryContext, query: string): boolean =>
  query !== '' && search(context, `!(${query})`) === false;

/** What a query finds as text, the members of a list joined. */
export const findText = (context: QueryContext, query: string): string =>
  findTexts(context, query).join('; ');

/** Most texts of a list: no job has more reports or messages. */
const MAX_TEXTS = 1000;

/** What a query finds, as texts: those of a list one by one, objects as JSON. Of a long list the beginning. */
function findTexts(context: QueryContext, query: string): string[] {
  const found = search(context, query);
  return (Array.isArray(found) ? (found as unknown[]) : [found])
    .slice(0, MAX_TEXTS)
    .map((one) => (isObject(one) || Array.isArray(one) ? toJson(one) : toText(one)))
    .filter(Boolean);
}

/** Most characters of all links of a job. */
const MAX_LINKS_LENGTH = 256 * 1024;

/**
 * The links that a query finds.
 *
 * @throws PermanentError where they are so many that some would be left out
 */
export function findLinks(context: QueryContext, query: string): string[] {
  const links = findTexts(context, query);
  if (links.length < MAX_TEXTS && links.join().length <= MAX_LINKS_LENGTH) return links;
  const text = `the query “${query}” finds more links than a job can have`;
  throw new PermanentError(text, 'bad-response');
}

/** Keys and types of a value, without any content. */
export function describeShape(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[${describeShape(value[0], depth + 1)} × ${value.length}]`;
  }
  if (!isObject(value)) return typeof value;
  const keys = Object.keys(value);
  if (depth > 2) return '{…}';
  const shown = keys
    .slice(0, 12)
    .map((key) => `${key.length > 60 ? '…' : key}: ${describeShape(value[key], depth + 1)}`);
  return `{${[...shown, ...(keys.length > 12 ? ['…'] : [])].join(', ')}}`;
}

/**
 * A query that finds something where a plain one such as `job.state` finds nothing: its last key, in
 * another case or elsewhere in the body; undefined where there is none.
 */
export function suggestQuery(body: unknown, query: string): string | undefined {
  if (!/^\w+(\.\w+)*$/.test(query)) return undefined;
  const wanted = normalizeKey(query.split('.').at(-1) ?? '');
  let level: (readonly [path: readonly string[], value: unknown])[] = [[[], body]];
  for (let depth = 0; depth < 4; depth += 1) {
    const below = level
      .flatMap(([path, value]) =>
        isObject(value)
          ? Object.entries(value).map(([key, member]) => [[...path, key], member] as const)
          : [],
      )
      .slice(0, 1000);
    const found = below.find(
      ([path, value]) => normalizeKey(path.at(-1) ?? '') === wanted && toText(value) !== '',
    );
    if (found !== undefined) return found[0].map(quoteKey).join('.');
    level = below;
  }
  return undefined;
}

const normalizeKey = (key: string): string => key.toLowerCase().replace(/[_-]/g, '');

const quoteKey = (key: string): string => (/^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key));

/** The id that a query finds in the response to a request that started a job; '' where it finds none. */
export function findId(response: HttpResponse, query: string): string {
  const { status, headers } = response;
  return findText({ body: parseBody(response), id: '', status, headers }, query);
}
