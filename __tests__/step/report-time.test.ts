import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { jobsOf } from '../support/action.js';
import {
  body,
  expectRefused,
  expectSaved,
  fetchReport,
  file,
  inTurn,
  status,
  type Responder,
} from '../support/report-server.js';

const content = Buffer.from('order,amount\n1001,250\n'.repeat(1000));
const csv = file(content);

/** Longer than the timeout by what a step needs to give up, and to start on a busy machine. */
const MOST_MS = 8500;

const silent: Responder = () => undefined;
const headAlone: Responder = (_, response) => {
  response.writeHead(200, { 'Content-Length': 1000, ETag: '"v1"' }).flushHeaders();
};
const stalls =
  (bytes: number, headers = {}): Responder =>
  (_, response) => {
    response.writeHead(200, { 'Content-Length': content.length, ...headers });
    response.write(content.subarray(0, bytes));
  };
/** So many bytes now and then, for ever. */
const drips =
  (bytes: number): Responder =>
  (_, response) => {
    response.writeHead(200, { 'Content-Length': 1e9 });
    const timer = setInterval(() => response.write('x'.repeat(bytes)), 100);
    response.on('close', () => {
      clearInterval(timer);
    });
  };
const late =
  (code: number, location: string): Responder =>
  (_, response) => {
    setTimeout(() => response.writeHead(code, { Location: location }).end(), 2500);
  };
const errorWithoutEnd =
  (code: number): Responder =>
  (_, response) => {
    response.writeHead(code, { 'Content-Length': 100 }).write('<Error><Code>Slow</Code>');
  };

describe('a server that falls silent', () => {
  const phases: [string, Responder][] = [
    ['before the head', silent],
    ['after the head', headAlone],
    ['in the middle', stalls(5000)],
    ['in the middle of a report that can be resumed', stalls(5000, { ETag: '"v1"' })],
    ['after a redirect', inTurn(status(302, { Location: '/b.csv' }), silent)],
    ['between redirects, each of which takes its time', late(302, '/again.csv')],
    ['after the head of an HTTP 503', errorWithoutEnd(503)],
    ['but for a byte now and then', drips(1)],
    ['but for a kilobyte now and then', drips(1024)],
  ];

  test.each(['2s', '0'])(
    'ends the step soon after timeout: %s, in every phase',
    async (timeout) => {
      const runs = await Promise.all(
        phases.map(([, responder]) => fetchReport(responder, { inputs: { timeout } })),
      );
      const took = runs.map(({ ms }, index) => [phases[index]?.[0], ms < MOST_MS]);
      expect(took).toEqual(phases.map(([phase]) => [phase, true]));
      for (const run of runs) expectRefused(run, /next to nothing|broke off|HTTP 503|redirects/);
    },
  );

  test.each(['2s', '0'])(
    'ends the step soon after timeout: %s, for twenty jobs',
    async (timeout) => {
      const ids = Array.from({ length: 20 }, (_, index) => `job-${index}`).join('\n');
      const run = await fetchReport(silent, { inputs: { timeout, 'request-id': ids } });
      expect(run.ms).toBeLessThan(MOST_MS);
      expect({ exitCode: run.exitCode, saved: run.saved }).toEqual({ exitCode: 1, saved: {} });
      const reasons = jobsOf(run).map(({ reason }) => reason);
      expect(reasons).toEqual(Array(20).fill('download-failed'));
      // The storage was asked by those that had time left.
      expect(run.requests.length).toBeGreaterThanOrEqual(4);
      expect(run.log).toContain('no time was left to download the report');
    },
  );

  test('while a login for the report is waited for ends the step, too', async () => {
    let logins = 0;
    const run = await fetchReport(silent, {
      links: ({ provider }) => `${provider}/report.csv`,
      provider: ({ url }, response) => {
        if (url === '/report.csv') response.writeHead(401).end();
        else if ((logins += 1) === 1) response.end('{"access_token": "token-of-the-test"}');
      },
      inputs: ({ provider }) => ({
        timeout: '2s',
        token: '',
        'token-url': `${provider}/token`,
        'client-id': 'me',
        'client-secret': 'the-secret-of-the-test',
      }),
    });
    expectRefused(run, /no response to the login within/);
    expect(run.ms).toBeLessThan(MOST_MS);
    expect(logins).toBe(2);
  });

  test('while the link is renewed ends the step, too', async () => {
    const run = await fetchReport(status(403), {
      links: ({ storage }, poll) => (poll > 1 ? undefined : `${storage}/a.csv`),
      inputs: { timeout: '2s' },
    });
    expectRefused(run, /HTTP 403/);
    expect(run.ms).toBeLessThan(MOST_MS);
  });

  test.each([403, 404, 400])('after the head of an HTTP %i says so all the same', async (code) => {
    const run = await fetchReport(errorWithoutEnd(code), { inputs: { timeout: '1s' } });
    expectRefused(run, new RegExp(`HTTP ${code} \\(Slow\\)`));
    expect(run.ms).toBeLessThan(MOST_MS);
  });

  test('for a moment only is forgiven', async () => {
    const run = await fetchReport((_, response) => {
      response.writeHead(200, { 'Content-Length': content.length });
      response.write(content.subarray(0, 100));
      setTimeout(() => response.end(content.subarray(100)), 1500);
    });
    expectSaved(run, { 'Export.csv': content });
    expect(run.requests).toHaveLength(1);
  });
});

