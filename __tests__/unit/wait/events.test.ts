import { describe, expect, test } from '@jest/globals';
import { PermanentError, TransientError } from '../../../src/domain/errors.js';
import type { Observation } from '../../../src/domain/job.js';
import { kinds, see, wait } from '../../support/wait.js';

const minute = 60_000;
const down = new TransientError('HTTP 503: down', 'unreachable');

test('each result of a poll is told, with its body', async () => {
  const { events } = await wait((poll) => (poll === 1 ? down : see('successful')));
  expect(kinds(events, 'polled')).toEqual([
    {
      kind: 'polled',
      requestId: 'job-1',
      result: { error: down, retryAfterMs: undefined, body: 'response 1' },
    },
    {
      kind: 'polled',
      requestId: 'job-1',
      result: { observation: see('successful'), retryAfterMs: undefined, body: 'response 2' },
    },
  ]);
});

test('a poll that failed is told with the pause that follows, and the one that was asked for', async () => {
  const { events } = await wait((poll) => {
    if (poll === 1) return down;
    return poll === 2 ? { result: down, retryAfterMs: 7000 } : see('successful');
  });
  const rest = { kind: 'poll-failed', requestId: 'job-1', message: 'HTTP 503: down' };
  expect(kinds(events, 'poll-failed')).toEqual([
    { ...rest, pauseMs: 1000, requestedMs: 0 },
    { ...rest, pauseMs: 7000, requestedMs: 7000 },
  ]);
});

test('the end of a job is told last, with its outcome', async () => {
  const { events, outcome } = await wait((poll) => see(poll < 3 ? 'pending' : 'failed'));
  expect(events.at(-1)).toEqual({ kind: 'settled', outcome });
});

test('the progress of a job is told when it changes', async () => {
  const progress = ['10 %', '10 %', '60 %'];
  const { events } = await wait((poll) => {
    const now = progress[poll - 1];
    return now === undefined ? see('successful') : { ...see('pending'), progress: now };
  });
  const told = kinds(events, 'observed') as { observation?: Observation }[];
  expect(told.map(({ observation }) => observation?.progress)).toEqual(['10 %', '60 %']);
});

test('once a minute it is told how the jobs stand', async () => {
  const { events } = await wait((_, atMs) => see(atMs < 2.5 * minute ? 'pending' : 'successful'));
  expect(kinds(events, 'progress')).toMatchObject([
    { elapsedMs: minute, jobs: [{ requestId: 'job-1' }] },
    { elapsedMs: 2 * minute, jobs: [{ requestId: 'job-1' }] },
  ]);
});

describe('the changes of a job', () => {
  test('are kept with their times, the last one included', async () => {
    const seen = [see('pending', 'NEW'), see('pending', 'NEW'), see('unknown', 'NEW')];
    const { outcome } = await wait((poll) => seen[poll - 1] ?? see('successful', 'DONE'));
    expect(outcome.changes).toEqual([
      { elapsedMs: 0, state: 'pending', providerStatus: 'NEW' },
      { elapsedMs: 2000, state: 'unknown', providerStatus: 'NEW' },
      { elapsedMs: 3000, state: 'successful', providerStatus: 'DONE' },
    ]);
  });

  test('are no more than forty: the first ones, and the last', async () => {
    const { outcome } = await wait((poll) => see(poll < 50 ? 'pending' : 'successful', `${poll}`));
    expect(outcome.changes.map(({ providerStatus }) => providerStatus)).toEqual([
      ...Array.from({ length: 39 }, (_, index) => `${index + 1}`),
      '50',
    ]);
  });

  test('hold a status of 200 characters, and no longer one', async () => {
    const statuses = ['x'.repeat(200), 'x'.repeat(201)];
    const { outcome } = await wait((poll) =>
      see(poll < 2 ? 'pending' : 'successful', statuses[poll - 1]),
    );
    expect(outcome.changes.map(({ providerStatus }) => providerStatus)).toEqual([
      'x'.repeat(200),
      'a long text',
    ]);
    expect(outcome.providerStatus).toBe(statuses[1]);
  });
});

