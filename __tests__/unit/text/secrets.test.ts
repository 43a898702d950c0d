import { expect, test } from '@jest/globals';
import { createSecrets } from '../../../src/text/secrets.js';

test('a secret is masked and redacted in every form in which it travels', () => {
  const masked: string[] = [];
  const secrets = createSecrets((value) => masked.push(value));
  const secret = 'p@ss "wörd"+/&';
  secrets.add(secret);
  const forms = [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
    new URLSearchParams({ s: secret }).toString().slice(2),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  ];
  for (const form of forms) {
    expect(masked).toContain(form);
    expect(secrets.redact(`<${form}>`)).toBe('<***>');
  }
});

test('a secret of several lines is hidden line by line, but not what all PEM texts share', () => {
  const masked: string[] = [];
  const secrets = createSecrets((value) => masked.push(value));
  secrets.add('-----BEGIN PRIVATE KEY-----\nMIIabc\nMIIdef\n-----END PRIVATE KEY-----');
  expect(secrets.redact('x MIIabc y MIIdef')).toBe('x *** y ***');
  expect(masked).not.toContain('-----BEGIN PRIVATE KEY-----');
});

test('an empty secret masks nothing', () => {
  const masked: string[] = [];
  const secrets = createSecrets((value) => masked.push(value));
  secrets.add('');
  expect(masked).toEqual([]);
  expect(secrets.redact('text')).toBe('text');
});

test('a secret that holds another is redacted whole', () => {
  const secrets = createSecrets(() => undefined);
  secrets.add('abc');
  secrets.add('abcdef');
  expect(secrets.redact('x abcdef y abc')).toBe('x *** y ***');
});
