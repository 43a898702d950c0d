import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { excerpt, quote, toLine } from '../../../src/text/inert.js';

test.each([
  ['a\nb\r\nc\td', 'a b c d'],
  ['::error::boo', ': :error::boo'],
  ['   ::stop-commands::x', ': :stop-commands::x'],
  ['see ##[set-output name=status]Successful', 'see ## [set-output name=status]Successful'],
  ['\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007', 'red link'],
  ['abc\u202egnp.exe', 'abc gnp.exe'],
  ['zero\u200bwidth\ufeff', 'zero width'],
  ['half \ud800 pair', 'half \ufffd pair'],
  ['naïve 日本語 👍🏽 100%', 'naïve 日本語 👍🏽 100%'],
])('%j is shown as %j', (text, line) => {
  expect(toLine(text)).toBe(line);
});

test('no text can start a workflow command or break the line', () => {
  const nasty = fc.string({
    unit: fc.constantFrom(...':#[] abz%=<\r\n\t\u2028\u2029\u001b\u0085'.split('')),
  });
  fc.assert(
    fc.property(nasty, (text) => {
      const line = toLine(text);
      expect(line).not.toMatch(/^\s*::|##\[|[\p{Cc}\p{Zl}\p{Zp}]/u);
    }),
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
