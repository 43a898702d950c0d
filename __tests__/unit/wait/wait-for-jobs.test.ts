import { expect, test } from '@jest/globals';
import { CredentialsRejected, PermanentError, TransientError } from '../../../src/domain/errors.js';
import type { WaitEvent } from '../../../src/wait/events.js';
import { everyMinute } from '../../../src/wait/heartbeat.js';
import { kinds, see, wait } from '../../support/wait.js';

const minute = 60_000;
const down = new TransientError('HTTP 503: down', 'unreachable');
const notFound = new PermanentError('HTTP 404: no such job', 'not-found', { needsGrace: true });

test('a finished job costs one poll and no time', async () => {
  const { outcome, times } = await wait(() => see('successful'));
  expect(outcome).toMatchObject({ status: 'Successful', reason: '', polls: 1, elapsedMs: 0 });
  expect(times).toEqual([0]);
});

test('polls come every interval at first, then a tenth of the age apart, at most max-interval', async () => {
  const { times } = await wait(() => see('pending'));
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(times.slice(0, 11)).toEqual(Array.from({ length: 11 }, (_, index) => index * 1000));
  expect(pauses[20]).toBeCloseTo((times[20] ?? 0) / 10, 0);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
});

test('a job that never ends is given up at the deadline, where the last poll falls', async () => {
  const { outcome, times } = await wait(() => see('pending', 'RUNNING'), {
    timeoutMs: 10 * minute,
  });
  expect(times.at(-1)).toBe(10 * minute);
  expect(times.length).toBeLessThanOrEqual(60);
  expect(outcome).toMatchObject({
    status: 'Pending',
    reason: 'timed-out',
    timedOut: true,
    providerStatus: 'RUNNING',
    elapsedMs: 10 * minute,
  });
  expect(outcome.message).toMatch(/^still RUNNING after 10m and \d+ polls$/);
});

test('a job that ends in the last pause is noticed by the poll on the deadline', async () => {
  const { outcome } = await wait((_, atMs) => see(atMs < 599_999 ? 'pending' : 'successful'), {
    timeoutMs: 10 * minute,
  });
  expect(outcome).toMatchObject({ status: 'Successful', timedOut: false });
});

test('a poll under way at the deadline may take five more seconds', async () => {
  const { asked } = await wait(() => see('pending'), { timeoutMs: minute });
  expect(asked[0]?.requestDeadlineMs).toBe(minute);
  expect(asked.at(-1)).toMatchObject({ atMs: minute, requestDeadlineMs: minute + 5000 });
});

test('Retry-After of an error is obeyed', async () => {
  const { times } = await wait((poll) =>
    poll === 1 ? { result: down, retryAfterMs: 17_000 } : see('successful'),
  );
  expect(times).toEqual([0, 17_000]);
});

test('Retry-After of a useful response is obeyed', async () => {
  const { times } = await wait((poll) =>
    poll === 1 ? { result: see('pending'), retryAfterMs: 40_000 } : see('successful'),
  );
  expect(times).toEqual([0, 40_000]);
});

test('Retry-After does not reach past the deadline', async () => {
  const { times, outcome } = await wait(
    () => ({ result: see('pending'), retryAfterMs: 3_600_000 }),
    {
      timeoutMs: minute,
    },
  );
  expect(times).toEqual([0, minute]);
  expect(outcome.reason).toBe('timed-out');
});

test('Retry-After does not shorten a pause', async () => {
  const { times } = await wait((poll) =>
    poll < 3 ? { result: see('pending'), retryAfterMs: 10 } : see('successful'),
  );
  expect(times).toEqual([0, 1000, 2000]);
});

test('transient errors do not end a wait in which the provider has responded once', async () => {
  const { outcome, events } = await wait((poll, atMs) => {
    if (poll === 1) return see('pending');
    return atMs < 20 * minute ? down : see('successful');
  });
  expect(outcome.status).toBe('Successful');
  expect(kinds(events, 'poll-failed')).toHaveLength(outcome.polls - 2);
});

test('two minutes of nothing but transient errors end it', async () => {
  const { outcome, times } = await wait(() => down);
  expect(outcome).toMatchObject({
    status: 'Error',
    reason: 'unreachable',
    timedOut: false,
    elapsedMs: 2 * minute,
  });
  expect(outcome.message).toBe('HTTP 503: down; no useful response');
  expect(times.at(-1)).toBe(2 * minute);
});

