import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  expandBody,
  expandUrlTemplate,
  resolveUrl,
} from '../../../../src/providers/http/url-template.js';

/** Any id that a step may have, often of signs that mean something in a URL or a body. */
const id = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({
      unit: fc.constantFrom(
        ...Array.from('/?#%&=+.;:@\\{}<>"\'`$\n\r\t\0 '),
        '$&',
        '{id}',
        ']]>',
        '../',
      ),
      minLength: 1,
      maxLength: 6,
    }),
  )
  .filter((text) => !/^\.{1,2}$/.test(text));

test('an id cannot leave its place in a URL', () => {
  fc.assert(
    fc.property(id, (any) => {
      const template = 'https://api.example:8443/jobs/{id}/v-{id}?q=1&id={id}&z=#{id}';
      const url = expandUrlTemplate(template, any, '');
      expect(url.origin).toBe('https://api.example:8443');
      expect(url.username + url.password).toBe('');
      const parts = ['', 'jobs', any, `v-${any}`];
      expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(parts);
      expect([...url.searchParams]).toEqual([
        ...[
          ['q', '1'],
          ['id', any],
          ['z', ''],
        ],
      ]);
      expect(decodeURIComponent(url.hash)).toBe(`#${any}`);
    }),
    { numRuns: 500 },
  );
});

test('an id cannot leave the path below the root, nor the host', () => {
  fc.assert(
    fc.property(id, fc.constantFrom('{id}', '/{id}', '{id}/x', '/a{id}'), (any, template) => {
      const url = expandUrlTemplate(template, any, 'https://api.example/prefix');
      const path = `/prefix/${template.replace(/^\//, '')}`.split('/');
      expect(url.origin + url.search + url.hash).toBe('https://api.example');
      expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(
        path.map((part) => part.replace('{id}', () => any)),
      );
    }),
    { numRuns: 500 },
  );
});

const typed = (type: string) => ({ 'content-type': type });

test('an id cannot leave its text in a body of JSON', () => {
  const types = fc.constantFrom({}, typed('application/json; charset=utf-8'), typed('a/b+json'));
  fc.assert(
    fc.property(id, types, (any, headers) => {
      const body = expandBody('{"a":"{id}","b":["x{id}y"],"{id}":1}', any, headers);
      expect(Object.entries(JSON.parse(body) as object)).toEqual(
        Object.entries({ a: any, b: [`x${any}y`], [any]: 1 }),
      );
    }),
    { numRuns: 500 },
  );
});

test('an id cannot leave its field in a form', () => {
  const headers = typed('application/x-www-form-urlencoded');
  fc.assert(
    fc.property(id, (any) => {
      const fields = new URLSearchParams(expandBody('a=1&id={id}&b=x{id}', any, headers));
      expect([...fields]).toEqual([
        ...[
          ['a', '1'],
          ['id', any],
          ['b', `x${any}`],
        ],
      ]);
    }),
    { numRuns: 500 },
  );
});

test('an id cannot leave its element or attribute in XML', () => {
  fc.assert(
    fc.property(id, (any) => {
      const body = expandBody('<a b="{id}">{id}</a>', any, typed('application/soap+xml'));
      const [, attribute = '', content = ''] = /^<a b="([^"<]*)">([^<>]*)<\/a>$/.exec(body) ?? [];
      expect(content).toBe(attribute);
      expect(content.replace(/&#\d+;/g, '')).not.toMatch(/[&<>"'\r\n\t]/);
      const unescaped = content.replace(/&#(\d+);/g, (_, code: string) =>
        String.fromCharCode(Number(code)),
      );
      expect(unescaped).toBe(any);
    }),
    { numRuns: 500 },
  );
});

test('an id stands as it is in a body of any other type, or is refused', () => {
  fc.assert(
    fc.property(id, (any) => {
      const expand = () => expandBody('job {id} now', any, typed('text/plain'));
      if (/[<>&"'`\\\r\n]/.test(any)) expect(expand).toThrow('has an id with a quote');
      else expect(expand()).toBe(`job ${any} now`);
    }),
    { numRuns: 500 },
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

const signs = 'a"<&>\'\n\r\t b\\';

test.each([
  ['application/json', JSON.stringify(signs).slice(1, -1)],
  ['application/json ; charset=utf-8', JSON.stringify(signs).slice(1, -1)],
  ['Application/Problem+JSON', JSON.stringify(signs).slice(1, -1)],
  ['application/x-amz-json-1.1', JSON.stringify(signs).slice(1, -1)],
  ['application/vnd.x+x-amz-json-1.0', JSON.stringify(signs).slice(1, -1)],
  ['text/xml', 'a&#34;&#60;&#38;&#62;&#39;&#10;&#13;&#9; b\\'],
  ['application/soap+xml; charset=utf-8', 'a&#34;&#60;&#38;&#62;&#39;&#10;&#13;&#9; b\\'],
  ['application/x-www-form-urlencoded ', 'a%22%3C%26%3E%27%0A%0D%09+b%5C'],
])('in a body of the type %s an id is escaped', (type, escaped) => {
  expect(expandBody('<{id}|{+id}>', signs, { 'content-type': type })).toBe(`<${escaped}|${signs}>`);
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
