import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  cutText,
  excerpt,
  quote,
  toLine,
  unescapeJson,
  withoutCommands,
  withoutInvisible,
} from '../../../src/text/inert.js';

test.each([
  ['a\nb\r\nc\td', 'a b c d'],
  ['::error::boo', ': :error::boo'],
  ['   ::stop-commands::x', ': :stop-commands::x'],
  ['see ##[set-output name=status]Successful', 'see ## [set-output name=status]Successful'],
  ['\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007', 'red link'],
  ['abc\u202egnp.exe', 'abc gnp.exe'],
  ['zero\u200bwidth\ufeff', 'zerowidth'],
  ['half \ud800 pair', 'half \ufffd pair'],
  ['naïve 日本語 👍🏽 100%', 'naïve 日本語 👍🏽 100%'],
])('%j is shown as %j', (text, line) => {
  expect(toLine(text)).toBe(line);
});

/** Any text, often of what could start a command, break a line, hide a sign or turn the direction. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.string({
    unit: fc.constantFrom(
      ...[
        ':',
        '::',
        '#',
        '##[',
        '[',
        ']',
        ' ',
        'a',
        'm',
        '?',
        '/',
        '=',
        '%0A',
        '\r',
        '\n',
        '\t',
        '\b',
      ],
      ...['\u001b', '\u001b[', '\u001b]8;;', '\u0007', '\u001b\\', '\u009b', '\u0085', '\u00a0'],
      ...['\u2028', '\u2029', '\u202e', '\u2066', '\u200f', '\u200b', '\ufeff', '\u3164', '\ud800'],
      ...['\u{e0001}', '\udc00', '👍🏽', '\u0301', '::error::', '::stop-commands::', '##[command]'],
    ),
    maxLength: 60,
  }),
);
/** What the runner, a terminal or a reader would take for more than text. */
const HARM = /^[\s\u0085]*::|##\[|[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

test('no text can start a workflow command, break the line or turn its direction', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const line = toLine(text);
      expect(line).not.toMatch(HARM);
      expect(line.isWellFormed()).toBe(true);
      expect(toLine(line)).toBe(line);
    }),
    { numRuns: 800 },
  );
});

test('no cut of a text brings such a thing about, and none is longer than it should be', () => {
  fc.assert(
    fc.property(nasty, nasty, fc.integer({ min: 1, max: 40 }), (text, more, maxLength) => {
      const line = excerpt(text + more, maxLength);
      expect(line).not.toMatch(HARM);
      expect(line.isWellFormed()).toBe(true);
      const { length } = line.replace(/… \([\d,]+ characters\)$/, '');
      expect(length).toBeLessThanOrEqual(maxLength);
    }),
    { numRuns: 800 },
  );
});

test('no line of a body that keeps its lines starts a workflow command', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const body = withoutCommands(text);
      for (const line of body.split(/[\r\n]/)) expect(line).not.toMatch(/^[\s\u0085]*::|##\[/);
      expect(withoutCommands(body)).toBe(body);
    }),
    { numRuns: 800 },
  );
});

test('long text is cut, and its length told', () => {
  expect(excerpt('x'.repeat(1_000_000), 5)).toBe('xxxxx… (1,000,000 characters)');
  expect(excerpt('short', 5)).toBe('short');
  expect(quote('y'.repeat(1_000_000)).length).toBeLessThan(600);
});

test.each(['http://', '<title', '\u001b[', '##[', '/?'])(
  'text made of %j is not slow to show',
  (part) => {
    const startMs = performance.now();
    quote(part.repeat(1_000_000));
    expect(performance.now() - startMs).toBeLessThan(500);
  },
);

test.each([
  ['see /reports/a.csv?X-Amz-Signature=abc', 'see /reports/a.csv?…'],
  [
    '"url":"https:\\/\\/s3.example\\/a?X-Amz-Signature=abc"',
    '"url":"https:\\/\\/s3.example\\/a?…"',
  ],
  ['Is it done? Yes', 'Is it done? Yes'],
])('of %j is shown %j', (text, shown) => {
  expect(quote(text)).toBe(shown);
});

test('the query of a link is not shown', () => {
  expect(quote('see https://s3.example/a.csv?X-Amz-Signature=abc&b=c now')).toBe(
    'see https://s3.example/a.csv?… now',
  );
});

/** All of Unicode, without halves of pairs. */
const unicode = Array.from({ length: 0x110000 - 0x800 }, (_, index) =>
  String.fromCodePoint(index < 0xd800 ? index : index + 0x800),
).join('');
/** All characters of a kind. */
const allOf = (kind: RegExp): readonly string[] => unicode.match(kind) ?? [];

test.each([
  ['default-ignorable', /\p{Default_Ignorable_Code_Point}/gu],
  ['a mark of format', /\p{Cf}/gu],
  ['a variation selector', /\p{Variation_Selector}/gu],
  ['a control character', /\p{Cc}/gu],
  ['a mark of direction', /\p{Bidi_Control}/gu],
  ['a separator of lines', /[\p{Zl}\p{Zp}]/gu],
])('no character that is %s is in a line', (_, pattern) => {
  const characters = allOf(pattern);
  expect(characters.length).toBeGreaterThan(1);
  // An escape character takes others along.
  const text = characters.filter((one) => one !== '\u001b' && one !== '\u009b').join('x');
  expect(toLine(`a${text}b`)).toMatch(/^a[x ]*b$/);
});

