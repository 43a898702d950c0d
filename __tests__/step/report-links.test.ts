import { describe, expect, test } from '@jest/globals';
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

const content = Buffer.from('order,amount\n1001,250\n');
const csv = file(content);
const exported = { 'Export.csv': content };
const token = 'Bearer the-token-of-the-provider';

/** Gives each path as the content of its report. */
const byPath: Responder = (request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/csv' }).end(`path,${request.url}\n`);
};
const named = (...paths: string[]) =>
  Object.fromEntries(
    paths.map((path) => [path.split('/').at(-1) ?? '', Buffer.from(`path,${path}\n`)]),
  );

describe('a list of links', () => {
  test.each([
    ['two reports', ['/a.csv', '/b.csv']],
    ['one report', ['/a.csv']],
    [
      'seven reports',
      ['1', '2', '3', '4', '5', '6', '7'].map((number) => `/${number}/r${number}.csv`),
    ],
  ])('of %s has every one of them downloaded', async (_, paths) => {
    const run = await fetchReport(byPath, {
      links: ({ storage }) => paths.map((path) => storage + path),
    });
    expectSaved(run, named(...paths));
    expect(run.requests.map(({ path }) => path)).toEqual(paths);
    expect(run.files.map(({ filePath }) => filePath)).toEqual(
      paths.map((path) => run.hosts.storage + path),
    );
    expect((run.outputs.reportFile ?? '').split('\n')).toHaveLength(paths.length);
  });

  test('that a query takes out of objects is a list like any other', async () => {
    const run = await fetchReport(byPath, {
      links: ({ storage }) => ({
        files: [{ url: `${storage}/a.csv` }, { url: `${storage}/b.csv` }],
      }),
      inputs: { 'file-path-query': 'links.files[].url' },
    });
    expectSaved(run, named('/a.csv', '/b.csv'));
  });

  test('whose reports have one name gives each a file of its own', async () => {
    const run = await fetchReport(byPath, {
      links: ({ storage }) => [`${storage}/1/a.csv`, `${storage}/2/A.csv`, `${storage}/3/a.csv`],
    });
    expectSaved(run, {
      'a.csv': Buffer.from('path,/1/a.csv\n'),
      'A-2.csv': Buffer.from('path,/2/A.csv\n'),
      'a-3.csv': Buffer.from('path,/3/a.csv\n'),
    });
  });

  test('does not go into one file', async () => {
    const run = await fetchReport(byPath, {
      links: ({ storage }) => [`${storage}/a.csv`, `${storage}/b.csv`],
      inputs: { 'download-path': 'reports/all.csv' },
    });
    expectRefused(run, /has 2 reports, and `download-path` names one file; give a folder/);
    expect(run.requests).toEqual([]);
  });

  test('one of which is missing fails the step and tells of those that came', async () => {
    const run = await fetchReport(
      (request, response, number) => {
        (request.url === '/b.csv' ? status(410) : byPath)(request, response, number);
      },
      { links: ({ storage }) => [`${storage}/a.csv`, `${storage}/b.csv`] },
    );
    expect(run.exitCode).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'Error', reason: 'download-failed' });
    expect(run.outputs.message).toMatch(/HTTP 410/);
    expect(Object.keys(run.saved)).toEqual(['a.csv']);
    expect(run.files.map(({ bytes }) => bytes)).toEqual([12]);
  });
});