const wordless = (shape = '{state: string}') =>
  new TransientError('HTTP 200 has no status at `status-query` “status”', 'bad-response', {
    hint: `The response is ${shape}. Is \`state\` the status?`,
  });

test('two minutes without a status end it as a bad response, with the way out in the message', async () => {
  const { outcome, times } = await wait(() => wordless());
  expect(outcome).toMatchObject({
    status: 'Error',
    reason: 'bad-response',
    timedOut: false,
    elapsedMs: 2 * minute,
  });
  expect(outcome.message).toBe(
    'HTTP 200 has no status at `status-query` “status”; no useful response. The response is {state: string}. Is `state` the status?',
  );
  expect(outcome.hint).toBeUndefined();
  expect(times.at(-1)).toBe(2 * minute);
});

test('a status that goes missing after a useful response is polled for until the deadline', async () => {
  const { outcome } = await wait((poll) => (poll === 1 ? see('pending', 'RUNNING') : wordless()), {
    timeoutMs: 10 * minute,
  });
  expect(outcome).toMatchObject({
    status: 'Pending',
    reason: 'timed-out',
    elapsedMs: 10 * minute,
  });
  expect(outcome.message).toMatch(/still RUNNING.*the last poll failed: HTTP 200 has no status/);
});

test('the way out is shown once, even where each response looks different', async () => {
  const { events } = await wait((poll) => wordless(`{key-${poll}: string}`));
  expect(kinds(events, 'poll-failed').length).toBeGreaterThan(10);
  expect(kinds(events, 'warning')).toEqual([
    { kind: 'warning', requestId: 'job-1', message: expect.stringContaining('{key-1: string}') },
  ]);
});

test('the two minutes do not cut a longer Retry-After', async () => {
  const { outcome, times } = await wait((poll) =>
    poll === 1 ? { result: down, retryAfterMs: 5 * minute } : see('successful'),
  );
  expect(times).toEqual([0, 5 * minute]);
  expect(outcome.status).toBe('Successful');
});

test('a Retry-After that comes when the two minutes are over does not extend them', async () => {
  const { outcome } = await wait((_, atMs) =>
    atMs < 2 * minute ? down : { result: down, retryAfterMs: minute },
  );
  expect(outcome).toMatchObject({ reason: 'unreachable', elapsedMs: 2 * minute });
});

test('a provider that has responded about one job is not unreachable for another', async () => {
  const { outcomes } = await wait(
    (_, atMs, id) => {
      if (id === 'good') return see(atMs < 3 * minute ? 'pending' : 'successful');
      return atMs < 6 * minute ? down : see('successful');
    },
    { ids: ['bad', 'good'] },
  );
  expect(outcomes.map(({ status }) => status)).toEqual(['Successful', 'Successful']);
});

test('a deadline before any useful response is an error, not a pending job', async () => {
  const { outcome } = await wait(() => new TransientError('HTML', 'bad-response'), {
    timeoutMs: minute,
  });
  expect(outcome).toMatchObject({ status: 'Error', reason: 'bad-response', timedOut: true });
});

test('errors at the deadline are told beside the last status', async () => {
  const { outcome } = await wait((poll) => (poll === 1 ? see('pending', 'RUNNING') : down), {
    timeoutMs: minute,
  });
  expect(outcome).toMatchObject({
    status: 'Pending',
    reason: 'timed-out',
    providerStatus: 'RUNNING',
  });
  expect(outcome.message).toMatch(/still RUNNING.*the last poll failed: HTTP 503: down/);
});

test('a permanent error ends it at once', async () => {
  const { outcome, times } = await wait(() => new CredentialsRejected('HTTP 401: no'));
  expect(outcome).toMatchObject({ status: 'Error', reason: 'rejected', message: 'HTTP 401: no' });
  expect(times).toHaveLength(1);
});

test('an unknown id is believed once it has lasted for not-found-grace', async () => {
  const { outcome, times } = await wait(() => notFound);
  expect(outcome).toMatchObject({ status: 'Error', reason: 'not-found' });
  expect(times.filter((atMs) => atMs >= 15_000)).toHaveLength(1);
});

