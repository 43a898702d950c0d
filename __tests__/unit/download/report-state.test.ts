import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  beginAnew,
  checkWhole,
  createState,
  incompleteDownload,
  watch,
  type Limits,
  type State,
} from '../../../src/download/report-state.js';
import { START_BYTES } from '../../../src/download/report-content.js';
import type { DownloadEvent } from '../../../src/download/context.js';
import { createDownloadDeadline } from '../../../src/download/download-deadline.js';
import { virtualClock } from '../../support/clock.js';
import { errorFields } from '../../support/poll.js';

const url = new URL('https://h.example/r.csv?sig=x');
const csv = { name: 'r.csv', contentType: 'text/csv' };
const wide: Limits = { minReportBytes: 1, maxReportBytes: 10e9 };
const KB = 1000;

/** A part of a body, with the time that passes before it comes. */
interface Part {
  readonly data: string | Buffer;
  readonly afterMs?: number;
}

/** Receives a body in virtual time. */
async function receive(
  parts: readonly (Part | string)[],
  options: { state?: Partial<State>; limits?: Limits; stopped?: boolean } = {},
) {
  const clock = virtualClock();
  const state = { ...createState('job-1', clock.now()), ...options.state };
  const events: DownloadEvent[] = [];
  const stop = new AbortController();
  if (options.stopped === true) stop.abort(new Error('stopped'));
  const body = async function* () {
    for (const part of parts) {
      const { data, afterMs = 0 } = typeof part === 'string' ? { data: part } : part;
      if (afterMs > 0) await clock.sleep(afterMs, new AbortController().signal);
      yield Buffer.from(data);
    }
  };
  const passed: Buffer[] = [];
  const check = {
    expectation: csv,
    limits: options.limits ?? wide,
    context: {
      clock,
      onEvent: (event: DownloadEvent) => events.push(event),
      signal: stop.signal,
      deadline: createDownloadDeadline(30 * 60_000, clock),
    },
  };
  const all = async () => {
    for await (const chunk of watch(state, url, body(), check)) passed.push(chunk);
  };
  const error = await clock.run(
    all().then(
      () => undefined,
      (thrown: unknown) => errorFields(thrown),
    ),
  );
  return { state, events, error, passed: Buffer.concat(passed).toString() };
}

const failed = (message: string) => ({
  name: 'PermanentError',
  reason: 'download-failed',
  message,
});

describe('a body that is received', () => {
  test('is passed on, counted and hashed', async () => {
    const { state, passed, error } = await receive(['order,amount\n', '1001,250\n']);
    expect(error).toBeUndefined();
    expect(passed).toBe('order,amount\n1001,250\n');
    expect(state).toMatchObject({ requestId: 'job-1', bytes: 22, receivedBytes: 22 });
    expect(state.start.toString()).toBe(passed);
    expect(state.hash.digest()).toEqual(createHash('sha256').update(passed).digest());
  });

  test('is kept from its first 64 KiB, whatever its parts', async () => {
    const part = 'x'.repeat(START_BYTES - 1);
    const { state } = await receive([part, 'yz', 'z']);
    expect(state.start).toHaveLength(START_BYTES);
    expect(state.start.toString()).toBe(`${part}y`);
  });

  test('is not passed on once the step is to stop', async () => {
    const { error, passed } = await receive(['a'], { stopped: true });
    expect(error).toMatchObject({ message: 'stopped' });
    expect(passed).toBe('');
  });

  test('may be as long as the server said, and no longer', async () => {
    const state = { representation: { totalBytes: 3, validator: undefined } };
    expect((await receive(['abc'], { state })).error).toBeUndefined();
    const { error, state: after } = await receive(['ab', 'cd'], { state });
    expect(error).toMatchObject({ message: 'there is more of it than the server said' });
    expect(after).toMatchObject({ bytes: 0, receivedBytes: 4 });
    expect(after.start).toHaveLength(0);
  });
});