describe('what is no link', () => {
  test.each([
    ['an object', { url: 'https://h.example/a.csv' }, /“{"url":.*” is no .*finds an object; write/],
    ['a list with an object', ['/a.csv', { url: '/b.csv' }], /finds an object; write the query/],
    ['a list of lists', [['/a.csv']], /finds an object; write the query/],
    ['an id', 'f3a1b2c4-77', /“f3a1b2c4-77” is no link to a report: it looks like an id; write/],
    ['a number', 1234567890123456, /“1234567890123456” is no link .* it looks like an id/],
    ['two links with a comma', 'https://h.example/a, https://h.example/b', /several links in one/],
    ['two links with a blank', 'https://h.example/a https://h.example/b', /several links in one/],
    ['two links in two lines', 'https://h.example/a\nhttps://h.example/b', /several links in one/],
    ['two links with a semicolon', '/a.csv;https://h.example/b', /several links in one text/],
    [
      'a user and a password',
      'https://us:pw@h.example/a',
      /h\.example holds a user name or a password/,
    ],
    ['a user alone', 'https://us@h.example/a', /h\.example holds a user name or a password/],
  ])('as %s is refused with what was found and what to write', async (_, links, why) => {
    const run = await fetchReport(csv, { links: () => links });
    expectRefused(run, why);
    expect(run.outputs.message).not.toContain('us:pw');
    expect([...run.requests, ...run.ownRequests]).toEqual([]);
  });

  test.each([[''], [null], [[]], [true]])('as %j has no report', async (links) => {
    const run = await fetchReport(csv, { links: () => links });
    expectRefused(run, /has no link to a report/);
  });
});

describe('a link', () => {
  test.each([
    ['without a scheme', (url: string) => url.replace('http:', '')],
    ['with slashes that are escaped', (url: string) => url.replaceAll('/', '\\/')],
    ['with signs that are escaped', (url: string) => `${url}?a\\u003d1\\u0026b\\u003D2`],
    ['between blanks', (url: string) => ` \n${url}\t`],
  ])('%s is understood', async (what, write) => {
    const run = await fetchReport(csv, { links: ({ storage }) => write(`${storage}/Export.csv`) });
    expectSaved(run, exported);
    const query = what.includes('signs') ? '?a=1&b=2' : '';
    expect(run.requests.map(({ path }) => path)).toEqual([`/Export.csv${query}`]);
  });

  test.each(['/files/Export.csv', 'files/Export.csv', './files/Export.csv', '?name=Export.csv'])(
    'as a path, %s, leads to the host of the status URL',
    async (link) => {
      const run = await fetchReport(status(500), {
        links: () => link,
        provider: file(content, {
          headers: { 'Content-Disposition': 'attachment; filename="Export.csv"' },
        }),
      });
      expectSaved(run, exported);
      expect(run.requests).toEqual([]);
      expect(run.ownRequests.map(({ path }) => path)).toEqual([
        link.startsWith('?') ? `/${link}` : '/files/Export.csv',
      ]);
      expect(run.ownRequests[0]?.headers.authorization).toBe(token);
    },
  );
});

describe('credentials', () => {
  const signatures = [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=5ca1ab1e',
    'sv=2024-01-01&sig=5ca1ab1e',
    'X-Goog-Signature=5ca1ab1e',
    'AWSAccessKeyId=AK&Expires=1&Signature=5ca1ab1e',
    'token=5ca1ab1e',
  ];
  /** What the provider’s own host was asked with, in turn. */
  const tokensOf = ({ ownRequests }: Awaited<ReturnType<typeof fetchReport>>) =>
    ownRequests.map(({ headers }) => headers.authorization);

  test.each(signatures)(
    'are not sent with a link at the own host that is signed, %s',
    async (query) => {
      const run = await fetchReport(status(500), {
        links: () => `/Export.csv?${query}`,
        // As S3 does: it refuses what proves itself twice.
        provider: (request, response, number) => {
          const isTwice = request.headers.authorization !== undefined;
          (isTwice ? status(400) : csv)(request, response, number);
        },
      });
      expectSaved(run, exported);
      expect(tokensOf(run)).toEqual([undefined]);
      expect(run.log + run.summary).not.toContain('5ca1ab1e');
    },
  );

  test.each([401, 403])('follow where a signature is met with HTTP %i', async (code) => {
    const run = await fetchReport(status(500), {
      links: () => `/Export.csv?sig=5ca1ab1e`,
      provider: (request, response, number) => {
        (request.headers.authorization === token ? csv : status(code))(request, response, number);
      },
    });
    expectSaved(run, exported);
    expect(tokensOf(run)).toEqual([undefined, token]);
  });

  test.each([
    ['HTTP 404', status(404), 3],
    ['HTTP 400', status(400), 1],
    ['HTTP 410', status(410), 1],
    ['an empty report', body(''), 3],
    ['an HTML page', body('<html>'), 1],
  ])('do not follow where a signature is met with %s', async (_, responder, times) => {
    const run = await fetchReport(status(500), {
      links: () => `/Export.csv?sig=5ca1ab1e`,
      provider: responder,
    });
    expectRefused(run, /./);
    expect(tokensOf(run)).toEqual(Array.from({ length: times }, () => undefined));
  });

  test.each([
    ['a plain link', '/Export.csv'],
    ['a parameter that is no signature', '/Export.csv?signal=1&tokens=2'],
    ['a page of a list', '/Export.csv?page_token_type=x'],
  ])('are sent with %s at the own host', async (_, link) => {
    const run = await fetchReport(status(500), { links: () => link, provider: csv });
    expectSaved(run, exported);
    expect(tokensOf(run)).toEqual([token]);
  });

  test.each([302, 307])(
    'and own headers do not come back once a redirect (HTTP %i) has left the host',
    async (code) => {
      let back = '';
      const run = await fetchReport(
        (_, response) => response.writeHead(code, { Location: `${back}/Export.csv` }).end(),
        {
          links: ({ provider, storage }) => {
            back = provider;
            there = storage;
            return `${provider}/start`;
          },
          inputs: { 'report-headers': 'X-Api-Key: open-sesame\nAccept: text/csv' },
          provider: (request, response, number) => {
            const leave = status(code, { Location: `${there}/away` });
            (request.url === '/start' ? leave : csv)(request, response, number);
          },
        },
      );
      expectSaved(run, exported);
      expect(tokensOf(run)).toEqual([token, undefined]);
      expect(run.ownRequests.map(({ headers }) => headers['x-api-key'])).toEqual([
        'open-sesame',
        undefined,
      ]);
      expect(JSON.stringify(run.requests)).not.toMatch(/open-sesame|the-token/);
      expect(run.requests.map(({ headers }) => headers.accept)).toEqual(['text/csv']);
    },
  );
  let there = '';

  test('do not come back with HTTP 401 either', async () => {
    let back = '';
    const run = await fetchReport(
      (_, response) => response.writeHead(302, { Location: `${back}/Export.csv` }).end(),
      {
        links: ({ provider, storage }) => {
          back = provider;
          return `${storage}/start`;
        },
        provider: status(401),
      },
    );
    expectRefused(run, /HTTP 401/);
    expect(tokensOf(run)).toEqual([undefined]);
  });
});

describe('a redirect', () => {
  const utf8 = (text: string) => Buffer.from(text).toString('latin1');

  test.each([
    ['umlauts', '/Übersicht.csv', 'Übersicht.csv'],
    ['other scripts', '/数据/отчёт.csv', 'отчёт.csv'],
    ['a query', '/a.csv?name=Ä&x=1', 'a.csv'],
    ['a dot and two bytes', './é.csv', 'é.csv'],
  ])('whose Location holds %s as raw UTF-8 is followed', async (_, location, name) => {
    const run = await fetchReport(inTurn(status(302, { Location: utf8(location) }), csv), {
      links: ({ storage }) => `${storage}/download`,
    });
    expectSaved(run, { [name]: content });
    const { pathname, search } = new URL(location, 'https://h.example');
    expect(run.requests.map(({ path }) => path)).toEqual(['/download', pathname + search]);
  });

  test.each([301, 302, 303, 307, 308])('of HTTP %i is followed', async (code) => {
    const run = await fetchReport(inTurn(status(code, { Location: '/b/Export.csv' }), csv));
    expectSaved(run, exported);
    expect(run.requests).toHaveLength(2);
  });
});

describe('a refusal', () => {
  const time = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
  const hour = 3_600_000;
  const past = Date.now() - 2 * hour;
  const seconds = (ms: number) => Math.floor(ms / 1000);
  const s3Error = body403('AccessDenied', 'Request has expired');

  function body403(code: string, message: string): Responder {
    return (_, response) => {
      response.writeHead(403, { 'Content-Type': 'application/xml' });
      response.end(
        `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
      );
    };
  }

  test.each([
    ['X-Amz-Date and X-Amz-Expires', `X-Amz-Date=${time(past)}&X-Amz-Expires=3600`],
    ['X-Goog-Date and X-Goog-Expires', `X-Goog-Date=${time(past)}&X-Goog-Expires=60`],
    ['Expires', `Expires=${seconds(past)}&Signature=x`],
    ['se', `se=${encodeURIComponent(new Date(past).toISOString())}&sig=x`],
  ])('says that the link has expired where %s has passed', async (_, query) => {
    const run = await fetchReport(s3Error, {
      links: ({ storage }) => `${storage}/a.csv?${query}`,
    });
    expectRefused(
      run,
      /^the report could not be downloaded: the link has expired at \d{4}-\S+ \(HTTP 403 from 127\.0\.0\.1:\d+\)$/,
    );
    expect(run.outputs.message).not.toContain(query);
    expect(run.log).toMatch(
      /^::error .*\. Start the job again, and wait for it at once: such links last only for a while$/m,
    );
  });

  test.each([
    ['no expiry', 'x=1'],
    ['X-Amz-Expires to come', `X-Amz-Date=${time(past)}&X-Amz-Expires=86400`],
    ['Expires to come', `Expires=${seconds(Date.now() + hour)}&Signature=x`],
    ['se to come', `se=${encodeURIComponent(new Date(Date.now() + hour).toISOString())}&sig=x`],
    ['an expiry that is none', 'X-Amz-Date=yesterday&X-Amz-Expires=-1&se=never&Expires=soon'],
  ])('does not say so where the link has %s', async (_, query) => {
    const run = await fetchReport(body403('SignatureDoesNotMatch', 'Another signature'), {
      links: ({ storage }) => `${storage}/a.csv?${query}`,
    });
    expectRefused(
      run,
      /HTTP 403 \(SignatureDoesNotMatch: Another signature\) from 127\.0\.0\.1:\d+$/,
    );
    expect(run.outputs.message).not.toMatch(/expired/);
    expect(run.log).not.toContain('Start the job again');
  });

  test.each([
    ['HTTP 403', s3Error],
    ['HTTP 404', status(404)],
    ['HTTP 400 of Google', expired(400)],
    ['HTTP 401', expired(401)],
    ['HTTP 410', expired(410)],
  ])('with %s is met by one more poll for a fresh link', async (_, refusal) => {
    const run = await fetchReport(
      (request, response, number) => {
        (request.url?.includes('fresh') ? csv : refusal)(request, response, number);
      },
      {
        links: ({ storage }, poll) =>
          `${storage}/Export.csv?se=2020-01-01T00:00:00Z&sig=${poll > 1 ? 'fresh' : 'old'}`,
      },
    );
    expectSaved(run, exported);
    expect(run.polls).toBe(2);
    expect(run.requests.at(-1)?.path).toContain('sig=fresh');
    expect(run.log).not.toContain('sig=');
  });

  function expired(code: number): Responder {
    return (_, response) => {
      response.writeHead(code, { 'Content-Type': 'application/xml' });
      response.end('<Error><Code>ExpiredToken</Code><Message>No more</Message></Error>');
    };
  }

  test('of a fresh link ends the download, as does a link that stays the same', async () => {
    const [fresh, same] = await Promise.all([
      fetchReport(s3Error, { links: ({ storage }, poll) => `${storage}/${poll}.csv` }),
      fetchReport(s3Error),
    ]);
    expectRefused(fresh, /HTTP 403/);
    expectRefused(same, /HTTP 403/);
    expect([fresh.polls, same.polls]).toEqual([2, 2]);
    expect([fresh.requests.length, same.requests.length]).toEqual([6, 3]);
  });

  test('in the middle of a download is met by a fresh link, too', async () => {
    const etag = '"v1"';
    const run = await fetchReport(
      (request, response, number) => {
        const isFresh = request.url?.includes('fresh');
        const old = number === 1 ? file(content, { etag, cutAfter: () => 9 }) : s3Error;
        (isFresh ? csv : old)(request, response, number);
      },
      { links: ({ storage }, poll) => `${storage}/Export.csv?n=${poll > 1 ? 'fresh' : 'old'}` },
    );
    expectSaved(run, exported);
  });

  test('of the second link of a list has that one renewed', async () => {
    const run = await fetchReport(
      (request, response, number) => {
        (request.url === '/old.csv' ? status(403) : byPath)(request, response, number);
      },
      {
        links: ({ storage }, poll) => [
          `${storage}/a.csv`,
          `${storage}/${poll > 1 ? 'b' : 'old'}.csv`,
        ],
      },
    );
    expect(run.exitCode).toBe(0);
    expect(Object.keys(run.saved).sort()).toEqual(['a.csv', 'b.csv']);
  });
});
