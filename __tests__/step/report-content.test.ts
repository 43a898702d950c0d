import { gzipSync, brotliCompressSync, deflateSync, deflateRawSync } from 'node:zlib';
import * as zlib from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import {
  body,
  expectRefused,
  expectSaved,
  fetchReport,
  inTurn,
  type Responder,
} from '../support/report-server.js';

const table = Buffer.from('order,amount\n1001,250\n1002,17\n');
const page = '<!doctype html><html><head><title>Sign in</title></head><body>Who?</body></html>';
const at =
  (path: string) =>
  ({ storage }: { readonly storage: string }) =>
    storage + path;
const disposition = (name: string) => ({ 'Content-Disposition': `attachment; filename="${name}"` });

const utf16 = (text: string, order: 'LE' | 'BE', mark: boolean) => {
  const bytes = Buffer.from((mark ? '\uFEFF' : '') + text, 'utf16le');
  return order === 'LE' ? bytes : bytes.swap16();
};

/** Gives `content` in chunks of a few bytes. */
const bitByBit =
  (content: Buffer | string, type = 'application/octet-stream', size = 7): Responder =>
  (_, response) => {
    response.writeHead(200, { 'Content-Type': type });
    const bytes = Buffer.from(content);
    const next = (from: number) => {
      if (from >= bytes.length) response.end();
      else
        response.write(bytes.subarray(from, from + size), () => setTimeout(next, 1, from + size));
    };
    next(0);
  };

describe('a login page', () => {
  test.each([
    ['as octet-stream', page],
    ['with a comment first', `<!-- build 17 > 3 -->\n${page}`],
    [
      'with three comments and a declaration',
      `<!--a--><?xml version="1.0"?><!--b-->\n<!--c-->${page}`,
    ],
    ['without a doctype', '<html lang="en"><body>Sign in</body></html>'],
    ['without html', '<head><meta charset="utf-8"></head>'],
    ['that is a title', '<title>Sign in</title><form action="/login">'],
    ['that is a script', '<script>location = "/login"</script>'],
    ['in capitals', '<HTML><BODY>SIGN IN</BODY></HTML>'],
    ['with odd spacing', '\r\n\t <!DOCTYPE\n\tHTML  PUBLIC "-//W3C//DTD HTML 4.01//EN">\n< html >'],
    ['with blanks inside', '< ! doctype   html>< html>'],
    ['behind a byte order mark', `\uFEFF${page}`],
    ['in UTF-16 LE', utf16(page, 'LE', false)],
    ['in UTF-16 BE', utf16(page, 'BE', false)],
    ['in UTF-16 LE with a mark', utf16(page, 'LE', true)],
    ['in UTF-16 BE with a mark', utf16(page, 'BE', true)],
    ['in UTF-16 LE with a comment', utf16(`<!-- x -->${page}`, 'LE', false)],
    ['behind a comment of 50 kB', `<!-- ${'-> '.repeat(17_000)} -->${page}`],
  ])('%s is no report', async (_, content) => {
    const run = await fetchReport(body(content));
    expectRefused(run, /sent an HTML page in place of the report; is the link still valid\?/);
    expect(run.requests).toHaveLength(1);
  });

  test.each([
    ['with a comment', `<!-- ${'x'.repeat(60)} -->${page}`],
    ['with odd spacing', `\n\n   <! DOCTYPE html>${page}`],
    ['in UTF-16', utf16(page, 'LE', true)],
    ['that is served as text/csv', page],
  ])('%s that comes bit by bit is no report', async (_, content) => {
    const run = await fetchReport(bitByBit(content, 'text/csv'));
    expectRefused(run, /sent an HTML page/);
  });

  test.each([
    ['24 comments', '<!-- x -->'.repeat(24)],
    ['30 comments that are not closed', '<!-- x --'.repeat(30)],
    ['6000 comments', '<!-- x -->'.repeat(6000)],
    ['60000 blanks', ' '.repeat(60_000)],
    ['6000 declarations', '<?php x ?>'.repeat(6000)],
  ])('behind %s costs no time', async (what, prolog) => {
    const run = await fetchReport(body(prolog + page));
    if (what.includes('not closed')) expect(run.exitCode).toBe(0);
    else expectRefused(run, /sent an HTML page/);
    expect(run.ms).toBeLessThan(2500);
  });

  test('that is compressed is no report either', async () => {
    const run = await fetchReport(body(gzipSync(page), 'text/csv', { 'Content-Encoding': 'gzip' }));
    expectRefused(run, /sent an HTML page/);
  });

  test('in place of the rest of a report is no report', async () => {
    const half = table.subarray(0, 10);
    const run = await fetchReport(
      inTurn(
        (_, response) => {
          response.writeHead(200, { 'Content-Length': table.length, ETag: '"v1"' });
          response.write(half, () => setTimeout(() => response.socket?.destroy(), 30));
        },
        body(page, 'text/html'),
      ),
    );
    expectRefused(run, /sent an HTML page/);
  });
});

