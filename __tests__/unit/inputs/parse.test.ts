import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDurationMs, parseSize, parseTime } from '../../../src/inputs/parse.js';
import { duration, size } from '../../../src/text/format.js';

/** What a function gives, or the message of its error. */
function attempt<T>(parse: () => T): T | string {
  try {
    return parse();
  } catch (error) {
    expect(error).toMatchObject({ name: 'Error' });
    return (error as Error).message;
  }
}

/** Any text, and text that is nearly what an input takes. */
const text = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('0', '0.5', '1.5', '90', '9007199254740993', '9'.repeat(400), '-1', '1e3'),
      fc.constantFrom('', ' ', '\n'),
      fc.constantFrom('', 'h', 'M', 's', 'ms', 'd', 'b', 'kB', 'GiB', 'h1m', 's1m'),
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
  fc.double().map(String),
  fc.bigInt().map(String),
  fc
    .array(
      fc.constantFrom(
        ...['0', '1', '9', '90', '576', '0.5', '.', '-', '+', 'e5', ' ', ',', ':', 'ſ', '\u0663'],
        ...['h', 'H', 'm', 's', 'ms', 'd', 'kB', 'GiB', 'b', '9'.repeat(400), '1e400', 'Infinity'],
        ...['2026', '-11-25', 'T10:00', ':00Z', '1764064800', '000'],
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('')),
);

describe('any text', () => {
  test.each(['zero', 'above zero'] as const)(
    'is no duration, or one from %s to 24 days',
    (least) => {
      fc.assert(
        fc.property(text, (any) => {
          const ms = attempt(() => parseDurationMs(any, least));
          if (typeof ms === 'string') return;
          expect(ms).toBeGreaterThanOrEqual(least === 'zero' ? 0 : Number.MIN_VALUE);
          expect(ms).toBeLessThanOrEqual(24 * 24 * 3_600_000);
        }),
        { numRuns: 500 },
      );
    },
  );

  test('is no size, or a whole number of bytes', () => {
    fc.assert(
      fc.property(text, (any) => {
        const bytes = attempt(() => parseSize(any));
        if (typeof bytes === 'string') return;
        expect(Number.isInteger(bytes)).toBe(true);
        expect(bytes).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });

  test('is no time, or one that a date can show', () => {
    fc.assert(
      fc.property(text, (any) => {
        const ms = attempt(() => parseTime(any));
        if (typeof ms !== 'number') return;
        expect(new Date(ms).toISOString()).toMatch(/^\d{4}-/);
      }),
      { numRuns: 500 },
    );
  });
});

test('a duration is read as it is written, from a second to a day', () => {
  const ageMs = fc.oneof(
    fc.integer({ min: 1000, max: 60_000 }),
    fc.integer({ min: 1000, max: 86_399_499 }),
  );
  fc.assert(
    fc.property(ageMs, (ms) => {
      const read = parseDurationMs(duration(ms), 'zero');
      expect(Math.abs(read - ms)).toBeLessThanOrEqual(ms < 60_000 ? 51 : 500);
    }),
    { numRuns: 500 },
  );
});

test('a size is read as it is written, but for the digits that are left out', () => {
  const anySize = fc
    .double({ min: 0, max: 14.9, noNaN: true })
    .map((power) => Math.round(10 ** power));
  fc.assert(
    fc.property(anySize, (bytes) => {
      const read = parseSize(size(bytes));
      expect(Math.abs(read - bytes)).toBeLessThanOrEqual(bytes / 150);
    }),
    { numRuns: 500 },
  );
});