describe('max-report-size', () => {
  const chunked: Responder = (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/csv' }).write(content);
    setTimeout(() => response.end(content), 50);
  };
  const gzipped = body(gzipSync(content), 'text/csv', { 'Content-Encoding': 'gzip' });

  test.each([
    ['a length', csv, '1 kB'],
    ['no length', chunked, '30 kB'],
    ['a length of what is packed', gzipped, '20 kB'],
    ['a part', inTurn(file(content, { etag: '"v1"', cutAfter: () => 9 })), '21999'],
  ])('ends a report with %s that is larger', async (_, responder, most) => {
    const run = await fetchReport(responder, { inputs: { 'max-report-size': most } });
    expectRefused(run, /the report is larger than .*B; raise `max-report-size` if that is right/);
    expect(run.requests).toHaveLength(1);
  });

  test('ends a report by its length before any of it is fetched', async () => {
    const run = await fetchReport(stalls(100), { inputs: { 'max-report-size': '21 kB' } });
    expectRefused(run, /larger than 21 kB/);
    expect(run.ms).toBeLessThan(2000);
  });

  test.each(['22000', '22 kB', '10 GB'])(
    'of %s lets a report of 22000 bytes pass',
    async (most) => {
      const run = await fetchReport(csv, { inputs: { 'max-report-size': most } });
      expectSaved(run, { 'Export.csv': content });
    },
  );
});

describe('a report that unpacks without end', () => {
  const zeros = Buffer.alloc(150_000_000);
  const br = brotliCompressSync(zeros, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 2, [constants.BROTLI_PARAM_LGWIN]: 22 },
  });

  test.each([
    ['br', br],
    ['gzip, gzip', gzipSync(gzipSync(zeros))],
    ['gzip, br', brotliCompressSync(gzipSync(zeros))],
  ])('from %s ends the step', async (coding, packed) => {
    const headers = { 'Content-Encoding': coding };
    const run = await fetchReport(body(packed, 'text/csv', headers));
    expectRefused(run, /unpacks \(.*\) to over 1000 times its size/);
    expect(run.requests).toHaveLength(1);
  });

  test('is told from one that packs well', async () => {
    const same = Buffer.alloc(20_000_000, 'a');
    const headers = { 'Content-Encoding': 'gzip' };
    const run = await fetchReport(body(gzipSync(same), 'text/csv', headers));
    expectSaved(run, { 'Export.csv': same });
  });
});