test('an unknown id is believed at the third poll at the earliest, however long that takes', async () => {
  const { outcome, times } = await wait(() => notFound, {
    intervalMs: 20_000,
    maxIntervalMs: 20_000,
  });
  expect(outcome.reason).toBe('not-found');
  expect(times).toEqual([0, 20_000, 40_000]);
});

test('not-found-grace: 0 still takes three polls', async () => {
  const { outcome, times } = await wait(() => notFound, { notFoundGraceMs: 0 });
  expect(outcome.reason).toBe('not-found');
  expect(times).toEqual([0, 1000, 2000]);
});

test('an id that is still unknown at the deadline has run out of time', async () => {
  const { outcome } = await wait(() => notFound, { timeoutMs: 10_000, notFoundGraceMs: minute });
  expect(outcome).toMatchObject({ status: 'Error', reason: 'not-found', timedOut: true });
});

test('an unknown id is believed by the poll that falls on the end of not-found-grace', async () => {
  const { times } = await wait(() => notFound, { notFoundGraceMs: 5000 });
  expect(times).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
});

test('a job that goes on needs no grace', async () => {
  const { outcome } = await wait((poll) => ({
    ...see(poll < 5 ? 'pending' : 'successful'),
    needsGrace: poll < 5,
  }));
  expect(outcome).toMatchObject({ status: 'Successful', polls: 5 });
});

test('a not-found-grace of more than two minutes lasts as long', async () => {
  const { outcome } = await wait(() => notFound, { notFoundGraceMs: 5 * minute });
  expect(outcome).toMatchObject({ reason: 'not-found', elapsedMs: 5 * minute });
});

test('a not-found-grace of more than two minutes keeps no wait for a provider that is down', async () => {
  const { outcome } = await wait(() => down, { notFoundGraceMs: 5 * minute });
  expect(outcome).toMatchObject({ reason: 'unreachable', elapsedMs: 2 * minute });
});

test('an id that is unknown for less than not-found-grace is not given up', async () => {
  const { outcome } = await wait((_, atMs) => (atMs < 14_000 ? notFound : see('successful')));
  expect(outcome.status).toBe('Successful');
});

test('an id that becomes unknown has not-found-grace from its last useful response', async () => {
  const { outcome, times } = await wait((_, atMs) =>
    atMs < 5 * minute ? see('pending', 'RUNNING') : notFound,
  );
  const lastUsefulMs = times.filter((atMs) => atMs < 5 * minute).at(-1) ?? 0;
  expect(outcome).toMatchObject({ reason: 'not-found', providerStatus: 'RUNNING' });
  expect(outcome.elapsedMs - lastUsefulMs).toBeGreaterThanOrEqual(15_000);
  expect(times.filter((atMs) => atMs >= 5 * minute)).toHaveLength(3);
});

test('an id that is unknown in the middle for a moment changes nothing', async () => {
  const { outcome } = await wait((poll, atMs) => {
    if (poll === 20 || poll === 21) return notFound;
    return see(atMs < 10 * minute ? 'pending' : 'successful');
  });
  expect(outcome.status).toBe('Successful');
});

test('a link that never comes leaves a success once not-found-grace is over, warned of', async () => {
  const linkless = { ...see('successful'), needsGrace: true, warning: 'no link' };
  const { outcome, times, events } = await wait(() => linkless);
  expect(outcome).toMatchObject({ status: 'Successful', timedOut: false });
  expect(times.filter((atMs) => atMs >= 15_000)).toHaveLength(1);
  expect(kinds(events, 'warning')).toHaveLength(1);
});

test('a transient error does not start the count of unknown ids anew, a response does', async () => {
  const responses = [notFound, notFound, see('pending'), notFound, down, notFound, notFound];
  const { outcome, times } = await wait((poll) => responses[poll - 1] ?? see('successful'), {
    notFoundGraceMs: 0,
  });
  expect(outcome.reason).toBe('not-found');
  expect(times).toHaveLength(responses.length);
});

test('an unknown status is pending, warned of once and named when time runs out', async () => {
  const { outcome, events } = await wait(() => see('unknown', 'MARINATING'), { timeoutMs: minute });
  expect(outcome).toMatchObject({ status: 'Pending', reason: 'timed-out' });
  expect(outcome.message).toBe(
    'status `MARINATING` is not classified; add it to `success-statuses`, or whichever list fits; still so after 1m and 30 polls',
  );
  expect(kinds(events, 'warning')).toEqual([
    {
      kind: 'warning',
      requestId: 'job-1',
      message:
        'status `MARINATING` is not classified; add it to `success-statuses`, or whichever list fits',
    },
  ]);
});

