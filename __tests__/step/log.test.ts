import { describe, expect, test } from '@jest/globals';
import type { ErrorsByNumber } from '../support/provider.js';
import { providerTest, statuses } from '../support/provider.js';

const run = providerTest('unicommerce');
const complete = { status: 'COMPLETE', filePath: 'https://reports.example/a.csv' };
const busy = { status: 503, body: 'busy', headers: { 'Content-Type': 'text/plain' } };

/** Makes `count` jobs that have ended with `status`, and gives their ids as the input takes them. */
const jobs = (
  prefix: string,
  count: number,
  status: string,
  errors: ErrorsByNumber = {},
  messageOf: (index: number) => string = () => '',
) =>
  Array.from({ length: count }, (_, index) =>
    run.simulator().createJob({
      provider: 'unicommerce',
      id: `${prefix}-${index}`,
      steps: [status === 'COMPLETE' ? complete : { status, message: messageOf(index) }],
      errors,
    }),
  ).join('\n');

/** Jobs that fail, each for a reason of its own. */
const failing = (prefix: string, count: number) =>
  jobs(prefix, count, 'FAILED', {}, (index) => `row ${index}`);

const count = (log: string, pattern: RegExp) => (log.match(pattern) ?? []).length;

describe('annotations', () => {
  test('name each failed job, with provider and job in the title', async () => {
    const { log } = await run(undefined, { 'request-id': failing('few', 3) });
    expect(count(log, /^::error /gm)).toBe(3);
    expect(log).toMatch(
      /^::error title=Unicommerce Uniware%3A job few-1::Unicommerce Uniware job few-1 failed: row 1 \(status `FAILED`, 1 poll in .*\)$/m,
    );
  });

  test('of equal causes are one, which counts the jobs and names the first', async () => {
    const ids = [jobs('equal', 5, 'FAILED'), failing('other', 1)].join('\n');
    const { log } = await run(undefined, { 'request-id': ids });
    const equal = '5 jobs (equal-0%2C equal-1%2C equal-2 and 2 more)';
    expect(count(log, /^::error /gm)).toBe(2);
    expect(log).toContain(
      `::error title=Unicommerce Uniware%3A ${equal}::Unicommerce Uniware 5 jobs failed (status \`FAILED\`, 1 poll in `,
    );
    expect(log).toContain('::Unicommerce Uniware job other-0 failed: row 0 (');
    expect(count(log, /^equal-\d: failed \(status `FAILED`, 1 poll in .*\)$/gm)).toBe(5);
  });

  test('of more than ten causes: the last has the rest, each with its message', async () => {
    const { exitCode, log } = await run(undefined, { 'request-id': failing('many', 13) });
    expect(exitCode).toBe(1);
    const errors = log.match(/^::error .*$/gm) ?? [];
    expect(errors).toHaveLength(10);
    const [head, ...rest] = errors[9]?.split('%0A') ?? [];
    expect(head).toBe(
      '::error title=4 more jobs failed::4 more jobs failed; the log names them all',
    );
    expect(rest).toEqual(
      [9, 10, 11, 12].map((index) =>
        expect.stringMatching(`^Unicommerce Uniware job many-${index} failed: row ${index} \\(`),
      ),
    );
  });

  test('of ten causes need no rest', async () => {
    const { log } = await run(undefined, { 'request-id': failing('ten', 10) });
    expect(count(log, /^::error title=Unicommerce Uniware%3A job ten-\d::/gm)).toBe(10);
    expect(count(log, /^::error /gm)).toBe(10);
  });

  test('warn ten times at most', async () => {
    const ids = jobs('odd', 12, 'COMPLETED_IN_PART', {}, (index) => `row ${index}`);
    const { exitCode, log, summary } = await run(undefined, {
      'request-id': ids,
      'partial-statuses': 'COMPLETED_IN_PART',
      'on-partial-success': 'continue',
    });
    expect(exitCode).toBe(0);
    expect(count(log, /^::warning /gm)).toBe(10);
    const text =
      /Unicommerce Uniware job odd-\d+ succeeded only in part: row \d+ \(status `COMPLETED_IN_PART`, 1 poll in [^)]*\)$/;
    expect(count(log, new RegExp(`^Warning: ${text.source}`, 'gm'))).toBe(2);
    expect(count(log, new RegExp(text.source, 'gm'))).toBe(12);
    // Nothing is advised that is set already, and the summary tells the same.
    expect(log + summary).not.toContain('on-partial-success');
    expect(summary).toContain(
      '<li>Unicommerce Uniware job odd-11 succeeded only in part: row 11 (',
    );
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

test('which of several jobs failed is told in a group, in the order given', async () => {
  const ids = [failing('first', 1), jobs('second', 1, 'COMPLETE'), failing('third', 1)].join('\n');
  const { log } = await run(undefined, { 'request-id': ids });
  const group = /::group::2 of 3 jobs failed\n([\s\S]*?)\n::endgroup::/.exec(log)?.[1]?.split('\n');
  expect(group).toEqual([
    expect.stringMatching(/^first-0: failed: row 0 \(status `FAILED`, 1 poll in \S+\)$/),
    expect.stringMatching(/^third-0: failed: row 0 \(status `FAILED`, 1 poll in \S+\)$/),
  ]);
});

test('where none of several jobs failed, there is no group', async () => {
  const { log } = await run(undefined, { 'request-id': jobs('fine', 2, 'COMPLETE') });
  expect(log).not.toContain('::group::');
});

test('a failed job is told once: while it happens where there are several, else in its annotation', async () => {
  const { log } = await run({ steps: [{ status: 'FAILED', message: 'not booked' }] });
  expect(count(log, /not booked/g)).toBe(1);
});

test('a pause that the deadline cuts is told as it was asked for, and as it is', async () => {
  const limited = { status: 429, headers: { 'Retry-After': '3600' }, body: { message: 'slow' } };
  const { log } = await run({ steps: [complete], errors: { 1: limited } }, { timeout: '2s' });
  expect(log).toMatch(
    /^ +\d+m?s {2}HTTP 429: slow; asked to wait 1h; polling again at the deadline in (2|1\.\d)s$/m,
  );
});

test('a limit to the end ends in its cause and in what to do', async () => {
  const limited = { status: 429, body: { message: 'slow' } };
  const errors = Object.fromEntries(Array.from({ length: 99 }, (_, at) => [at + 1, limited]));
  const { log } = await run({ steps: [complete], errors }, { timeout: '1s' });
  expect(log).toMatch(
    /^::error .*::Rate-limited \(HTTP 429: slow\); no useful response \(\d+ polls in \S+\)\. Raise `interval`$/m,
  );
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

test('of a thousand jobs the failures have lines, and those that go well are counted', async () => {
  const ids = [jobs('well', 990, 'COMPLETE'), failing('bad', 10)].join('\n');
  const { exitCode, log, summary } = await run(undefined, { 'request-id': ids });
  expect(exitCode).toBe(1);
  expect(count(log, /^ +[\d.ms ]+ {2}well-\d+: Successful/gm)).toBe(200);
  expect(count(log, /^ +[\d.ms ]+ {2}bad-\d+: failed: row \d/gm)).toBe(10);
  expect(count(log, /from here on only jobs that fail have lines of their own$/gm)).toBe(1);
  expect(log).toMatch(/ {2}790 lines were left out; the output jobsFile has all jobs$/m);
  expect(log.split('\n').length).toBeLessThan(300);
  expect(summary).toContain('bad-9');
});
