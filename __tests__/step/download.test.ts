import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { jobsOf } from '../support/action.js';
import {
  file,
  inTurn,
  startReportServer,
  status,
  type Responder,
} from '../support/report-server.js';
import {
  isWindows,
  makeFolder,
  removeFolder,
  signalAfter,
  stopSignals,
} from '../support/system.js';
import { loginInputs, providerTest } from '../support/provider.js';

const run = providerTest('unicommerce');
const content = Buffer.from(
  Array.from({ length: 40_000 }, (_, row) => `${row},1001,250\n`).join(''),
);
const page = '<!doctype html><html><body>Please sign in</body></html>';

let reports: Awaited<ReturnType<typeof startReportServer>>;
let workspace = '';
beforeAll(async () => {
  reports = await startReportServer();
});
afterAll(() => reports.close());
beforeEach(async () => {
  workspace = await makeFolder('workspace');
});
afterEach(() => removeFolder(workspace));

type Inputs = Readonly<Record<string, string>>;
type Options = Parameters<typeof run>[2] & { readonly path?: string };

/** Runs the step for a finished job whose report `response` gives; what it asked for is in `reports`. */
async function fetchReport(response: Responder, inputs: Inputs = {}, options: Options = {}) {
  reports.give(response);
  const { path = '/acme/Export.csv', env, ...others } = options;
  const filePath = path.startsWith('http') ? path : reports.url + path;
  const outcome = await run(
    { steps: [{ status: 'COMPLETE', filePath }] },
    { 'download-path': 'reports/', timeout: '2s', ...inputs },
    { env: { GITHUB_WORKSPACE: workspace, ...env }, ...others },
  );
  return { ...outcome, filePath };
}

/** What stands in a folder of the workspace; nothing where there is none. */
const filesIn = (folder = 'reports') => readdir(join(workspace, folder)).catch(() => []);
const saved = (name = 'Export.csv') => readFile(join(workspace, 'reports', name));
/** Puts a link to a folder into the workspace; a junction is what anyone may make on Windows. */
const link = (target: string, name: string) => symlink(target, join(workspace, name), 'junction');

/** Two reports are compared by it: a difference of thousands of lines helps nobody. */
const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex');

const failed = { status: 'Error', reason: 'download-failed', reportFile: '' };

test('the report is saved under its name, and the later steps are told where', async () => {
  const { exitCode, outputs, log, summary } = await fetchReport(file(content));
  expect(exitCode).toBe(0);
  const reportFile = join(workspace, 'reports', 'Export.csv');
  expect(outputs).toMatchObject({ status: 'Successful', reason: '', reportFile });
  expect(jobsOf({ outputs })[0]?.reportFile).toBe(reportFile);
  expect(digest(await saved())).toBe(digest(content));
  expect(await filesIn()).toEqual(['Export.csv']);
  expect(log).toContain(`report of 589 kB saved: ${reportFile}`);
  expect(summary).toContain('<li>Report: <code>Export.csv</code>, 589 kB</li>');
});

test('a report of several megabytes comes whole, also where its connection is cut', async () => {
  const large = randomBytes(7_654_321);
  const cutAfter = (number: number) => (number === 1 ? 3_456_789 : undefined);
  const { exitCode } = await fetchReport(file(large, { etag: '"1"', cutAfter }));
  expect(exitCode).toBe(0);
  expect(reports.requests.map(({ headers }) => headers.range)).toEqual([
    undefined,
    'bytes=3456789-',
  ]);
  expect(digest(await saved())).toBe(digest(large));
});

test('without download-path nothing is downloaded', async () => {
  const { exitCode, outputs } = await fetchReport(file(content), { 'download-path': '' });
  expect(exitCode).toBe(0);
  expect(outputs.reportFile).toBe('');
  expect(reports.requests).toEqual([]);
});

test('another host than the provider’s gets no credentials', async () => {
  await fetchReport(file(content));
  expect(reports.requests).toHaveLength(1);
  expect(reports.requests[0]?.headers).not.toHaveProperty('authorization');
  expect(JSON.stringify(reports.requests)).not.toContain('simulator-token');
});

