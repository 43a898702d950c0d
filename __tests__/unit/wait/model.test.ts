import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PermanentError, TransientError } from '../../../src/domain/errors.js';
import { modelWait, responseTo, type Says, type Script } from '../../support/wait-model.js';
import { kinds, see, wait, type Result } from '../../support/wait.js';

const SCRIPTS = 10_000;

const RESULTS: Readonly<Record<Says, Result>> = {
  pending: see('pending', 'pending'),
  queued: see('pending', 'queued'),
  unknown: see('unknown', 'unknown'),
  successful: see('successful', 'successful'),
  partial: see('partial', 'partial'),
  failed: see('failed', 'failed'),
  'no-link': { ...see('successful', 'no-link'), needsGrace: true },
  'not-found': new PermanentError('HTTP 404', 'not-found', { needsGrace: true }),
  rejected: new PermanentError('HTTP 403', 'rejected'),
  unreachable: new TransientError('HTTP 503', 'unreachable'),
  'bad-response': new TransientError('not JSON', 'bad-response'),
  'rate-limit': new TransientError('HTTP 429', 'unreachable', { isRateLimit: true }),
};

const upTo = (max: number, min = 1) => fc.integer({ min, max });
const sometimes = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const often = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

const responses = fc.record({
  says: fc.oneof(
    often(8, fc.constantFrom<Says>('pending', 'queued')),
    often(6, fc.constantFrom<Says>('unreachable', 'bad-response', 'rate-limit')),
    often(4, fc.constantFrom<Says>('not-found', 'no-link', 'unknown')),
    fc.constantFrom<Says>('successful', 'partial', 'failed', 'rejected'),
  ),
  // Polls begin at whole milliseconds: nothing else happens at the moment in which a response comes.
  takesMs: fc.oneof(upTo(300, 0), upTo(6000), upTo(40_000)).map((ms) => ms + 0.5),
  retryAfterMs: fc.oneof(often(4, fc.constant(0)), upTo(10_000), upTo(900_000)),
});
const turns = fc.oneof(
  fc.array(responses, { minLength: 1, maxLength: 2 }),
  fc.array(responses, { minLength: 1, maxLength: 12 }),
);
const jobs = fc
  .oneof(upTo(3), upTo(20))
  .chain((count) => fc.array(turns, { minLength: count, maxLength: count }));
const scripts: fc.Arbitrary<Script> = fc
  .record({
    jobs,
    timeoutMs: fc.oneof(fc.constant(0), upTo(10_000), upTo(150_000), upTo(900_000)),
    intervalMs: fc.oneof(fc.constant(1000), upTo(60_000, 500)),
    maxIntervalMs: fc.oneof(fc.constant(30_000), upTo(60_000, 500)),
    notFoundGraceMs: fc.oneof(fc.constant(15_000), upTo(20_000, 0), upTo(300_000, 0)),
    onUnknownStatus: fc.constantFrom('wait', 'fail'),
    failFast: fc.boolean(),
    queueTimeoutMs: sometimes(fc.oneof(upTo(20_000), upTo(900_000))),
    warnAfterMs: sometimes(upTo(900_000)),
    // Not next to nothing: that is rounded off where times are added to it in another order.
    random: fc.integer({ min: 0, max: 1023 }).map((number) => number / 1024),
    cancelAtMs: sometimes(fc.oneof(upTo(10_000), upTo(300_000)).map((ms) => ms + 0.25)),
  })
  .map((script) => ({
    ...script,
    maxIntervalMs: Math.max(script.intervalMs, script.maxIntervalMs),
  }));

async function play(script: Script) {
  const { random, ...settings } = script;
  const { outcomes, asked, events } = await wait(
    (poll, _, id) => {
      const { says, ...response } = responseTo(script, Number(id), poll - 1);
      return { result: RESULTS[says], ...response };
    },
    {
      ...settings,
      ids: script.jobs.map((__, index) => String(index)),
      random: () => random,
      isQueued: (status) => status === 'queued',
    },
  );
  return {
    jobs: outcomes.map(({ requestId, polls, elapsedMs, ...outcome }) => ({
      end: [outcome.status, outcome.reason, outcome.timedOut, outcome.providerStatus].join(' '),
      polls,
      timesMs: asked.filter(({ id }) => id === requestId).map(({ atMs }) => atMs),
      endMs: elapsedMs,
    })),
    warnings: kinds(events, 'long-wait').length,
  };
}

function playModel(script: Script) {
  const modelled = modelWait(script).map(({ end, endMs, seen, responses: polls, pollsAtMs }) => ({
    end: [end?.[0], end?.[1], end?.[2] ?? false, seen].join(' '),
    polls,
    timesMs: pollsAtMs,
    endMs,
  }));
  const endMs = Math.max(...modelled.map((job) => job.endMs));
  return { jobs: modelled, warnings: (script.warnAfterMs ?? Infinity) <= endMs ? 1 : 0 };
}

test(
  'the wait polls and ends as the model of its documentation does',
  async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        expect(await play(script)).toEqual(playModel(script));
      }),
      // The same scripts in each run: what others find is mended, and does not stop what has nothing to do with it.
      { numRuns: SCRIPTS, seed: Number(process.env.MODEL_SEED ?? 1) },
    );
  },
  5 * 60_000, // a script that fails is made as short as it can be
);
