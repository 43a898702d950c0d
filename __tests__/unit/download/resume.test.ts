import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TransientError } from '../../../src/domain/errors.js';
import { createReportDownload } from '../../../src/download/download-reports.js';
import type { HttpRequest, Transport } from '../../../src/http/transport.js';
import { virtualClock, type VirtualClock } from '../../support/clock.js';
import { outcome } from '../../support/outcome.js';
import { makeFolder, removeFolder } from '../../support/system.js';

let folder = '';
beforeAll(async () => {
  folder = await makeFolder('resume');
});
afterAll(() => removeFolder(folder));

/** How a server tells one state of a report from another. */
type Validator = 'strong tag' | 'weak tag' | 'date' | 'none';

/** What the server does with one request. */
interface Behaviour {
  readonly kind:
    | 'as asked'
    | 'whole'
    | 'part whatever If-Range says'
    | 'part as HTTP 200'
    | 'another part'
    | 'part of another length'
    | 'unsatisfiable'
    | 'compressed'
    | 'redirect'
    | 'busy'
    | 'wrong length';
  /** After how many bytes the connection is cut, where it is, and how. */
  readonly cutAt: number | undefined;
  readonly end: 'it breaks' | 'it falls silent' | 'it ends as if that were all';
  /** How many bytes come at once. */
  readonly chunk: number;
  /** Whether the report is written anew before this response. */
  readonly changes: boolean;
}

const LENGTH = 400;
/** The states of the report: of one length, so that no length tells them apart. */
const states = Array.from({ length: 12 }, (_, state) => {
  const rows = Array.from({ length: LENGTH }, (_row, row) => `${state}:${row},`);
  return Buffer.from(rows.join('').slice(0, LENGTH));
});

/** Fits into a header as the time of a state: they differ by a minute. */
const date = (state: number) => new Date(Date.UTC(2026, 0, 1, 0, state)).toUTCString();

function validatorHeaders(validator: Validator, state: number): IncomingHttpHeaders {
  switch (validator) {
    case 'strong tag':
      return { etag: `"${state}"`, 'last-modified': date(0) };
    case 'weak tag':
      return { etag: `W/"${state}"` };
    case 'date':
      return { 'last-modified': date(state), date: date(30) };
    case 'none':
      return {};
  }
}

