import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  BASE64_NEIGHBOURS,
  longestPart,
  sanitizerOf,
  SECRET_FORMS,
} from '../../support/secret-forms.js';

const forms = Object.entries(SECRET_FORMS);
const SECRETS = {
  'a token': 'tok/en+1-Zx9_k.7Q~w=',
  'a password of signs': `p@s/w+r&d="1<2>'\\%(*)!`,
  'a password with blanks': 'my own pass word + 1/2',
  'a password with umlauts': 'pässwörd für Łódź №7 👍',
  'a secret that looks escaped': 'a%41b\\u0042c&#67;d-\\n-e%2F',
};

describe.each(Object.entries(SECRETS))('%s', (_, secret) => {
  test.each(forms)('written as %s is redacted whole', (_, write) => {
    const { redact } = sanitizerOf(secret);
    expect(redact(`<${write(secret)}>`)).toBe('<***>');
  });

  test.each(forms)('written as %s leaves lines, links and bodies', (_, write) => {
    const { line, link, body } = sanitizerOf(secret);
    const written = write(secret);
    expect(line(`a ${written} b`)).toBe('a *** b');
    expect(link(`https://a.example/r/${written}/b.csv`)).toBe('https://a.example/r/***/b.csv');
    expect(body(`{"a":"${written}",\n"b":1}`)).toBe('{"a":"***",\n"b":1}');
  });

  test.each(BASE64_NEIGHBOURS)('in Base64 between “%s” and “%s” is redacted', (before, after) => {
    const { redact } = sanitizerOf(secret);
    for (const alphabet of ['base64', 'base64url'] as const) {
      const written = Buffer.from(before + secret + after).toString(alphabet);
      const shown = redact(written);
      expect(shown).toContain('***');
      // At each end a character may belong to a neighbour too.
      expect(longestPart(shown, written, 8 + (before + after).length)).toBe('');
    }
  });
});

test.each([
  ['the token of a scheme', '{"a":"x","a":"tok\\u0065n-4711-abcd"}'],
  ['a key that is there twice, the escaped one first', '{"t":"tok\\u0065n-4711-abcd","t":"b"}'],
  ['a key of its own', '{"tok\\u0065n-4711-abcd":1,"tok\\u0065n-4711-abcd":2}'],
])('a secret in %s leaves a body', (_, text) => {
  const { body } = sanitizerOf('token-4711-abcd');
  expect(body(text)).not.toContain('n-4711');
  expect(body(text)).toContain('***');
});

describe('secrets that overlap', () => {
  test.each([
    ['the end of one is the beginning of the other', 'abcdefgh', 'efghijkl', 'abcdefghijkl'],
    ['one holds the other in its middle', 'abcdefgh', 'cdef', 'abcdefgh'],
    ['one begins the other', 'abcdefgh', 'abcdefghijkl', 'abcdefghijkl'],
    ['one ends the other', 'efghijkl', 'abcdefghijkl', 'abcdefghijkl'],
    ['they touch', 'abcdefgh', 'ijklmnop', 'abcdefghijklmnop'],
  ])('leave nothing where %s', (_, one, other, text) => {
    for (const { redact } of [sanitizerOf(one, other), sanitizerOf(other, one)]) {
      expect(redact(`<${text}>`)).toMatch(/^<(\*\*\*){1,2}>$/);
    }
  });

  test('leave nothing where one is escaped and the other is not', () => {
    const { redact } = sanitizerOf('abcdefgh', 'efghijkl');
    expect(redact('<abcd\\u0065fghij%6bl>')).toBe('<***>');
  });

  test('leave nothing where any two of any length overlap', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(letters, letters, letters, (start, middle, end) => {
        const { redact } = sanitizerOf(start + middle, middle + end);
        expect(redact(`<${start}${middle}${end}>`)).toMatch(/^<\*\*\*>$/);
      }),
    );
  });
});

