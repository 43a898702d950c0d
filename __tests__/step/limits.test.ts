import { expect, test } from '@jest/globals';
import { jobsOf } from '../support/action.js';
import { apiServer, done, running, type Given } from '../support/api-server.js';

/** fail-fast, queue-timeout and warn-after, through the bundle. */
const { run, lines } = apiServer();

const failed: Given = { body: { status: 'failed', why: 'no such table' } };
const queued: Given = { body: { status: 'In Queue' } };
const cancels = () => lines().filter((line) => line.startsWith('POST'));

/** A server at which each job has responses of its own, by the number of its poll. */
const byJob =
  (jobs: Readonly<Record<string, readonly Given[]>>) =>
  ({ line }: { line: string }): Given => {
    const [, id = '', cancel] = /\/jobs\/(\w+)(\/cancel)?/.exec(line) ?? [];
    if (cancel !== undefined) return { status: 204, body: '' };
    const responses = jobs[id] ?? [];
    const number = lines().filter((one) => one === line).length;
    return responses[Math.min(number, responses.length) - 1] ?? {};
  };

const three = { 'request-id': 'a\nb\nc', 'cancel-url': '/jobs/{id}/cancel' };

test('fail-fast ends the wait for the others and tells cancel-url of them', async () => {
  const { exitCode, log, outputs, ms } = await run(
    { ...three, 'fail-fast': 'true', 'message-query': 'why', timeout: '30s' },
    byJob({ a: [running], b: [running, failed], c: [running] }),
  );
  expect(exitCode).toBe(1);
  expect(ms).toBeLessThan(5000);
  expect(outputs).toMatchObject({ status: 'Failure', reason: 'job-failed', timedOut: 'false' });
  expect(jobsOf({ outputs }).map(({ status, reason }) => [status, reason])).toEqual([
    ['Pending', 'cancelled'],
    ['Failure', 'job-failed'],
    ['Pending', 'cancelled'],
  ]);
  expect(jobsOf({ outputs })[0]?.message).toBe('cancelled, since job b has failed (`fail-fast`)');
  expect(cancels().sort()).toEqual(['POST /jobs/a/cancel', 'POST /jobs/c/cancel']);
  expect(log).toContain('a: the provider was asked to cancel the job: HTTP 204');
  // What failed comes before what was cancelled for it.
  const [first = ''] = /^::error.*$/m.exec(log) ?? [];
  expect(first).toMatch(
    /^::error title=HTTP API%3A job b::HTTP API job b failed: no such table \(status `failed`, \d+ polls in \S+\)$/,
  );
});

test('with fail-fast, a job that has ended before stays as it ended', async () => {
  const { outputs } = await run(
    { ...three, 'fail-fast': 'true' },
    byJob({ a: [done], b: [running, running, failed], c: [running] }),
  );
  expect(jobsOf({ outputs }).map(({ status }) => status)).toEqual([
    'Successful',
    'Failure',
    'Pending',
  ]);
  expect(cancels()).toEqual(['POST /jobs/c/cancel']);
});

test('fail-fast does not mind a partial success that is let through', async () => {
  const { exitCode, outputs } = await run(
    { ...three, 'fail-fast': 'true', 'on-partial-success': 'continue' },
    byJob({ a: [{ body: { status: 'partial' } }], b: [running, running, done], c: [done] }),
  );
  expect(exitCode).toBe(0);
  expect(jobsOf({ outputs }).map(({ status }) => status)).toEqual([
    'PartialSuccess',
    'Successful',
    'Successful',
  ]);
  expect(cancels()).toEqual([]);
});

test('fail-fast does mind a partial success that fails the step', async () => {
  const { exitCode, outputs } = await run(
    { ...three, 'fail-fast': 'true' },
    byJob({ a: [{ body: { status: 'partial' } }], b: [running], c: [running] }),
  );
  expect(exitCode).toBe(1);
  expect(jobsOf({ outputs }).map(({ reason }) => reason)).toEqual([
    'partial-success',
    'cancelled',
    'cancelled',
  ]);
});

