import { getEventListeners, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Cancelled, PermanentError, TransientError } from '../../../src/domain/errors.js';
import type { HttpRequest, HttpResponse } from '../../../src/http/transport.js';
import { PROVIDERS } from '../../../src/providers/index.js';
import type { ProviderSettings, StartSettings } from '../../../src/providers/provider.js';
import { startJob } from '../../../src/session/start-job.js';
import { virtualClock } from '../../support/clock.js';

/** In virtual time, with a service that does to each request what a test says. */
const provider = PROVIDERS.unicommerce.create({ statusWords: {} } as ProviderSettings);

const url = new URL('https://acme.example/start');
const start: StartSettings = {
  url,
  method: 'POST',
  headers: {},
  body: '{}',
  idQuery: '',
  idempotencyHeader: '',
  isFinal: false,
};
const withKey = { idempotencyHeader: 'Idempotency-Key' };

/** When the tests begin; their times count from then. */
const START_MS = Date.UTC(2026, 0, 1);

type Answer = Partial<HttpResponse> | Error | 'silence';
const created: Answer = { body: '{"jobCode": "job-7"}' };
const refused = new TransientError('refused', 'unreachable', { isUnsent: true });
const cut = new TransientError('closed', 'unreachable', { problem: 'connection-closed' });

interface Settings {
  readonly start?: Partial<StartSettings>;
  readonly timeoutMs?: number;
  readonly cancelAtMs?: number;
  /** Whether the step was cancelled before. */
  readonly isCancelled?: boolean;
  readonly canRenew?: boolean;
  readonly isLoginSilent?: boolean;
  /** How long a login takes, by the clock of the machine. */
  readonly loginMs?: number;
  /** Gives a token for the login number `number`, or throws. */
  readonly logIn?: (number: number) => string;
}

async function run(answer: (number: number) => Answer, settings: Settings = {}) {
  const { timeoutMs = 30 * 60_000, logIn = () => 'a-token', canRenew = true } = settings;
  const clock = virtualClock(START_MS);
  const stop = new AbortController();
  const requests: { atMs: number; request: HttpRequest }[] = [];
  const retries: string[] = [];
  let logins = 0;
  const access = () => {
    logins += 1;
    return Promise.resolve({
      headers: { Authorization: logIn(logins) },
      renew: canRenew && logins < 4 ? () => access() : undefined,
    });
  };
  const { cancelAtMs } = settings;
  if (settings.isCancelled) stop.abort(new Cancelled());
  if (cancelAtMs !== undefined) {
    void clock.sleep(cancelAtMs, stop.signal).then(() => {
      stop.abort(new Cancelled());
    });
  }
  const result = await clock.run(
    startJob(
      { ...start, ...settings.start },
      {
        provider,
        session: {
          access: async (signal) => {
            if (settings.isLoginSilent) await once(signal, 'abort');
            if (settings.loginMs !== undefined) await delay(settings.loginMs);
            signal.throwIfAborted();
            await Promise.resolve();
            return access();
          },
        },
        transport: {
          stream: () => Promise.reject(new Error('nothing is streamed')),
          async send(request, requestMs, signal) {
            requests.push({ atMs: clock.now() - START_MS, request });
            const given = answer(requests.length);
            if (given instanceof Error) throw given;
            if (given !== 'silence') return { url, status: 200, headers: {}, body: '', ...given };
            await clock.sleep(requestMs, signal);
            throw new TransientError('no complete response', 'unreachable', {
              problem: 'no-response',
            });
          },
        },
        clock,
        signal: stop.signal,
        environment: { GITHUB_RUN_ID: '7' },
        timeoutMs,
        onRetry: (message, pauseMs) => retries.push(`${message} ${pauseMs}`),
      },
    ),
  );
  return {
    ...result,
    requests,
    retries,
    times: requests.map(({ atMs }) => atMs),
    endMs: clock.now() - START_MS,
    listeners: getEventListeners(stop.signal, 'abort'),
  };
}

const first = (answer: Answer) => (number: number) => (number === 1 ? answer : created);

describe('a service that says nothing for 30 s', () => {
  test('is not asked twice', async () => {
    const { outcome, times, endMs } = await run(first('silence'));
    expect(outcome).toMatchObject({
      status: 'Error',
      reason: 'start-unknown',
      message: 'no complete response; whether the job was started is not known',
      problem: 'start-unknown',
    });
    expect([times, endMs]).toEqual([[0], 30_000]);
  });

  test('is asked again where a header makes that the same job', async () => {
    const { requestId, outcome, times, requests } = await run(first('silence'), { start: withKey });
    expect([requestId, outcome, times]).toEqual(['job-7', undefined, [0, 31_000]]);
    const [one, two] = requests.map(({ request }) => request.headers?.['Idempotency-Key']);
    expect(one).toHaveLength(36);
    expect(two).toBe(one);
  });

  test('for ever ends the tries after two minutes', async () => {
    const { outcome, endMs } = await run(() => 'silence', { start: withKey });
    expect(outcome?.reason).toBe('start-unknown');
    expect(endMs).toBeLessThanOrEqual(150_000);
  });
});