describe('what looks like a page and is the report', () => {
  test.each([
    ['report.html', {}, 'text/html'],
    ['report.HTM', {}, 'text/html'],
    ['report.mhtml', {}, 'multipart/related'],
    ['report.xhtml', {}, 'application/xhtml+xml'],
    ['download', disposition('overview.html'), 'text/html'],
    ['report.xls', {}, 'application/vnd.ms-excel'],
    ['report.xls', {}, 'text/html'],
  ])('is %s with %j as %s', async (path, headers, type) => {
    const html = Buffer.from(`<html><table><tr><td>1</td></tr></table></html>`);
    const run = await fetchReport(body(html, type, headers), { links: at(`/${path}`) });
    expectSaved(run, { [path === 'download' ? 'overview.html' : path]: html });
  });

  test('is what download-path calls a page', async () => {
    const run = await fetchReport(body(page, 'text/html'), {
      links: at('/download'),
      inputs: { 'download-path': 'reports/page.html' },
    });
    expectSaved(run, { 'page.html': Buffer.from(page) });
  });

  test.each([
    ['a CSV', 'r.csv', table],
    ['a CSV with a mark', 'r.csv', Buffer.from(`\uFEFForder;amount\r\n1;2\r\n`)],
    ['a CSV in UTF-16', 'r.csv', utf16('order;amount\n1;2\n', 'LE', true)],
    ['JSON', 'r.json', Buffer.from('{"rows": []}')],
    ['a PDF', 'r.pdf', Buffer.from('%PDF-1.7\n%\xE2\xE3\n', 'latin1')],
    ['XML', 'r.xml', Buffer.from('<?xml version="1.0"?>\n<rows><row id="1"/></rows>')],
    ['one byte', 'r.txt', Buffer.from('1')],
  ])('is %s that is mislabelled text/html', async (_, name, content) => {
    const run = await fetchReport(body(content, 'text/html; charset=utf-8'), {
      links: at(`/${name}`),
    });
    expectSaved(run, { [name]: content });
  });

  test.each([
    ['XML with a comment', 'r.xml', '<!-- head --><rows><row/></rows>'],
    ['XML whose root begins like a page', 'r.xml', '<headers><h/></headers>'],
    ['CSV whose first cell is markup', 'r.csv', '"<html>",1\n'],
    ['text that speaks of pages', 'r.txt', 'a <!doctype html> is no page\n'],
  ])('is %s', async (_, name, text) => {
    const run = await fetchReport(bitByBit(text), { links: at(`/${name}`) });
    expectSaved(run, { [name]: Buffer.from(text) });
  });
});

