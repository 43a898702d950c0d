import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createReportDownload } from '../../../src/download/download-reports.js';
import type { DownloadEvent } from '../../../src/download/context.js';
import { TransientError } from '../../../src/domain/errors.js';
import type { ResponseHead, Transport } from '../../../src/http/transport.js';
import type { Outcome } from '../../../src/domain/job.js';
import { virtualClock, type VirtualClock } from '../../support/clock.js';
import { outcome } from '../../support/outcome.js';
import { makeFolder, removeFolder } from '../../support/system.js';

const minute = 60_000;
let folder = '';
beforeEach(async () => {
  folder = await makeFolder('delivery');
});
afterEach(() => removeFolder(folder));

const finished = outcome({ filePath: 'https://reports.example/Export.csv' });

/** A poll that brings no other link. */
const none = { retryAfterMs: undefined, body: '' };

type Server = (
  clock: VirtualClock,
  number: number,
) => Partial<ResponseHead> & { body?: AsyncIterable<Buffer> };

/** Delivers one report in virtual time from a host that responds as `server` says. */
async function deliver(server: Server, timeoutMs = 30 * minute, job = finished) {
  const clock = virtualClock();
  const events: DownloadEvent[] = [];
  const askedMs: number[] = [];
  const host: Transport = {
    send: () => Promise.reject(new Error('no poll is asked for a report')),
    stream: ({ url }) => {
      askedMs.push(clock.now());
      const { status = 200, headers = {}, body = some() } = server(clock, askedMs.length);
      return Promise.resolve({ head: { url, status, headers }, body, close: () => undefined });
    },
  };
  const delivery = createReportDownload(
    {
      destination: { folder, name: undefined, roots: [folder] },
      hasReports: true,
      baseUrl: 'https://acme.example',
      intervalMs: 1000,
      maxIntervalMs: 30_000,
      timeoutMs,
      reportHeaders: {},
      minReportBytes: 1,
      maxReportBytes: 10e9,
    },
    {
      session: {
        access: () => Promise.reject(new Error('no credentials are wanted')),
        poll: () =>
          Promise.resolve({ observation: { state: 'successful', providerStatus: '' }, ...none }),
      },
      transports: { provider: host, others: host },
      clock,
      random: () => 0,
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
      redact: (text) => text,
    },
  );
  const outcome = await clock.run(delivery?.(job) ?? Promise.reject(new Error('no delivery')));
  return { outcome, events, askedMs };
}