describe('what is no secret', () => {
  const known = sanitizerOf('Q7-Zx9-Kw3-Jv5', 'another (secret) & more');

  test('stays as it is in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(known.redact(text)).toBe(text);
      }),
    );
  });

  test('stays as it is with all of its escapes', () => {
    const escaped = fc.string({
      unit: fc.constantFrom(
        ...['\\u0041', '%41', '%C3%B6', '&amp;', '&#65;', '\\/', '\\\\', 'x', '"', '%', '\\', '&#'],
      ),
    });
    fc.assert(
      fc.property(escaped, (text) => {
        expect(known.redact(text)).toBe(text);
      }),
    );
  });

  test('stays as it is around a secret', () => {
    const text = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(!/[\\%&\w]$/.test(before) && !/^\w/.test(after));
        expect(known.redact(`${before}Q7-Zx9-Kw3-Jv5${after}`)).toBe(`${before}***${after}`);
      }),
    );
  });

  test.each([
    ['a part of a secret', 'Q7-Zx9-Kw3'],
    ['a secret in another case', 'q7-zx9-kw3-jv5'],
    ['a word that a secret holds', 'another secret'],
  ])('stays as it is where it is %s', (_, text) => {
    expect(known.redact(text)).toBe(text);
  });

  test.each([17_000, 23_000, 100_000])(
    'stays whole in a body of %d characters beside a long token',
    (length) => {
      const { body } = sanitizerOf('x7Y-'.repeat(500));
      const text = `{"rows":"${'.'.repeat(length)}"}`;
      expect(body(text)).toHaveLength(text.length);
    },
  );
});

describe('a secret that is JSON', () => {
  const key = {
    type: 'service_account',
    private_key:
      '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n',
    client_email: 'robot@project.example',
    nested: { list: ['an-inner-secret', 'short'], number: 12_345_678 },
  };

  test.each([
    ['on one line', JSON.stringify(key)],
    ['on several lines', JSON.stringify(key, undefined, 2)],
  ])('%s hides its texts of eight characters or more, and itself', (_, secret) => {
    const { redact } = sanitizerOf(secret);
    for (const text of ['MIIEvQIBADANBgkq', 'robot@project.example', 'an-inner-secret']) {
      expect(redact(`<${text}>`)).toBe('<***>');
    }
    expect(redact(`<${secret}>`)).toBe('<***>');
    expect(redact('short 12345678 type -----BEGIN PRIVATE KEY-----')).toBe(
      'short 12345678 type -----BEGIN PRIVATE KEY-----',
    );
  });

  test('on several lines never masks a brace, nor a line that is one', () => {
    const { masked, redact } = sanitizerOf(JSON.stringify(key, undefined, 2));
    // The runner masks each line of what it is told to mask.
    const lines = masked.flatMap((text) => text.split(/[\r\n]+/)).map((line) => line.trim());
    expect(lines.filter((line) => line.length < 4)).toEqual([]);
    expect(redact('{\n  "a": {}\n}')).toBe('{\n  "a": {}\n}');
  });
});

describe('a secret of several lines', () => {
  test('never masks a short line of it', () => {
    const { masked } = sanitizerOf('first line\nab\n}\nlast line');
    const lines = masked.flatMap((text) => text.split(/[\r\n]+/));
    expect(lines).toEqual(expect.arrayContaining(['first line', 'last line']));
    expect(lines.filter((line) => line.length < 4)).toEqual([]);
  });

  test.each(['\\n', '\n', '\r\n'])('that is PEM with %j is hidden line by line', (end) => {
    const pem = [
      '-----BEGIN KEY-----',
      'MIIEvQIBADANBgkq',
      'hkiG9w0BAQEFAASC',
      '-----END KEY-----',
    ];
    const { redact, masked } = sanitizerOf(pem.join(end));
    expect(redact('<MIIEvQIBADANBgkq>')).toBe('<***>');
    expect(redact('<hkiG9w0BAQEFAASC>')).toBe('<***>');
    expect(redact(JSON.stringify(pem.join('\n')))).not.toMatch(/MIIE|hkiG/);
    expect(masked).not.toContain('-----BEGIN KEY-----');
  });
});