test('an unknown status ends it where on-unknown-status is fail', async () => {
  const { outcome, times } = await wait(() => see('unknown', 'MARINATING'), {
    onUnknownStatus: 'fail',
  });
  expect(outcome).toMatchObject({
    status: 'Error',
    reason: 'unknown-status',
    providerStatus: 'MARINATING',
  });
  expect(times).toHaveLength(1);
});

test('timeout: 0 asks once', async () => {
  const { outcome, times } = await wait(() => see('pending', 'RUNNING'), { timeoutMs: 0 });
  expect(outcome).toMatchObject({ status: 'Pending', reason: 'timed-out', timedOut: true });
  expect(times).toEqual([0]);
});

test('timeout: 0 repeats a poll that failed up to three times', async () => {
  const { outcome, times } = await wait(() => down, { timeoutMs: 0 });
  expect(outcome).toMatchObject({ status: 'Error', reason: 'unreachable', timedOut: true });
  expect(times).toHaveLength(4);
});

test('timeout: 0 takes the response that comes after an error', async () => {
  const { outcome, times } = await wait((poll) => (poll < 3 ? down : see('pending')), {
    timeoutMs: 0,
  });
  expect(outcome.status).toBe('Pending');
  expect(times).toHaveLength(3);
});

test('timeout: 0 grants an unknown id three more polls, and not the whole grace', async () => {
  const { outcome, times } = await wait(() => notFound, { timeoutMs: 0 });
  expect(outcome.reason).toBe('not-found');
  expect(times).toHaveLength(4);
});

test('every change of the status is told once, and the wait tells once a minute that it lives', async () => {
  const { events } = await wait((_, atMs) =>
    see(atMs < 10 * minute ? 'pending' : 'successful', atMs < 3 * minute ? 'QUEUED' : 'RUNNING'),
  );
  const observed = kinds(events, 'observed') as Extract<WaitEvent, { kind: 'observed' }>[];
  expect(
    observed.map(({ observation }) => `${observation.providerStatus} ${observation.state}`),
  ).toEqual(['QUEUED pending', 'RUNNING pending']);
  expect(kinds(events, 'progress')).toHaveLength(10);
});

test('many jobs at a silent provider do not outlast the deadline by more than one round', async () => {
  const ids = Array.from({ length: 200 }, (_, index) => `job-${index}`);
  const { outcomes, asked } = await wait(
    (_, atMs) => ({ result: down, takesMs: Math.min(30_000, 7000 - atMs) }),
    { ids, timeoutMs: 2000 },
  );
  expect(Math.max(...outcomes.map(({ elapsedMs }) => elapsedMs))).toBeLessThanOrEqual(7000);
  for (const { atMs, requestDeadlineMs } of asked) {
    expect(atMs).toBeLessThan(7000);
    expect(requestDeadlineMs).toBeLessThanOrEqual(7000);
  }
  expect(new Set(outcomes.map(({ reason }) => reason))).toEqual(new Set(['unreachable']));
});

test('an unknown id at the deadline does not undo what is known of the job', async () => {
  const { outcome } = await wait(
    (_, atMs) => (atMs < minute ? see('pending', 'RUNNING') : notFound),
    {
      timeoutMs: minute,
    },
  );
  expect(outcome).toMatchObject({ status: 'Pending', reason: 'timed-out', timedOut: true });
  expect(outcome.message).toContain('the last response was: HTTP 404: no such job');
});

test('each job whose success is odd is warned of', async () => {
  const odd = { ...see('successful'), warning: 'no link' };
  const { events } = await wait(() => odd, { ids: ['a', 'b'] });
  expect(kinds(events, 'warning')).toEqual([
    { kind: 'warning', requestId: 'a', message: 'no link' },
    { kind: 'warning', requestId: 'b', message: 'no link' },
  ]);
});

