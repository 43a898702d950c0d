import { expect, test } from '@jest/globals';
import { describeShape, parseQuery } from '../../../../src/providers/http/jmespath.js';

test('a shape holds keys and types, and no value', () => {
  expect(describeShape({ a: 'secret', b: [1, 2], c: { d: { e: { f: 1 } } }, g: [], h: true })).toBe(
    '{a: string, b: [number × 2], c: {d: {e: {…}}}, g: [], h: boolean}',
  );
});

test('a query that parses is taken as it is', () => {
  expect(parseQuery("items[?state=='x'] | length(@)")).toBe("items[?state=='x'] | length(@)");
});
