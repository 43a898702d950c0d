import type { Range } from './text-index.ts';

/** A text without its escapes, and where each of its ranges stands in the text with them. */
export interface Unescaped {
  readonly text: string;
  readonly toOriginal: (range: Range) => Range;
}

/** A character as JSON, a URL (its bytes in UTF-8, else one), HTML, or HTML around JSON (`\&quot;`) writes it. */
const ESCAPE =
  /\\(?:u[\da-f]{4}|["'\\/bfnrt]|&(?:quot|apos|#(?:34|39|47|x22|x27|x2f));)|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-4](?:%[89ab][\da-f]){3}|%[\da-f]{2}|&(?:#\d{1,7}|#x[\da-f]{1,6}|amp|lt|gt|quot|apos);/gi;

const NAMED: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '\\b': '\b',
  '\\f': '\f',
  '\\n': '\n',
  '\\r': '\r',
  '\\t': '\t',
};

/** Resolves escapes once; escapes of escapes stay. Undefined where there are none. */
export function unescapeOnce(text: string): Unescaped | undefined {
  if (!/[\\%&]/.test(text)) return undefined;
  let unescaped = '';
  let doneTo = 0;
  /** Where an escape ended: in the unescaped text, and in the original. */
  const ends: (readonly [unescaped: number, original: number])[] = [];
  for (const { 0: escape, index } of text.matchAll(ESCAPE)) {
    const character = resolve(escape);
    if (character === undefined) continue;
    unescaped += text.slice(doneTo, index) + character;
    doneTo = index + escape.length;
    ends.push([unescaped.length, doneTo]);
  }
  if (ends.length === 0) return undefined;
  return {
    text: unescaped + text.slice(doneTo),
    toOriginal: ([start, end]) => [originalIndex(ends, start), originalIndex(ends, end)],
  };
}

function resolve(escape: string): string | undefined {
  if (escape.startsWith('\\&')) return resolve(escape.slice(1));
  if (escape.startsWith('%')) return fromBytes(escape);
  const [, hexadecimal] = /^(?:\\u|&#x)([\da-f]+)/i.exec(escape) ?? [];
  if (hexadecimal !== undefined) return fromCodePoint(hexadecimal, 16);
  const [, decimal] = /^&#(\d+)/.exec(escape) ?? [];
  if (decimal !== undefined) return fromCodePoint(decimal, 10);
  return NAMED[escape] ?? escape.slice(1);
}

function fromBytes(escape: string): string {
  const bytes = Buffer.from(escape.replaceAll('%', ''), 'hex');
  return bytes.toString(bytes.length > 1 ? 'utf8' : 'latin1');
}

function fromCodePoint(digits: string, radix: 10 | 16): string | undefined {
  const code = parseInt(digits, radix);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

type Ends = readonly (readonly [unescaped: number, original: number])[];

/** Where a place in the unescaped text is in the original: after the last escape that ends before it. */
function originalIndex(ends: Ends, at: number): number {
  let [low, high] = [-1, ends.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ends[middle]?.[0] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  const [unescaped, original] = ends[low] ?? [0, 0];
  return original + (at - unescaped);
}
