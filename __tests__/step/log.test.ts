import { describe, expect, test } from '@jest/globals';
import type { ErrorsByNumber } from '../support/provider.js';
import { providerTest, statuses } from '../support/provider.js';

const run = providerTest('unicommerce');
const complete = { status: 'COMPLETE', filePath: 'https://reports.example/a.csv' };
const busy = { status: 503, body: 'busy', headers: { 'Content-Type': 'text/plain' } };

/** Makes `count` jobs that have ended with `status`, and gives their ids as the input takes them. */
const jobs = (prefix: string, count: number, status: string, errors: ErrorsByNumber = {}) =>
  Array.from({ length: count }, (_, index) =>
    run.simulator().createJob({
      provider: 'unicommerce',
      id: `${prefix}-${index}`,
      steps: [status === 'COMPLETE' ? complete : { status }],
      errors,
    }),
  ).join('\n');

const count = (log: string, pattern: RegExp) => (log.match(pattern) ?? []).length;

describe('annotations', () => {
  test('name each failed job, with provider and job in the title', async () => {
    const { log } = await run(undefined, { 'request-id': jobs('few', 3, 'FAILED') });
    expect(count(log, /^::error /gm)).toBe(3);
    expect(log).toContain(
      '::error title=Unicommerce Uniware%3A job few-1::Unicommerce Uniware: job few-1: Failure (job-failed)',
    );
  });

  test('count the failed jobs after the tenth', async () => {
    const ids = jobs('many', 13, 'FAILED');
    const { exitCode, log } = await run(undefined, { 'request-id': ids });
    expect(exitCode).toBe(1);
    expect(count(log, /^::error /gm)).toBe(11);
    expect(log).toContain('::Unicommerce Uniware: 3 more jobs failed; ');
  });

  test('of ten failed jobs need no count', async () => {
    const { log } = await run(undefined, { 'request-id': jobs('ten', 10, 'FAILED') });
    expect(count(log, /^::error /gm)).toBe(10);
  });

  test('warn ten times at most', async () => {
    const ids = jobs('odd', 12, 'COMPLETED_IN_PART');
    const { exitCode, log } = await run(undefined, {
      'request-id': ids,
      'partial-statuses': 'COMPLETED_IN_PART',
      'on-partial-success': 'continue',
    });
    expect(exitCode).toBe(0);
    expect(count(log, /^::warning /gm)).toBe(10);
    expect(count(log, /^Warning: Unicommerce Uniware: job odd-\d+: PartialSuccess/gm)).toBe(2);
  });

  test('are never notices', async () => {
    const { log } = await run({ steps: [...statuses('RUNNING', 'ODD'), complete] });
    expect(log).not.toContain('::notice');
  });
});

describe('an error that comes again', () => {
  test('is numbered in the log of one job', async () => {
    const { log } = await run({ steps: [complete], errors: { 1: busy, 2: busy, 3: busy } });
    expect(log.match(/HTTP 503: .*; polling again in .*/g)?.map((line) => line.slice(-17))).toEqual(
      [
        expect.stringMatching(/polling again in|in \d+/),
        expect.stringContaining('(2 times so far)'),
        expect.stringContaining('(3 times so far)'),
      ],
    );
  });

  test('is counted in the log of many', async () => {
    const ids = jobs('busy', 20, 'COMPLETE', { 1: busy });
    const { exitCode, log } = await run(undefined, { 'request-id': ids });
    expect(exitCode).toBe(0);
    expect(count(log, /HTTP 503/g)).toBe(2);
    expect(log).toMatch(/19 more of: HTTP 503: /);
  });
});

test('how each of several jobs ended is told in a group, in the order given', async () => {
  const ids = [jobs('first', 1, 'FAILED'), jobs('second', 1, 'COMPLETE')].join('\n');
  const { log } = await run(undefined, { 'request-id': ids });
  const group = /::group::All 2 jobs\n([\s\S]*?)\n::endgroup::/.exec(log)?.[1]?.split('\n');
  expect(group).toEqual([
    expect.stringMatching(/^first-0: Failure \(job-failed\) after/),
    expect.stringMatching(/^second-0: Successful after/),
  ]);
});

describe('debug logging', () => {
  test('tells of each response, without its secrets', async () => {
    const reply = {
      status: 200,
      body: { successful: true, status: 'COMPLETE', filePath: complete.filePath },
      headers: { 'X-Request-Id': 'r-17', 'Set-Cookie': 'session=5ca1ab1e' },
    };
    const { log } = await run({ steps: [{ reply }] }, {}, { env: { RUNNER_DEBUG: '1' } });
    const line = log.split('\n').find((one) => one.startsWith('::debug::POST')) ?? '';
    expect(line).toMatch(/\/services\/rest\/v1\/export\/job\/status: HTTP 200 in \d+m?s/);
    expect(line).toContain('x-request-id: r-17');
    expect(line).toContain('set-cookie: ***');
    expect(log).not.toContain('5ca1ab1e');
  });

  test('shows no password that a provider takes in the query of its login', async () => {
    const { log, logins } = await run(
      { steps: [complete] },
      { token: '', username: 'simulator-user', password: 'simulator p@ssword/1+1' },
      { env: { RUNNER_DEBUG: '1' } },
    );
    expect(logins[0]?.line).toContain('password=');
    expect(log).toMatch(/::debug::GET .*\/oauth\/token: HTTP 200/);
    expect(log).not.toMatch(/grant_type|password=/);
  });

  test('is not there unless it is asked for', async () => {
    const { log } = await run({ steps: [complete] });
    expect(log).not.toContain('::debug::');
  });
});
