import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fitPauseMs, pauseMs, type Schedule } from '../../../src/wait/schedule.js';

const standard: Schedule = { intervalMs: 1000, maxIntervalMs: 30_000 };
const schedules = fc
  .tuple(fc.integer({ min: 500, max: 60_000 }), fc.integer({ min: 500, max: 600_000 }))
  .map(([a, b]) => ({ intervalMs: Math.min(a, b), maxIntervalMs: Math.max(a, b) }));
const chance = fc.double({ min: 0, max: 1, noNaN: true });

/** When the polls of a wait that never ends are asked, in milliseconds. */
function polls(timeoutMs: number, schedule: Schedule, random: () => number): number[] {
  const times = [0];
  for (let atMs = 0; atMs < timeoutMs; times.push(atMs)) {
    atMs += fitPauseMs(pauseMs(atMs, schedule, random()), timeoutMs - atMs, schedule);
    if (times.length > 10_000) throw new Error('the polls have no end');
  }
  return times;
}

test('a pause is never under interval and never over max-interval', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e8 }), schedules, chance, (ageMs, schedule, random) => {
      const pause = pauseMs(ageMs, schedule, random);
      expect(pause).toBeGreaterThanOrEqual(schedule.intervalMs);
      expect(pause).toBeLessThanOrEqual(schedule.maxIntervalMs);
    }),
  );
});

test('a pause is a tenth of the age, less at most 10 % by chance', () => {
  fc.assert(
    fc.property(fc.integer({ min: 20_000, max: 300_000 }), chance, (ageMs, random) => {
      const pause = pauseMs(ageMs, standard, random);
      expect(pause).toBeLessThanOrEqual(ageMs / 10 + 0.001);
      expect(pause).toBeGreaterThanOrEqual((ageMs / 10) * 0.9);
    }),
  );
});

test('chance does spread the pauses', () => {
  expect(pauseMs(100_000, standard, 1)).toBeLessThan(pauseMs(100_000, standard, 0) - 100);
});

test.each([
  [0, 0, 1000],
  [10_000, 0, 1000],
  [100_000, 0, 10_000],
  [100_000, 1, 9500],
  [300_000, 0, 30_000],
  [3_600_000, 0, 30_000],
  [3_600_000, 1, 28_500],
])('at an age of %d ms, where chance is %d, the pause is %d ms', (ageMs, random, expected) => {
  expect(pauseMs(ageMs, standard, random)).toBe(expected);
});

const even: Schedule = { intervalMs: 10_000, maxIntervalMs: 15_000 };

test.each([
  [20_000, 21_000, standard, 20_000],
  [20_000, 20_999, standard, 20_999],
  [20_000, 5000, standard, 5000],
  [30_000, 30_000, standard, 30_000],
  [30_000, 30_500, standard, 29_500],
  [12_000, 19_999, even, 19_999],
  [12_000, 20_000, even, 10_000],
  [20_000, -1, standard, 0],
])(
  'a pause of %d ms with %d ms left, by %j, becomes %d ms',
  (pause, leftMs, schedule, expected) => {
    expect(fitPauseMs(pause, leftMs, schedule)).toBe(expected);
  },
);

test('the last poll falls on the deadline', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4_000_000 }),
      schedules,
      chance,
      (timeoutMs, schedule, random) => {
        expect(polls(timeoutMs, schedule, () => random).at(-1)).toBeCloseTo(timeoutMs, 3);
      },
    ),
  );
});

test('the last pauses are bent to the deadline within interval and max-interval', () => {
  const gaps = (timeoutMs: number) => {
    const times = polls(timeoutMs, standard, () => 0);
    return times.slice(1).map((time, index) => time - (times[index] ?? 0));
  };
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 4_000_000 }), (timeoutMs) => {
      const all = gaps(timeoutMs);
      expect(Math.min(...all)).toBeGreaterThan(999.99);
      expect(Math.max(...all)).toBeLessThan(30_000.01);
    }),
  );
});

test('the end of a job is noticed late by at most 10 % of its length plus interval', () => {
  const lengths = fc.integer({ min: 1, max: 6 * 3_600_000 });
  fc.assert(
    fc.property(lengths, chance, (lengthMs, random) => {
      const times = polls(6 * 3_600_000, standard, () => random);
      const noticed = times.find((time) => time >= lengthMs) ?? Infinity;
      expect(noticed - lengthMs).toBeLessThanOrEqual(lengthMs / 10 + standard.intervalMs);
    }),
  );
});

test.each([0, 0.5, 1])('ten minutes cost at most 60 polls where chance is always %d', (random) => {
  expect(polls(600_000, standard, () => random).length).toBeLessThanOrEqual(60);
});
