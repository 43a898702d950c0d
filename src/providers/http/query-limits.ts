import { TreeInterpreter } from '#jmespath';

/** Most characters that the functions of one query may make: more than any response has. */
const MAX_RESULT_LENGTH = 10 * 1024 * 1024;

/** How long the result of a function will be, by its arguments, for those that can make much of little. */
const RESULT_LENGTHS: Readonly<Record<string, (args: readonly unknown[]) => number>> = {
  pad_left: ([, width]) => Number(width),
  pad_right: ([, width]) => Number(width),
  join: ([glue, texts]) => {
    const list = texts as readonly string[];
    return list.reduce((sum, text) => sum + text.length, String(glue).length * list.length);
  },
  replace: ([text, search, replacement]) =>
    String(text).length + countOf(String(text), String(search)) * String(replacement).length,
  reverse: ([subject]) => (typeof subject === 'string' ? BYTES_OF_PART * subject.length : 0),
  split: ([text, search]) => BYTES_OF_PART * countOf(String(text), String(search)),
};

/** What each member of a list takes. */
const BYTES_OF_PART = 40;

/** How often a text stands in another one; an empty one stands between all characters. */
function countOf(text: string, search: string): number {
  if (search === '') return text.length + 1;
  let count = 0;
  for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + search.length)) {
    count += 1;
  }
  return count;
}

/** Most time for one query: one that compares each with each may take hours. */
const MAX_QUERY_MS = 500;
/** A query of fewer steps is not slow, but the machine is. */
const FREE_STEPS = 10_000;

/** What the functions of the present query have made so far, its steps, and when it has to end. */
const present = { length: 0, steps: 0, endMs: Infinity };

let isLimited = false;

/** Has the interpreter refuse what would take all memory or all time. To be called before each query. */
export function beginQuery(): void {
  if (!isLimited) limitQueries();
  isLimited = true;
  present.length = 0;
  present.steps = 0;
  present.endMs = performance.now() + MAX_QUERY_MS;
}

function limitQueries(): void {
  // Each `let` has an interpreter of its own.
  const prototype = Object.getPrototypeOf(TreeInterpreter) as Pick<typeof TreeInterpreter, 'visit'>;
  const { visit } = prototype;
  prototype.visit = function (...args) {
    present.steps += 1;
    if (present.steps > FREE_STEPS && performance.now() > present.endMs) {
      throw new Error(`it takes over ${MAX_QUERY_MS} ms`);
    }
    return visit.apply(this as typeof TreeInterpreter, args);
  };
  const { _functionTable: table } = TreeInterpreter.runtime;
  for (const [name, lengthOf] of Object.entries(RESULT_LENGTHS)) {
    const definition = table[name];
    if (definition === undefined) continue;
    const evaluate = definition._func as (args: readonly unknown[]) => string;
    definition._func = (args: readonly unknown[]) => {
      present.length += lengthOf(args);
      if (present.length > MAX_RESULT_LENGTH) throw new Error(`${name}() would make over 10 MiB`);
      return evaluate(args);
    };
  }
}