describe('an error document', () => {
  const s3 =
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The key is unknown.</Message><Key>a.csv</Key></Error>';
  const gcs =
    "<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code><Message>Access is denied.</Message><Details>x</Details></Error>";
  const azure =
    '\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobNotFound</Code><Message>No such blob.\nRequestId:17</Message></Error>';
  const kinds: [string, string, RegExp][] = [
    ['S3', s3, /NoSuchKey: The key is unknown\./],
    ['GCS', gcs, /AccessDenied: Access is denied\./],
    ['Azure', azure, /BlobNotFound: No such blob\.\s+RequestId:17/],
    ['one without a declaration', '<Error><Code>SlowDown</Code></Error>', /SlowDown/],
    ['one behind a comment', `<!-- x -->${s3.slice(39)}`, /NoSuchKey: The key is unknown\./],
  ];

  test.each(kinds)('of %s under HTTP 200 is no report', async (_, text, why) => {
    const run = await fetchReport(body(text, 'application/xml'));
    expectRefused(run, new RegExp(`sent an error in place of the report \\(${why.source}`));
    expect(run.requests).toHaveLength(1);
  });

  test.each(kinds)('of %s under HTTP 200 bit by bit is no report', async (_, text, why) => {
    expectRefused(await fetchReport(bitByBit(text)), why);
  });

  test.each(kinds.slice(0, 4))('of %s under HTTP 403 is in the message', async (_, text, why) => {
    const run = await fetchReport((_request, response) => {
      response.writeHead(403, { 'Content-Type': 'application/xml' }).end(text);
    });
    expectRefused(run, new RegExp(`HTTP 403 \\(${why.source}`));
    expect(run.requests).toHaveLength(3);
  });

  test.each([
    ['error', '{"error": {"code": 404, "message": "no such export"}}', /error: \{.*no such export/],
    ['message', '{"message": "Rate exceeded"}', /message: "Rate exceeded"/],
    ['errors', '\uFEFF{ "errors": ["a", "b"] }', /errors: \["a","b"\]/],
    ['fault, in UTF-16', utf16('{"fault": 1}', 'LE', true), /fault: 1/],
    ['detail, behind blanks', `${' '.repeat(300)}{"detail": "none"}`, /detail: "none"/],
  ])('that is JSON with %s, where CSV was promised, is no report', async (_, text, why) => {
    const run = await fetchReport(body(text, 'application/json'));
    expectRefused(run, new RegExp(`sent an error in place of the report \\(${why.source}`));
  });

  test('that is JSON, where the content type alone promised CSV, is no report', async () => {
    const run = await fetchReport(body('{"error": "x"}', 'text/csv'), { links: at('/export') });
    expectRefused(run, /error: "x"/);
  });

  test.each([
    ['r.json', 'application/json', '{"error": null, "rows": []}'],
    ['export', 'application/json', '{"message": "all is well"}'],
    ['export', 'application/problem+json', '{"detail": "x"}'],
    ['export', 'application/octet-stream', '{"code": "DE", "rows": []}'],
    ['r.ndjson', 'application/octet-stream', '{"message": "one line"}\n'],
    ['r.jsonl', 'text/plain', '{"message": "one line"}'],
    ['r.geojson', 'text/plain', '{"type": "Point", "code": 1}'],
    ['r.csv', 'text/csv', '{"rows": []}'],
    ['r.csv', 'text/csv', '{"error": 1},2\n'],
    ['r.xml', 'application/xml', '<Errors><Error><Code>1</Code></Error></Errors>'],
    ['r.xml', 'application/xml', '<Error><Line>1</Line></Error>'],
  ])('is not seen in %s as %s that holds %s', async (name, type, text) => {
    const run = await fetchReport(body(text, type), { links: at(`/${name}`) });
    expectSaved(run, { [name]: Buffer.from(text) });
  });
});

describe('the size', () => {
  test.each([
    ['nothing', 'is empty; set `minimum-report-size: 0`', '1', ''],
    ['too little', 'has only 10 B, less than `minimum-report-size`', '11', '0123456789'],
    ['too little, in kB', 'has only 10 B, less than `minimum-report-size`', '1 kB', '0123456789'],
  ])('of %s is waited for, then refused', async (_, why, minimum, text) => {
    const inputs = { 'minimum-report-size': minimum };
    const run = await fetchReport(body(text, 'text/csv'), { inputs });
    expectRefused(run, new RegExp(why.replace('.', '\\.')));
    // Another three of them after one more poll, if that had given another link.
    expect(run.requests).toHaveLength(3);
    expect(run.polls).toBe(2);
  });

  test.each([1, 2])('of nothing, %i times, may only be early', async (times) => {
    const empty = Array.from({ length: times }, () => body('', 'text/csv'));
    const run = await fetchReport(inTurn(...empty, body(table, 'text/csv')));
    expectSaved(run, { 'Export.csv': table });
    expect(run.requests).toHaveLength(times + 1);
  });

  test.each([
    ['0', ''],
    ['10', '0123456789'],
    ['0.01 kB', '0123456789'],
  ])('is right with minimum-report-size: %s', async (minimum, text) => {
    const inputs = { 'minimum-report-size': minimum };
    const run = await fetchReport(body(text, 'text/csv'), { inputs });
    expectSaved(run, { 'Export.csv': Buffer.from(text) });
  });

  test('of nothing is right as a packed nothing, too', async () => {
    const run = await fetchReport(body(gzipSync(''), 'text/csv', { 'Content-Encoding': 'gzip' }), {
      inputs: { 'minimum-report-size': '0' },
    });
    expectSaved(run, { 'Export.csv': Buffer.alloc(0) });
  });
});

test('report-headers are sent with the report and with no poll', async () => {
  const run = await fetchReport(body(table, 'text/csv'), {
    inputs: { 'report-headers': 'Accept: text/csv\nX-Format: wide\nAccept-Language: de' },
  });
  expectSaved(run, { 'Export.csv': table });
  expect(run.requests[0]?.headers).toMatchObject({
    accept: 'text/csv',
    'accept-language': 'de',
    'accept-encoding': 'identity',
  });
  expect(run.requests[0]?.headers).not.toHaveProperty('x-format');
});

describe('packed', () => {
  const zstd = 'zstdCompressSync' in zlib ? zlib.zstdCompressSync(table) : Buffer.from('(µ/ý x');
  const packers: Readonly<Record<string, Buffer>> = {
    gzip: gzipSync(table),
    'x-gzip': gzipSync(table),
    br: brotliCompressSync(table),
    deflate: deflateSync(table),
    zstd,
  };
  const packedAs = (coding: string, headers = {}) =>
    body(packers[coding] ?? table, 'text/csv', { 'Content-Encoding': coding, ...headers });

  test.each([
    ['r.csv.gz', 'gzip'],
    ['r.CSV.GZ', 'gzip'],
    ['r.csv.gz', 'x-gzip'],
    ['r.tgz', 'gzip'],
    ['r.csv.br', 'br'],
    ['r.csv.zst', 'zstd'],
    ['r.csv.bz2', 'bzip2'],
  ])('%s, stored with the coding %s, stays as it is', async (name, coding) => {
    const run = await fetchReport(packedAs(coding), { links: at(`/${name}`) });
    expectSaved(run, { [name]: packers[coding] ?? table });
  });

  test('r.csv.gz is resumed like any other file', async () => {
    const packed = packers.gzip ?? table;
    const run = await fetchReport(
      (request, response, number) => {
        const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
        response.writeHead(start > 0 ? 206 : 200, {
          'Content-Encoding': 'gzip',
          ETag: '"v1"',
          'Content-Length': packed.length - start,
          ...(start > 0 && {
            'Content-Range': `bytes ${start}-${packed.length - 1}/${packed.length}`,
          }),
        });
        if (number > 1) response.end(packed.subarray(start));
        else response.write(packed.subarray(0, 20), () => setTimeout(() => response.destroy(), 30));
      },
      { links: at('/r.csv.gz') },
    );
    expectSaved(run, { 'r.csv.gz': packed });
    expect(run.requests[1]?.headers.range).toBe('bytes=20-');
  });

  test.each(['gzip', 'x-gzip', 'br', 'deflate'])(
    'r.csv with the coding %s is unpacked',
    async (coding) => {
      const run = await fetchReport(packedAs(coding), { links: at('/r.csv') });
      expectSaved(run, { 'r.csv': table });
    },
  );

  test.each([
    ['bare deflate', deflateRawSync(table), 'deflate'],
    ['gzip and br', brotliCompressSync(gzipSync(table)), 'gzip, br'],
    ['GZIP in capitals', gzipSync(table), 'GZIP'],
    ['identity', table, 'identity'],
    ['a charset', table, 'UTF-8'],
    ['the way of its upload', table, 'aws-chunked'],
    ['both', gzipSync(table), 'gzip,aws-chunked'],
  ])('r.csv with %s is saved as it was', async (_, content, coding) => {
    const headers = { 'Content-Encoding': coding };
    const run = await fetchReport(body(content, 'text/csv', headers), { links: at('/r.csv') });
    expectSaved(run, { 'r.csv': table });
  });

  test.each([
    ['stays packed under a name of the server', disposition('r.csv.gz'), {}, 'r.csv.gz', true],
    ['is unpacked under a name of the server', disposition('r.csv'), {}, 'r.csv', false],
    ['stays packed under download-path', {}, { 'download-path': 'reports/x.tgz' }, 'x.tgz', true],
    ['is unpacked under download-path', {}, { 'download-path': 'reports/x.csv' }, 'x.csv', false],
    [
      'is unpacked under download-path, whatever the server calls it',
      disposition('r.csv.gz'),
      { 'download-path': 'reports/x.csv' },
      'x.csv',
      false,
    ],
  ])('a download without a name of its own %s', async (_, headers, inputs, name, stays) => {
    const run = await fetchReport(packedAs('gzip', headers), { links: at('/download'), inputs });
    expectSaved(run, { [name]: (stays ? packers.gzip : table) ?? table });
  });

  test.each(['gzip', 'x-gzip', 'br', 'deflate', 'zstd'])(
    'as %s by its header alone, it ends at once',
    async (coding) => {
      const headers = { 'Content-Encoding': coding };
      const run = await fetchReport(body('order,amount\n1001,250\n', 'text/csv', headers));
      expectRefused(run, new RegExp(`said to be compressed as ${coding}, .*cannot be unpacked`));
      expect(run.requests).toHaveLength(1);
    },
  );

  test.each(['compress', 'lz4', 'x-snappy', 'sdch', 'dcb'])(
    'as %s, which nobody can unpack here, it ends at once',
    async (coding) => {
      const run = await fetchReport(body(table, 'text/csv', { 'Content-Encoding': coding }));
      expectRefused(run, new RegExp(`said to be compressed as ${coding}, .*cannot be unpacked`));
      expect(run.requests).toHaveLength(1);
    },
  );

  test('and cut in the middle, it is fetched anew', async () => {
    const large = Buffer.from(Array.from({ length: 9000 }, (_, row) => `${row}\n`).join(''));
    const packed = gzipSync(large);
    const headers = { 'Content-Encoding': 'gzip' };
    const run = await fetchReport(
      inTurn(body(packed.subarray(0, -9), 'text/csv', headers), body(packed, 'text/csv', headers)),
    );
    expectSaved(run, { 'Export.csv': large });
    expect(run.requests).toHaveLength(2);
  });
});