describe('a warning', () => {
  const warningsOf = async (responses: readonly Observation[], ids = ['job-1']) => {
    const { events } = await wait((poll) => responses[poll - 1] ?? see('successful'), { ids });
    return kinds(events, 'warning').map((event) => 'message' in event && event.message);
  };

  test('about a job that goes on is told once in a wait', async () => {
    const odd = { ...see('pending'), warning: 'the status is old' };
    expect(await warningsOf([odd, odd], ['a', 'b'])).toEqual(['the status is old']);
  });

  test('about a job that has failed is not told: its message says more', async () => {
    expect(await warningsOf([{ ...see('failed'), warning: 'no link' }])).toEqual([]);
  });

  test('is told for each status of a list that nobody has classified', async () => {
    const list = { ...see('unknown', 'A, B'), unknownStatuses: ['A', 'B'] };
    const rest = 'is not classified; add it to `success-statuses`, or whichever list fits';
    expect(await warningsOf([list])).toEqual([`status \`A\` ${rest}`, `status \`B\` ${rest}`]);
  });

  test('is told for fifty statuses, where a provider makes up one in each response', async () => {
    const responses = Array.from({ length: 60 }, (_, index) => see('unknown', `S${index}`));
    const warnings = await warningsOf(responses);
    expect(warnings).toHaveLength(50);
    expect(warnings.at(-1)).toContain('`S49`');
  });
});

test('the body of the last response is kept, unless it is empty', async () => {
  const { response } = await wait((poll) =>
    poll < 3 ? see('pending') : { result: see('successful'), body: '' },
  );
  expect(response).toBe('response 2');
});

test('no response leaves no body', async () => {
  const { response } = await wait(() => ({ result: down, body: '' }), { timeoutMs: 0 });
  expect(response).toBe('');
});

describe('what is done for a job once it is settled', () => {
  test('may change its outcome, and its time belongs to the job', async () => {
    let downloaded: () => void = () => undefined;
    const download = new Promise<void>((resolve) => (downloaded = resolve));
    const { outcomes } = await wait(
      (_, atMs, id) => {
        if (atMs >= 5000) downloaded();
        return see(id === 'a' || atMs >= 5000 ? 'successful' : 'pending');
      },
      {
        ids: ['a', 'b'],
        finishJob: async (outcome) => {
          await download;
          return { ...outcome, batchId: `batch ${outcome.requestId}` };
        },
      },
    );
    expect(outcomes).toMatchObject([
      { requestId: 'a', batchId: 'batch a', elapsedMs: 5000, polls: 1 },
      { requestId: 'b', batchId: 'batch b', elapsedMs: 5000, polls: 6 },
    ]);
  });

  test('ends the wait for the others with fail-fast where it fails', async () => {
    const { outcomes } = await wait((_, __, id) => see(id === 'a' ? 'successful' : 'pending'), {
      ids: ['a', 'b'],
      failFast: true,
      finishJob: (outcome) =>
        Promise.resolve(
          outcome.requestId === 'a'
            ? { ...outcome, status: 'Error', reason: 'download-failed' }
            : outcome,
        ),
    });
    expect(outcomes.map(({ reason }) => reason)).toEqual(['download-failed', 'cancelled']);
  });

  test('leaves no warning about a success that it has turned into a failure', async () => {
    const { events } = await wait(() => ({ ...see('successful'), warning: 'no link' }), {
      finishJob: (outcome) => Promise.resolve({ ...outcome, status: 'Error' }),
    });
    expect(kinds(events, 'warning')).toEqual([]);
  });
});

test('a fault of our own in a poll ends the wait as it is', async () => {
  const fault = new TypeError('x is not a function');
  await expect(
    wait(() => {
      throw fault;
    }),
  ).rejects.toBe(fault);
});

test.each([
  ['job-1,job-2', true],
  ['job-1;job-2', true],
  ['job-1|job-2', true],
  ['job-1 job-2', true],
  ['job-1', false],
])('an id that is not found and may be several, “%s”, is told of: %s', async (id, isTold) => {
  const { outcome } = await wait(() => new PermanentError('HTTP 404', 'not-found'), { ids: [id] });
  expect(outcome.message).toBe(
    isTold ? `HTTP 404; if “${id}” is several ids, write one per line` : 'HTTP 404',
  );
});

test('an id that may be several is not to blame for another error', async () => {
  const { outcome } = await wait(() => new PermanentError('HTTP 403', 'rejected'), {
    ids: ['a,b'],
  });
  expect(outcome.message).toBe('HTTP 403');
});
