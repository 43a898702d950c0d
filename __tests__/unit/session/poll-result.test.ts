import { describe, expect, test } from '@jest/globals';
import { PermanentError, TransientError } from '../../../src/domain/errors.js';
import type { Observation } from '../../../src/domain/job.js';
import { toPollResult } from '../../../src/session/poll-result.js';
import { createTextRooms } from '../../../src/session/text-room.js';
import { see } from '../../support/wait.js';

const never = new AbortController().signal;
const room = () => createTextRooms()('job-1');
const ofObservation = (observation: Observation) =>
  toPollResult(Promise.resolve(observation), never, room());
const ofError = (error: Error) => toPollResult(Promise.reject(error), never, room());

/** More than is kept of any text. */
const LONG = 'x'.repeat(20_000);
const CUT = 'x'.repeat(16 * 1024);
/** As many characters as all links may have. */
const MOST_LINKS = 32 * 1024 * 1024;

describe('an observation', () => {
  test('is given as it is, without texts that it does not have', async () => {
    expect(await ofObservation(see('pending', 'RUNNING'))).toEqual({
      observation: { state: 'pending', providerStatus: 'RUNNING' },
    });
  });

  test('keeps the beginning of each text', async () => {
    const texts = {
      providerStatus: LONG,
      filePath: LONG,
      message: LONG,
      warning: LONG,
      note: LONG,
    };
    const { observation } = (await ofObservation({
      ...{ state: 'unknown', unknownStatuses: [LONG, 'ODD'], batchId: 'batch-1' },
      ...texts,
    })) as { observation: Observation };
    expect(observation).toEqual({
      ...{ state: 'unknown', unknownStatuses: [CUT, 'ODD'], batchId: 'batch-1' },
      ...{ providerStatus: CUT, filePath: CUT, message: CUT, warning: CUT, note: CUT },
    });
  });

  test.each<[string, Partial<Observation>]>([
    ['one link', { filePath: 'x'.repeat(MOST_LINKS) }],
    ['a list of links', { filePaths: ['x'.repeat(MOST_LINKS - 4), 'link'] }],
  ])('with %s as long as can be kept is given', async (_, links) => {
    expect(await ofObservation({ ...see('successful', ''), ...links })).not.toHaveProperty('error');
  });

  test.each<[string, Partial<Observation>]>([
    ['one link', { filePath: 'x'.repeat(40_000_000) }],
    ['a list of links', { filePaths: ['x'.repeat(20_000_000), 'x'.repeat(20_000_000)] }],
  ])('whose %s is too long to be kept is a bad response', async (_, links) => {
    expect(await ofObservation({ ...see('successful'), ...links })).toMatchObject({
      error: { reason: 'bad-response', message: 'the links of all jobs are too long to be kept' },
    });
  });
});

describe('an error', () => {
  test.each([
    ['may pass', new TransientError(LONG, 'unreachable', { cause: new Error('why') })],
    ['does not pass', new PermanentError(LONG, 'rejected', { cause: new Error('why') })],
  ])(
    'that %s keeps the beginning of its message, and neither stack nor cause',
    async (_, error) => {
      expect(await ofError(error)).toEqual({ error });
      expect(error).toMatchObject({ message: CUT, stack: '', cause: undefined });
    },
  );

  test('keeps the beginning of its hint', async () => {
    const error = new TransientError('HTML', 'bad-response', { hint: LONG });
    await ofError(error);
    expect(error.hint).toBe(CUT);
  });

  test('without a hint gets none', async () => {
    const error = new TransientError('HTML', 'bad-response');
    await ofError(error);
    expect(error.hint).toBeUndefined();
  });

  test('of our own is a response that could not be understood', async () => {
    expect(await ofError(new TypeError('x is not a function'))).toMatchObject({
      error: {
        ...{ name: 'PermanentError', reason: 'bad-response' },
        message: 'the response could not be understood: TypeError: x is not a function',
      },
    });
  });
});

test.each([
  ['a response', Promise.resolve(see('successful'))],
  ['an error', Promise.reject(new TransientError('HTTP 503', 'unreachable'))],
])('%s that comes after the step was cancelled is not read', async (_, poll) => {
  const reason = new Error('enough');
  await expect(toPollResult(poll, AbortSignal.abort(reason), room())).rejects.toBe(reason);
});