test('a public link that responds 403 to a token is fetched without one', async () => {
  const { exitCode } = await fetchReport((request, response, number) => {
    const respond = request.headers.authorization === undefined ? file(content) : status(403);
    respond(request, response, number);
  });
  expect(exitCode).toBe(0);
  expect(digest(await saved())).toBe(digest(content));
});

describe('a cut', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'after %i tenths is taken up where it was',
    async (tenths) => {
      const cut = Math.floor((content.length * tenths) / 10);
      const { exitCode, log } = await fetchReport(
        file(content, { etag: '"v1"', cutAfter: (number) => (number === 1 ? cut : undefined) }),
      );
      expect(exitCode).toBe(0);
      expect(digest(await saved())).toBe(digest(content));
      expect(reports.requests.map(({ headers }) => headers.range)).toEqual([
        undefined,
        `bytes=${cut}-`,
      ]);
      expect(reports.requests[1]?.headers['if-range']).toBe('"v1"');
      expect(log).toMatch(
        /the report from 127\.0\.0\.1:\d+ broke off after .*kB of 589 kB: .*; trying again in/,
      );
    },
  );

  test('at every tenth of one download costs as many requests', async () => {
    const tenth = Math.ceil(content.length / 10);
    const { exitCode } = await fetchReport(
      file(content, { etag: '"v1"', cutAfter: (number) => (number < 10 ? tenth : undefined) }),
      { timeout: '20s' },
    );
    expect(exitCode).toBe(0);
    expect(digest(await saved())).toBe(digest(content));
    expect(reports.requests).toHaveLength(10);
  });

  test('is taken up by the date of the report where there is no tag', async () => {
    const modified = 'Sat, 21 Nov 2026 10:15:00 GMT';
    const { exitCode } = await fetchReport(
      file(content, { modified, cutAfter: (number) => (number === 1 ? 1000 : undefined) }),
    );
    expect(exitCode).toBe(0);
    expect(digest(await saved())).toBe(digest(content));
    expect(reports.requests[1]?.headers['if-range']).toBe(modified);
  });

  test.each([
    ['whose server gives no parts', file(content, { etag: '"v1"', ranges: false, cutAfter })],
    ['with a weak tag', file(content, { etag: 'W/"v1"', cutAfter })],
    ['without tag and date', file(content, { cutAfter })],
    ['that was packed', file(content, { etag: '"v1"', gzip: true, cutAfter })],
  ])('of a report %s begins anew', async (_, response) => {
    const { exitCode } = await fetchReport(response);
    expect(exitCode).toBe(0);
    expect(digest(await saved())).toBe(digest(content));
    expect(reports.requests).toHaveLength(2);
  });

  function cutAfter(number: number): number | undefined {
    return number === 1 ? 1000 : undefined;
  }

  test.each([
    ['and its server notices', {}],
    ['and its server gives the rest of the new one', { ignoresIfRange: true }],
  ])('of a report that changes meanwhile %s gives the new one whole', async (_, server) => {
    const newer = Buffer.from(content.toString().replaceAll('250', '999'));
    const { exitCode } = await fetchReport((request, response, number) => {
      const etag = number === 1 ? '"v1"' : '"v2"';
      if ('ignoresIfRange' in server) delete request.headers['if-range'];
      file(number === 1 ? content : newer, { etag, cutAfter })(request, response, number);
    });
    expect(exitCode).toBe(0);
    expect(digest(await saved())).toBe(digest(newer));
  });
});

test('a packed report is saved unpacked', async () => {
  const { exitCode } = await fetchReport(file(content, { gzip: true }));
  expect(exitCode).toBe(0);
  expect(digest(await saved())).toBe(digest(content));
});

test('an empty report is refused after three tries', async () => {
  const { exitCode, outputs } = await fetchReport(file(Buffer.alloc(0)));
  expect(exitCode).toBe(1);
  expect(outputs.message).toContain('is empty; set `minimum-report-size: 0`');
  expect(reports.requests).toHaveLength(3);
  expect(await filesIn()).toEqual([]);
});

