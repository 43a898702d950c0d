import { describe, expect, test } from '@jest/globals';
import { search } from '../../../../src/providers/http/jmespath.js';

const context = (body: unknown) => ({ body, id: 'job-1', status: 200, headers: {} });

describe('what a query may cost is limited:', () => {
  const large = 'x'.repeat(1_000_000);
  const list = Array.from({ length: 300_000 }, () => 1);
  const items = Array.from({ length: 12_000 }, (_, id) => ({ id }));
  test.each([
    ["pad_left('x', `10485761`)", 'pad_left() would make over 10 MiB'],
    ["pad_right('x', `10485761`)", 'pad_right() would make over 10 MiB'],
    ["join(text, ['a','b','c','d','e','f','g','h','i','j','k'])", 'join() would make over 10 MiB'],
    [
      "join('', [text,text,text,text,text,text,text,text,text,text,text])",
      'join() would make over 10 MiB',
    ],
    ["replace('aaaaaaaaaaa', 'a', text)", 'replace() would make over 10 MiB'],
    ["replace('aaaaaaaaaa', '', text)", 'replace() would make over 10 MiB'],
    ['reverse(text)', 'reverse() would make over 10 MiB'],
    ["split(text, '')", 'split() would make over 10 MiB'],
    ["split(text, 'x')", 'split() would make over 10 MiB'],
    ["[pad_left('x', `6000000`), pad_left('x', `6000000`)]", 'pad_left() would make over 10 MiB'],
  ])('%s', (query, message) => {
    expect(() => search(context({ text: large }), query)).toThrow(message);
  });

  test.each([
    ["length(pad_left('x', `10485760`))", 10_485_760],
    ["length(join(text, ['a','b']))", 1_000_002],
    ["length(replace('aaa', 'a', text))", 3_000_000],
    ["length(replace(text, 'ab', 'cd'))", 1_000_000],
    ['length(reverse(list))', 300_000],
    ['length(items[].id)', 12_000],
    ["length(split(text, 'y'))", 1],
    ["length(reverse('abc'))", 3],
  ])('while %s is let be', (query, expected) => {
    expect(search(context({ text: large, list, items }), query)).toBe(expected);
  });

  test('and each query has the whole of it', () => {
    const query = "length(pad_left('x', `6000000`))";
    expect([search(context({}), query), search(context({}), query)]).toEqual([6e6, 6e6]);
  });

  test('one that compares each with each ends', () => {
    const items = Array.from({ length: 3000 }, (_, id) => ({ id }));
    const query = 'let $items = items in items[].[let $one = id in length($items[?id == $one])]';
    expect(() => search(context({ items }), query)).toThrow('it takes over 500 ms');
  });
});
