import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  findJsonError,
  findUnexpectedStart,
  isUndecided,
  START_BYTES,
} from '../../../src/download/report-content.js';

const csv = { name: 'r.csv', contentType: 'application/octet-stream' };
const find = (text: string | Buffer, expectation = csv) =>
  findUnexpectedStart(Buffer.from(text).subarray(0, START_BYTES), expectation);

test('a page is found behind any comments, declarations and blanks, in any of three encodings', () => {
  const prolog = fc.array(
    fc.constantFrom(
      '<!-- a -->',
      '<!---->',
      '<!-- > -- > -->',
      '<?xml version="1.0"?>',
      ' ',
      '\n\t',
      '\r\n',
    ),
    { maxLength: 40 },
  );
  const start = fc.constantFrom(
    '<html>',
    '<!DOCTYPE html>',
    '<HTML lang="x">',
    '<head>',
    '< body >',
    '<title>x',
  );
  const encode = fc.constantFrom(
    (text: string) => Buffer.from(text),
    (text: string) => Buffer.from(`\uFEFF${text}`),
    (text: string) => Buffer.from(text, 'utf16le'),
    (text: string) => Buffer.from(text, 'utf16le').swap16(),
    (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
    (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  );
  fc.assert(
    fc.property(prolog, start, encode, (parts, page, to) => {
      expect(find(to(`${parts.join('')}${page}<p>Please sign in</p>`))?.isHtml).toBe(true);
    }),
  );
});

test('bytes and rows are no page and no error', () => {
  const row = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => !/^\s*</.test(text));
  fc.assert(
    fc.property(row, (text) => {
      expect(find(`a${text}`)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(find(Buffer.concat([Buffer.from('PK\x03\x04'), bytes]))).toBeUndefined();
    }),
  );
});

test.each(['\0', ' \0', '  \0', '   \0'])('one zero does not make UTF-16: %j', (blanks) => {
  expect(find(`${blanks}<html>`)?.isHtml).toBe(true);
});

describe('the name decides what may be HTML', () => {
  test.each(['r.html', 'r.HTM', 'r.xhtml', 'r.mhtml', 'r.mht', 'r.xls'])('%s may', (name) => {
    expect(find('<html>', { name, contentType: 'text/html' })).toBeUndefined();
  });

  test.each(['r.csv', 'r.xlsx', 'r.pdf', 'r.json', 'html', 'r', '', 'r.html.csv'])(
    '%s may not',
    (name) => {
      expect(find('<html>', { name, contentType: 'text/csv' })?.isHtml).toBe(true);
    },
  );

  test.each(['text/html', 'TEXT/HTML; charset=x', ' text/html', 'application/xhtml+xml'])(
    'under %s any markup is a page, and no other text',
    (contentType) => {
      expect(find('<div>', { name: 'r.csv', contentType })?.isHtml).toBe(true);
      expect(find('<rows/>', { name: 'r.csv', contentType })?.isHtml).toBe(true);
      expect(find('<rows/>', { name: 'r.xml', contentType })).toBeUndefined();
      expect(find('<html/>', { name: 'r.xml', contentType })?.isHtml).toBe(true);
      expect(find('a,b', { name: 'r.csv', contentType })).toBeUndefined();
      expect(find('', { name: 'r.csv', contentType })).toBeUndefined();
    },
  );
});

describe('the error document of a store', () => {
  test.each([
    ['<Error><Code>A</Code><Message>B</Message></Error>', 'A: B'],
    ['<Error>\n  <Message>B</Message>\n</Error>', 'B'],
    ['<?xml version="1.0"?><!-- x --><Error a="1"><Code>A</Code></Error>', 'A'],
  ])('%s is told by its code and message', (text, error) => {
    expect(find(text)).toEqual({ isHtml: false, error });
  });

  test.each([
    '<Error></Error>',
    '<Errors><Code>A</Code></Errors>',
    '<error><Code>A</Code></error>',
  ])('%s is none', (text) => {
    expect(find(text)).toBeUndefined();
  });
});

describe('more is needed', () => {
  test.each([
    '',
    '<',
    ' \n',
    '<!-- ',
    '<!-- a -->',
    '<Error><Code>A</Code>',
    '<Error a="1"><Code>A</Code>',
    '<?xml version="1.0"?>',
    '<!-- a comment without an end',
    'nineteen characters',
  ])('behind %j', (text) => {
    expect(isUndecided(Buffer.from(text))).toBe(true);
  });

  test.each([
    'order,amount\n1001,250\n',
    '<html><body>Sign in</body>',
    '<Error><Code>A</Code></Error>',
    'rows,with\n<Error>,250\n',
    'these are 20 letters',
  ])('not behind %j', (text) => {
    expect(isUndecided(Buffer.from(text))).toBe(false);
  });

  test.each(['þ', 'xÿ', 'ÿ', 'xþ'])(
    'not behind a row in Latin-1 that begins with %s',
    (letters) => {
      expect(isUndecided(Buffer.from(`${letters},order,amount,1001,250`, 'latin1'))).toBe(false);
    },
  );

  test('not behind 64 KiB, whatever they are', () => {
    expect(isUndecided(Buffer.alloc(START_BYTES, ' '))).toBe(false);
  });
});

describe('a JSON error', () => {
  const json = (text: string, name: string, contentType: string) =>
    findJsonError(Buffer.from(text), { name, contentType });

  test.each([
    'error',
    'errors',
    'message',
    'fault',
    'code',
    'error_description',
    'detail',
    'Message',
  ])('has a key such as %s', (key) => {
    expect(json(`{"id": 1, "${key}": "no"}`, 'r.csv', 'text/csv')).toBe(`${key}: "no"`);
  });

  test.each([
    ['r.csv', 'application/json'],
    ['r.xlsx', ''],
    ['r.harx', ''],
    ['export', 'text/csv'],
    ['export', 'application/pdf'],
  ])('is one for %s as %s', (name, contentType) => {
    expect(json('{"error": 1}', name, contentType)).toBe('error: 1');
    expect(json(' \n{"error": 1}', name, contentType)).toBe('error: 1');
  });

  test.each([
    ['r.json', 'text/csv'],
    ['r.ndjson', ''],
    ['r.jsonl', ''],
    ['r.har', ''],
    ['r.ipynb', ''],
    ['export', 'application/json'],
    ['export', 'application/vnd.api+json'],
    ['export', ''],
    ['export', 'application/octet-stream'],
    ['export', 'binary/octet-stream'],
  ])('is none for %s as %s', (name, contentType) => {
    expect(json('{"error": 1}', name, contentType)).toBeUndefined();
  });

  test.each(['', '{', '[{"error": 1}]', '{"rows": 1}', 'error', '{"error": 1} x', 'null'])(
    '%j is none',
    (text) => {
      expect(json(text, 'r.csv', 'text/csv')).toBeUndefined();
    },
  );
});