test('an empty report is a report where minimum-report-size allows it', async () => {
  const inputs = { 'minimum-report-size': '0' };
  const { exitCode, outputs } = await fetchReport(file(Buffer.alloc(0)), inputs);
  expect(exitCode).toBe(0);
  expect(await saved()).toEqual(Buffer.alloc(0));
  expect(outputs.reportFile).not.toBe('');
});

test('a report that is always shorter than its length fails the step and leaves nothing', async () => {
  const { exitCode, outputs, filePath } = await fetchReport(
    file(content, {
      headers: { 'Content-Length': String(content.length + 5) },
      cutAfter: () => content.length,
    }),
    { timeout: '0.3s' },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ ...failed, filePath, providerStatus: 'COMPLETE' });
  expect(outputs.message).toMatch(/^the report from \S+ broke off after 589 kB of 589 kB/);
  expect(await filesIn()).toEqual([]);
});

test('a report that is never there fails the step and keeps the job’s own outputs', async () => {
  const { exitCode, outputs, log, filePath, requests } = await fetchReport(status(404));
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ ...failed, filePath, providerStatus: 'COMPLETE' });
  expect(outputs.message).toMatch(/HTTP 404 from 127\.0\.0\.1:\d+: there is no report/);
  expect(reports.requests).toHaveLength(3);
  // The last poll asks whether the link is another one by now.
  expect(requests).toHaveLength(2);
  expect(log).toMatch(
    /^::error title=.*::The report could not be downloaded: HTTP 404 from 127\.0\.0\.1:\d+: there is no report at the link \(status `COMPLETE`, 1 poll in .*\)$/m,
  );
});

test.each([403, 404])(
  'a report that lags behind the status, with HTTP %i, is met',
  async (code) => {
    const { exitCode, log } = await fetchReport(inTurn(status(code), status(code), file(content)));
    expect(exitCode).toBe(0);
    expect(digest(await saved())).toBe(digest(content));
    expect(log).toMatch(new RegExp(`HTTP ${code}.*; trying again in`));
  },
);

test.each([429, 500, 503])('HTTP %i is met with another try', async (code) => {
  const { exitCode } = await fetchReport(inTurn(status(code), file(content)));
  expect(exitCode).toBe(0);
  expect(digest(await saved())).toBe(digest(content));
});

test('with timeout 0 errors are met with three more tries', async () => {
  const { exitCode, outputs } = await fetchReport(status(503), { timeout: '0' });
  expect(exitCode).toBe(1);
  expect(outputs.reason).toBe('download-failed');
  expect(reports.requests).toHaveLength(4);
});

test.each([400, 410])('HTTP %i is not asked for again', async (code) => {
  const { exitCode, outputs } = await fetchReport(status(code));
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject(failed);
  expect(reports.requests).toHaveLength(1);
});

test('a cut without any length is no end', async () => {
  const { exitCode, outputs } = await fetchReport(
    (_, response) => {
      response.useChunkedEncodingByDefault = false;
      response.removeHeader('Transfer-Encoding');
      response.socket?.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\norder,amount\n', () => {
        setTimeout(() => response.socket?.resetAndDestroy(), 100);
      });
    },
    { timeout: '0' },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject(failed);
  expect(await filesIn()).toEqual([]);
});

test('a report packed in an unknown way fails the step', async () => {
  const headers = { 'Content-Encoding': 'zstd' };
  const { exitCode, outputs } = await fetchReport(file(content, { headers }), { timeout: '0' });
  expect(exitCode).toBe(1);
  expect(outputs.message).toMatch(/said to be compressed as zstd, and cannot be unpacked/);
  expect(await filesIn()).toEqual([]);
});

test('a report packed twice is saved unpacked', async () => {
  const { exitCode } = await fetchReport((_, response) => {
    response.writeHead(200, { 'Content-Encoding': 'gzip, gzip' }).end(gzipSync(gzipSync(content)));
  });
  expect(exitCode).toBe(0);
  expect(digest(await saved())).toBe(digest(content));
});

