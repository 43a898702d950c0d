import { expect, test } from '@jest/globals';
import { TransientError } from '../../../src/domain/errors.js';
import { kinds, see, wait } from '../../support/wait.js';

const minute = 60_000;
const down = new TransientError('HTTP 503: down', 'unreachable');

test('with fail-fast, the wait for the others ends at once when one has failed', async () => {
  const { outcomes, asked } = await wait(
    (_, atMs, id) => see(id === 'b' && atMs >= 5000 ? 'failed' : 'pending', 'RUNNING'),
    { ids: ['a', 'b', 'c'], failFast: true },
  );
  expect(outcomes.map(({ status, reason }) => [status, reason])).toEqual([
    ['Pending', 'cancelled'],
    ['Failure', 'job-failed'],
    ['Pending', 'cancelled'],
  ]);
  expect(outcomes[0]?.message).toBe('cancelled, since job b has failed (`fail-fast`)');
  expect(outcomes[0]).toMatchObject({ timedOut: false, providerStatus: 'RUNNING' });
  expect(Math.max(...asked.map(({ atMs }) => atMs))).toBe(5000);
});

test('with fail-fast, a job that waited for its turn is not polled any more', async () => {
  const ids = Array.from({ length: 30 }, (_, index) => `job-${index}`);
  const { outcomes, asked } = await wait(
    (_, __, id) => ({
      result: see(id === 'job-0' ? 'failed' : 'pending'),
      takesMs: id === 'job-0' ? 1000 : 5000,
    }),
    { ids, failFast: true },
  );
  // The failed one has made room for one more by then.
  expect(asked.length).toBeLessThanOrEqual(11);
  expect(outcomes.slice(1).map(({ status, reason }) => `${status} ${reason}`)).toEqual(
    ids.slice(1).map(() => 'Pending cancelled'),
  );
});

test('with fail-fast, a job that runs out of time does not end the last poll of another', async () => {
  const { outcomes } = await wait(
    (_, atMs, id) => ({
      result: see(id === 'b' && atMs === minute ? 'successful' : 'pending'),
      takesMs: id === 'b' ? 200 : 100,
    }),
    { ids: ['a', 'b'], timeoutMs: minute, failFast: true },
  );
  expect(outcomes.map(({ status, reason }) => [status, reason])).toEqual([
    ['Pending', 'timed-out'],
    ['Successful', ''],
  ]);
});

test('with fail-fast and timeout: 0, every job is polled once', async () => {
  const ids = Array.from({ length: 30 }, (_, index) => `job-${index}`);
  const { outcomes, asked } = await wait(() => ({ result: see('pending'), takesMs: 100 }), {
    ids,
    timeoutMs: 0,
    failFast: true,
  });
  expect(asked.map(({ id }) => id)).toEqual(ids);
  expect(new Set(outcomes.map(({ reason }) => reason))).toEqual(new Set(['timed-out']));
});

test('without fail-fast, a failed job leaves the others alone', async () => {
  const { outcomes } = await wait(
    (poll, _, id) => see(id === 'a' ? 'failed' : poll < 5 ? 'pending' : 'successful'),
    { ids: ['a', 'b'] },
  );
  expect(outcomes.map(({ status }) => status)).toEqual(['Failure', 'Successful']);
});

test('a job that is only seen queued is stuck at queue-timeout, when its last poll falls', async () => {
  const { outcome, times } = await wait(() => see('pending', 'QUEUED'), {
    queueTimeoutMs: 5 * minute,
  });
  expect(outcome).toMatchObject({
    status: 'Pending',
    reason: 'stuck-in-queue',
    timedOut: false,
    providerStatus: 'QUEUED',
    elapsedMs: 5 * minute,
    message: 'still QUEUED after 5m, longer than `queue-timeout`',
  });
  expect(times.at(-1)).toBe(5 * minute);
});

