import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isInside, isRoot } from '../../../src/download/destination.js';
import { createDelivery } from '../../../src/download/download-reports.js';
import type { DownloadEvent } from '../../../src/download/fetch-report.js';
import { safeName } from '../../../src/download/part-file.js';
import { linkOf, redirectTarget } from '../../../src/download/link.js';
import { TransientFault } from '../../../src/domain/errors.js';
import type { Head, Transport } from '../../../src/http/transport.js';
import type { Outcome } from '../../../src/domain/job.js';
import { virtualClock, type VirtualClock } from '../../support/clock.js';
import { makeFolder, removeFolder } from '../../support/system.js';

const minute = 60_000;
let folder = '';
beforeEach(async () => {
  folder = await makeFolder('delivery');
});
afterEach(() => removeFolder(folder));

const finished: Outcome = {
  requestId: 'job-1',
  status: 'Successful',
  reason: '',
  providerStatus: 'COMPLETE',
  batchId: '',
  filePath: 'https://reports.example/Export.csv',
  message: '',
  timedOut: false,
  polls: 1,
  elapsedMs: 0,
  changes: [],
};

type Server = (
  clock: VirtualClock,
  number: number,
) => Partial<Head> & { body?: AsyncIterable<Buffer> };

/** Delivers one report in virtual time from a host that answers as `server` says. */
async function deliver(server: Server, timeoutMs = 30 * minute) {
  const clock = virtualClock();
  const events: DownloadEvent[] = [];
  const askedMs: number[] = [];
  const host: Transport = {
    send: () => Promise.reject(new Error('no question is asked for a report')),
    receive: ({ url }, _silenceMs, _signal, take) => {
      askedMs.push(clock.now());
      const { status = 200, headers = {}, body = some() } = server(clock, askedMs.length);
      return take({ url, status, headers }, body, () => undefined);
    },
  };
  const delivery = createDelivery(
    {
      destination: { folder, name: undefined, roots: [folder] },
      hasReports: true,
      settings: { baseUrl: 'https://acme.example' },
      intervalMs: 1000,
      maxIntervalMs: 30_000,
      timeoutMs,
    },
    { access: () => Promise.reject(new Error('no credentials are wanted')) },
    { vendor: host, others: host },
    {
      clock,
      random: () => 0,
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
    },
  );
  const outcome = await clock.run(delivery?.(finished) ?? Promise.reject(new Error('no delivery')));
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
  expect(outcome.report?.bytes).toBe(1000);
  expect(events).toEqual(
    [200, 400, 600, 800, 1000].map((bytes) => ({
      kind: 'downloading',
      requestId: 'job-1',
      bytes,
      total: 1000,
      bytesPerSecond: 20,
    })),
  );
});

test('two minutes without a new byte end a download', async () => {
  const { outcome, askedMs } = await deliver(() => ({ status: 503 }));
  expect(outcome).toMatchObject({ status: 'Error', reason: 'download-failed' });
  expect(outcome.message).toBe(
    'the report could not be downloaded: reports.example answered HTTP 503',
  );
  expect(askedMs.at(-1)).toBeGreaterThanOrEqual(2 * minute);
  expect(askedMs.at(-1)).toBeLessThan(2.5 * minute);
});

test('a shorter timeout of the wait is the patience for its report, too', async () => {
  const { askedMs } = await deliver(() => ({ status: 503 }), 10_000);
  expect(askedMs.at(-1)).toBeGreaterThanOrEqual(10_000);
  expect(askedMs.at(-1)).toBeLessThan(12_000);
});

/** Gives `size` bytes, `step` of them each time before it is cut, after a second. */
const inParts =
  (size: number, step: number, headers: Head['headers'] = { etag: '"v1"' }): Server =>
  (clock, number) => {
    const start = (number - 1) * step;
    return {
      status: number === 1 ? 200 : 206,
      headers: { ...headers, 'content-range': `bytes ${start}-${size - 1}/${size}` },
      body: (async function* () {
        await clock.sleep(1000, new AbortController().signal);
        yield Buffer.alloc(Math.min(step, size - start));
        if (start + step < size) throw new TransientFault('cut', 'unreachable');
      })(),
    };
  };

test('as long as new bytes come, a download goes on', async () => {
  const step = 64 * 1024;
  const { outcome, askedMs } = await deliver(inParts(200 * step, step));
  expect(outcome.report?.bytes).toBe(200 * step);
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
  expect(outcome.report?.bytes).toBe(100);
  expect(askedMs).toHaveLength(2);
});

test('a date of the same second is no proof that a report is the same', async () => {
  const date = 'Sat, 21 Nov 2026 10:15:00 GMT';
  const asked: (string | undefined)[] = [];
  await deliver((clock, number) => {
    asked.push(String(number));
    const part = inParts(100, 50, { date, 'last-modified': date })(clock, number);
    return number === 1 ? part : { ...part, status: 200, body: some('x'.repeat(100)) };
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
  expect(askedMs).toEqual([0, 45_000, 2 * minute]);
});

test('a part that is not the one that was asked for is thrown away with all before it', async () => {
  const { outcome, askedMs } = await deliver((_, number) => ({
    status: number === 2 ? 206 : 200,
    headers: { etag: '"v1"', 'content-length': '6', 'content-range': 'bytes 2-5/6' },
    body: number === 1 ? some('abc') : some(number === 2 ? 'cdef' : 'abcdef'),
  }));
  expect(outcome.report?.bytes).toBe(6);
  expect(askedMs).toHaveLength(3);
});

test('what fails leaves nothing in the folder', async () => {
  await deliver(() => ({ status: 410 }));
  expect(await readdir(folder)).toEqual([]);
});

test('a folder is known in any spelling that leads to it', () => {
  const other = folder.toUpperCase();
  const isSame = existsSync(other); // As on Windows and macOS.
  expect(isRoot(other, [folder])).toBe(isSame);
  expect(isInside(join(other, 'new', 'deeper'), [folder])).toBe(isSame);
  expect(isInside(join(other, '..'), [folder])).toBe(false);
});

test('a name is safe wherever it is written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const name = safeName(text);
      expect(name).not.toMatch(/[<>:"/\\|?*\p{Cc}]|^\.|[. ]$|^$/u);
      expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(250);
    }),
  );
});

test('a name that grows as it is made safe is still no hidden file', () => {
  expect(safeName(`${'\uFB2C'.repeat(90)}.${'\uFB2C'.repeat(60)}`)).not.toMatch(/^\./);
});

test('a report of an https vendor is not fetched over plain http, not even on this machine', () => {
  expect(() => linkOf('http://127.0.0.1/a.csv', 'https://acme.example')).toThrow(
    /not fetched over/,
  );
});

test.each(['http://reports.example/a', 'http://127.0.0.1/a'])(
  'a redirect from https to %s is not followed',
  (location) => {
    const from = new URL('https://reports.example/a');
    expect(() => redirectTarget(from, 302, { location })).toThrow(/not fetched over http/);
  },
);

test('a path of the vendor’s own lies below base-url', () => {
  const root = 'https://acme.example/prefix';
  expect(linkOf('exports/a.csv', root).href).toBe('https://acme.example/prefix/exports/a.csv');
  expect(linkOf('/exports/a.csv', root).href).toBe('https://acme.example/exports/a.csv');
});