test('a report that is more than the server said begins anew', async () => {
  const { exitCode } = await fetchReport(
    inTurn((_, response) => {
      response.writeHead(206, { 'Content-Range': 'bytes 0-4/5' }).end('123456789');
    }, file(content)),
  );
  expect(exitCode).toBe(0);
  expect(digest(await saved())).toBe(digest(content));
});

test('a link with a name and a password is refused', async () => {
  const path = reports.url.replace('http://', 'http://user:pass@') + '/Export.csv';
  const { exitCode, outputs } = await fetchReport(file(content), {}, { path });
  expect(exitCode).toBe(1);
  expect(outputs.message).toContain('holds a user name or a password');
  expect(outputs.message).not.toContain('user:pass');
  expect(reports.requests).toEqual([]);
});

test('the message of a job that succeeded in part is kept when its report fails', async () => {
  reports.give(status(410));
  const { outputs } = await run(
    {
      steps: [
        {
          reply: {
            status: 200,
            body: {
              successful: true,
              status: 'IN_PART',
              filePath: `${reports.url}/a.csv`,
              message: 'row 7 is bad',
            },
          },
        },
      ],
    },
    { 'download-path': 'reports/', 'partial-statuses': 'IN_PART' },
    { env: { GITHUB_WORKSPACE: workspace } },
  );
  expect(outputs.reason).toBe('download-failed');
  expect(outputs.message).toMatch(
    /^the report could not be downloaded: HTTP 410 from 127\.0\.0\.1:\d+; row 7 is bad$/,
  );
});

describe('a page in place of the report', () => {
  test('behind a redirect is refused, whatever it is called', async () => {
    const { exitCode, outputs } = await fetchReport(
      inTurn(status(302, { Location: '/login.html' }), (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
      }),
    );
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject(failed);
  });

  test.each([
    ['a comment', `<!-- ${'x'.repeat(100)} -->${page}`],
    ['a declaration', `<?xml version="1.0"?>\n${page}`],
    ['a head', '<head><title>Sign in</title></head>'],
  ])('that begins with %s is refused, also where it comes bit by bit', async (_, text) => {
    const { exitCode, outputs } = await fetchReport((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/csv' });
      response.write(text.slice(0, 4));
      setTimeout(() => response.end(text.slice(4)), 100);
    });
    expect(exitCode).toBe(1);
    expect(outputs.message).toMatch(/sent an HTML page/);
  });

  test.each([
    ['as text/html', 'text/html; charset=utf-8'],
    ['that is called text/csv', 'text/csv'],
  ])('%s is refused', async (_, type) => {
    const { exitCode, outputs } = await fetchReport((_request, response) => {
      response.writeHead(200, { 'Content-Type': type }).end(page);
    });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject(failed);
    expect(outputs.message).toMatch(/sent an HTML page in place of the report/);
    expect(await filesIn()).toEqual([]);
  });

  test('is the report where its link says so', async () => {
    const { exitCode } = await fetchReport(
      (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
      },
      {},
      { path: '/acme/overview.html' },
    );
    expect(exitCode).toBe(0);
    expect((await saved('overview.html')).toString()).toBe(page);
  });
});

