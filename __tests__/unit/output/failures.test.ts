import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../../src/domain/job.js';
import { describeFailures } from '../../../src/output/failures.js';
import { quote } from '../../../src/text/inert.js';
import { adviceContext, outcome } from '../../support/outcome.js';

const refused = (requestId: string, changes: Partial<Outcome> = {}): Outcome =>
  outcome({
    requestId,
    ...{ status: 'Error', reason: 'rejected', problem: 'token-rejected' },
    ...{ providerStatus: '', message: 'HTTP 401: expired', elapsedMs: 100 },
    ...changes,
  });

const failed = (requestId: string, message: string): Outcome =>
  refused(requestId, {
    ...{ status: 'Failure', reason: 'job-failed', problem: undefined },
    ...{ providerStatus: 'Rejected', message },
  });

const pending = (requestId: string, providerStatus: string, polls: number): Outcome =>
  refused(requestId, {
    ...{ status: 'Pending', reason: 'timed-out', problem: 'timed-out', timedOut: true },
    ...{ providerStatus, polls, message: `still ${providerStatus} after 1m and ${polls} polls` },
  });

const advice = adviceContext({
  isHttp: true,
  loginInputs: '`token-url`, `client-id` and `client-secret`',
  jobs: 4,
});

const describeAll = (outcomes: readonly Outcome[], jobs = outcomes.length) =>
  describeFailures(outcomes, { title: 'HTTP API', advice: { ...advice, jobs }, toLine: quote }).map(
    ({ title, text, outcomes: of }) => ({ title, text, ids: of.map(({ requestId }) => requestId) }),
  );

const FRESH = 'Store a fresh token, or give `token-url`, `client-id` and `client-secret`';

test('one job: the cause first, then the advice; only the title names it', () => {
  expect(describeAll([refused('a')])).toEqual([
    {
      title: 'HTTP API: job a',
      text: `HTTP 401: expired (1 poll in 100ms). ${FRESH}`,
      ids: ['a'],
    },
  ]);
});

test('equal causes of several jobs are one, which counts them and names the first', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  expect(describeAll(ids.map((id) => refused(id)))).toEqual([
    {
      title: 'HTTP API: 5 jobs (a, b, c and 2 more)',
      text: `5 jobs (a, b, c and 2 more): HTTP 401: expired (1 poll in 100ms). ${FRESH}`,
      ids,
    },
  ]);
});

test('three jobs are all named', () => {
  expect(describeAll(['a', 'b', 'c'].map((id) => refused(id)))[0]?.title).toBe(
    'HTTP API: 3 jobs (a, b, c)',
  );
});

test('other messages and other statuses are other causes, the worst first', () => {
  const outcomes = [
    failed('a', 'not booked'),
    failed('b', 'no money'),
    failed('c', 'not booked'),
    { ...failed('d', 'not booked'), providerStatus: 'Void' },
    refused('e'),
  ];
  expect(describeAll(outcomes).map(({ text, ids }) => [text, ids])).toEqual([
    [`job e: HTTP 401: expired (1 poll in 100ms). ${FRESH}`, ['e']],
    ['HTTP API 2 jobs (a, c) failed: not booked (status `Rejected`, 1 poll in 100ms)', ['a', 'c']],
    ['HTTP API job b failed: no money (status `Rejected`, 1 poll in 100ms)', ['b']],
    ['HTTP API job d failed: not booked (status `Void`, 1 poll in 100ms)', ['d']],
  ]);
});

test('jobs that ran out of time in one status are one, however often they were polled', () => {
  const outcomes = [pending('a', 'RUNNING', 3), pending('b', 'RUNNING', 4), pending('c', 'NEW', 3)];
  expect(describeAll(outcomes).map(({ text }) => text)).toEqual([
    'Timed out: 2 jobs (a, b) are still RUNNING after 1m and 3 polls. Raise `timeout`, or set `on-timeout: continue`',
    'Timed out: job c is still NEW after 1m and 3 polls. Raise `timeout`, or set `on-timeout: continue`',
  ]);
});

