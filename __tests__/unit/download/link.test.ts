import { expect, test } from '@jest/globals';
import { parseLink, resolveRedirect } from '../../../src/download/link.js';

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

test('a path of the provider’s own lies below base-url', () => {
  const root = 'https://acme.example/prefix';
  expect(parseLink('exports/a.csv', root).href).toBe('https://acme.example/prefix/exports/a.csv');
  expect(parseLink('/exports/a.csv', root).href).toBe('https://acme.example/exports/a.csv');
});