describe('a report at the provider’s own host', () => {
  const asked: (string | undefined)[] = [];
  const serve = (respond: Responder) => {
    asked.length = 0;
    run.simulator().reports.serve = (request, response) => {
      asked.push(request.headers.authorization);
      respond(request, response, asked.length);
    };
  };
  const atProvider = (inputs: Inputs = {}, path = `${run.simulator().url}/reports/Export.csv`) =>
    run(
      { steps: [{ status: 'COMPLETE', filePath: path }] },
      { 'download-path': 'reports/', timeout: '2s', ...inputs },
      { env: { GITHUB_WORKSPACE: workspace } },
    );
  const withLogIn = { ...loginInputs.unicommerce, token: '' };

  test('is fetched with the token', async () => {
    serve(file(content));
    const { exitCode } = await atProvider();
    expect(exitCode).toBe(0);
    expect(asked).toEqual(['bearer simulator-token']);
  });

  test('may be named by its path alone', async () => {
    serve(file(content));
    const { exitCode } = await atProvider({}, '/reports/Export.csv');
    expect(exitCode).toBe(0);
    expect(asked).toEqual(['bearer simulator-token']);
    expect(digest(await saved())).toBe(digest(content));
  });

  test('takes the token along to no other host', async () => {
    reports.give(file(content));
    serve(status(302, { Location: `${reports.url}/elsewhere/blob` }));
    const { exitCode } = await atProvider();
    expect(exitCode).toBe(0);
    expect(asked).toEqual(['bearer simulator-token']);
    expect(reports.requests.map(({ path }) => path)).toEqual(['/elsewhere/blob']);
    expect(JSON.stringify(reports.requests)).not.toContain('simulator-token');
    expect(digest(await saved())).toBe(digest(content));
  });

  test.each([
    ['is not accepted', status(401)],
    [
      'has ended in a login page',
      (_: unknown, response: Parameters<Responder>[1]) => {
        response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
      },
    ],
  ])('is fetched with another token where the first one %s', async (_, refusal) => {
    serve(inTurn(refusal, file(content)));
    const { exitCode, logins } = await atProvider(withLogIn);
    expect(exitCode).toBe(0);
    expect(logins).toHaveLength(2);
    expect(new Set(asked).size).toBe(2);
    expect(digest(await saved())).toBe(digest(content));
  });

  test('is fetched with a third token where the second one runs out on the way', async () => {
    const half = Math.floor(content.length / 2);
    serve(
      inTurn(
        status(401),
        file(content, { etag: '"v1"', cutAfter: () => half }),
        status(401),
        file(content, { etag: '"v1"' }),
      ),
    );
    const { exitCode, logins } = await atProvider(withLogIn);
    expect(exitCode).toBe(0);
    expect(logins).toHaveLength(3);
    expect(digest(await saved())).toBe(digest(content));
  });

  test('is given up where another token is not accepted either', async () => {
    serve(status(401));
    const { exitCode, outputs, logins } = await atProvider(withLogIn);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject(failed);
    expect(outputs.message).toMatch(
      /HTTP 401 from 127\.0\.0\.1:\d+: it does not accept the credentials$/,
    );
    expect(logins).toHaveLength(2);
  });
});

describe('redirects', () => {
  const hops = (count: number): Responder =>
    inTurn(
      ...Array.from({ length: count }, (_, hop) => status(302, { Location: `/hop/${hop}` })),
      file(content),
    );

  test('are followed five times, and the report keeps the name in its link', async () => {
    const { exitCode } = await fetchReport(hops(5));
    expect(exitCode).toBe(0);
    expect(reports.requests).toHaveLength(6);
    expect(await filesIn()).toEqual(['Export.csv']);
  });

  test('are not followed a sixth time', async () => {
    const { exitCode, outputs } = await fetchReport(hops(6));
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject(failed);
    expect(outputs.message).toMatch(/behind more than 5 redirects/);
    expect(reports.requests).toHaveLength(6);
  });

  test.each([
    ['to plain http', 'http://reports.example/a.csv', /not fetched over http:/],
    ['to a file', 'file:///etc/passwd', /not fetched over file:/],
    ['to nowhere', 'http://', /a redirect that names no target/],
  ])('%s end the download', async (_, location, why) => {
    const { exitCode, outputs } = await fetchReport(status(302, { Location: location }));
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject(failed);
    expect(outputs.message).toMatch(why);
    expect(reports.requests).toHaveLength(1);
  });
});

test.each([
  ['http://reports.example/a.csv', /not fetched over http:/],
  ['ftp://reports.example/a.csv', /not fetched over ftp:/],
  ['https://', /is not a URL/],
])('a link such as %s is not followed', async (path, why) => {
  const { exitCode, outputs } = await run(
    { steps: [{ status: 'COMPLETE', filePath: path }] },
    { 'download-path': 'reports/' },
    { env: { GITHUB_WORKSPACE: workspace } },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ ...failed, filePath: path });
  expect(outputs.message).toMatch(why);
});

