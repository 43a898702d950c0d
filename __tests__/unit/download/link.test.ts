import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  expiryMs,
  isSigned,
  parseLink,
  resolveRedirect,
  suggestName,
} from '../../../src/download/link.js';

const root = 'https://acme.example/prefix';

/** As the unit `binary`, which takes a second to begin with. */
const anyCharacter = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code));

test('a report of an https provider is not fetched over plain http, not even on this machine', () => {
  expect(() => parseLink('http://127.0.0.1/a.csv', 'https://acme.example')).toThrow(
    /not fetched over/,
  );
});

test.each(['http://reports.example/a', 'http://127.0.0.1/a'])(
  'a redirect from https to %s is not followed',
  (location) => {
    const from = new URL('https://reports.example/a');
    expect(() => resolveRedirect(from, 302, { location })).toThrow(/not fetched over http/);
  },
);

test('the user and the password in a redirect are not sent', () => {
  const from = new URL('https://reports.example/a');
  const to = resolveRedirect(from, 302, { location: 'https://us:pw@h.example/b' });
  expect(to.href).toBe('https://h.example/b');
});

describe('a link is understood', () => {
  test.each([
    ['exports/a.csv', 'https://acme.example/exports/a.csv'],
    ['/exports/a.csv', 'https://acme.example/exports/a.csv'],
    ['../a.csv', 'https://acme.example/a.csv'],
    ['a.csv', 'https://acme.example/a.csv'],
    ['v2/x?file=a.b/c', 'https://acme.example/v2/x?file=a.b/c'],
    ['//cdn.example/a.csv', 'https://cdn.example/a.csv'],
    ['cdn.example/a.csv', 'https://cdn.example/a.csv'],
    [
      'bucket.s3.eu-west-1.amazonaws.com/a.csv?x=1',
      'https://bucket.s3.eu-west-1.amazonaws.com/a.csv?x=1',
    ],
    ['cdn.example:8443/a', 'https://cdn.example:8443/a'],
    ['https:\\/\\/cdn.example\\/a.csv', 'https://cdn.example/a.csv'],
    ['https://cdn.example/a?b\\u003dc\\u0026d=\\u002B', 'https://cdn.example/a?b=c&d=+'],
    ['  https://cdn.example/a.csv\n', 'https://cdn.example/a.csv'],
    ['HTTPS://CDN.example/a', 'https://cdn.example/a'],
    ['https://cdn.example/a b.csv', 'https://cdn.example/a%20b.csv'],
    [
      'https://cdn.example/a?next=https://b.example/',
      'https://cdn.example/a?next=https://b.example/',
    ],
    ['https://cdn.example/Über.csv', 'https://cdn.example/%C3%9Cber.csv'],
    ['/a?filter[x]={y}', 'https://acme.example/a?filter[x]={y}'],
  ])('as %s', (link, href) => {
    expect(parseLink(link, root).href).toBe(href);
  });
});

describe('what is no link is refused', () => {
  test.each([
    ['{"url": "https://h.example/a"}', /finds an object/],
    ['["https://h.example/a"]', /finds an object/],
    ['f3a1b2c4-77aa', /looks like an id/],
    ['17', /looks like an id/],
    ['https://h.example/a https://h.example/b', /several links/],
    ['https://h.example/a,https://h.example/b', /several links/],
    ['https://h.example/a,http://h.example/b', /several links/],
    ['https://h.example/a\r\nhttps://h.example/b', /several links/],
    ['https://us:pw@h.example/a', /h\.example holds a user name/],
    ['//us@h.example/a', /holds a user name/],
    ['ftp://h.example/a', /not fetched over ftp/],
    ['file:///etc/passwd', /not fetched over file/],
    ['javascript:alert(1.0)', /not fetched over javascript/],
    ['http://h.example/a', /not fetched over http/],
    ['https://', /is not a URL/],
    ['https://h.example:99999/a?sig=secret', /is not a URL/],
  ])('as %s', (link, why) => {
    expect(() => parseLink(link, root)).toThrow(why);
    expect(() => parseLink(link, root)).not.toThrow(/us:pw|secret/);
  });

  test('whatever it is, by an error of our own', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (text) => {
        try {
          expect(parseLink(text, root).protocol).toBe('https:');
        } catch (error) {
          expect(error).toMatchObject({ reason: 'download-failed' });
        }
      }),
    );
  });
});

