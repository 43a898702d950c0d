import { describe, expect, test } from '@jest/globals';
import { createSecrets } from '../../../src/text/secrets.js';

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

test('a secret of several lines is hidden line by line, but not what all PEM texts share', () => {
  const masked: string[] = [];
  const secrets = createSecrets((value) => masked.push(value));
  secrets.add('-----BEGIN PRIVATE KEY-----\nMIIabc\nMIIdef\n-----END PRIVATE KEY-----');
  expect(secrets.redact('x MIIabc y MIIdef')).toBe('x *** y ***');
  expect(masked).not.toContain('-----BEGIN PRIVATE KEY-----');
});

test('a secret that is added again is not masked again', () => {
  const masked: string[] = [];
  const secrets = createSecrets((value) => masked.push(value));
  secrets.add('abc/def-1');
  const before = masked.length;
  secrets.add('abc/def-1');
  expect(masked).toHaveLength(before);
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

test.each([
  ['is hidden', 'ab&lt;cd', 'ab<cd', '***'],
  ['is shown where too little is left', '%41%42%43', 'ABC', 'ABC'],
])('a secret without its escapes %s', (_, secret, text, shown) => {
  const secrets = createSecrets(() => undefined);
  secrets.add(secret);
  expect(secrets.redact(text)).toBe(shown);
});

describe('of the beginning of a text', () => {
  const secrets = createSecrets(() => undefined);
  secrets.add("ab'cdef-1");

  test('a secret that begins in it is redacted whole', () => {
    expect(secrets.redactStart("12ab'cdef-134", 5)).toBe('12***');
  });

  test.each([
    ...["ab'", "ab'\\", "ab'\\u", "ab'\\u0", "ab'\\u00", "ab'\\u006"],
    ...["ab'%", "ab'%6", 'ab&', 'ab&ap', "ab'&#", "ab'&#9", "ab'&#x", "ab'&#x6", 'ab\uFFFD'],
  ])('what a cut has left of a secret is redacted: %s', (end) => {
    expect(secrets.redactStart(`1 & 2 % ${end}`, 100, true)).toBe('1 & 2 % ***');
    expect(secrets.redactStart(`1 & 2 % ${end}`, 100, false)).toBe(`1 & 2 % ${end}`);
  });

  test.each([
    ...[
      '%C3',
      '%C3%',
      '%C3%B',
      '%25C3',
      '%C3%BC%E2',
      '%C3%BC%E2%',
      '%C3%BC%E2%82',
      '%C3%BC%E2%82%A',
    ],
    ...['ü€%F0', 'ü€%F0%', 'ü€%F0%9F', 'ü€%F0%9F%', 'ü€%F0%9F%91', 'ü€%F0%9F%91%8'],
  ])('what a cut in a character of several bytes has left is redacted: /%s', (end) => {
    const known = createSecrets(() => undefined);
    known.add('/ü€👍-secret');
    expect(known.redactStart(`1 & 2 % /${end}`, 100, true)).toBe('1 & 2 % ***');
  });

  test.each(['%C3%A4', '%E2%82%AC', '%F0%9F%91%8D'])(
    'a whole character of several bytes stays at the end of a cut: %s',
    (character) => {
      expect(secrets.redactStart(character, 100, true)).toBe(character);
    },
  );

  test('a whole secret before what a cut has left is redacted too', () => {
    expect(secrets.redactStart("ab'cdef-1 ab'", 100, true)).toBe('*** ***');
  });

  test.each([
    [100, '***'],
    [101, "ab'"],
    [500, '***'],
    [16 * 1024, '***'],
    [16 * 1024 + 1, '***'],
    [16 * 1024 + 2, "ab'"],
    [128 * 1024, '***'],
  ])('a text of %d characters ends in %s', (length, end) => {
    const shown = secrets.redactStart(`${' '.repeat(length - 3)}ab'`, length);
    expect(shown.trimStart()).toBe(end);
  });
});
