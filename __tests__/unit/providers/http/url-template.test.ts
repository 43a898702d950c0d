import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expandBody, expandUrlTemplate } from '../../../../src/providers/http/url-template.js';

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