test('a job that has left the queue may go back to it and is waited for', async () => {
  const { outcome } = await wait(
    (poll, atMs) =>
      atMs > 20 * minute ? see('successful') : see('pending', poll === 2 ? 'RUNNING' : 'QUEUED'),
    { queueTimeoutMs: 5 * minute },
  );
  expect(outcome).toMatchObject({ status: 'Successful', reason: '' });
});

test('a job whose status was never read is not stuck, and is polled no faster for it', async () => {
  const { outcome, times } = await wait(() => ({ result: down, retryAfterMs: 20_000 }), {
    queueTimeoutMs: 1000,
    timeoutMs: 2 * minute,
  });
  expect(outcome.reason).toBe('unreachable');
  expect(times).toEqual([0, 20_000, 40_000, 60_000, 80_000, 100_000, 120_000]);
});

test('a queue-timeout that ends within the interval does not shorten the pause', async () => {
  const { outcome, times } = await wait(() => see('pending', 'QUEUED'), { queueTimeoutMs: 1500 });
  expect(times).toEqual([0, 1000, 2000]);
  expect(outcome.reason).toBe('stuck-in-queue');
});

test('a job that has left the queue is polled as if there were no queue-timeout', async () => {
  const timesWith = async (queueTimeoutMs: number | undefined) =>
    (await wait(() => see('pending', 'RUNNING'), { queueTimeoutMs })).times;
  expect(await timesWith(5 * minute + 1)).toEqual(await timesWith(undefined));
});

test('a job whose status was never read is polled as usual once queue-timeout is over', async () => {
  const { times } = await wait(
    (poll) => (poll === 1 ? { result: down, retryAfterMs: 20_000 } : down),
    { queueTimeoutMs: 20_000, timeoutMs: minute },
  );
  expect(times.slice(0, 3)).toEqual([0, 20_000, 22_000]);
});

test('an error at queue-timeout does not hide that the job was only seen queued', async () => {
  const { outcome } = await wait((poll) => (poll === 1 ? see('pending', 'QUEUED') : down), {
    queueTimeoutMs: minute,
  });
  expect(outcome).toMatchObject({ reason: 'stuck-in-queue', elapsedMs: minute });
});

test('Retry-After is obeyed, also where it reaches past queue-timeout', async () => {
  const { outcome, times } = await wait(
    () => ({ result: see('pending', 'QUEUED'), retryAfterMs: 40_000 }),
    { queueTimeoutMs: minute },
  );
  expect(times).toEqual([0, 40_000, 80_000]);
  expect(outcome.reason).toBe('stuck-in-queue');
});

test('an answer that the id is not known yet does not count as having left the queue', async () => {
  const { outcome } = await wait(
    (poll) =>
      poll === 1
        ? { state: 'failed', providerStatus: 'UNKNOWN_ID', needsGrace: true }
        : see('pending', 'QUEUED'),
    { queueTimeoutMs: minute },
  );
  expect(outcome.reason).toBe('stuck-in-queue');
});

test('warn-after tells once of a long wait, with what is left', async () => {
  const { events } = await wait(
    (_, atMs, id) => see(atMs > 20 * minute || id === 'a' ? 'successful' : 'pending', 'RUNNING'),
    { ids: ['a', 'b'], warnAfterMs: 5 * minute },
  );
  const [event, ...more] = kinds(events, 'long-wait');
  expect(more).toEqual([]);
  expect(event).toMatchObject({
    elapsedMs: 5 * minute,
    jobs: [{ requestId: 'a' }, { requestId: 'b' }],
  });
});

test('a wait that is shorter than warn-after tells nothing, and ends without it', async () => {
  const { events, outcome } = await wait((poll) => see(poll < 3 ? 'pending' : 'successful'), {
    warnAfterMs: 60 * minute,
  });
  expect(outcome.elapsedMs).toBeLessThan(minute);
  expect(kinds(events, 'long-wait')).toEqual([]);
});
