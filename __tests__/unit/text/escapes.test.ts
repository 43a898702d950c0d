import { describe, expect, test } from '@jest/globals';
import { unescapeOnce } from '../../../src/text/escapes.js';

describe('an escape is resolved', () => {
  test.each([
    ['of JSON by its code', '\\u0041', 'A'],
    ['of JSON by its code in upper case', '\\u00FC', 'ü'],
    ['of a quotation mark', '\\"', '"'],
    ['of an apostrophe', "\\'", "'"],
    ['of a backslash', '\\\\', '\\'],
    ['of a slash', '\\/', '/'],
    ['of a backspace', '\\b', '\b'],
    ['of a form feed', '\\f', '\f'],
    ['of a line feed', '\\n', '\n'],
    ['of a carriage return', '\\r', '\r'],
    ['of a tab', '\\t', '\t'],
    ['of a URL', '%2F', '/'],
    ['of a URL in lower case', '%2f', '/'],
    ['of a URL with two bytes of UTF-8', '%C3%BC', 'ü'],
    ['of a URL with three bytes', '%e2%82%ac', '€'],
    ['of a URL with four bytes', '%F0%9F%91%8D', '👍'],
    ['of a URL with a byte of Latin-1', '%FC', 'ü'],
    ['of a URL with a first byte that no second one follows', '%C3x', 'Ãx'],
    ['of HTML by its name', '&amp;&lt;&gt;&quot;&apos;', `&<>"'`],
    ['of HTML by its code', '&#65;', 'A'],
    ['of HTML by its code in hexadecimal digits', '&#x1F44D;', '👍'],
    ['of HTML around JSON by its name', '\\&quot;', '"'],
    ['of HTML around JSON by its code', '\\&#x2f;', '/'],
    ['of HTML by the last code there is', '&#x10FFFF;', '\u{10FFFF}'],
  ])('%s', (_, text, character) => {
    expect(unescapeOnce(text)?.text).toBe(character);
  });

  test('once: an escape of an escape stays', () => {
    expect(unescapeOnce('a%2541b')?.text).toBe('a%41b');
  });

  test('wherever it stands, and all else stays', () => {
    expect(unescapeOnce('a \\u0041 b %41 c')?.text).toBe('a A b A c');
  });
});

test.each([
  'plain text',
  '100 % & more \\',
  '\\x41',
  '\\u004',
  '%4',
  '%G1',
  '&#;',
  '&#12345678;',
  '&nbsp;',
  '&#x110000;',
  '&#x1234567;',
  '&amp',
])('“%s” holds no escape', (text) => {
  expect(unescapeOnce(text)).toBeUndefined();
});

test.each([
  [0, 1, 'a'],
  [1, 2, '%2F'],
  [2, 4, 'bc'],
  [4, 5, '&#65;'],
  [5, 6, 'd'],
  [0, 6, 'a%2Fbc&#65;d'],
  [1, 5, '%2Fbc&#65;'],
])('the characters from %d to %d stand in the original as “%s”', (start, end, part) => {
  const original = 'a%2Fbc&#65;d';
  const unescaped = unescapeOnce(original);
  expect(unescaped?.text).toBe('a/bcAd');
  expect(original.slice(...(unescaped?.toOriginal([start, end]) ?? []))).toBe(part);
});

test('of many escapes each is found where it stands', () => {
  const original = 'x%41'.repeat(50);
  const unescaped = unescapeOnce(original);
  for (let index = 0; index < 50; index += 1) {
    const start = 2 * index;
    expect(unescaped?.toOriginal([start, start + 1])).toEqual([4 * index, 4 * index + 1]);
    expect(unescaped?.toOriginal([start + 1, start + 2])).toEqual([4 * index + 1, 4 * index + 4]);
  }
});
