import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JobState } from '../../../src/domain/job.js';
import {
  classify,
  combine,
  COMMON_STATUS_WORDS,
  distinctStatuses,
  normalizeStatus,
} from '../../../src/providers/status-words.js';

test.each([
  ['successful', 'success successful succeeded complete completed done finished processed'],
  ['partial', 'partial partialsuccess partiallysucceeded completedwitherrors'],
  [
    'failed',
    'failure failed error errored rejected invalid aborted cancelled canceled expired timedout',
  ],
  [
    'pending',
    'created inprogress new notstarted open pending processing queued received running scheduled started submitted waiting',
  ],
])('%s is what the common statuses say: %s', (state, statuses) => {
  for (const status of statuses.split(' '))
    expect([status, classify(status, COMMON_STATUS_WORDS)]).toEqual([status, state]);
});

test.each(['Timed Out', 'TIMED_OUT', 'timed-out', 'timedOut'])(
  '%s is the status timedout',
  (status) => {
    expect(classify(status, COMMON_STATUS_WORDS)).toBe('failed');
  },
);

test.each(['marinating', '', 'constructor', 'suc.cess'])('%j is unknown', (status) => {
  expect(classify(status, COMMON_STATUS_WORDS)).toBe('unknown');
});

test('the first list that knows a status decides', () => {
  expect(classify('done', { pending: ['DONE'] }, COMMON_STATUS_WORDS)).toBe('pending');
});

test.each<[JobState[], JobState]>([
  [['successful', 'successful'], 'successful'],
  [['successful', 'failed'], 'partial'],
  [['successful', 'partial'], 'partial'],
  [['successful', 'partial', 'failed'], 'partial'],
  [['failed', 'partial'], 'failed'],
  [['partial', 'partial'], 'partial'],
  [['failed', 'failed'], 'failed'],
  [['failed', 'pending'], 'pending'],
  [['successful', 'unknown', 'pending'], 'unknown'],
  [[], 'pending'],
])('parts that are %j are %s together', (states, expected) => {
  expect(combine(states)).toBe(expected);
});

test('of the statuses of a response each is shown once, ten at most', () => {
  expect(distinctStatuses(['b', 'a', '', 'b'])).toEqual(['b', 'a']);
  const many = Array.from({ length: 11 }, (_, index) => `s${index}`);
  expect(distinctStatuses(many)).toEqual(many.slice(0, 10));
});

test.each([
  ['In Progress', 'inprogress'],
  ['IN_PRO-GRESS', 'inprogress'],
  ['-1', '-1'],
  ['2-A B', '2-A B'],
  ['-A', 'a'],
  ['Step 2', 'step2'],
])('%s is compared as %s', (status, normalized) => {
  expect(normalizeStatus(status)).toBe(normalized);
});

test('of one list the first meaning of a status counts', () => {
  expect(classify('x', { failed: ['X'], pending: ['X'] })).toBe('failed');
});

const KNOWN = Object.entries(COMMON_STATUS_WORDS).flatMap(([state, words]) =>
  words.map((word) => [word, state] as const),
);
/** What may stand between the letters of a status. */
const gap = fc.string({ unit: fc.constantFrom(' ', '_', '-', '\t', '\n', '\u00a0'), maxLength: 2 });
const respelt = (word: string) =>
  fc
    .tuple(gap, ...Array.from(word, (letter) => fc.tuple(fc.mixedCase(fc.constant(letter)), gap)))
    .map((parts) => parts.flat().join(''));

test('a status means the same in any case, and with any blanks, `_` and `-` in it', () => {
  const known = fc
    .constantFrom(...KNOWN)
    .chain(([word, state]) => fc.tuple(respelt(word), fc.constant(state)));
  fc.assert(
    fc.property(known, ([status, state]) => {
      expect(classify(status, COMMON_STATUS_WORDS)).toBe(state);
    }),
    { numRuns: 500 },
  );
});

test('a status that is spelt in any other way is unknown', () => {
  const sign = fc.oneof(
    fc.constantFrom(...Array.from('.,:!1dDſıİ\u212a\u0435\u200b\u0301\u2010\uff44\0')),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  );
  /** A known status with a sign more, or another one in place of a letter. */
  const nearlyKnown = fc
    .tuple(fc.constantFrom(...KNOWN), fc.nat(20), fc.nat(1), sign)
    .map(([[word], at, cut, other]) => word.slice(0, at) + other + word.slice(at + cut));
  const inFullWidth = fc
    .constantFrom(...KNOWN)
    .map(([word]) =>
      word.replace(/[a-z]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
    );
  const known = new RegExp(`^(${KNOWN.map(([word]) => word).join('|')})$`, 'i');
  const lettersOnly = (text: string) => Array.from(text).filter((one) => !/[\s_-]/.test(one));
  fc.assert(
    fc.property(fc.oneof(nearlyKnown, inFullWidth, fc.string({ unit: 'binary' })), (status) => {
      const letters = lettersOnly(status).join('');
      fc.pre(!known.test(letters));
      expect(classify(status, COMMON_STATUS_WORDS)).toBe('unknown');
    }),
    { numRuns: 1000 },
  );
});

test('a number is another one with another sign or digit, and never a word', () => {
  const number = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ noNaN: true }));
  fc.assert(
    fc.property(number, number, (one, other) => {
      fc.pre(one !== other);
      expect(classify(String(one), { successful: [String(other)] }, COMMON_STATUS_WORDS)).toBe(
        'unknown',
      );
    }),
    { numRuns: 500 },
  );
});
