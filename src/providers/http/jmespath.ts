import { compile, TreeInterpreter } from '#jmespath';
import { PermanentError } from '../../domain/errors.ts';
import { quote } from '../../text/inert.ts';
import { isObject, quoteUnsafeIntegers, toText } from '../json.ts';

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
    const why = error instanceof Error ? error.message : String(error);
    throw new PermanentError(`the query “${query}” cannot be evaluated: ${why}`, 'bad-response', {
      cause: error,
    });
  }
}

/** Binds the variables by a `let` around the query: the interpreter forgets those of `withScope`. */
function evaluate(expression: Node, { body, ...variables }: QueryContext): unknown {
  const bindings = Object.entries(variables).map(([variable, value]) => ({
    type: 'Binding',
    variable,
    reference: { type: 'Literal', value },
  }));
  const bound = { type: 'LetExpression', bindings, expression } as Node;
  return TreeInterpreter.search(bound, (body ?? null) as Value);
}

/** Writes integers above 2^53 as the texts that `parseJson` makes of them, so that they can be compared. */
const withExactNumbers = (query: string): string =>
  query.replace(QUOTED, (quoted) =>
    quoted.startsWith('`') ? quoteUnsafeIntegers(quoted) : quoted,
  );

/** The parts of a query that are no operators: quoted keys, texts and JSON literals. */
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g;

/** As JMESPath sees it: not false, null, an empty text, list or object. */
export const isTruthy = (context: QueryContext, query: string): boolean =>
  query !== '' && search(context, `!(${query})`) === false;

/** What a query finds as text, the members of a list joined. */
export const findText = (context: QueryContext, query: string): string =>
  findTexts(context, query).join('; ');

/** What a query finds, as texts: those of a list one by one, objects as JSON. */
export function findTexts(context: QueryContext, query: string): string[] {
  const found = search(context, query);
  return (Array.isArray(found) ? (found as unknown[]) : [found])
    .map((one) => (isObject(one) || Array.isArray(one) ? JSON.stringify(one) : toText(one)))
    .filter(Boolean);
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
    .map((key) => `${key.slice(0, 60)}: ${describeShape(value[key], depth + 1)}`);
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
  const problem = findSubtraction(query) ?? findFunctionError(query);
  if (problem !== undefined) throw new Error(`“${quote(query)}” cannot be evaluated: ${problem}`);
  return query;
}

/** Length of the longest part at the start that parses. */
function longestValidPrefix(query: string): number {
  let length = Math.min(query.length - 1, MAX_SEARCHED_PREFIX);
  while (length > 0 && !parses(query.slice(0, length))) length -= 1;
  return length;
}

/** `error-message` subtracts one field from another, which is hardly what was meant. */
function findSubtraction(query: string): string | undefined {
  const key = /[A-Za-z_]\w*(?:-[A-Za-z_]\w*)+/.exec(query.replace(QUOTED, '""'))?.[0];
  if (key === undefined) return undefined;
  return `${key} is a subtraction; write "${key}" for the key, or spaces around the minus`;
}

/** What is wrong with a function or variable in a query, as far as that shows without a response. */
function findFunctionError(query: string): string | undefined {
  const parts = [query, ...functionCalls(compile(query))];
  return parts.map(evaluationError).find((problem) => problem !== undefined);
}

/** The functions that a query calls, wherever they stand in it, with as many arguments. */
function functionCalls(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(functionCalls);
  if (!isObject(node) || node.type === 'Literal') return [];
  const below = Object.values(node).flatMap(functionCalls);
  if (node.type !== 'Function' || !Array.isArray(node.children)) return below;
  return [`${toText(node.name)}(${node.children.map(() => '@').join(', ')})`, ...below];
}

function evaluationError(query: string): string | undefined {
  try {
    evaluate(compile(query), { body: null, id: 'id', status: 200, headers: {} });
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return /unknown function|takes .*argument|undefined variable/i.test(message)
      ? message
      : undefined;
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