describe('what is refused is told in full:', () => {
  const told = (link: string) => {
    try {
      return parseLink(link, root).href;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each([
    [
      '{"a":1}?x',
      '“{"a":1}” is no link to a report: file-path-query finds an object; write the query of the link inside it',
    ],
    [
      '/a?b /c,https://x',
      '“/a” is no link to a report: it holds several links in one text; write a query that finds a list of them',
    ],
    [
      '17',
      '“17” is no link to a report: it looks like an id; write the query of the link, or download the report in a step of its own',
    ],
    ['https://', '“https://” is no link to a report: it is not a URL'],
    [
      'https://us@h.example/a',
      'the link to the report at h.example holds a user name or a password, which would be sent as credentials; give a link without them',
    ],
    [
      'https://:pw@h.example/a',
      'the link to the report at h.example holds a user name or a password, which would be sent as credentials; give a link without them',
    ],
    [
      'ftp://h.example/a',
      'the report is not fetched over ftp://, where others could read or change it; acme.example should name an https:// URL',
    ],
  ])('%s', (link, message) => {
    expect(told(link)).toBe(message);
  });

  test('a link of 8,000 characters is one, a longer one is none', () => {
    expect(told(`/${'a'.repeat(7999)}`)).toHaveLength('https://acme.example'.length + 8000);
    expect(told(`/${'a'.repeat(8000)}`)).toMatch(
      /is no link to a report: it has over 8,000 characters$/,
    );
  });

  test('a redirect without a target names who sent it', () => {
    const from = new URL('https://h.example/a');
    expect(() => resolveRedirect(from, 302, {})).toThrow(
      'h.example responded with HTTP 302, a redirect that names no target',
    );
  });
});

test('on this machine a report is fetched from a provider without TLS', () => {
  const local = 'http://127.0.0.1:8080';
  expect(parseLink('/a.csv', local).href).toBe(`${local}/a.csv`);
  expect(() => parseLink('http://h.example/a', local)).toThrow('not fetched over http:');
  expect(resolveRedirect(new URL(local), 302, { location: '/b' }).href).toBe(`${local}/b`);
});

describe('a host without its scheme', () => {
  test.each(['a1.example/x', 'a-b.c.example:8/x', 'A.EXAMPLE/x', 'a.abcdefghijklmnopqrstuvwx/x'])(
    'is seen in %s',
    (link) => {
      expect(parseLink(link, root).href).toBe(`https://${link.toLowerCase()}`);
    },
  );

  test.each([
    'a.b/x',
    'a.e1/x',
    'a.example',
    'x/a.example/y',
    'a_b.example/x',
    'a.abcdefghijklmnopqrstuvwxy/x',
    '.example/x',
  ])('is not seen in %s', (link) => {
    expect(parseLink(link, root).host).toBe('acme.example');
  });
});

describe('a signature', () => {
  test.each([
    'X-Amz-Signature=1',
    'x-amz-signature=1',
    'X-Goog-Signature=1',
    'sv=1&sig=1',
    'Expires=1&Signature=1',
    'token=1',
  ])('is seen in %s', (query) => {
    expect(isSigned(new URL(`https://h.example/a?${query}`))).toBe(true);
  });

  test.each(['', 'signal=1', 'tokens=1', 'x=sig', 'Expires=1', 'page-token=1', 'X-Amz-Date=1'])(
    'is not seen in “%s”',
    (query) => {
      expect(isSigned(new URL(`https://h.example/a?${query}`))).toBe(false);
    },
  );
});

describe('the expiry of a link', () => {
  const noon = Date.parse('2026-11-25T12:00:00Z');

  test.each([
    ['X-Amz-Date=20261125T110000Z&X-Amz-Expires=3600', noon],
    ['x-amz-expires=3600&x-amz-date=20261125T110000Z', noon],
    ['X-Goog-Date=20261125T115900Z&X-Goog-Expires=60', noon],
    [`Expires=${noon / 1000}`, noon],
    [`Expires=${noon / 1000}&Signature=x`, noon],
    ['se=2026-11-25T12%3A00%3A00Z', noon],
    ['se=2026-11-25', Date.parse('2026-11-25')],
    ['', undefined],
    ['X-Amz-Date=20261125T110000Z', undefined],
    ['X-Amz-Expires=3600', undefined],
    ['X-Amz-Date=now&X-Amz-Expires=3600', undefined],
    ['X-Amz-Date=20261125T110000Z&X-Amz-Expires=-1', undefined],
    ['X-Amz-Date=20261399T110000Z&X-Amz-Expires=1', undefined],
    ['Expires=tomorrow', undefined],
    ['se=never', undefined],
    ['X-Amz-Date=20261125T110000Z&X-Amz-Expires=0', Date.parse('2026-11-25T11:00:00Z')],
    ['X-Amz-Date=x20261125T110000Z&X-Amz-Expires=3600', undefined],
    ['X-Amz-Date=20261125T110000Zx&X-Amz-Expires=3600', undefined],
    [`Expires=${noon / 1000}0`, undefined],
    ['Expires=99999999', undefined],
    ['Expires=x123456789', undefined],
    ['Expires=123456789x', undefined],
    ['EXPIRES=123456789', 123_456_789_000],
  ])('in “%s”', (query, ms) => {
    expect(expiryMs(new URL(`https://h.example/a?${query}`))).toBe(ms);
  });
});

describe('the name', () => {
  const urls = (...paths: string[]) => paths.map((path) => new URL(path, 'https://h.example'));

  test.each([
    [['/a.csv', '/blob'], undefined, 'a.csv'],
    [['/download', '/b.csv'], undefined, 'b.csv'],
    [['/download', '/blob'], undefined, 'download'],
    [['/', '/'], undefined, ''],
    [['/', '/blob'], undefined, 'blob'],
    [['/a%20b.csv'], undefined, 'a b.csv'],
    [['/x/a.csv/'], undefined, ''],
    [['/a.csv'], 'attachment; filename="Ã¼.csv"', 'ü.csv'],
    [['/a.csv'], 'attachment; filename="ü.csv"', 'ü.csv'],
    [['/a.csv'], "attachment; filename*=UTF-8''%E5%A0%B1.csv", '報.csv'],
    [['/%zz.csv'], undefined, '%zz.csv'],
    [['/a.csv'], 'attachment; filename="b.csv"', 'b.csv'],
    [['/a.csv'], "attachment; filename*=UTF-8''%C3%A4.csv", 'ä.csv'],
    [['/a.csv'], 'attachment', 'a.csv'],
    [['/a.csv'], 'attachment; filename=', 'a.csv'],
    [['/a.csv'], ';;', 'a.csv'],
  ])('of %j with %s is %s', (paths, disposition, name) => {
    const headers = disposition === undefined ? {} : { 'content-disposition': disposition };
    expect(suggestName(urls(...paths), headers)).toBe(name);
  });
});

test.each([
  ['/Ü.csv', '/%C3%9C.csv'],
  ['/%C3%9C.csv', '/%C3%9C.csv'],
  ['/a?b=é', '/a?b=%C3%A9'],
  ['/plain.csv', '/plain.csv'],
])('a redirect to %s in raw UTF-8 leads to %s', (location, path) => {
  const from = new URL('https://h.example/x');
  const raw = Buffer.from(location).toString('latin1');
  expect(resolveRedirect(from, 302, { location: raw }).href).toBe(`https://h.example${path}`);
});

test.each([undefined, 'http://', 'https://[bad'])(
  'a redirect to %s names no target',
  (location) => {
    const from = new URL('https://h.example/x');
    expect(() => resolveRedirect(from, 302, { location })).toThrow(/names no target/);
  },
);

test.each(['/f/a.csv,/f/b.csv', '/f/a.csv;/f/b.csv', '/f/a.csv /f/b.csv', '/f/a.csv\n/f/b.csv'])(
  'two paths in one text are no link: %j',
  (text) => {
    expect(() => parseLink(text, 'https://acme.example')).toThrow('several links in one text');
  },
);

test.each(['/f/orders of 2026.csv', 'https://h.example/a?next=x,/b', '/f/a,b.csv', ',/a.csv'])(
  'a blank or a comma alone makes no second link: %j',
  (text) => {
    expect(() => parseLink(text, 'https://acme.example')).not.toThrow();
  },
);
