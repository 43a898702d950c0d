import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSanitizer } from '../../../src/text/sanitizer.js';
import { createSecrets } from '../../../src/text/secrets.js';

const secrets = createSecrets(() => undefined);
secrets.add('abc/def-1');
const sanitizer = createSanitizer(secrets);

test('a secret in JSON is found behind any escapes', () => {
  expect(sanitizer.body('{"a":"abc\\/def\\u002d1"}')).toBe('{"a":"***"}');
  expect(sanitizer.body('{ "a" : 1 }')).toBe('{ "a" : 1 }');
  expect(sanitizer.body('not JSON abc/def-1')).toBe('not JSON ***');
});

test('a line is cut without leaving half of a secret', () => {
  expect(sanitizer.line('12345abc/def-1', 8)).toBe('12345***');
});

test('what a cut or an escape sequence hid is redacted all the same', () => {
  expect(sanitizer.line('abc/\u001b[0mdef-1')).toBe('***');
});

test('a secret leaves a link, and the rest of the link stays', () => {
  expect(sanitizer.link('https://a.example/robot/abc/def-1?a=b')).toBe(
    'https://a.example/robot/***?a=b',
  );
});

test('a line whose text is not cut has no length', () => {
  expect(sanitizer.line(`${' '.repeat(55)}abc/def-1`, 8)).toBe('***');
});

describe('a link that ends in the beginning of a secret', () => {
  const longest = `${'.'.repeat(8 * 1024 - 5)}abc/d`;

  test.each([
    ['stays whole', 'https://a.example/abc/d'],
    ['stays whole, however long it is', longest],
  ])('%s', (_, link) => {
    expect(sanitizer.link(link)).toBe(link);
  });

  test('loses it where that is what a cut has left, whatever nobody sees in it', () => {
    const text = `${longest.slice(1, -1)}\u200bdef-1`;
    expect(sanitizer.link(text)).toBe(`${'.'.repeat(8 * 1024 - 6)}***`);
  });
});

test('the query of a link is hidden wherever it stands', () => {
  sanitizer.hideQuery('https://a.example/r.csv?sig=k8s9d7f6&n=1&part=a?b_c_d&format=report');
  expect(sanitizer.line('read k8s9d7f6, a?b_c_d and 1 report')).toBe('read …, … and 1 report');
  expect(sanitizer.line('k8s9d7f6x is another word')).toBe('k8s9d7f6x is another word');
  sanitizer.hideQuery('https://a.example/r.csv');
  expect(sanitizer.line('text')).toBe('text');
});

test('a page has its query, unless that has a value of a link that was hidden', () => {
  const own = createSanitizer(createSecrets(() => undefined));
  const page = 'https://a.example/jobs/1?tab=details&view=all';
  const report = 'https://a.example/r.csv?sig=k8s9d7f6&n=1';
  own.hideQuery(report);
  expect(own.page(page)).toBe(page);
  expect(own.page(report)).toBe('https://a.example/r.csv');
  expect(own.page('https://a.example/view?n=1&of=k8s9d7f6')).toBe('https://a.example/view');
  expect(sanitizer.page('https://a.example/abc/def-1\n::error::x')).toBe(
    'https://a.example/*** ::error::x',
  );
});

