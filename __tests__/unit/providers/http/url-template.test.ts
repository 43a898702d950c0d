import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  expandBody,
  expandUrlTemplate,
  resolveUrl,
} from '../../../../src/providers/http/url-template.js';

test('an id cannot leave its place in a URL or a body', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => {
      fc.pre(!/^\.{1,2}$/.test(id));
      const filled = expandUrlTemplate('https://api.example/jobs/{id}/status?q=1', id, '');
      expect(filled.origin).toBe('https://api.example');
      expect(filled.pathname.split('/').map(decodeURIComponent)).toEqual([
        '',
        'jobs',
        id,
        'status',
      ]);
      expect(filled.search).toBe('?q=1');
      expect(JSON.parse(expandBody('{"a":"{id}"}', id, {}))).toEqual({ a: id });
    }),
  );
});

test.each([
  ['jobs/{id}', 'https://api.example/root/jobs/a%2Fb'],
  ['/jobs/{id}', 'https://api.example/root/jobs/a%2Fb'],
  ['/jobs/{+id}?x={id}', 'https://api.example/root/jobs/a/b?x=a%2Fb'],
  ['https://other.example/{id}', 'https://other.example/a%2Fb'],
  ['HTTPS://other.example/', 'https://other.example/'],
  ['git+ssh.1-x://x/y', 'git+ssh.1-x://x/y'],
  ['jobs:7/{id}', 'jobs:7/a%2Fb'],
  ['7:jobs', 'https://api.example/root/7:jobs'],
  ['a/https://x', 'https://api.example/root/a/https://x'],
])('the template %s is the URL %s', (template, url) => {
  expect(expandUrlTemplate(template, 'a/b', 'https://api.example/root').href).toBe(url);
});

test('a slash at the beginning is one alone', () => {
  expect(resolveUrl('//x', 'https://api.example').href).toBe('https://api.example//x');
});

const id = 'a"<&>\'\n\r\t b\\';

test.each([
  ['application/json', JSON.stringify(id).slice(1, -1)],
  ['application/json ; charset=utf-8', JSON.stringify(id).slice(1, -1)],
  ['Application/Problem+JSON', JSON.stringify(id).slice(1, -1)],
  ['application/x-amz-json-1.1', JSON.stringify(id).slice(1, -1)],
  ['application/vnd.x+x-amz-json-1.0', JSON.stringify(id).slice(1, -1)],
  ['text/xml', 'a&#34;&#60;&#38;&#62;&#39;&#10;&#13;&#9; b\\'],
  ['application/soap+xml; charset=utf-8', 'a&#34;&#60;&#38;&#62;&#39;&#10;&#13;&#9; b\\'],
  ['application/x-www-form-urlencoded ', 'a%22%3C%26%3E%27%0A%0D%09+b%5C'],
])('in a body of the type %s an id is escaped', (type, escaped) => {
  expect(expandBody('<{id}|{+id}>', id, { 'content-type': type })).toBe(`<${escaped}|${id}>`);
});

test('a body is JSON where nothing says otherwise', () => {
  expect(expandBody('{id}', 'a"', {})).toBe('a\\"');
});

test.each(['text/plain', 'application/jsonx', 'x/xmlx', 'json', 'xml'])(
  'in a body of the type %s an id stands as it is, unless it could change the body',
  (type) => {
    const headers = { 'Content-Type': type };
    expect(expandBody('{id}', 'a/b c', headers)).toBe('a/b c');
    for (const sign of ['<', '>', '&', '"', "'", '`', '\\', '\r', '\n'])
      expect(() => expandBody('{id}', `a${sign}b`, headers)).toThrow(
        'has an id with a quote, a line break or one of < > & in a body that is neither JSON, form nor XML; give the type of the body in `headers`, as `Content-Type: application/json`',
      );
    expect(expandBody('{+id}', 'a"b', headers)).toBe('a"b');
  },
);
