import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import {
  body,
  expectRefused,
  expectSaved,
  fetchReport,
  file,
  inTurn,
  sha256,
  type Responder,
} from '../support/report-server.js';

/** Rows that differ, so that no part of the report can stand for another one. */
const rows = (count: number, word = 'row') =>
  Buffer.from(Array.from({ length: count }, (_, row) => `${word},${row},250\n`).join(''));
const content = rows(8000);
const half = Math.floor(content.length / 2);
const etag = '"v1"';

const cutOnce = (number: number) => (number === 1 ? half : undefined);

/** Responds as it likes to the first request, then as a good server. */
const firstly = (responder: Responder): Responder => inTurn(responder, file(content, { etag }));

/** The bytes from `start` to `end` as a part, with another status than 206. */
const partAs =
  (
    code: number,
    [start, end]: readonly [number, number],
    headers: Record<string, string> = {},
  ): Responder =>
  (_, response) => {
    response.writeHead(code, {
      'Content-Type': 'text/csv',
      'Content-Range': `bytes ${start}-${end - 1}/${content.length}`,
      ...headers,
    });
    response.end(content.subarray(start, end));
  };

const length = String(half);

test.each([
  ['200 with Content-Range and a length', partAs(200, [0, half], { 'Content-Length': length })],
  ['200 with Content-Range, chunked', partAs(200, [0, half])],
  ['203 with Content-Range', partAs(203, [0, half])],
  ['206 that nobody asked for', partAs(206, [0, half])],
  ['206 with a tag', partAs(206, [0, half], { ETag: etag })],
  ['200 with Content-Range and a tag', partAs(200, [0, half], { ETag: etag })],
  ['200 with a part from the middle', partAs(200, [half, content.length])],
])('a first response of %s is not taken for the whole', async (_, part) => {
  const run = await fetchReport(firstly(part));
  expectSaved(run, { 'Export.csv': content });
  expect(run.requests).toHaveLength(2);
});

test.each([
  ['200 with Content-Range', partAs(200, [0, half])],
  ['203 with Content-Range', partAs(203, [0, half])],
  ['206', partAs(206, [0, half])],
  ['200 with a Content-Range of an unknown whole', partAs(200, [0, half], unknownWhole())],
  ['206 without Content-Range', partAs(206, [0, half], { 'Content-Range': '' })],
])('a server that gives nothing but a part, as %s, fails the step', async (_, part) => {
  const run = await fetchReport(part, { inputs: { timeout: '0' } });
  expectRefused(run, /sent a part that does not fit|broke off after .* of .*/);
  expect(run.requests).toHaveLength(4);
});

function unknownWhole() {
  return { 'Content-Range': `bytes 0-${half - 1}/*` };
}

