/** From where to where in a text, the end excluded. */
export type Range = readonly [start: number, end: number];

/** Texts that are looked for together, in time that does not grow with their number. */
export interface TextIndex {
  /** Gives false where it is there already. */
  add(text: string): boolean;
  /**
   * Where any of them stands; of several at one place the longest. Ranges may overlap. Where a search would
   * take too long, the last range is all the rest: what was not searched must not be shown.
   */
  find(text: string): Range[];
  /** Where the longest end of `text` begins that is the beginning of one of them; the length of `text` where none is. */
  findCutOff(text: string): number;
}

/** A node of a radix tree: all texts below it begin with the labels on the way to it. */
interface Node {
  label: string;
  /** Whether a text ends here. */
  isEnd: boolean;
  /** By the first character of their labels. */
  children: Map<number, Node>;
}

/** Most characters that one search may compare, for each character of the text and at least. */
const MAX_STEPS_PER_CHARACTER = 64;
const FREE_STEPS = 4 * 1024 * 1024;

export function createTextIndex(): TextIndex {
  const root: Node = { label: '', isEnd: false, children: new Map() };
  let longest = 0;
  return {
    add(text) {
      longest = Math.max(longest, text.length);
      return text !== '' && insert(root, text);
    },
    find(text) {
      const ranges: Range[] = [];
      let steps = FREE_STEPS + MAX_STEPS_PER_CHARACTER * text.length;
      for (let at = 0; at < text.length && root.children.size > 0; at += 1) {
        if (!root.children.has(text.charCodeAt(at))) continue;
        const { end, stop } = follow(root, text, at);
        if (end > at) ranges.push([at, end]);
        steps -= stop - at;
        if (steps > 0) continue;
        ranges.push([at, text.length]);
        break;
      }
      return ranges;
    },
    findCutOff(text) {
      let steps = FREE_STEPS;
      for (let at = Math.max(text.length - longest, 0); at < text.length; at += 1) {
        const { stop } = follow(root, text, at);
        steps -= stop - at;
        if (stop === text.length || steps <= 0) return at;
      }
      return text.length;
    },
  };
}

/**
 * Compares the text from `from` on with all of them.
 *
 * @returns where the longest that stands there ends (`from` where there is none), and how far any goes along
 */
function follow(root: Node, text: string, from: number): { end: number; stop: number } {
  let [node, at, end] = [root, from, from];
  for (;;) {
    const child = node.children.get(text.charCodeAt(at));
    if (child === undefined) return { end, stop: at };
    const next = at + commonLength(child.label, text, at);
    if (next - at < child.label.length) return { end, stop: next };
    [node, at] = [child, next];
    if (node.isEnd) end = at;
  }
}

function insert(root: Node, text: string): boolean {
  let [node, at] = [root, 0];
  while (at < text.length) {
    const child = node.children.get(text.charCodeAt(at));
    if (child === undefined) {
      const leaf = { label: text.slice(at), isEnd: true, children: new Map() };
      node.children.set(text.charCodeAt(at), leaf);
      return true;
    }
    const length = commonLength(child.label, text, at);
    if (length < child.label.length) split(child, length);
    [node, at] = [child, at + length];
  }
  const isNew = !node.isEnd;
  node.isEnd = true;
  return isNew;
}

/** Makes a node of the first `length` characters of a label, with the rest below it. */
function split(node: Node, length: number): void {
  const { label, isEnd, children } = node;
  node.label = label.slice(0, length);
  node.isEnd = false;
  node.children = new Map([
    [label.charCodeAt(length), { label: label.slice(length), isEnd, children }],
  ]);
}

/** How many characters of `label` stand in `text` at `at`. */
function commonLength(label: string, text: string, at: number): number {
  const most = Math.min(label.length, text.length - at);
  let length = 0;
  while (length < most && label.charCodeAt(length) === text.charCodeAt(at + length)) length += 1;
  return length;
}

/** The text with `replacement` in place of each range; ranges that overlap are replaced once. */
export function replaceRanges(
  text: string,
  ranges: readonly Range[],
  replacement: string,
  end = text.length,
): string {
  let result = '';
  let doneTo = 0;
  for (const [start, stop] of ranges.toSorted(([a], [b]) => a - b)) {
    if (start >= end) break;
    if (start >= doneTo) result += text.slice(doneTo, start) + replacement;
    doneTo = Math.max(doneTo, stop);
  }
  return result + text.slice(doneTo, Math.max(end, doneTo));
}
