import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findHeader, mergeHeaders, withoutHeader } from '../../../src/http/headers.js';

/** A few names, so that two sets share some, in any case. */
const name = fc.mixedCase(fc.constantFrom('a', 'x-b', 'content-type', '__proto__', 'constructor'));
/** Headers without a name that comes twice. */
const headers = fc
  .uniqueArray(fc.tuple(name, fc.string()), { selector: ([own]) => own.toLowerCase() })
  .map((entries) => Object.fromEntries(entries));
const lower = (names: readonly string[]) => names.map((own) => own.toLowerCase()).sort();

test('two sets of headers become one, in which each name stands once and the stronger wins', () => {
  fc.assert(
    fc.property(headers, headers, (weaker, stronger) => {
      const merged = mergeHeaders(weaker, stronger);
      const names = lower([...Object.keys(weaker), ...Object.keys(stronger)]);
      expect(lower(Object.keys(merged))).toEqual([...new Set(names)]);
      for (const own of names) {
        expect(findHeader(merged, own)).toBe(findHeader(stronger, own) ?? findHeader(weaker, own));
      }
    }),
    { numRuns: 200 },
  );
});

test('a header is found and left out whatever the case of its name, and no other is', () => {
  fc.assert(
    fc.property(headers, name, (all, wanted) => {
      const rest = withoutHeader(all, wanted);
      expect(findHeader(rest, wanted)).toBeUndefined();
      const others = Object.keys(all).filter((own) => own.toLowerCase() !== wanted.toLowerCase());
      expect(Object.keys(rest)).toEqual(others);
      for (const own of others) expect(findHeader(rest, own.toUpperCase())).toBe(all[own]);
    }),
    { numRuns: 200 },
  );
});
