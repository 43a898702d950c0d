import { expect, test } from '@jest/globals';
import type { Outcome } from '../../../src/domain/job.js';
import { toOutputs } from '../../../src/output/outputs.js';
import { createSanitizer } from '../../../src/text/sanitizer.js';
import { createSecrets } from '../../../src/text/secrets.js';
import { outcome } from '../../support/outcome.js';

const sanitizer = createSanitizer(createSecrets(() => undefined));

/** GitHub takes 1 MiB for all outputs of a job; the issue leaves room for the other outputs. */
const MOST_BYTES = 900_000;

/** One job of many, which has failed. */
const failed = (number: number, changes: Partial<Outcome>): Outcome =>
  outcome({
    requestId: `job-${number}`,
    ...{ status: 'Failure', reason: 'job-failed', providerStatus: 'FAILED' },
    ...{ polls: 3, elapsedMs: 1234 },
    ...changes,
  });

const outcomes = (count: number, changes: (number: number) => Partial<Outcome>): Outcome[] =>
  Array.from({ length: count }, (_, number) => failed(number, changes(number)));

/** The outputs of these outcomes, and how large those are that grow with the jobs. */
function outputsOf(all: readonly Outcome[], response = '') {
  const { outputs, allJobs, note } = toOutputs({ outcomes: all, response }, sanitizer);
  const { jobs = '', response: shown = '' } = outputs;
  const bytes = Buffer.byteLength(jobs) + Buffer.byteLength(shown);
  const parsed = JSON.parse(jobs) as Record<string, unknown>[];
  return { outputs, note, bytes, jobs: parsed, all: JSON.parse(allJobs) as typeof parsed };
}

test('jobs that fit are the same in the output and in the file, and nothing is said', () => {
  const { jobs, all, note } = outputsOf(outcomes(100, () => ({ message: 'x'.repeat(1000) })));
  expect(jobs).toEqual(all);
  expect(note).toBe('');
});

test.each([
  ['3,000', 300, 3000, 2048],
  ['1,000', 1000, 1000, 512],
  ['300', 2000, 300, 128],
  ['400', 3000, 400, 0],
])('messages of %s characters in %d jobs are cut to fit', (_, count, length, cut) => {
  const { jobs, all, note, bytes, outputs } = outputsOf(
    outcomes(count, () => ({ message: 'x'.repeat(length) })),
    'r'.repeat(200_000),
  );
  expect(bytes).toBeLessThan(MOST_BYTES);
  expect(jobs).toHaveLength(count);
  expect(note).toBe(
    `Messages in the outputs are cut at ${cut} characters; jobsFile has them whole`,
  );
  expect(all.every(({ message }) => message === 'x'.repeat(length))).toBe(true);
  const shown = cut === 0 ? '' : `${'x'.repeat(cut)}… (${length.toLocaleString('en')} characters)`;
  expect(jobs.every(({ message }) => message === shown)).toBe(true);
  expect(outputs.message?.split('\n')[0]).toBe(shown);
});

test('the longest messages are cut, and short ones stay whole', () => {
  const { jobs } = outputsOf(
    outcomes(2000, (number) => ({ message: number % 10 === 0 ? 'x'.repeat(5000) : 'short' })),
  );
  expect(jobs[0]?.message).toMatch(/^x{512}… \(5,000 characters\)$/);
  expect(jobs[1]?.message).toBe('short');
});

test('characters of several bytes are counted as GitHub counts them', () => {
  const { bytes, jobs } = outputsOf(
    outcomes(2000, () => ({ message: '漢'.repeat(400) })),
    '漢'.repeat(100_000),
  );
  expect(bytes).toBeLessThan(MOST_BYTES);
  expect(jobs).toHaveLength(2000);
});

test('where links alone are too long, the last jobs are left out of the output and not of the file', () => {
  const { jobs, all, note, bytes } = outputsOf(
    outcomes(2000, (number) => ({
      status: 'Successful',
      reason: '',
      filePath: `https://a.example/${number}.csv?sig=${'s'.repeat(1000)}`,
    })),
  );
  expect(bytes).toBeLessThan(MOST_BYTES);
  expect(jobs.length).toBeGreaterThan(400);
  expect(jobs).toEqual(all.slice(0, jobs.length));
  expect(all).toHaveLength(2000);
  expect(note).toBe(
    `The outputs hold only the first ${jobs.length} of 2000 jobs, without messages; jobsFile has them all`,
  );
});