test.each([
  ['206', partAs(206, [half, content.length])],
  ['200 with Content-Range', partAs(200, [half, content.length])],
  ['203 with Content-Range', partAs(203, [half, content.length])],
  ['206 whose tag is repeated', partAs(206, [half, content.length], { ETag: etag })],
])('the rest that comes as %s completes the report', async (_, rest) => {
  const run = await fetchReport(inTurn(file(content, { etag, cutAfter: cutOnce }), rest));
  expectSaved(run, { 'Export.csv': content });
  expect(run.requests.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${half}-`]);
});

test.each([
  ['as 200 with its length', { 'Content-Length': String(content.length - half) }],
  ['as 200 without a length', {}],
  ['as 203 without a length', {}],
])('the rest under the same tag %s is not taken for the whole', async (what, lengths) => {
  const run = await fetchReport(
    inTurn(
      file(content, { etag, cutAfter: cutOnce }),
      (_, response) => {
        const code = what.includes('203') ? 203 : 200;
        response.writeHead(code, { ETag: etag, ...lengths }).end(content.subarray(half));
      },
      file(content, { etag }),
    ),
  );
  expectSaved(run, { 'Export.csv': content });
  expect(run.requests.map(({ headers }) => headers.range)).toEqual([
    undefined,
    `bytes=${half}-`,
    undefined,
  ]);
});

test.each([
  ['416', (_: unknown, response: Parameters<Responder>[1]) => response.writeHead(416).end()],
  [
    '416 that claims to be a part',
    partAs(416, [half, content.length], { 'Content-Type': 'text/html' }),
  ],
  ['a part of another length', partAs(206, [half, content.length], otherWhole())],
  ['a part under another tag', partAs(206, [half, content.length], { ETag: '"v2"' })],
  ['a part that begins elsewhere', partAs(206, [half + 1, content.length])],
] as [string, Responder][])(
  'where %s comes in place of the rest, all begins anew',
  async (_, rest) => {
    const run = await fetchReport(
      inTurn(file(content, { etag, cutAfter: cutOnce }), rest, file(content, { etag })),
    );
    expectSaved(run, { 'Export.csv': content });
    expect(run.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      `bytes=${half}-`,
      undefined,
    ]);
    expect(run.log).toContain('starting anew');
  },
);

function otherWhole() {
  return { 'Content-Range': `bytes ${half}-${content.length - 1}/${content.length + 1}` };
}

test.each([200, 203, 206])(
  'a compressed part under HTTP %d is not taken for the whole',
  async (code) => {
    const part = gzipSync(content.subarray(0, half));
    const run = await fetchReport(
      firstly((_, response) => {
        response.writeHead(code, {
          'Content-Type': 'text/csv',
          'Content-Encoding': 'gzip',
          'Content-Range': `bytes 0-${half - 1}/${content.length}`,
        });
        response.end(part);
      }),
    );
    expectSaved(run, { 'Export.csv': content });
    expect(run.requests).toHaveLength(2);
  },
);

test('a length that is too great fails the step, a body that says nothing of its length does not', async () => {
  const tooLong = { 'Content-Length': String(content.length + 1) };
  const [longer, silent] = await Promise.all([
    fetchReport(file(content, { headers: tooLong, cutAfter: () => content.length }), {
      inputs: { timeout: '0' },
    }),
    fetchReport(body(content, 'text/csv')),
  ]);
  expectRefused(longer, /broke off after/);
  expectSaved(silent, { 'Export.csv': content });
});

const MEGABYTES = 5;
const large = rows(1).length;
const report = rows(Math.ceil((MEGABYTES * 1_000_000) / (large + 5)));
const newer = rows(Math.ceil((MEGABYTES * 1_000_000) / (large + 5)), 'new');
const longer = Buffer.concat([newer, newer.subarray(0, 1000)]);

/** How a server goes on after the cut: what it sends, and which report is the right one then. */
const KINDS: Readonly<
  Record<string, (cut: number) => { readonly rest: Responder; readonly right: Buffer }>
> = {
  206: () => ({ rest: file(report, { etag }), right: report }),
  '200 whole': () => ({ rest: file(report, { etag, ranges: false }), right: report }),
  '200 with Content-Range': (cut) => ({
    rest: (request, response, number) => {
      if (request.headers.range === undefined) file(report, { etag })(request, response, number);
      else {
        response.writeHead(200, {
          ETag: etag,
          'Content-Range': `bytes ${cut}-${report.length - 1}/${report.length}`,
          'Content-Length': report.length - cut,
        });
        response.end(report.subarray(cut));
      }
    },
    right: report,
  }),
  416: () => ({
    rest: (request, response, number) => {
      if (request.headers.range === undefined) file(report, { etag })(request, response, number);
      else response.writeHead(416, { 'Content-Range': `bytes */${report.length}` }).end();
    },
    right: report,
  }),
  // The server does not look at If-Range: it sends the rest of the new report.
  'changed ETag': () => ({
    rest: (request, response, number) => {
      delete request.headers['if-range'];
      file(newer, { etag: '"v2"' })(request, response, number);
    },
    right: newer,
  }),
  'changed length': () => ({
    rest: (request, response, number) => {
      delete request.headers['if-range'];
      file(longer, { etag })(request, response, number);
    },
    right: longer,
  }),
};

const cuts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((tenths) =>
  Math.min(Math.floor((report.length * tenths) / 10), report.length - 1),
);

test.each(Object.entries(KINDS))(
  'after a cut at any tenth of 5 MB the report is right with a server that gives %s',
  async (_, kind) => {
    const waiting = [...cuts];
    const work = async () => {
      for (let cut = waiting.shift(); cut !== undefined; cut = waiting.shift()) {
        const { rest, right } = kind(cut);
        const at = cut;
        const first = file(report, { etag, cutAfter: () => at });
        const run = await fetchReport(inTurn(first, rest), { inputs: { timeout: '20s' } });
        expectSaved(run, { 'Export.csv': right });
        expect(run.requests[1]?.headers.range).toMatch(/^bytes=\d+-$/);
        expect(run.requests[1]?.headers['if-range']).toBe(etag);
        expect(run.outputs.reportSha256).toBe(sha256(right));
      }
    };
    await Promise.all([work(), work(), work(), work()]);
  },
);
