import { describe, expect, test } from '@jest/globals';
import { createTextIndex, replaceRanges } from '../../../src/text/text-index.js';

function indexOf(...texts: readonly string[]) {
  const index = createTextIndex();
  for (const text of texts) index.add(text);
  return index;
}

/** What is found in a text, each with its place. */
const found = (texts: readonly string[], text: string) =>
  indexOf(...texts)
    .find(text)
    .map(([start, end]) => `${start} ${text.slice(start, end)}`);

describe('a text is added', () => {
  test.each([
    ['first', [], 'abc', true],
    ['once', ['abc'], 'abc', false],
    ['beside another', ['abc'], 'xyz', true],
    ['that begins another', ['abcdef'], 'abc', true],
    ['that another begins', ['abc'], 'abcdef', true],
    ['that shares its beginning with another', ['abcdef'], 'abcxyz', true],
    ['that is only where two others part', ['abcdef', 'abcxyz'], 'abc', true],
    ['unless it is empty', [], '', false],
  ])('%s', (_, before, text, isNew) => {
    expect(indexOf(...before).add(text)).toBe(isNew);
  });
});

describe('what is found', () => {
  test.each([
    ['nothing without texts', [], 'abc', []],
    ['nothing in an empty text', ['abc'], '', []],
    ['a text wherever it stands', ['abc'], 'abc-abc', ['0 abc', '4 abc']],
    ['the longest of several at one place', ['abc', 'abcdef'], 'xabcdefx', ['1 abcdef']],
    ['the shorter one where the longer one does not go on', ['abc', 'abcdef'], 'abcdex', ['0 abc']],
    ['texts that overlap', ['abcd', 'cdef'], 'abcdef', ['0 abcd', '2 cdef']],
    [
      'each text of those that share a beginning',
      ['abcd', 'abxy'],
      'abxyabcd',
      ['0 abxy', '4 abcd'],
    ],
    ['not what texts have in common', ['abcd', 'abxy'], 'ab', []],
    ['not a beginning at the end', ['abcd'], 'xxabc', []],
    ['a text at the end', ['abcd'], 'xxabcd', ['2 abcd']],
  ])('is %s', (_, texts, text, expected) => {
    expect(found(texts, text)).toEqual(expected);
  });

  test('is all the rest where a search would take too long', () => {
    const index = indexOf('a'.repeat(10_000));
    const text = 'a'.repeat(9000);
    const [range, ...more] = index.find(text);
    expect(more).toEqual([]);
    expect(range?.[0]).toBeGreaterThan(400);
    expect(range?.[0]).toBeLessThan(1000);
    expect(range?.[1]).toBe(9000);
  });

  test('is exact in a long text, if no place of it takes long', () => {
    const index = indexOf(`${'a'.repeat(50)}b`);
    expect(index.find('a'.repeat(100_000))).toEqual([]);
  });
});

describe('where a text was cut off', () => {
  test.each([
    ['the longest end that begins one of them', ['abcdef'], 'xxabcd', 2],
    ['an end that begins the other of two', ['abcdef', 'cdxy'], 'xxbcd', 3],
    ['one character', ['abcdef'], 'xxa', 2],
    ['the whole text', ['abcdef'], 'abc', 0],
    ['a text that stands there whole', ['abc'], 'xabc', 1],
    ['none', ['abcdef'], 'xxabcx', 6],
    ['none without texts', [], 'abc', 3],
  ])('is told by %s', (_, texts, text, at) => {
    expect(indexOf(...texts).findCutOff(text)).toBe(at);
  });

  test('is exact in a long text, if no place of it takes long', () => {
    expect(indexOf('a'.repeat(100)).findCutOff('x'.repeat(100_000))).toBe(100_000);
  });

  test('is where the search stops, if it would take too long', () => {
    const index = indexOf(`${'a'.repeat(10_000)}b`);
    const at = index.findCutOff(`${'a'.repeat(9000)}c`);
    expect(at).toBeGreaterThan(400);
    expect(at).toBeLessThan(1000);
  });
});

describe('ranges are replaced', () => {
  test.each<[string, [number, number][], string]>([
    [
      'one by one',
      [
        [1, 2],
        [3, 5],
      ],
      '0*2*56789',
    ],
    [
      'in whatever order they come',
      [
        [3, 5],
        [1, 2],
      ],
      '0*2*56789',
    ],
    [
      'once where they overlap',
      [
        [1, 4],
        [3, 6],
      ],
      '0*6789',
    ],
    [
      'once where one holds the other',
      [
        [1, 8],
        [3, 5],
      ],
      '0*89',
    ],
    [
      'each where they touch',
      [
        [1, 3],
        [3, 5],
      ],
      '0**56789',
    ],
    [
      'at both ends',
      [
        [0, 2],
        [8, 10],
      ],
      '*234567*',
    ],
    ['unless there are none', [], '0123456789'],
  ])('%s', (_, ranges, expected) => {
    expect(replaceRanges('0123456789', ranges, '*')).toBe(expected);
  });

  test.each<[string, [number, number][], string]>([
    ['before the end', [[1, 3]], '0*34'],
    ['over the end, whole', [[3, 8]], '012*'],
    ['behind the end, not at all', [[5, 8]], '01234'],
  ])('of a text that is cut: %s', (_, ranges, expected) => {
    expect(replaceRanges('0123456789', ranges, '*', 5)).toBe(expected);
  });
});
