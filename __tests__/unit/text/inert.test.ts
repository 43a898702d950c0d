import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { excerpt, quote, toLine, withoutCommands } from '../../../src/text/inert.js';

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
  for (const one of hidden) {
    expect(toLine(`:${one}:error::x`)).not.toMatch(/^\s*::/);
    expect(toLine(`a #${one}#${one}[error]x`)).not.toContain('##[');
  }
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