async function* some(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

test('a line every ten seconds tells how far a long download has come', async () => {
  const { outcome, events } = await deliver((clock) => ({
    headers: { 'content-length': '1000' },
    body: (async function* () {
      for (let part = 0; part < 100; part += 1) {
        await clock.sleep(500, new AbortController().signal);
        yield Buffer.alloc(10);
      }
    })(),
  }));
  expect(outcome.reportFiles?.[0]?.bytes).toBe(1000);
  expect(events).toEqual(
    [200, 400, 600, 800, 1000].map((bytes) => ({
      kind: 'downloading',
      requestId: 'job-1',
      bytes,
      totalBytes: 1000,
      bytesPerSecond: 20,
    })),
  );
});

test('two minutes without a new byte end a download', async () => {
  const { outcome, askedMs } = await deliver(() => ({ status: 503 }));
  expect(outcome).toMatchObject({ status: 'Error', reason: 'download-failed' });
  expect(outcome.message).toBe('the report could not be downloaded: HTTP 503 from reports.example');
  // The last try is begun while there is time for it.
  expect(askedMs.at(-1)).toBe(2 * minute - 500);
});

test('a shorter timeout of the wait is the patience for its report, too', async () => {
  const { askedMs } = await deliver(() => ({ status: 503 }), 10_000);
  expect(askedMs.at(-1)).toBe(10_000 - 500);
});

/** Gives `size` bytes, `step` of them each time before it is cut, after a second. */
const inParts =
  (size: number, step: number, headers: ResponseHead['headers'] = { etag: '"v1"' }): Server =>
  (clock, number) => {
    const start = (number - 1) * step;
    return {
      status: number === 1 ? 200 : 206,
      headers: { ...headers, 'content-range': `bytes ${start}-${size - 1}/${size}` },
      body: (async function* () {
        await clock.sleep(1000, new AbortController().signal);
        yield Buffer.alloc(Math.min(step, size - start));
        if (start + step < size) throw new TransientError('cut', 'unreachable');
      })(),
    };
  };

test('as long as new bytes come, a download goes on', async () => {
  const step = 64 * 1024;
  const { outcome, askedMs } = await deliver(inParts(200 * step, step));
  expect(outcome.reportFiles?.[0]?.bytes).toBe(200 * step);
  expect(askedMs).toHaveLength(200);
  expect(askedMs.at(-1)).toBeGreaterThan(2 * minute);
});

test('a download that comes byte by byte is given up', async () => {
  const { outcome, askedMs } = await deliver(inParts(1_000_000, 1));
  expect(outcome.reason).toBe('download-failed');
  expect(askedMs.at(-1)).toBeLessThan(2.5 * minute);
});

test.each([
  ['whose tag is not repeated in its parts', '"v1"'],
  ['known by its date', undefined],
])('a report %s is taken up where it was cut', async (_, etag) => {
  const { outcome, askedMs } = await deliver((clock, number) => {
    const modified = {
      date: 'Sat, 21 Nov 2026 10:15:10 GMT',
      'last-modified': 'Sat, 21 Nov 2026 10:15:00 GMT',
    };
    const first = etag === undefined ? modified : { etag };
    return inParts(100, 50, number === 1 ? first : {})(clock, number);
  });
  expect(outcome.reportFiles?.[0]?.bytes).toBe(100);
  expect(askedMs).toHaveLength(2);
});

test('a date of the same second is no proof that a report is the same', async () => {
  const date = 'Sat, 21 Nov 2026 10:15:00 GMT';
  const asked: (string | undefined)[] = [];
  await deliver((clock, number) => {
    asked.push(String(number));
    const part = inParts(100, 50, { date, 'last-modified': date })(clock, number);
    return number === 1
      ? part
      : { headers: { date, 'last-modified': date }, body: some('x'.repeat(100)) };
  });
  expect(asked).toEqual(['1', '2']);
});

test.each([
  ['an end that nobody knows', 'bytes 0-4/*'],
  ['another beginning', 'bytes 3-8/9'],
])('a part with %s is not taken for the whole', async (_, range) => {
  const { outcome } = await deliver(() => ({
    status: 206,
    headers: { 'content-range': range },
    body: some('12345'),
  }));
  expect(outcome).toMatchObject({ status: 'Error', reason: 'download-failed' });
});

test('Retry-After is obeyed, but not beyond the patience', async () => {
  const { askedMs } = await deliver((_, number) => ({
    status: number < 3 ? 429 : 200,
    headers: number < 3 ? { 'retry-after': number === 1 ? '45' : '3600' } : {},
  }));
  expect(askedMs).toEqual([0, 45_000, 2 * minute - 500]);
});

test('a part that is not the one that was asked for is thrown away with all before it', async () => {
  const { outcome, askedMs } = await deliver((_, number) => ({
    status: number === 2 ? 206 : 200,
    headers: {
      etag: '"v1"',
      ...(number === 2 ? { 'content-range': 'bytes 2-5/6' } : { 'content-length': '6' }),
    },
    body: number === 1 ? some('abc') : some(number === 2 ? 'cdef' : 'abcdef'),
  }));
  expect(outcome.reportFiles?.[0]?.bytes).toBe(6);
  expect(askedMs).toHaveLength(3);
});

test('what was advised on a success in part is no advice on a report that fails', async () => {
  const half: Outcome = {
    ...finished,
    ...{ status: 'PartialSuccess', reason: 'partial-success', problem: 'partial-success' },
    ...{ hint: 'let it pass', message: 'two of three' },
  };
  const { outcome } = await deliver(() => ({ status: 404 }), minute, half);
  expect(outcome).toMatchObject({ status: 'Error', reason: 'download-failed' });
  expect(outcome.message).toMatch(/; two of three$/);
  expect([outcome.problem, outcome.hint]).toEqual([undefined, undefined]);
});

test('what fails leaves nothing in the folder', async () => {
  await deliver(() => ({ status: 410 }));
  expect(await readdir(folder)).toEqual([]);
});

/** Gives `size` bytes each time after so many milliseconds, without end. */
const trickle =
  (size: number, everyMs: number, totalBytes = 1e9): Server =>
  (clock) => ({
    headers: { 'content-length': String(totalBytes) },
    body: (async function* () {
      for (let bytes = 0; bytes < totalBytes; bytes += size) {
        await clock.sleep(everyMs, new AbortController().signal);
        yield Buffer.alloc(size, '1');
      }
    })(),
  });

test.each([
  ['200 bytes a second', 200, 1000],
  ['100 bytes a second', 50, 500],
  ['a kilobyte in ten seconds', 1024, 10_000],
])('%s for ever is no progress', async (_, size, everyMs) => {
  const { outcome } = await deliver(trickle(size, everyMs));
  expect(outcome).toMatchObject({ status: 'Error', reason: 'download-failed' });
  expect(outcome.message).toMatch(/next to nothing has come in 2m/);
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ['a kilobyte a second', 1024, 1000, 400],
  ['four kilobytes in five seconds', 4096, 5000, 200],
  ['64 kilobytes in 100 seconds', 65_536, 100_000, 5],
])('%s is slow, and goes on', async (_, size, everyMs, times) => {
  const { outcome } = await deliver(trickle(size, everyMs, size * times));
  expect(outcome.message).toBe('');
  expect(outcome.reportFiles?.[0]?.bytes).toBe(size * times);
});
