import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PermanentError } from '../../../../src/domain/errors.js';
import { parseQuery, parseStatusQuery } from '../../../../src/providers/http/check-query.js';
import { findLinks, findText, isTruthy, search } from '../../../../src/providers/http/jmespath.js';

const KEYS = ['status', 'items', 'id', 'a', '"error-message"', '"x y"', '$id', '$headers', '@'];

const FUNCTIONS = [
  ...['abs', 'avg', 'ceil', 'contains', 'ends_with', 'find_first', 'find_last', 'floor'],
  ...['from_items', 'group_by', 'items', 'join', 'keys', 'length', 'lower', 'map', 'max', 'max_by'],
  ...['merge', 'min', 'min_by', 'not_null', 'pad_left', 'pad_right', 'replace', 'reverse', 'sort'],
  ...['sort_by', 'split', 'starts_with', 'sum', 'to_array', 'to_number', 'to_string', 'trim'],
  ...['trim_left', 'trim_right', 'type', 'upper', 'values', 'zip', 'nosuch', 'constructor'],
];

const LITERALS = [
  ...[
    "'x'",
    "'done'",
    "''",
    '`null`',
    '`true`',
    '`[1, 2]`',
    '`{"a": {"b": 1}}`',
    '`"x"`',
    '`-1.5`',
  ],
  ...['`9007199254740993`', '`1e400`'],
];

/** Queries as the grammar of JMESPath has them, whether they make sense or not. */
const { query: grammatical } = fc.letrec<{ query: string; call: string; binary: string }>(
  (tie) => ({
    query: fc.oneof(
      { maxDepth: 4 },
      { weight: 4, arbitrary: fc.constantFrom(...KEYS) },
      { weight: 2, arbitrary: fc.constantFrom(...LITERALS) },
      { weight: 3, arbitrary: tie('call') },
      { weight: 4, arbitrary: tie('binary') },
    ),
    call: fc
      .tuple(fc.constantFrom(...FUNCTIONS), fc.array(tie('query'), { maxLength: 4 }), fc.boolean())
      .map(
        ([name, args, isByKey]) => `${name}(${[...args, ...(isByKey ? ['&id'] : [])].join(', ')})`,
      ),
    binary: fc
      .tuple(
        fc.constantFrom(
          ...['A.B', 'A | B', 'A || B', 'A && B', 'A == B', 'A < B', '!A', '(A)', 'A[0]', 'A[]'],
          ...['A[*].B', 'A.*', 'A[?B]', 'A[1:3]', 'A[::-1]', 'A[::0]', 'A + B', 'A - B', 'A / B'],
          ...['A // B', 'A % B', '-A', '{a: A, b: B}', '[A, B]', 'let $v = A in B', '$v', '$.A'],
        ),
        tie('query'),
        tie('query'),
      )
      .map(([form, a, b]) => form.replace(/[AB]/g, (sign) => (sign === 'A' ? a : b))),
  }),
);

/** Any text, a query, and one with some of its signs doubled, left out or replaced. */
const text = fc.oneof(
  { weight: 4, arbitrary: grammatical },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        grammatical,
        fc.nat(40),
        fc.nat(3),
        fc.constantFrom('', '`', "'", '"', '(', '[', '-', '\\', '\0', '\ud800'),
      )
      .map(([query, at, cut, sign]) => query.slice(0, at) + sign + query.slice(at + cut)),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);

const body = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, 'done', 7, [], {}, { status: 'done' }),
  fc.record(
    {
      status: fc.constantFrom('done', '', null, 3, { a: 1 }),
      items: fc.array(
        fc.dictionary(fc.constantFrom('id', 'a', 'toString', '__proto__'), fc.jsonValue()),
        { maxLength: 3 },
      ),
      id: fc.oneof(fc.string(), fc.integer()),
      a: fc.jsonValue({ maxDepth: 3 }),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
);
const contextOf = (value: unknown) => ({
  body: value,
  id: 'job-1',
  status: 200,
  headers: { location: '/x' },
});

const isAccepted = (query: string): boolean => {
  try {
    return parseQuery(query) === query;
  } catch {
    return false;
  }
};

test('any text is taken as it is, or refused with its name and what is wrong', () => {
  fc.assert(
    fc.property(text, fc.constantFrom(parseQuery, parseStatusQuery), (query, parse) => {
      try {
        expect(parse(query)).toBe(query);
      } catch (error) {
        expect(error).toMatchObject({ name: 'Error' });
        expect((error as Error).message).toMatch(
          /^“.*” (is not a JMESPath query: it cannot be parsed at position \d|cannot be evaluated: |is a constant)/s,
        );
      }
    }),
    { numRuns: 1000 },
  );
});

describe('a query that is accepted', () => {
  test('finds something or nothing in any body, or ends in a typed error', () => {
    fc.assert(
      fc.property(text.filter(isAccepted), body, (query, any) => {
        const context = contextOf(any);
        for (const find of [search, findText, isTruthy, findLinks]) {
          try {
            find(context, query);
          } catch (error) {
            expect(error).toBeInstanceOf(PermanentError);
            expect(any).not.toBeUndefined();
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

test('a constant is no query of a status, whatever is piped into it', () => {
  const constant = fc.constantFrom("'done'", '`true`', '`["done"]`', "join('', ['do', 'ne'])");
  fc.assert(
    fc.property(grammatical.filter(isAccepted), constant, (query, end) => {
      for (const text of [end, `(${query}) | ${end}`, `@ | (status | ${end})`]) {
        fc.pre(isAccepted(text));
        expect(() => parseStatusQuery(text)).toThrow('is a constant');
      }
    }),
    { numRuns: 300 },
  );
});

test('a call that is refused works on no response', () => {
  const call = fc
    .tuple(fc.constantFrom(...FUNCTIONS), fc.nat(5))
    .map(([name, count]) => `${name}(${Array(count).fill('@').join(', ')})`);
  fc.assert(
    fc.property(call, body, (query, any) => {
      fc.pre(!isAccepted(query) && any !== undefined);
      expect(() => search(contextOf(any), query)).toThrow(PermanentError);
    }),
    { numRuns: 500 },
  );
});
