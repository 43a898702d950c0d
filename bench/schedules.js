// How late the end of a job is noticed by different schedules, where each may spend the same number of polls.
import { table } from './support.js';

/**
 * @typedef {(atMs: number, poll: number) => number} Schedule the pause after a poll, which is counted from 1
 */

const HOUR_MS = 3_600_000;
const [SHORTEST_MS, LONGEST_MS] = [1000, 6 * HOUR_MS];
const JOBS = 4000;

/** Lengths of jobs, spread evenly over the logarithm: as many from 1 s to 10 s as from 1 h to 10 h. */
const LENGTHS_MS = Array.from(
  { length: JOBS },
  (_, index) => SHORTEST_MS * (LONGEST_MS / SHORTEST_MS) ** ((index + 0.5) / JOBS),
);

/** What comes of a schedule, over all lengths. @param {Schedule} schedule */
function tryOut(schedule) {
  const jobs = LENGTHS_MS.map((lengthMs) => {
    let [atMs, polls] = [0, 1];
    while (atMs < lengthMs) {
      atMs += schedule(atMs, polls);
      polls += 1;
    }
    return { lengthMs, polls, lateMs: atMs - lengthMs };
  });
  const mean = (/** @type {(one: (typeof jobs)[number]) => number} */ pick, all = jobs) =>
    all.reduce((sum, one) => sum + pick(one), 0) / all.length;
  const late = jobs.map(({ lateMs }) => lateMs).sort((a, b) => a - b);
  const ofShort = jobs.filter(({ lengthMs }) => lengthMs < 60_000);
  const ofLong = jobs.filter(({ lengthMs }) => lengthMs > HOUR_MS);
  return {
    polls: mean(({ polls }) => polls),
    meanS: mean(({ lateMs }) => lateMs) / 1000,
    p95S: (late[Math.floor(0.95 * JOBS)] ?? NaN) / 1000,
    shortS: mean(({ lateMs }) => lateMs, ofShort) / 1000,
    longS: mean(({ lateMs }) => lateMs, ofLong) / 1000,
  };
}

/** The parameter with which a family of schedules spends so many polls. @param {(parameter: number) => Schedule} family @param {number} polls */
function withPolls(family, polls) {
  let [low, high] = [100, 10 * HOUR_MS];
  for (let step = 0; step < 40; step += 1) {
    const middle = Math.sqrt(low * high);
    if (tryOut(family(middle)).polls > polls) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Families of schedules that are known elsewhere, by the one parameter that says how many polls they spend.
 *
 * @type {Readonly<Record<string, (parameter: number) => Schedule>>}
 */
const FAMILIES = {
  'fixed pause': (pauseMs) => () => pauseMs,
  // Of https://github.com/smithy-lang/smithy-typescript/blob/main/packages/util-waiter/src/poller.ts: doubled from
  // 1 s up to the longest, and drawn at random between the shortest and that.
  'doubling, drawn at random (smithy’s waiter)': (maxMs) => (_, poll) =>
    1000 + Math.random() * (Math.min(1000 * 2 ** (poll - 1), maxMs) - 1000),
  'doubling, without randomness': (maxMs) => (_, poll) => Math.min(1000 * 2 ** (poll - 1), maxMs),
  'a twentieth of the age': (maxMs) => (atMs) => Math.max(Math.min(atMs / 20, maxMs), 1000),
  'a fifth of the age': (maxMs) => (atMs) => Math.max(Math.min(atMs / 5, maxMs), 1000),
  'the square root of the age': (factor) => (atMs) =>
    Math.max(factor * Math.sqrt(atMs / HOUR_MS), 1000),
};

/**
 * A table of this schedule, and of others at the same number of polls.
 *
 * @param {Schedule} own
 */
export function compareSchedules(own) {
  const ours = tryOut(own);
  const row = (/** @type {string} */ name, /** @type {ReturnType<typeof tryOut>} */ one) => [
    name,
    one.polls.toFixed(0),
    `${one.meanS.toFixed(1)} s`,
    `${one.p95S.toFixed(1)} s`,
    `${one.shortS.toFixed(1)} s`,
    `${one.longS.toFixed(1)} s`,
  ];
  const others = Object.entries(FAMILIES).map(([name, family]) => {
    const parameter = withPolls(family, ours.polls);
    return row(`${name} (${(parameter / 1000).toFixed(1)} s)`, tryOut(family(parameter)));
  });
  return table(
    [
      'schedule',
      'polls, mean',
      'late, mean',
      'late, 95th percentile',
      'late, mean, jobs under 1 min',
      'late, mean, jobs over 1 h',
    ],
    [row('this schedule', ours), ...others],
  );
}
