import { expect, test } from '@jest/globals';
import { createDownloadDeadline } from '../../../src/download/download-deadline.js';

const minute = 60_000;

/** A deadline of a wait that begins at 0, and what sets its clock. */
function deadlineAt(timeoutMs: number) {
  let nowMs = 0;
  const deadline = createDownloadDeadline(timeoutMs, { now: () => nowMs });
  return {
    giveUpAtMs: (progressAtMs: number) => {
      nowMs = Math.max(nowMs, progressAtMs);
      return deadline.giveUpAtMs(progressAtMs);
    },
    progress: (atMs: number) => {
      nowMs = atMs;
      deadline.noteProgress();
    },
  };
}

test.each([
  ['long before the deadline', 0, 2 * minute],
  ['a minute before the deadline', 29 * minute, 30 * minute],
  ['just before the deadline', 30 * minute - 1000, 30 * minute + 4000],
  ['at the deadline', 30 * minute, 30 * minute + 5000],
  ['by a poll that was late', 30 * minute + 3000, 30 * minute + 5000],
])('a report that is begun %s and never comes is given up in time', (_, startMs, endMs) => {
  expect(deadlineAt(30 * minute).giveUpAtMs(startMs)).toBe(endMs);
});

test('a report that makes progress after the deadline is given up five seconds after its last', () => {
  const deadline = deadlineAt(minute);
  deadline.progress(5 * minute);
  expect(deadline.giveUpAtMs(5 * minute)).toBe(5 * minute + 5000);
});

test('a report that had to wait for its turn has five seconds as long as others make progress', () => {
  const deadline = deadlineAt(minute);
  deadline.progress(5 * minute);
  expect(deadline.giveUpAtMs(5 * minute + 1000)).toBe(5 * minute + 5000);
  deadline.progress(5 * minute + 2000);
  expect(deadline.giveUpAtMs(5 * minute + 1000)).toBe(5 * minute + 6000);
});

test('a report that waits for its turn behind others that never come has no time of its own', () => {
  const deadline = deadlineAt(minute);
  expect(deadline.giveUpAtMs(minute)).toBe(minute + 5000);
  expect(deadline.giveUpAtMs(minute + 5000)).toBe(minute + 5000);
});

test('one report that makes progress keeps no other alive for more than two minutes', () => {
  const deadline = deadlineAt(30 * minute);
  deadline.progress(20 * minute);
  expect(deadline.giveUpAtMs(10 * minute)).toBe(12 * minute);
});

test('with timeout: 0 all reports have five seconds from the first one', () => {
  const deadline = deadlineAt(0);
  expect(deadline.giveUpAtMs(20_000)).toBe(25_000);
  expect(deadline.giveUpAtMs(24_000)).toBe(25_000);
});