test('Retry-After of a limit holds for every job, that of another error for its own', async () => {
  const run = (isRateLimit: boolean) => {
    const busy = new TransientError('busy', 'unreachable', { isRateLimit });
    return wait(
      (poll, _atMs, id) => {
        if (id === 'limited' && poll === 1) return { result: busy, retryAfterMs: 60_000 };
        return see(poll < 3 ? 'pending' : 'successful');
      },
      { ids: ['limited', 'other'] },
    );
  };
  const timesOf = (asked: { id: string; atMs: number }[]) =>
    asked.filter(({ id }) => id === 'other').map(({ atMs }) => atMs);
  expect(timesOf((await run(true)).asked)).toEqual([0, 60_000, 66_000]);
  expect(timesOf((await run(false)).asked)).toEqual([0, 1000, 2000]);
});

test('a limit holds for the job that gets the room of the one that was limited', async () => {
  const busy = new TransientError('busy', 'unreachable', { isRateLimit: true });
  const ids = Array.from({ length: 11 }, (_, index) => `job-${index}`);
  const { asked } = await wait(
    (_, atMs, id) =>
      id === 'job-0' && atMs === 0
        ? { result: busy, retryAfterMs: minute, takesMs: 100 }
        : { result: see('successful'), takesMs: 200 },
    { ids },
  );
  expect(asked.find(({ id }) => id === 'job-10')?.atMs).toBe(minute + 100);
});

test('a limit that reaches past the deadline still leaves the poll on the deadline', async () => {
  const busy = new TransientError('busy', 'unreachable', { isRateLimit: true });
  const { times } = await wait(
    (_, atMs) => (atMs === 0 ? { result: busy, retryAfterMs: 3_600_000 } : see('successful')),
    { timeoutMs: minute },
  );
  expect(times).toEqual([0, minute]);
});

test('one job that fails for ever delays none of 99 others', async () => {
  const ids = Array.from({ length: 100 }, (_, index) => `job-${index}`);
  const { outcomes, asked } = await wait(
    (_, atMs, id) => {
      if (id === 'job-0') return { result: down, takesMs: 30_000 };
      return { result: see(atMs < 5 * minute ? 'pending' : 'successful'), takesMs: 5 };
    },
    { ids, timeoutMs: 10 * minute },
  );
  const [bad, ...good] = outcomes;
  expect(bad).toMatchObject({ status: 'Error', reason: 'unreachable' });
  for (const { status, elapsedMs } of good) {
    expect(status).toBe('Successful');
    expect(elapsedMs).toBeLessThanOrEqual(5.5 * minute + 1000);
  }
  // No job waits for its turn longer than its own pause and one round of all the others.
  const times = asked.filter(({ id }) => id === 'job-50').map(({ atMs }) => atMs);
  for (const [index, atMs] of times.slice(1).entries()) {
    const before = times[index] ?? 0;
    expect(atMs - before).toBeLessThanOrEqual(Math.max(1000, before / 10) + 1000);
  }
});

test('cancelling ends a sleep at once and keeps what is known', async () => {
  const { outcome } = await wait(() => see('pending', 'RUNNING'), { cancelAtMs: 90_500 });
  expect(outcome).toMatchObject({
    status: 'Pending',
    reason: 'cancelled',
    providerStatus: 'RUNNING',
    elapsedMs: 90_500,
  });
});

test('cancelling before the first response leaves the status unknown', async () => {
  const { outcome } = await wait(() => ({ result: see('pending'), takesMs: 5000 }), {
    cancelAtMs: 100,
  });
  expect(outcome).toMatchObject({ status: 'Error', reason: 'cancelled', elapsedMs: 100 });
});

test('several jobs are asked side by side, at most ten at once, and come back in order', async () => {
  const ids = Array.from({ length: 35 }, (_, index) => `job-${index}`);
  const { outcomes, times } = await wait(
    (poll) => ({ result: see(poll < 2 ? 'pending' : 'successful'), takesMs: 100 }),
    { ids },
  );
  const atOnce = times.map((t) => times.filter((other) => other > t - 100 && other <= t).length);
  expect(Math.max(...atOnce)).toBe(10);
  expect(outcomes.map(({ requestId }) => requestId)).toEqual(ids);
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['Successful']));
});

test('an error of the clock is no cancellation: it ends the wait as itself', async () => {
  const failure = new Error('the clock has stopped');
  const never = new AbortController().signal;
  const clock = { now: () => 0, sleep: () => Promise.reject(failure) };
  await expect(everyMinute(clock, never, () => undefined)).rejects.toBe(failure);
});