test.each(['https://h:99999/a?x="1"&sig=5ca1ab1e', 'https://h:99999/a?f=a b.csv&sig=5ca1ab1e'])(
  'the query of a link that is none, %s, is not shown',
  async (path) => {
    const { outputs, log, summary } = await fetchReport(file(content), {}, { path });
    expect(outputs.message).toMatch(/is not a URL/);
    expect(log + summary + (outputs.message ?? '')).not.toContain('5ca1ab1e');
  },
);

test('the query of a redirect is in no log', async () => {
  const { log } = await fetchReport(
    inTurn(status(302, { Location: 'b.csv?sig=5ca1ab1e' }), status(410)),
    {},
    { env: { RUNNER_DEBUG: '1' } },
  );
  expect(log).toMatch(/::debug::GET .*b\.csv: HTTP 410/);
  expect(log).not.toContain('5ca1ab1e');
});

test('the query of a link is in no log and no summary, come what may', async () => {
  const signature = 'X-Amz-Signature=5ca1ab1e';
  const { log, summary, outputs } = await fetchReport(
    status(403),
    {},
    { path: `/a.csv?${signature}`, env: { RUNNER_DEBUG: '1' } },
  );
  expect(outputs.filePath).toContain(signature);
  expect(outputs.message).not.toContain('5ca1ab1e');
  expect(log + summary).not.toContain('5ca1ab1e');
  expect(log).toMatch(/::debug::GET .*\/a\.csv: HTTP 403/);
});

describe('names', () => {
  test.each([
    ['dots and slashes', '/acme/..%2F..%2Fx', 'x'],
    ['dots and backslashes', '/acme/..%5C..%5Cx.csv', 'x.csv'],
    ['a device of Windows', '/acme/CON', 'CON_'],
    ['a hidden file', '/acme/%2Enpmrc', 'npmrc'],
    ['control characters', '/acme/a%00b%0Ac:d.csv', 'a_b_c_d.csv'],
    ['nothing', '/', 'report'],
    ['300 letters', `/${'x'.repeat(300)}.csv`, `${'x'.repeat(76)}.csv`],
    ['100 pictures', `/${'%F0%9F%93%88'.repeat(100)}.csv`, `${'_'.repeat(76)}.csv`],
    ['no extension', '/download?id=17', 'download'],
  ])('a link that ends in %s gives a name that is safe', async (_, path, name) => {
    const { exitCode } = await fetchReport(file(content), {}, { path });
    expect(exitCode).toBe(0);
    expect(await filesIn()).toEqual([name]);
  });

  test.each([
    ['attachment; filename="Orders 2026.csv"', 'Orders 2026.csv'],
    ["attachment; filename*=UTF-8''Bestellungen%20%E2%82%AC.csv", 'Bestellungen _.csv'],
    ['attachment; filename="../../../etc/passwd"', 'passwd'],
    ['attachment; filename=""', 'download'],
    [';;;', 'download'],
    [Buffer.from('attachment; filename="Über.csv"').toString('latin1'), 'Über.csv'],
  ])('a server that says %s names the report', async (header, name) => {
    const headers = { 'Content-Disposition': header };
    const { exitCode } = await fetchReport(file(content, { headers }), {}, { path: '/download' });
    expect(exitCode).toBe(0);
    expect(await filesIn()).toEqual([name]);
  });

  test('a folder of that name stays as it is', async () => {
    await mkdir(join(workspace, 'reports', 'Export.csv'), { recursive: true });
    const { exitCode, outputs } = await fetchReport(file(content));
    expect(exitCode).toBe(0);
    expect(outputs.reportFile).toBe(join(workspace, 'reports', 'Export-2.csv'));
    expect((await filesIn()).sort()).toEqual(['Export-2.csv', 'Export.csv']);
  });

  test('several jobs whose reports have one name get a file each', async () => {
    reports.give((request, response, number) => {
      file(Buffer.from(request.url ?? ''))(request, response, number);
    });
    const paths = ['/1/Export.csv', '/2/export.csv', '/3/Export.csv'];
    const ids = paths.map((path, index) =>
      run.simulator().createJob({
        provider: 'unicommerce',
        id: `same-name-${index}`,
        steps: [{ status: 'COMPLETE', filePath: reports.url + path }],
      }),
    );
    const { exitCode, outputs } = await run(
      undefined,
      { 'request-id': ids.join('\n'), 'download-path': 'reports/' },
      { env: { GITHUB_WORKSPACE: workspace } },
    );
    expect(exitCode).toBe(0);
    const files = (outputs.reportFile ?? '').split('\n');
    expect(new Set(files.map((name) => name.toLowerCase())).size).toBe(3);
    const contents = await Promise.all(files.map((name) => readFile(name, 'utf8')));
    expect(contents).toEqual(paths);
    expect(jobsOf({ outputs }).map(({ reportFile }) => reportFile)).toEqual(files);
  });
});

