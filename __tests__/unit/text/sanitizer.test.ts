import { expect, test } from '@jest/globals';
import { createSanitizer } from '../../../src/text/sanitizer.js';
import { createSecrets } from '../../../src/text/secrets.js';

const secrets = createSecrets(() => undefined);
secrets.add('abc/def-1');
const sanitizer = createSanitizer(secrets);

test('a secret in JSON is found behind any escapes', () => {
  expect(sanitizer.json('{"a":"abc\\/def\\u002d1"}')).toBe('{"a":"***"}');
  expect(sanitizer.json('{ "a" : 1 }')).toBe('{ "a" : 1 }');
  expect(sanitizer.json('not JSON abc/def-1')).toBe('not JSON ***');
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

test('the query of a link is hidden wherever it stands', () => {
  sanitizer.hideQuery('https://a.example/r.csv?sig=1&part=a?b');
  expect(sanitizer.redact('read sig=1&part=a?b')).toBe('read …');
  sanitizer.hideQuery('https://a.example/r.csv');
  expect(sanitizer.redact('text')).toBe('text');
});