describe('a service that is not reached', () => {
  test('is tried ever more slowly, for two minutes', async () => {
    const { outcome, times, retries } = await run(() => refused);
    expect(outcome).toMatchObject({ reason: 'unreachable', message: 'refused' });
    expect(times).toEqual([0, 1, 3, 7, 15, 31, 61, 91].map((s) => s * 1000));
    expect(retries[0]).toBe('refused 1000');
  });

  test.each([1500, 10_000, 60_000])(
    'is tried no longer than timeout (%d ms)',
    async (timeoutMs) => {
      const { times, tookMs } = await run(() => refused, { timeoutMs });
      expect(Math.max(...times)).toBeLessThan(timeoutMs);
      expect(tookMs).toBeLessThan(timeoutMs);
    },
  );

  test.each([
    [15_500, 15_000],
    [15_499, 7000],
  ])('is tried again where half a second is left (of %d ms)', async (timeoutMs, lastMs) => {
    expect((await run(() => refused, { timeoutMs })).times.at(-1)).toBe(lastMs);
  });

  test('is tried three times more with timeout 0', async () => {
    expect((await run(() => refused, { timeoutMs: 0 })).times).toEqual([0, 1000, 3000, 7000]);
  });

  test('is not tried again where that is for good', async () => {
    const { outcome, times } = await run(
      () => new PermanentError('not trusted', 'unreachable', { isUnsent: true }),
    );
    expect(outcome).toMatchObject({ reason: 'unreachable', message: 'not trusted' });
    expect(times).toEqual([0]);
  });
});

describe('after a try of which nobody knows what became', () => {
  test('no later error says that there is no job', async () => {
    for (const later of [refused, { status: 400 }, { status: 401 }, { status: 429 }] as const) {
      const { outcome } = await run((number) => (number === 1 ? cut : later), { start: withKey });
      expect(outcome?.reason).toBe('start-unknown');
      expect(outcome?.message).toMatch(/; whether the job was started is not known$/);
    }
  });

  test('a conflict is one with the first try, and passes', async () => {
    const answers: Answer[] = [cut, { status: 409 }, created];
    const { requestId } = await run((number) => answers[number - 1] ?? cut, { start: withKey });
    expect(requestId).toBe('job-7');
  });

  test('a step that is cancelled says that the job may run', async () => {
    const { outcome } = await run(() => cut, { start: withKey, cancelAtMs: 500 });
    expect(outcome).toMatchObject({ reason: 'cancelled' });
    expect(outcome?.message).toContain('which may run now');
  });
});

test.each([
  ['HTTP 500', { status: 500 }],
  ['a redirect to another page', { status: 303, headers: { location: '/jobs/7' } }],
])(
  'after %s nobody knows whether there is a job, and no second one is started',
  async (_, answer) => {
    const { outcome, times } = await run(() => answer);
    expect([outcome?.reason, times]).toEqual(['start-unknown', [0]]);
  },
);

test('a login that never ends is given up with the wait', async () => {
  const { outcome } = await run(() => created, { timeoutMs: 100, isLoginSilent: true });
  expect(outcome).toMatchObject({
    ...{ status: 'Error', reason: 'unreachable', message: 'no response within 100ms' },
  });
});

test('a login has its time with timeout 0 too', async () => {
  const { requestId } = await run(() => created, { timeoutMs: 0, loginMs: 50 });
  expect(requestId).toBe('job-7');
});

test('a start that has ended no longer listens for the end of the step', async () => {
  expect((await run(() => created)).listeners).toEqual([]);
});

test('a step that is cancelled between tries that were refused says that there is no job', async () => {
  const { outcome, requestId } = await run(() => refused, { cancelAtMs: 500 });
  expect([outcome?.reason, requestId]).toEqual(['cancelled', '']);
  expect(outcome?.message).toBe('the step was cancelled before it started the job');
});

test('a body that is too large for a response leaves unknown what was started', async () => {
  const { outcome, times } = await run(() => new PermanentError('over 10 MiB', 'bad-response'), {
    start: withKey,
  });
  expect([outcome?.reason, times]).toEqual(['start-unknown', [0]]);
});

describe('Retry-After', () => {
  test('is obeyed, also beyond two minutes', async () => {
    const busy = { status: 503, headers: { 'retry-after': '300' } };
    expect((await run(first(busy))).times).toEqual([0, 300_000]);
  });

  test('that leads past timeout ends the tries at once', async () => {
    const busy = { status: 429, headers: { 'retry-after': '300' } };
    const { outcome, tookMs } = await run(() => busy, { timeoutMs: 60_000 });
    expect([outcome?.reason, tookMs]).toEqual(['unreachable', 0]);
  });
});