describe('places', () => {
  test('a file is written where download-path says', async () => {
    const { exitCode, outputs } = await fetchReport(file(content), { 'download-path': 'a/b.csv' });
    expect(exitCode).toBe(0);
    expect(outputs.reportFile).toBe(join(workspace, 'a', 'b.csv'));
    expect(digest(await readFile(join(workspace, 'a', 'b.csv')))).toBe(digest(content));
  });

  test('a folder that is there needs no slash', async () => {
    await mkdir(join(workspace, 'reports'));
    const { exitCode } = await fetchReport(file(content), { 'download-path': 'reports' });
    expect(exitCode).toBe(0);
    expect(digest(await saved())).toBe(digest(content));
  });

  test('an older report is replaced by a whole one', async () => {
    await writeFile(join(workspace, 'report.csv'), 'old');
    const { exitCode } = await fetchReport(file(content), { 'download-path': 'report.csv' });
    expect(exitCode).toBe(0);
    expect(digest(await readFile(join(workspace, 'report.csv')))).toBe(digest(content));
  });

  test('an older report stays where no new one comes', async () => {
    await writeFile(join(workspace, 'report.csv'), 'old');
    const inputs = { 'download-path': 'report.csv', timeout: '0' };
    const { exitCode } = await fetchReport(file(content, { cutAfter: () => 10 }), inputs);
    expect(exitCode).toBe(1);
    expect(await readFile(join(workspace, 'report.csv'), 'utf8')).toBe('old');
    expect(await filesIn('.')).toEqual(['report.csv']);
  });

  test.each([
    ['.', '.'],
    ['a link to the workspace', 'self/'],
  ])('a server that names a file of the project in %s replaces none', async (_, path) => {
    await link(workspace, 'self');
    await writeFile(join(workspace, 'package.json'), '{}');
    const headers = { 'Content-Disposition': 'attachment; filename="package.json"' };
    const inputs = { 'download-path': path };
    const { exitCode, outputs } = await fetchReport(file(content, { headers }), inputs);
    expect(exitCode).toBe(0);
    expect(outputs.reportFile).toBe(join(workspace, path, 'package-2.json'));
    expect(await readFile(join(workspace, 'package.json'), 'utf8')).toBe('{}');
  });

  test('an older report in the folder stays where the server has chosen its name', async () => {
    await mkdir(join(workspace, 'reports'));
    await writeFile(join(workspace, 'reports', 'Export.csv'), 'old');
    const { outputs } = await fetchReport(file(content));
    expect(outputs.reportFile).toBe(join(workspace, 'reports', 'Export-2.csv'));
    expect((await saved()).toString()).toBe('old');
    expect(digest(await saved('Export-2.csv'))).toBe(digest(content));
  });

  test('RUNNER_TEMP is as good as the workspace', async () => {
    const folder = await makeFolder('temp');
    const { exitCode, outputs } = await fetchReport(
      file(content),
      { 'download-path': `${folder}/` },
      { env: { RUNNER_TEMP: folder } },
    );
    expect(exitCode).toBe(0);
    expect(outputs.reportFile).toBe(join(folder, 'Export.csv'));
    await removeFolder(folder);
  });

  test.each(['../x.csv', '/etc/x.csv', 'reports/../../x/', 'link/x.csv', 'link/deeper/'])(
    'download-path %s leads out of the workspace, which is a bad input',
    async (path) => {
      await link(tmpdir(), 'link');
      const { exitCode, outputs, log, requests } = await fetchReport(file(content), {
        'download-path': path,
      });
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-input' });
      expect(log).toContain(`\`download-path\` “${path}” leads out of the workspace`);
      expect(requests).toEqual([]);
    },
  );

  test('a link that leads out by the time of the download is not followed', async () => {
    const outside = await makeFolder('outside');
    reports.give(file(content));
    let linked = false;
    const { exitCode, outputs } = await run(
      {
        steps: [
          { status: 'RUNNING', forPolls: 20 },
          { status: 'COMPLETE', filePath: `${reports.url}/a.csv` },
        ],
      },
      { 'download-path': 'reports/' },
      {
        env: { GITHUB_WORKSPACE: workspace },
        onLog: (log) => {
          if (linked || !log.includes('RUNNING')) return;
          void link(outside, 'reports');
          linked = true;
        },
      },
    );
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject(failed);
    expect(await readdir(outside)).toEqual([]);
    await removeFolder(outside);
  });

  test('a file where a folder is needed fails the step', async () => {
    await writeFile(join(workspace, 'reports'), '');
    const { exitCode, outputs } = await fetchReport(file(content));
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject(failed);
    expect(outputs.message).toMatch(/a file stands where a folder is needed/);
  });

  // Windows has neither a limit on the size of a file nor a place where its administrator may not write.
  if (!isWindows) {
    test('a read-only place fails the step', async () => {
      // Nobody can make a folder there, not even root: on macOS the whole of / is read-only.
      const { exitCode, outputs, filePath } = await fetchReport(
        file(content),
        { 'download-path': '/sys/await-job/' },
        { env: { RUNNER_TEMP: '/sys' } },
      );
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ ...failed, filePath });
      expect(outputs.message).toMatch(
        /cannot be saved: .*, in \/sys\/await-job; .*give another folder in `download-path`/,
      );
    });

    test('a disk that has no room left fails the step and leaves nothing', async () => {
      const { exitCode, outputs } = await fetchReport(file(content), {}, { maxFileKib: 100 });
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject(failed);
      expect(outputs.message).toMatch(
        /cannot be saved: EFBIG[^,]*, in .*; the runner allows no file of that size/,
      );
      expect(await filesIn()).toEqual([]);
    });
  }
});