/** What a server sends in response to one request. */
interface Sent {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function respond(
  { kind }: Behaviour,
  validator: Validator,
  state: number,
  { headers: asked = {} }: HttpRequest,
): Sent {
  const content = states[state] ?? Buffer.alloc(0);
  const own = validatorHeaders(validator, state);
  const [, from] = /^bytes=(\d+)-$/.exec(asked.Range ?? '') ?? [];
  const isCurrent = [own.etag, own['last-modified']].includes(asked['If-Range']);
  const part = (start: number, status = 206, size = LENGTH): Sent => {
    const range = `bytes ${start}-${LENGTH - 1}/${size}`;
    const body = content.subarray(start);
    return {
      status,
      headers: { ...own, 'content-range': range, 'content-length': `${body.length}` },
      body,
    };
  };
  /** As many bytes as were asked for, from another place. */
  const otherPart = (missingFrom: number): Sent => {
    const begin = Math.floor(missingFrom / 2);
    const body = content.subarray(begin, begin + LENGTH - missingFrom);
    const range = `bytes ${begin}-${begin + body.length - 1}/${LENGTH}`;
    return { status: 206, headers: { ...own, 'content-range': range }, body };
  };
  const whole = { status: 200, headers: { ...own, 'content-length': `${LENGTH}` }, body: content };
  const start = from === undefined ? undefined : Number(from);
  switch (kind) {
    case 'as asked':
      return start !== undefined && isCurrent ? part(start) : whole;
    case 'whole':
      return whole;
    case 'part whatever If-Range says':
      return start === undefined ? whole : part(start);
    case 'part as HTTP 200':
      return start !== undefined && isCurrent ? part(start, 200) : whole;
    case 'another part':
      return otherPart(start ?? LENGTH / 2);
    case 'part of another length':
      return part(start ?? 0, 206, LENGTH + 7);
    case 'unsatisfiable':
      return {
        status: 416,
        headers: { 'content-range': `bytes */${LENGTH}` },
        body: Buffer.alloc(0),
      };
    case 'compressed': {
      const body = gzipSync(content);
      return {
        status: 200,
        headers: { ...own, 'content-encoding': 'gzip', 'content-length': `${body.length}` },
        body,
      };
    }
    case 'redirect':
      return { status: 302, headers: { location: '/elsewhere/r.csv' }, body: Buffer.alloc(0) };
    case 'busy':
      return { status: 503, headers: {}, body: Buffer.from('busy') };
    case 'wrong length':
      return { ...whole, headers: { ...whole.headers, 'content-length': `${LENGTH + 9}` } };
  }
}

/** A host that does with each request what is next; then it responds as asked. */
function hostOf(
  behaviours: readonly Behaviour[],
  validator: Validator,
  clock: VirtualClock,
): Transport {
  const rest = behaviours.values();
  let state = 0;
  return {
    send: () => Promise.reject(new Error('no poll is asked for a report')),
    stream: (request, silenceMs, signal) => {
      const usual = {
        kind: 'as asked',
        cutAt: undefined,
        end: 'it breaks',
        chunk: 100,
        changes: false,
      } as const;
      const behaviour = rest.next().value ?? usual;
      if (behaviour.changes) state += 1;
      const { status, headers, body } = respond(behaviour, validator, state, request);
      const { cutAt = Infinity, end, chunk } = behaviour;
      async function* chunks() {
        for (let at = 0; at < Math.min(body.length, cutAt); at += chunk) {
          // A chunk is given away: its memory is freed once it is on the disk.
          yield Buffer.from(body.subarray(at, Math.min(at + chunk, cutAt)));
        }
        if (cutAt >= body.length || end === 'it ends as if that were all') return;
        if (end === 'it falls silent') await clock.sleep(silenceMs(), signal);
        throw new TransientError('the connection broke', 'unreachable');
      }
      return Promise.resolve({
        head: { url: request.url, status, headers },
        body: chunks(),
        close: () => undefined,
      });
    },
  };
}

async function download(behaviours: readonly Behaviour[], validator: Validator) {
  const clock = virtualClock();
  const host = hostOf(behaviours, validator, clock);
  const deliver = createReportDownload(
    {
      ...{ destination: { folder, name: 'r.csv', roots: [folder] }, hasReports: true },
      ...{ baseUrl: 'https://acme.example', reportHeaders: {}, timeoutMs: 3_600_000 },
      ...{ intervalMs: 1000, maxIntervalMs: 30_000, minReportBytes: 1, maxReportBytes: 10e9 },
    },
    {
      session: {
        access: () => Promise.reject(new Error('no credentials are wanted')),
        poll: () => Promise.reject(new Error('no other link is wanted')),
      },
      ...{ transports: { provider: host, others: host }, clock, random: () => 0 },
      ...{ signal: new AbortController().signal, onEvent: () => undefined },
      redact: (text) => text,
    },
  );
  const job = outcome({ filePath: 'https://reports.example/r.csv' });
  return clock.run(deliver?.(job) ?? Promise.reject(new Error('no delivery')));
}

const behaviour = fc.record<Behaviour>({
  kind: fc.constantFrom(
    ...([
      'as asked',
      'as asked',
      'whole',
      'part whatever If-Range says',
      'part as HTTP 200',
    ] as const),
    ...(['another part', 'part of another length', 'unsatisfiable', 'compressed'] as const),
    ...(['redirect', 'busy', 'wrong length'] as const),
  ),
  cutAt: fc.option(fc.oneof(fc.constantFrom(100, 200), fc.integer({ min: 0, max: LENGTH })), {
    nil: undefined,
    freq: 4,
  }),
  end: fc.constantFrom('it breaks', 'it falls silent', 'it ends as if that were all'),
  chunk: fc.integer({ min: 30, max: LENGTH }),
  changes: fc.constantFrom(false, false, true),
});

test('however a server cuts, changes and mixes up a report, what is saved is one state of it, whole', async () => {
  const validator = fc.constantFrom<Validator>('strong tag', 'weak tag', 'date', 'none');
  await fc.assert(
    fc.asyncProperty(
      fc.array(behaviour, { maxLength: 10 }),
      validator,
      async (behaviours, kind) => {
        const { status, reportFiles = [] } = await download(behaviours, kind);
        const [file] = reportFiles;
        expect(await readdir(folder)).toEqual(file === undefined ? [] : ['r.csv']);
        if (file === undefined) {
          expect(status).toBe('Error');
          return;
        }
        const saved = await readFile(file.path);
        await removeFolder(file.path);
        expect(states.some((state) => state.equals(saved))).toBe(true);
        expect(file.bytes).toBe(LENGTH);
        expect(file.sha256).toBe(createHash('sha256').update(saved).digest('hex'));
      },
    ),
    { numRuns: 100 },
  );
});
