import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSecrets } from '../../../src/text/secrets.js';
import { duration, excerpt, quote, toLine } from '../../../src/text/inert.js';

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

test.each([
  [0, '0ms'],
  [340, '300ms'],
  [1649, '1.6s'],
  [59_990, '1m'],
  [134_000, '2m 14s'],
  [5_400_000, '1h 30m'],
])('%d ms is %s', (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test('a secret is masked and redacted in every form in which it travels', () => {
  const masked: string[] = [];
  const secrets = createSecrets((value) => masked.push(value));
  const secret = 'p@ss "wörd"+/&';
  secrets.add(secret);
  const forms = [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
    new URLSearchParams({ s: secret }).toString().slice(2),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  ];
  for (const form of forms) {
    expect(masked).toContain(form);
    expect(secrets.redact(`<${form}>`)).toBe('<***>');
  }
});

test('a secret in JSON is found behind any escapes', () => {
  const secrets = createSecrets(() => undefined);
  secrets.add('abc/def-1');
  expect(secrets.redactJson('{"a":"abc\\/def\\u002d1"}')).toBe('{"a":"***"}');
  expect(secrets.redactJson('{ "a" : 1 }')).toBe('{ "a" : 1 }');
  expect(secrets.redactJson('not JSON abc/def-1')).toBe('not JSON ***');
});

test('a secret of several lines is hidden line by line, but not what all PEM texts share', () => {
  const masked: string[] = [];
  const secrets = createSecrets((value) => masked.push(value));
  secrets.add('-----BEGIN PRIVATE KEY-----\nMIIabc\nMIIdef\n-----END PRIVATE KEY-----');
  expect(secrets.redact('x MIIabc y MIIdef')).toBe('x *** y ***');
  expect(masked).not.toContain('-----BEGIN PRIVATE KEY-----');
});

test('an empty secret masks nothing', () => {
  const masked: string[] = [];
  const secrets = createSecrets((value) => masked.push(value));
  secrets.add('');
  expect(masked).toEqual([]);
  expect(secrets.redact('text')).toBe('text');
});

test('a secret that holds another is redacted whole', () => {
  const secrets = createSecrets(() => undefined);
  secrets.add('abc');
  secrets.add('abcdef');
  expect(secrets.redact('x abcdef y abc')).toBe('x *** y ***');
});
