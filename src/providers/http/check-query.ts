import { compile } from '#jmespath';
import { quote } from '../../text/inert.ts';
import { isObject, toText } from '../json.ts';
import { evaluate, QUOTED } from './jmespath.ts';

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
    // `error-2`: here the minus does not even subtract.
    const key = /\b[A-Za-z_]\w*(?:-\w+)+/.exec(query.replace(QUOTED, '""'))?.[0];
    const isWhole = rest === query.trimStart();
    const at = `position ${position}${isWhole ? '' : ` (“${quote(rest)}”)`}`;
    const advice = query.startsWith('.')
      ? 'JMESPath has no leading dot'
      : key === undefined
        ? 'see https://jmespath.org/tutorial.html'
        : `write "${key}" for the key`;
    throw new Error(
      `“${quote(query)}” is not a JMESPath query: it cannot be parsed at ${at}; ${advice}`,
    );
  }
  const problem = findSubtraction(query) ?? findFunctionError(query);
  if (problem !== undefined) throw new Error(`“${quote(query)}” cannot be evaluated: ${problem}`);
  return query;
}

/** Nodes of a query that look at the response. */
const LOOKS_AT_RESPONSE = /"type":"(Field|Current|Variable|Root|Identity)"/;

/**
 * The query of a status, which must look at the response: a constant would prove what nobody has said.
 *
 * @throws Error as `parseQuery`
 */
export function parseStatusQuery(query: string): string {
  const parsed = parseQuery(query);
  if (query === '') return parsed;
  const end = endOfPipe(compile(query));
  if (LOOKS_AT_RESPONSE.test(JSON.stringify(end)) || findsNothing(end)) return parsed;
  throw new Error(
    `“${quote(query)}” is a constant, which proves nothing: it finds the same in every response; write the query of the status`,
  );
}

type Node = ReturnType<typeof compile>;

/** What a pipe finds is what its last part finds, such as the constant in `status | 'done'`. */
const endOfPipe = (node: Node): Node => (node.type === 'Pipe' ? endOfPipe(node.right) : node);

function findsNothing(constant: Node): boolean {
  try {
    return evaluate(constant, { body: null, id: '', status: 0, headers: {} }) === null;
  } catch {
    return false;
  }
}

/** Length of the longest part at the start that parses. */
function longestValidPrefix(query: string): number {
  let length = Math.min(query.length - 1, MAX_SEARCHED_PREFIX);
  while (length > 0 && !parses(query.slice(0, length))) length -= 1;
  return length;
}

/** `error-message` subtracts one field from another, which is hardly what was meant. */
function findSubtraction(query: string): string | undefined {
  const key = /\b[A-Za-z_]\w*(?:-[A-Za-z_]\w*)+/.exec(query.replace(QUOTED, '""'))?.[0];
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