test('no blank, and nothing that is not seen, lets a line begin with a workflow command', () => {
  const blanks = allOf(/[\s\u0085\p{Z}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/gu);
  const started = blanks.filter((blank) => /^\s*::|##\[/.test(toLine(`${blank}::error::x`)));
  expect(started).toEqual([]);
});

test('no character inside of it hides the beginning of a workflow command', () => {
  const hidden = allOf(/[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}]/gu);
  const started = hidden.filter(
    (one) =>
      /^\s*::/.test(toLine(`:${one}:error::x`)) ||
      toLine(`a #${one}#${one}[error]x`).includes('##['),
  );
  expect(started).toEqual([]);
});

test('no line of a body begins with a workflow command, whatever blank stands before it', () => {
  const blanks = allOf(/[\s\u0085\p{Zs}]/gu).join('');
  for (const line of withoutCommands(`a\n${blanks}::error::x\n\t::b\n##[c]`).split(/[\r\n]/)) {
    expect(line).not.toMatch(/^[\s\u0085]*::|##\[/u);
  }
});

test('text in any language, with its marks and joined signs, keeps its letters', () => {
  for (const text of [
    'é ü ß',
    'עברית',
    'हिन्दी',
    'ภาษาไทย',
    '한국어',
    '数据 データ',
    'Ελληνικά',
    '🇺🇦 👍🏽',
  ]) {
    expect(toLine(text)).toBe(text);
  }
});

test.each([
  [16_383, 16_383],
  [16_384, 16_384],
  [16_385, 16_384],
])('of a text of %d characters %d are kept', (length, kept) => {
  expect(cutText('x'.repeat(length))).toBe('x'.repeat(kept));
});

test('a text is cut where it is told to, and no half of a pair is left', () => {
  expect(cutText('abcdef', 3)).toBe('abc');
  expect(cutText('ab👍', 3)).toBe('ab\ufffd');
});

test('what nobody sees leaves a text, and nothing else', () => {
  expect(withoutInvisible('a\u200b\u200bb\nc\ufe0fd')).toBe('ab\ncd');
});

test.each([
  ['\u001b[1;31mred\u001b[0m', 'red'],
  ['\u009b2Kred', 'red'],
  ['\u001b[?25lred\u001b[ q', 'red'],
  ['\u001b]0;title\u0007red', 'red'],
  ['\u001b]0;title\u001b\\red', 'red'],
  ['\u001bMred\u001b_', 'red'],
  ['red\u001b[31', 'red'],
  ['red\u001b]0;title', 'red'],
  ['\u001b]0;title\u001b[0mred', ']0;titlered'],
])('the escape sequences of %j leave %j', (text, line) => {
  expect(toLine(text)).toBe(line);
});

test.each([
  ['::a', ': :a'],
  ['a ::b', 'a ::b'],
  ['a\n::b\r::c', 'a\n: :b\r: :c'],
  [' \t::a', ' \t: :a'],
  ['\u0085::a', '\u0085: :a'],
  ['a\u2028::b', 'a\u2028: :b'],
  ['##[a]##[b]', '## [a]## [b]'],
])('%j holds no workflow command as %j', (text, inert) => {
  expect(withoutCommands(text)).toBe(inert);
});

test.each([
  ['abcde', 5, undefined, 'abcde'],
  ['abcdef', 5, undefined, 'abcde… (6 characters)'],
  ['abcd efgh', 5, undefined, 'abcd… (9 characters)'],
  ['abcd👍', 5, undefined, 'abcd\ufffd… (6 characters)'],
  ['abcde', 5, 2000, 'abcde… (2,000 characters)'],
  [`${' '.repeat(39)}a`, 5, undefined, 'a'],
  [`${' '.repeat(40)}a`, 5, undefined, '… (41 characters)'],
])('of %j in %d characters, of %p in all, is shown %j', (text, maxLength, whole, shown) => {
  expect(excerpt(text, maxLength, whole)).toBe(shown);
});

test.each([
  ['caf\\u00E9 \\u00e9', 'café é'],
  ['https:\\/\\/a.example', 'https://a.example'],
  ['\\u00g9 \\n', '\\u00g9 \\n'],
])('the escapes of %j are resolved to %j', (text, plain) => {
  expect(unescapeJson(text)).toBe(plain);
});

test.each([
  ['a/b?', 'a/b?'],
  ['?a/b', '?a/b'],
  ['a?b/c', 'a?b/c'],
  ['/a?b', '/a?…'],
  ['a/?b', 'a/?…'],
  ['<a href="/x?y">/x?z</a>', '<a href="/x?…">/x?…</a>'],
])('of the words %j are shown %j', (text, shown) => {
  expect(quote(text)).toBe(shown);
});
