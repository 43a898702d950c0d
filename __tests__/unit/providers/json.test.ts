import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseJson, withKnownKeys } from '../../../src/providers/json.js';

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
  ['that ends inside a string', `{"id":12345678901234567,"a":"${'\\"'.repeat(1_000_000)}`],
  ['full of escapes', `{"id":12345678901234567,"a":"${'\\n'.repeat(1_000_000)}"}`],
  ['full of quotes', `[12345678901234567${',""'.repeat(700_000)}]`],
])('a text of two megabytes %s takes no time', (_, text) => {
  const startMs = performance.now();
  try {
    parseJson(text);
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
  }
  expect(performance.now() - startMs).toBeLessThan(1500);
});

test('keys are found whatever their case, and as documented before all', () => {
  const known = withKnownKeys({ STATUS: 'a', data: [{ FileName: 1 }], Other: 2 }, [
    'status',
    'fileName',
  ]);
  expect(known).toEqual({ status: 'a', data: [{ fileName: 1 }], Other: 2 });
  expect(withKnownKeys({ STATUS: 'a', status: 'b' }, ['status'])).toMatchObject({ status: 'b' });
});
