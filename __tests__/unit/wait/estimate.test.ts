import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { estimateEndMs, parseShare } from '../../../src/wait/estimate.js';
import { expectedEndMs, recordProgress, trackJob } from '../../../src/wait/tracked-job.js';
import { see, wait } from '../../support/wait.js';

test.each([
  ['45 %', 0.45],
  ['45%', 0.45],
  [' 45 % ', 0.45],
  ['45', 0.45],
  ['99.5', 0.995],
  ['0.45', 0.45],
  ['0.5 %', 0.005],
  ['9 of 20', 0.45],
  ['9/20', 0.45],
  ['3 of 10 requests done', 0.3],
])('“%s” tells how far a job is', (progress, share) => {
  expect(parseShare(progress)).toBeCloseTo(share, 10);
});

test.each([
  '',
  '0',
  '1',
  '100',
  '100 %',
  '1.0',
  '20 of 20',
  '0 of 5',
  '5 of 0',
  '1200',
  '9 of 2',
  'uploading',
  '3 files',
  '-5',
  '45 %%',
])('“%s” does not tell how far a job is', (progress) => {
  expect(parseShare(progress)).toBeUndefined();
});

test('whatever a provider says of the progress, its share is between 0 and 1', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double().map(String)), (text) => {
      const share = parseShare(text) ?? 0.5;
      expect(share > 0 && share < 1).toBe(true);
    }),
  );
});

test('a job that has done a third in two minutes since a sixth needs eight more for the rest', () => {
  const minute = 60_000;
  const endMs = estimateEndMs({ atMs: minute, share: 1 / 6 }, { atMs: 3 * minute, share: 1 / 3 });
  expect(endMs).toBeCloseTo(11 * minute);
});

test('a job that came no further has no end that could be told', () => {
  expect(estimateEndMs({ atMs: 0, share: 0.5 }, { atMs: 1000, share: 0.5 })).toBeUndefined();
  expect(estimateEndMs({ atMs: 0, share: 0.5 }, { atMs: 1000, share: 0.4 })).toBeUndefined();
});

test('a progress that tells no share, or the same one again, changes nothing about the end', () => {
  const job = trackJob('job-1');
  recordProgress(job, '10 %', 1000);
  recordProgress(job, '20 %', 2000);
  recordProgress(job, 'uploading', 3000);
  recordProgress(job, '20 %', 4000);
  expect(expectedEndMs(job)).toBeCloseTo(10_000);
});

const hour = 3_600_000;
/** A job of an hour, at each poll. */
const steadyJob = (toProgress: (share: number) => string) => (_: number, atMs: number) =>
  atMs < hour
    ? { ...see('pending', 'RUNNING'), progress: toProgress(atMs / hour) }
    : see('successful');

test('a job whose progress is known is polled at the moment of its end', async () => {
  const withProgress = await wait(
    steadyJob((share) => String(share)),
    { timeoutMs: 2 * hour },
  );
  const without = await wait(
    steadyJob(() => 'uploading'),
    { timeoutMs: 2 * hour },
  );
  expect(withProgress.outcome.status).toBe('Successful');
  expect(withProgress.outcome.elapsedMs - hour).toBeLessThan(1000);
  expect(without.outcome.elapsedMs - hour).toBeGreaterThan(5000);
  expect(withProgress.times.length).toBeLessThanOrEqual(without.times.length + 2);
});

test('a progress in whole percents brings the last poll nearer to the end, too', async () => {
  const { outcome, times } = await wait(
    steadyJob((share) => `${Math.floor(share * 100)} %`),
    { timeoutMs: 2 * hour },
  );
  expect(outcome.elapsedMs - hour).toBeLessThan(15_000);
  expect(times.length).toBeLessThan(200);
});

test('an end that was expected too early changes nothing about the pauses', async () => {
  const { times } = await wait((_, atMs) => ({
    ...see('pending', 'RUNNING'),
    progress: atMs < 60_000 ? String(atMs / 100_000) : '99 %',
  }));
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1000);
  expect(times.length).toBeLessThan(110);
});