describe('a token that is not accepted', () => {
  test('is replaced once', async () => {
    const { outcome, requests } = await run(() => ({ status: 401 }), {
      logIn: (number) => `token-${number}`,
    });
    expect(requests.map(({ request }) => request.headers?.Authorization)).toEqual([
      'token-1',
      'token-2',
    ]);
    expect(outcome?.reason).toBe('rejected');
  });

  test('is replaced later where the login is out of order', async () => {
    const { requestId, requests } = await run(
      (number) => (number < 3 ? { status: 401 } : created),
      {
        logIn: (number) => {
          if (number === 2) throw new TransientError('login: down', 'unreachable');
          return `token-${number}`;
        },
      },
    );
    expect(requests.map(({ request }) => request.headers?.Authorization)).toEqual([
      'token-1',
      'token-1',
      'token-3',
    ]);
    expect(requestId).toBe('job-7');
  });
});

describe('the request', () => {
  const sentWith = async (settings: Partial<StartSettings>) =>
    (await run(() => created, { start: settings })).requests[0]?.request;

  test('is the one of the workflow, with the credentials of the polls', async () => {
    expect(await sentWith({ headers: { 'X-Facility': 'north' } })).toEqual({
      method: 'POST',
      url,
      headers: { 'X-Facility': 'north', Authorization: 'a-token' },
      body: '{}',
    });
  });

  test('has the headers of the workflow where the polls have others of the same name', async () => {
    const request = await sentWith({ headers: { authorization: 'own' } });
    expect(request?.headers).toEqual({ authorization: 'own' });
  });

  test('has no body where none is given', async () => {
    expect(await sentWith({ body: '' })).not.toHaveProperty('body');
  });

  test('has the header that makes a repeat mean the same job in place of one that was given', async () => {
    const headers = { 'idempotency-key': 'one for all runs' };
    const request = await sentWith({ ...withKey, headers });
    expect(request?.headers).toEqual({
      Authorization: 'a-token',
      'Idempotency-Key': expect.stringMatching(/^[\da-f-]{36}$/),
    });
  });
});

describe('the end', () => {
  test('of a start that went well has the id and the body, and no outcome', async () => {
    expect(await run(() => created)).toMatchObject({
      requestId: 'job-7',
      outcome: undefined,
      tookMs: 0,
      body: '{"jobCode": "job-7"}',
    });
  });

  test('of one that failed counts the tries and their time', async () => {
    const { outcome, tookMs, requestId, body } = await run(first(refused), { timeoutMs: 1000 });
    expect(outcome).toMatchObject({ polls: 1, elapsedMs: 0, timedOut: false, requestId: '' });
    expect([tookMs, requestId, body]).toEqual([0, '', '']);
    const later = await run((number) => (number < 3 ? refused : { status: 400, body: 'no' }));
    expect(later.outcome).toMatchObject({ polls: 3, elapsedMs: 3000 });
    expect([later.tookMs, later.body]).toEqual([3000, 'no']);
  });

  test('keeps the first 128 Ki characters of a body', async () => {
    const { body } = await run(() => ({ status: 400, body: 'x'.repeat(200_000) }));
    expect(body).toHaveLength(128 * 1024);
  });

  test('is a fault of our own where that is what is thrown', async () => {
    const fault = new TypeError('x is not a function');
    await expect(run(() => fault)).rejects.toBe(fault);
  });
});

test('a token that is not accepted ends the start where there is no login', async () => {
  const { outcome, requests } = await run(() => ({ status: 401 }), { canRenew: false });
  expect([outcome?.reason, requests.length]).toEqual(['rejected', 1]);
});

describe('a login that is out of order', () => {
  const logIn = () => {
    throw new TransientError('login: down', 'unreachable');
  };

  test('is tried ever more slowly, for two minutes', async () => {
    const { outcome, retries, requests } = await run(() => created, { logIn });
    expect(retries).toEqual(
      [1, 2, 4, 8, 16, 30, 30].map((seconds) => `login: down ${seconds * 1000}`),
    );
    expect(requests).toEqual([]);
    expect(outcome).toMatchObject({ reason: 'unreachable', message: 'login: down', polls: 0 });
  });

  test('is tried three times more with timeout 0', async () => {
    expect((await run(() => created, { logIn, timeoutMs: 0 })).retries).toHaveLength(3);
  });
});

test('a pause that a login asks for is kept', async () => {
  const down = new TransientError('login: down', 'unreachable', { retryAfterMs: 5000 });
  const { times } = await run(() => created, {
    logIn: (number) => {
      if (number === 1) throw down;
      return 'a-token';
    },
  });
  expect(times).toEqual([5000]);
});

test('a step that is cancelled before anything is sent starts nothing', async () => {
  const { outcome, requests } = await run(() => created, { isCancelled: true });
  expect(requests).toEqual([]);
  expect(outcome).toMatchObject({
    status: 'Error',
    reason: 'cancelled',
    message: 'the step was cancelled before it started the job',
  });
});