test('without fail-fast, the others are waited for', async () => {
  const { exitCode, outputs } = await run(
    three,
    byJob({ a: [failed], b: [running, running, done], c: [done] }),
  );
  expect(exitCode).toBe(1);
  expect(jobsOf({ outputs }).map(({ status }) => status)).toEqual([
    'Failure',
    'Successful',
    'Successful',
  ]);
});

test('fail-fast takes true or false', async () => {
  const { exitCode, log } = await run({ 'fail-fast': 'yes' });
  expect(exitCode).toBe(1);
  expect(log).toContain('`fail-fast` “yes” is none of true, false');
  expect(lines()).toEqual([]);
});

const queue = { 'queue-timeout': '1s', 'queued-statuses': 'in_queue, Waiting', timeout: '20s' };

test.each(['fail', 'continue'])(
  'a job that never leaves its queue fails the step, with on-timeout: %s',
  async (onTimeout) => {
    const { exitCode, log, outputs, summary, ms } = await run(
      { ...queue, 'on-timeout': onTimeout, 'cancel-url': '/jobs/{id}/cancel' },
      byJob({ 'job-1': [queued], job: [queued] }),
    );
    expect(exitCode).toBe(1);
    expect(ms).toBeLessThan(5000);
    expect(outputs).toMatchObject({
      status: 'Pending',
      reason: 'stuck-in-queue',
      timedOut: 'false',
      providerStatus: 'In Queue',
    });
    expect(outputs.message).toMatch(
      /^still In Queue after 1(\.\d)?s, longer than `queue-timeout`$/,
    );
    expect(log).toMatch(
      /^::error .*::Stuck in its queue: job job-1 is still In Queue after 1(\.\d)?s, longer than `queue-timeout`$/m,
    );
    expect(summary).toContain('<li>Stuck in its queue: job job-1 is still In Queue after 1');
    expect(lines().at(-1)).toBe('POST /jobs/job-1/cancel');
    expect(cancels()).toHaveLength(1);
  },
);

test('a job that has left its queue is waited for as long as timeout says', async () => {
  const startMs = Date.now();
  const { exitCode, outputs } = await run(queue, (_, number) =>
    number === 1 ? queued : Date.now() - startMs < 2500 ? running : done,
  );
  expect(exitCode).toBe(0);
  expect(outputs.status).toBe('Successful');
});

test.each([{ 'queue-timeout': '1m' }, { 'queued-statuses': 'Waiting' }])(
  '%j alone is a bad input',
  async (inputs) => {
    const { exitCode, log, outputs } = await run({ ...inputs });
    expect(exitCode).toBe(1);
    expect(log).toContain(
      '`queue-timeout` and `queued-statuses` go together; give both or neither',
    );
    expect(outputs.reason).toBe('bad-input');
    expect(lines()).toEqual([]);
  },
);

test.each(['queue-timeout', 'warn-after'])('%s of zero is a bad input', async (name) => {
  const { exitCode, log } = await run({ 'queued-statuses': 'Waiting', [name]: '0' });
  expect(exitCode).toBe(1);
  expect(log).toContain(`\`${name}\` “0” must be longer than zero`);
});

test('warn-after brings one warning, and the wait goes on', async () => {
  const startMs = Date.now();
  const { exitCode, log } = await run({ 'warn-after': '0.5s' }, () =>
    Date.now() - startMs < 2000 ? running : done,
  );
  expect(exitCode).toBe(0);
  expect(log.match(/^::warning/gm)).toHaveLength(1);
  expect(log).toMatch(/^::warning::After [\d.]+m?s \(`warn-after`\) job job-1 is running$/m);
});

test('the warning about a long wait says how many of several jobs are left', async () => {
  const startMs = Date.now();
  const { log } = await run({ ...three, 'warn-after': '0.5s' }, ({ line }) =>
    line.endsWith('/a') || Date.now() - startMs > 2000 ? done : running,
  );
  expect(log).toMatch(/^::warning::After [\d.]+m?s \(`warn-after`\) 2 of 3 jobs have not ended$/m);
});

test('a wait that is over before warn-after is not warned of', async () => {
  const { exitCode, log, ms } = await run({ 'warn-after': '20s' }, [running, done]);
  expect(exitCode).toBe(0);
  expect(log).not.toContain('::warning');
  expect(ms).toBeLessThan(5000);
});