describe('a body is refused', () => {
  const tooLarge = failed(
    'the report is larger than 3 kB; raise `max-report-size` if that is right',
  );
  const limits = { ...wide, maxReportBytes: 3 * KB };

  test('that is larger than the workflow allows', async () => {
    const part = 'x'.repeat(KB);
    expect((await receive([part, part, part], { limits })).error).toBeUndefined();
    const { error, passed } = await receive([part, part, part, 'x'], { limits });
    expect(error).toEqual(tooLarge);
    expect(passed).toHaveLength(3 * KB);
  });

  test('that is said to be larger, before anything of it comes', async () => {
    const state = { representation: { totalBytes: 3 * KB + 1, validator: undefined } };
    const { error, passed } = await receive(['x'], { limits, state });
    expect(error).toEqual(tooLarge);
    expect(passed).toBe('');
  });

  test('that begins as a page, as soon as that shows', async () => {
    const { error, passed } = await receive(['<!-- ', 'x --><html><body>Sign in</body>', 'more']);
    expect(error).toMatchObject({
      name: 'CredentialsRejected',
      message: 'h.example sent an HTML page in place of the report; is the link still valid?',
    });
    expect(passed).toBe('<!-- ');
  });

  test('that begins as an error of a store', async () => {
    const { error } = await receive(['<Error><Code>NoSuchKey</Code></Error>']);
    expect(error).toEqual(failed('h.example sent an error in place of the report (NoSuchKey)'));
  });

  test('that begins as an error of a store, once all of the error has come', async () => {
    const { error } = await receive(['<Error><Code>A</Code>', '<Message>B</Message></Error>']);
    expect(error).toEqual(failed('h.example sent an error in place of the report (A: B)'));
  });

  test('that goes on for two minutes with next to nothing', async () => {
    const progress = { data: 'x'.repeat(64 * 1024), afterMs: 10_000 };
    const parts = Array.from({ length: 5 }, () => ({ data: 'x', afterMs: 30_000 }));
    const { error, passed } = await receive([progress, ...parts]);
    expect(error).toEqual(failed('next to nothing has come in 2m 30s'));
    expect(passed).toBe(`${progress.data}xxxx`);
  });

  test('but not while 64 KiB come in two minutes', async () => {
    const after = async (bytes: number, afterMs: number) => {
      const parts = [
        { data: 'x'.repeat(bytes - 1), afterMs: 60_000 },
        { data: 'x', afterMs },
      ];
      return (await receive(parts)).error;
    };
    expect(await after(64 * 1024, 60_001)).toBeUndefined();
    expect(await after(64 * 1024 - 1, 60_000)).toBeUndefined();
    expect(await after(64 * 1024 - 1, 60_001)).toMatchObject({ reason: 'download-failed' });
  });

  test('but not within five seconds of its progress, also behind the deadline', async () => {
    const progress = { data: 'x'.repeat(64 * 1024), afterMs: 31 * 60_000 };
    expect((await receive([progress, { data: 'x', afterMs: 5000 }])).error).toBeUndefined();
    const { error } = await receive([progress, { data: 'x', afterMs: 5001 }]);
    expect(error).toEqual(failed('next to nothing has come in 5s'));
  });
});

test('every ten seconds an event says how far a body has come', async () => {
  const state = { representation: { totalBytes: 9000, validator: undefined } };
  const parts = [5000, 4999, 1, 20_000].map((afterMs) => ({ data: 'x'.repeat(KB), afterMs }));
  const { events } = await receive(parts, { state });
  const event = { kind: 'downloading', requestId: 'job-1', totalBytes: 9000 };
  expect(events).toEqual([
    { ...event, bytes: 3 * KB, bytesPerSecond: 300 },
    { ...event, bytes: 4 * KB, bytesPerSecond: 50 },
  ]);
});

test('a state that begins anew has nothing, but what was received in all', () => {
  const state = createState('job-1', 17);
  const emptyHash = createState('job-1', 17).hash.digest('hex');
  Object.assign(state, { bytes: 7, receivedBytes: 7, start: Buffer.from('x') });
  state.hash.update('x');
  beginAnew(state);
  expect(state).toMatchObject({ bytes: 0, receivedBytes: 7, progress: { atMs: 17, bytes: 0 } });
  expect(state.start).toHaveLength(0);
  expect(state.hash.digest('hex')).toBe(emptyHash);
  expect(state.lastProgressLine).toEqual({ atMs: 17, bytes: 0 });
});

describe('a whole report', () => {
  const check = (text: string, limits = wide, bytes = text.length) => {
    const state = { ...createState('job-1', 0), bytes, start: Buffer.from(text) };
    try {
      checkWhole(state, url, csv, limits);
      return undefined;
    } catch (error) {
      return errorFields(error);
    }
  };

  test('is taken', () => {
    expect(check('a,b')).toBeUndefined();
    expect(check('a,b', { ...wide, minReportBytes: 3 })).toBeUndefined();
    expect(check('', { ...wide, minReportBytes: 0 })).toBeUndefined();
  });

  test('that is a page is none', () => {
    expect(check('<html>')).toMatchObject({ name: 'CredentialsRejected' });
  });

  test('that is a JSON error is none, unless it is large', () => {
    expect(check('{"error":"x"}')).toEqual(
      failed('h.example sent an error in place of the report (error: "x")'),
    );
    expect(check('{"error":"x"}', wide, START_BYTES)).toBeUndefined();
    expect(check('{"error":"x"}', wide, START_BYTES - 1)).toBeDefined();
  });

  test.each<[string, number, string]>([
    ['', 1, 'the report from h.example is empty; set `minimum-report-size: 0` if that may be'],
    ['ab', 3, 'the report from h.example has only 2 B, less than `minimum-report-size`'],
  ])('that is too small may come yet: “%s”', (text, minReportBytes, message) => {
    expect(check(text, { ...wide, minReportBytes })).toEqual({
      ...failed(message),
      needsGrace: true,
    });
  });
});

test.each([
  [undefined, 'the report from h.example broke off after 7 B: why'],
  [1000, 'the report from h.example broke off after 7 B of 1 kB: why'],
])('a report of %s bytes that broke off may be resumed', (totalBytes, message) => {
  const representation = { totalBytes, validator: undefined };
  const cause = new Error('reset');
  const error = incompleteDownload(
    { ...createState('job-1', 0), bytes: 7, representation },
    url,
    'why',
    cause,
  );
  expect(errorFields(error)).toEqual({ name: 'TransientError', reason: 'unreachable', message });
  expect(error.cause).toBe(cause);
});
