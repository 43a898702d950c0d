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

  test('whatever it is, in little time, by an error of our own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        try {
          expect(parseLink(text, root).protocol).toBe('https:');
        } catch (error) {
          expect(error).toMatchObject({ reason: 'download-failed' });
        }
      }),
    );
    const beganMs = performance.now();
    for (const text of [' ', '\t', ',', 'a ', '\\u0', '- '].map((one) => one.repeat(50_000))) {
      expect(() => parseLink(text, root)).not.toThrow(TypeError);
    }
    expect(performance.now() - beganMs).toBeLessThan(2000);
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

test.each(['/f/orders of 2026.csv', 'https://h.example/a?next=x,/b', '/f/a,b.csv'])(
  'a blank or a comma alone makes no second link: %j',
  (text) => {
    expect(() => parseLink(text, 'https://acme.example')).not.toThrow();
  },
);