test('among several jobs, a single one is named in its text too', () => {
  expect(describeAll([refused('a')], 2)[0]?.text).toBe(
    `job a: HTTP 401: expired (1 poll in 100ms). ${FRESH}`,
  );
});

describe('a name that is too long to stand before the cause', () => {
  const long = (index: number) => `orders-of-the-day-before-yesterday-${index}`;

  test('is cut where there is one job, and leaves no room for the provider', () => {
    const id = `${long(1)}-and-of-yesterday`;
    expect(describeAll([failed(id, 'not booked')])).toEqual([
      {
        title: `HTTP API: job ${id}`,
        text: 'Job orders-of-the-day-before-yesterday-1… failed: not booked (status `Rejected`, 1 poll in 100ms)',
        ids: [id],
      },
    ]);
  });

  test('is left out where there are several', () => {
    const ids = [long(1), long(2)];
    const [only] = describeAll(ids.map((id) => failed(id, 'not booked')));
    expect(only?.title).toBe(`HTTP API: 2 jobs (${ids.join(', ')})`);
    expect(only?.text).toBe(
      'HTTP API 2 jobs failed: not booked (status `Rejected`, 1 poll in 100ms)',
    );
  });
});

test('a status that the message names is not said again', () => {
  const message = 'status `Rejected` is not good';
  expect(describeAll([failed('a', message)])[0]?.text).toBe(
    `HTTP API job a failed: ${message} (1 poll in 100ms)`,
  );
});

test('a status that nobody has classified is the cause of a wait that runs out of time', () => {
  const job = {
    ...pending('a', 'ODD', 3),
    problem: 'unknown-status' as const,
    message:
      'status `ODD` is not classified; add it to `success-statuses`, or whichever list fits; still so after 1m and 3 polls',
  };
  expect(describeAll([job])[0]?.text).toBe(`Timed out: ${job.message}`);
});

describe('each reason has its sentence', () => {
  test.each<[Partial<Outcome>, string]>([
    [
      { status: 'Failure', reason: 'job-failed', providerStatus: 'VOID', message: '' },
      'HTTP API job a failed (status `VOID`, 1 poll in 100ms)',
    ],
    [
      { status: 'PartialSuccess', reason: 'partial-success', message: '2 of 3' },
      'HTTP API job a succeeded only in part: 2 of 3 (1 poll in 100ms)',
    ],
    [
      { status: 'Error', reason: 'timed-out', message: 'no answer yet' },
      'No answer yet (1 poll in 100ms)',
    ],
    [
      { status: 'Pending', reason: 'stuck-in-queue', message: 'still QUEUED after 5m' },
      'Stuck in its queue: job a is still QUEUED after 5m',
    ],
    [
      { status: 'Pending', reason: 'cancelled', message: 'the step was cancelled' },
      'The step was cancelled; job a was without a status (1 poll in 100ms)',
    ],
    [
      { status: 'Error', reason: 'download-failed', providerStatus: 'OK', message: 'no link' },
      'No link (status `OK`, 1 poll in 100ms)',
    ],
  ])('%j', (changes, text) => {
    expect(describeAll([refused('a', { ...changes, problem: undefined })])[0]?.text).toBe(text);
  });
});

test('advice that names keys of a response is as harmless as the rest', () => {
  const hint = 'the response has {a\n::error::x\u202E: string}';
  const [{ text } = { text: '' }] = describeAll([refused('a', { hint })]);
  expect(text).toBe(
    'HTTP 401: expired (1 poll in 100ms). the response has {a ::error::x : string}',
  );
});

test('thousands of equal failures are grouped in no time', () => {
  const startMs = performance.now();
  const many = Array.from({ length: 20_000 }, (_, index) => refused(`job-${index}`));
  expect(describeAll(many)[0]?.title).toBe(
    'HTTP API: 20000 jobs (job-0, job-1, job-2 and 19997 more)',
  );
  expect(performance.now() - startMs).toBeLessThan(2000);
});
