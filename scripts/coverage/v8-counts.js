import ts from 'typescript';

/**
 * @typedef {import('./points.js').FileCoverage} FileCoverage
 * @typedef {import('./points.js').Counts} Counts
 * @typedef {import('istanbul-lib-coverage').Range} Range
 * @typedef {import('istanbul-lib-coverage').BranchMapping} Branch
 * @typedef {{ startOffset: number, endOffset: number, count: number }} V8Range
 * @typedef {{ ranges: V8Range[] }} V8Function as in the files that NODE_V8_COVERAGE asks for
 */

/**
 * Adds up what V8 counted in several runs of a text.
 *
 * @param {number} length of the text
 */
export function createV8Counter(length) {
  /** By how much the count at each place differs from that at the place before. */
  const changes = new Float64Array(length + 1);
  /** @type {(at: number, difference: number) => void} */
  const change = (at, difference) => {
    changes[at] = difference + (changes[at] ?? 0);
  };
  return {
    /** @param {readonly V8Function[]} functions */
    add: (functions) => {
      const ranges = functions.flatMap(({ ranges }) =>
        ranges.map(({ startOffset, endOffset, count }, index) => ({
          // A statement may begin where a function does that it creates: the function counts from its second character on.
          start: index === 0 && startOffset > 0 ? startOffset + 1 : startOffset,
          end: endOffset,
          count,
        })),
      );
      ranges.sort((a, b) => a.start - b.start || b.end - a.end);
      /** @type {typeof ranges} */
      const around = [];
      for (const range of ranges) {
        while ((around.at(-1)?.end ?? Infinity) <= range.start) around.pop();
        const difference = range.count - (around.at(-1)?.count ?? 0);
        change(range.start, difference);
        change(range.end, -difference);
        around.push(range);
      }
    },
    /** How often the code at each place was reached. */
    counts: () => {
      let count = 0;
      return changes.map((change) => (count += change));
    },
  };
}

/**
 * Says how often each of `points` was reached, from what V8 counted at each place of the text. V8 does not notice that
 * a call has thrown: what follows it in the same block counts as reached.
 *
 * @param {string} code
 * @param {FileCoverage} points the points of `code`
 * @param {Float64Array} counts
 * @returns {Counts}
 */
export function countPoints(code, points, counts) {
  const source = ts.createSourceFile('code.js', code, ts.ScriptTarget.ESNext, true);
  const lines = source.getLineStarts();
  const ifs = findIfs(source);
  /** @param {Range} range */
  const startOf = ({ start }) => (lines[start.line - 1] ?? 0) + start.column;
  /** @param {ts.Node | undefined} node */
  const countOfNode = (node) => (node && counts[node.getStart()]) ?? Infinity;
  /** @param {Range} range */
  const countOf = (range) => counts[startOf(range)] ?? 0;
  /** @param {Branch} branch */
  const countBranch = ({ type, loc, locations }) => {
    // V8 does not tell whether a default value was used.
    if (type === 'default-arg') return [0];
    const node = ifs.get(startOf(loc));
    if (type !== 'if' || !node) return locations.map(countOf);
    const taken = countOfNode(node.thenStatement);
    if (node.elseStatement) return [taken, countOfNode(node.elseStatement)];
    // A condition that throws leads neither into the statement nor past it.
    return [taken, Math.min(countOf(loc) - taken, countOfNode(nextStatement(node)))];
  };
  return {
    s: mapValues(points.statementMap, countOf),
    f: mapValues(points.fnMap, ({ loc }) => countOf(loc)),
    b: mapValues(points.branchMap, countBranch),
  };
}

/**
 * Finds each `if`, by its place: Istanbul does not tell where the statement stands that it guards.
 *
 * @param {ts.SourceFile} source
 */
function findIfs(source) {
  /** @type {Map<number, ts.IfStatement>} */
  const ifs = new Map();
  /** @type {(node: ts.Node) => void} */
  const visit = (node) => {
    if (ts.isIfStatement(node)) ifs.set(node.getStart(), node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return ifs;
}

/** @param {ts.Statement} statement */
function nextStatement({ parent, end }) {
  const isList = ts.isBlock(parent) || ts.isSourceFile(parent) || ts.isCaseOrDefaultClause(parent);
  return isList ? parent.statements.find(({ pos }) => pos === end) : undefined;
}

/** @type {<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U) => Record<string, U>} */
const mapValues = (record, change) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