test('a job without a link to its report fails the step where the report is wanted', async () => {
  const { exitCode, outputs } = await run(
    { steps: [{ status: 'COMPLETE' }] },
    { 'download-path': 'reports/' },
    { env: { GITHUB_WORKSPACE: workspace } },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ ...failed, providerStatus: 'COMPLETE' });
  expect(outputs.message).toMatch(/has no link to a report/);
});

test('the report of a failed job is not fetched', async () => {
  reports.give(file(content));
  const { exitCode, outputs } = await run(
    { steps: [{ status: 'FAILED', filePath: `${reports.url}/a.csv` }] },
    { 'download-path': 'reports/' },
    { env: { GITHUB_WORKSPACE: workspace } },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Failure', reason: 'job-failed', reportFile: '' });
  expect(reports.requests).toEqual([]);
});

test.each(stopSignals)(
  '%s in the middle of a download ends the step within a second and leaves nothing',
  async (signal) => {
    const { onLog, sentMs } = signalAfter('::debug::GET', signal);
    const { exitCode, outputs, filePath } = await fetchReport(
      (_, response) => {
        response.writeHead(200, { 'Content-Length': String(content.length) }).write('a,b\n');
      },
      {},
      { env: { RUNNER_DEBUG: '1' }, onLog },
    );
    expect(performance.now() - sentMs()).toBeLessThan(1000);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'cancelled', filePath });
    expect(await filesIn()).toEqual([]);
  },
);
