import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  errorMessage,
  isFalse,
  isObject,
  joinErrors,
  objectsIn,
  parseJson,
  quoteUnsafeIntegers,
  refuseEndlessJson,
  secondsToMs,
  toJson,
  toNumber,
  toText,
  withKnownKeys,
} from '../../../src/providers/json.js';
import { errorFields } from '../../support/poll.js';

test('an integer keeps all its digits: as a number up to 2^53, as a text above', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (integer) => {
      const { id, list } = parseJson(`{"id": ${integer}, "list": [ ${integer}]}`) as {
        id: number | string;
        list: unknown[];
      };
      expect(BigInt(id)).toBe(integer);
      expect(list).toEqual([id]);
      expect(typeof id).toBe(Number.isSafeInteger(Number(integer)) ? 'number' : 'string');
    }),
    { numRuns: 1000 },
  );
});

test('any other JSON is what JSON.parse makes of it', () => {
  const digits = fc.stringMatching(/^\d{16,20}$/);
  const text = fc.oneof(
    fc.string(),
    digits,
    fc.tuple(fc.string(), digits).map((all) => all.join('')),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 4 }, text, fc.integer(), fc.boolean(), tie('list'), tie('object')),
    list: fc.array(tie('any'), { maxLength: 4 }),
    object: fc.dictionary(text, tie('any'), { maxKeys: 4 }),
  })).any;
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2), (any, space) => {
      const json = JSON.stringify(any, undefined, space);
      expect(parseJson(json)).toEqual(JSON.parse(json));
    }),
    { numRuns: 500 },
  );
});

test('fractions and exponents stay numbers', () => {
  const json = '[12345678901234567.5, 1.5e20, 1E+20, 0.1234567890123456789]';
  expect(parseJson(json)).toEqual(JSON.parse(json));
});

test.each([
  ['{"a":9007199254740993}', '{"a":"9007199254740993"}'],
  ['{"a":-9007199254740993 }', '{"a":"-9007199254740993" }'],
  ['[1000000000000000000000,"x"]', '["1000000000000000000000","x"]'],
  ['{"a":9007199254740991}', '{"a":9007199254740991}'],
  ['{"9007199254740993":1}', '{"9007199254740993":1}'],
  ['"9007199254740993', '"9007199254740993'],
  ['"a" 9007199254740993', '"a" "9007199254740993"'],
  ['{"a\\"9007199254740993":9007199254740993}', '{"a\\"9007199254740993":"9007199254740993"}'],
  ['{"a\\\\":9007199254740993}', '{"a\\\\":"9007199254740993"}'],
  ['{"":9007199254740993}', '{"":"9007199254740993"}'],
  ['[9007199254740993.5]', '[9007199254740993.5]'],
  ['[0009007199254740993]', '[0009007199254740993]'],
])('%s is written as %s', (text, quoted) => {
  expect(quoteUnsafeIntegers(text)).toBe(quoted);
});

describe('JSON of more than 250,000 values', () => {
  const refusal = (body: string) => {
    try {
      refuseEndlessJson(body);
      return undefined;
    } catch (error) {
      return errorFields(error);
    }
  };
  const list = (values: number) => `[${'1,'.repeat(values - 1)}1]`;

  test('is refused', () => {
    expect(refusal(list(250_001))).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message:
        'the response holds over 250,000 values, which is no status; is this the URL of one job?',
    });
    expect(refusal(` ${'{'.repeat(250_001)}`)).toHaveProperty('message');
    expect(refusal('['.repeat(250_001))).toHaveProperty('message');
    expect(refusal(`[${'"",'.repeat(250_000)}""]`)).toHaveProperty('message');
  });

  test('is let be where it has as many as that, or where they are signs of a text', () => {
    expect(refusal(list(250_000))).toBeUndefined();
    expect(refusal(`[${'"",'.repeat(249_999)}""]`)).toBeUndefined();
    expect(refusal(`["${','.repeat(300_000)}"]`)).toBeUndefined();
    expect(refusal(','.repeat(300_000))).toBeUndefined();
    expect(refusal(`x[${','.repeat(300_000)}`)).toBeUndefined();
  });
});

test.each([
  [' a ', 'a'],
  [7, '7'],
  [0, '0'],
  [true, ''],
  [null, ''],
  [undefined, ''],
  [{}, ''],
])('%j is “%s” as text', (value, text) => {
  expect(toText(value)).toBe(text);
});

test('a text of more than 16 KiB is cut, so that it shows', () => {
  const limit = 16 * 1024;
  expect(toText('a'.repeat(limit))).toHaveLength(limit);
  expect(toText('a'.repeat(limit + 1))).toHaveLength(limit + 1);
  expect(toText('a'.repeat(limit + 2))).toHaveLength(limit + 1);
  expect(toJson(['a'.repeat(limit)])).toHaveLength(limit);
});

test.each([false, 'false', 'False ', 0, '0'])('the flag %j says no', (flag) => {
  expect(isFalse(flag)).toBe(true);
});

test.each([true, 'no', '', null, undefined, 1])('the flag %j does not', (flag) => {
  expect(isFalse(flag)).toBe(false);
});

test.each([
  [7, 7],
  ['7.5', 7.5],
  [' 7 ', 7],
  ['', undefined],
  [' ', undefined],
  ['7a', undefined],
  [Infinity, undefined],
  [null, undefined],
  [true, undefined],
])('%j is %j as a number', (value, number) => {
  expect(toNumber(value)).toBe(number);
});

test('seconds are 0 milliseconds where they are none', () => {
  expect(secondsToMs('1.5')).toBe(1500);
  expect(secondsToMs('soon')).toBe(0);
});

test('of a list the objects are taken', () => {
  expect(objectsIn([{ a: 1 }, 'b', null, [{}]])).toEqual([{ a: 1 }]);
  expect(objectsIn({ a: 1 })).toEqual([]);
  expect([{}, [], null, 'a', undefined].map(isObject)).toEqual([true, false, false, false, false]);
});

test('of errors a hundred are named, the rest is counted', () => {
  const name = (error: number) => (error === 2 ? '' : `e${error}`);
  expect(joinErrors([1, 2, 3], name)).toBe('e1; e3');
  const many = Array.from({ length: 101 }, (_, index) => index + 10);
  expect(joinErrors(many.slice(1), name)).toBe(many.slice(1).map(name).join('; '));
  expect(joinErrors(many, name)).toMatch(/^e10; .*; e109; 1 more$/);
});

test('the message of an error is its first field that has text, else all of it', () => {
  expect(errorMessage({ a: '', b: 'x', c: 'y' }, 'a', 'b', 'c')).toBe('x');
  expect(errorMessage({ a: '', d: 'z' }, 'a')).toBe('{"a":"","d":"z"}');
});

test('keys are found whatever their case, and as documented before all', () => {
  const known = withKnownKeys({ STATUS: 'a', data: [{ FileName: 1 }], Other: 2 }, [
    'status',
    'fileName',
  ]);
  expect(known).toEqual({ status: 'a', data: [{ fileName: 1 }], Other: 2 });
  expect(withKnownKeys({ STATUS: 'a', status: 'b' }, ['status'])).toMatchObject({ status: 'b' });
});