describe('a value in the query of a link', () => {
  const hiding = (...links: readonly string[]) => {
    const own = createSanitizer(createSecrets(() => undefined));
    for (const link of links) own.hideQuery(link);
    return own;
  };
  const link =
    'https://a.example/r.csv?sig=k8s%2Fd7f6%3D%3D&page=1&part=12345&who=abcdef;x=uvwxyz#end-of-it';

  test.each([
    ['six characters', 'abcdef'],
    ['six characters behind a semicolon', 'uvwxyz'],
    ['codes', 'k8s%2Fd7f6%3D%3D'],
  ])('of %s is left out of lines', (_, value) => {
    expect(hiding(link).line(`no ${value}, (${value}) or “${value}”`)).toBe('no …, (…) or “…”');
  });

  test.each(['1', '12345', 'sig', 'page', 'who'])('stays where it is only “%s”', (value) => {
    expect(hiding(link).line(`page ${value} of 12`)).toBe(`page ${value} of 12`);
  });

  test('stays as a part of another word', () => {
    expect(hiding(link).line('abcdefg xabcdef abcdef1')).toBe('abcdefg xabcdef abcdef1');
  });

  test('stays in a link that is an output', () => {
    expect(hiding(link).link(link)).toBe(link);
  });

  test('is left out whole where a shorter one begins it', () => {
    const own = hiding('https://a.example/?a=abcdef', 'https://a.example/?a=abcdef-ghijkl');
    expect(own.line('abcdef-ghijkl')).toBe('…');
    expect(own.line('abcdef')).toBe('…');
  });

  test.each([
    ['a link without a query', 'https://a.example/r.csv'],
    ['an empty query', 'https://a.example/r.csv?'],
    ['values that are empty', 'https://a.example/r.csv?a=&b&&=;'],
  ])('is none in %s', (_, text) => {
    expect(hiding(text).line('https, a.example and r.csv')).toBe('https, a.example and r.csv');
  });

  test('is left out of any line, wherever it stands, and never changes other words', () => {
    const word = fc.stringMatching(/^[a-z]{1,10}$/);
    fc.assert(
      fc.property(fc.array(word), fc.array(word), (before, after) => {
        const text = (value: string) => [...before, value, ...after].join(' ');
        expect(hiding('https://a.example/?s=K8s-D7f6').line(text('K8s-D7f6'), 1000)).toBe(
          text('…'),
        );
      }),
    );
  });
});

test('what only looks like an escape hides no secret behind it', () => {
  expect(sanitizer.line('&#x110000; &#1114112; abc&#x2f;def-1')).toBe('&#x110000; &#1114112; ***');
});

test('a secret that only begins as JSON is one text', () => {
  const own = createSecrets(() => undefined);
  own.add('{not-json-4711');
  expect(own.redact('a {not-json-4711 b')).toBe('a *** b');
});

test('links are hidden up to 8 MiB in all, so that no provider fills the memory', () => {
  const own = createSanitizer(createSecrets(() => undefined));
  own.hideQuery(`https://a.example/r.csv?sig=${'x'.repeat(8 * 1024 * 1024 - 8)}`);
  own.hideQuery('https://a.example/r.csv?sig=k8s9d7f6');
  own.hideQuery('https://a.example/r.csv?sig=m1n2b3v4');
  expect(own.line('k8s9d7f6 m1n2b3v4')).toBe('… m1n2b3v4');
});

describe('how much of a text is kept', () => {
  const own = createSanitizer(createSecrets(() => undefined));
  const text = 'x'.repeat(200_000);

  test('in a line: 500 characters, or what is asked for', () => {
    expect(own.line(text)).toBe(`${'x'.repeat(500)}… (200,000 characters)`);
    expect(own.line(text, 20)).toBe(`${'x'.repeat(20)}… (200,000 characters)`);
    expect(own.line('')).toBe('');
  });

  test('in a link: 8 Ki characters', () => {
    expect(own.link(text)).toHaveLength(8 * 1024);
  });

  test('in a body: 128 Ki characters', () => {
    expect(own.body(text)).toHaveLength(128 * 1024);
  });
});

test('a body holds no workflow command, and keeps its lines', () => {
  expect(sanitizer.body('a\n::error::b')).toBe('a\n: :error::b');
});

describe('values of links', () => {
  const own = createSanitizer(createSecrets(() => undefined));
  const value = (name: string, megabytes: number) => name + '-'.repeat(megabytes * 1024 * 1024);

  test('are hidden as long as they have no more than 8 MiB together', () => {
    own.hideQuery(`https://a.example/?a=${value('first', 5)}`);
    own.hideQuery(`https://a.example/?a=${value('first', 5)}`);
    own.hideQuery(`https://a.example/?a=${value('second', 4)}&b=third-value`);
    own.hideQuery('https://a.example/?a=fourth-value');
    expect(own.line('third-value fourth-value')).toBe('third-value …');
  });

  test.each(['attachment', 'download', 'exports', 'INLINE', 'report', 'results'])(
    'are shown where they say what is downloaded: %s',
    (word) => {
      own.hideQuery(`https://a.example/?a=${word}`);
      expect(own.line(word)).toBe(word);
    },
  );

  test.each(['my-report', 'reports1', 'downloadable'])(
    'are hidden if they only hold such: %s',
    (word) => {
      own.hideQuery(`https://a.example/?a=${word}`);
      expect(own.line(word)).toBe('…');
    },
  );
});
