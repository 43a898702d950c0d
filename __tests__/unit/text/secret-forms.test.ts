import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formsOfSecret, partsOfSecret } from '../../../src/text/secret-forms.js';
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

test.each([
  [
    'of signs',
    'é? *>/b',
    [
      ...['é? *>/b', 'é?+*>/b', 'é? *&gt;/b'],
      ...['é? *>\\/b', 'é? *>\\\\/b', '\\u00E9? *>/b', '\\\\u00E9? *>/b'],
      ...['\\u00e9? *>/b', '\\\\u00e9? *>/b'],
      ...['%C3%A9%3F%20*%3E%2Fb', '%c3%a9%3f%20*%3e%2fb'],
      ...['%C3%A9%3F%20%2A%3E%2Fb', '%c3%a9%3f%20%2a%3e%2fb'],
      ...['%C3%A9%3F+*%3E%2Fb', '%c3%a9%3f+*%3e%2fb'],
      ...['c3a93f202a3e2f62', 'C3A93F202A3E2F62'],
      ...['w6k/ICo+L2I=', 'w6k/ICo+L2I', 'w6k/ICo+L2'],
      ...['w6k_ICo-L2I=', 'w6k_ICo-L2I', 'w6k_ICo-L2'],
      // Behind one byte, and behind two.
      ...['OpPyAqPi9i', 'DqT8gKj4vY'],
    ],
  ],
  [
    'whose parts in Base64 are just long enough',
    'seven-7',
    [
      ...['seven-7', '736576656e2d37', '736576656E2D37'],
      ...['c2V2ZW4tNw==', 'c2V2ZW4tNw', 'c2V2ZW4tN', 'NldmVuLT', 'zZXZlbi03'],
    ],
  ],
  [
    'whose parts in Base64 are too short',
    'tiny',
    ['tiny', 'dGlueQ==', 'dGlueQ', '74696e79', '74696E79'],
  ],
])('a secret %s is masked in these forms: %s', (_, secret, expected) => {
  expect(formsOfSecret(secret).toSorted()).toEqual(expected.toSorted());
});

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

test.each([
  ['nothing of an empty one', '', []],
  ['one of a single line', 'a secret', ['a secret']],
  ['a number as it is written', '1234.50', ['1234.50']],
  ['a quoted text with its quotes', '"pass{word"', ['"pass{word"']],
  ['a short line without its break', 'abc\n', ['abc\n', 'abc']],
  ['lines without the blanks around them', 'first\n  last ', ['first\n  last ', 'first', 'last']],
  ['lines of four characters or more', 'abc\nabcd', ['abc\nabcd', 'abcd']],
  ['lines that only end in dashes', 'a-----\n-----b', ['a-----\n-----b', 'a-----']],
  [
    'texts of eight characters or more in JSON',
    ' [null, true, 12345678, "seven-7", "eight-88"]',
    [
      ' [null, true, 12345678, "seven-7", "eight-88"]',
      '[null,true,12345678,"seven-7","eight-88"]',
      'eight-88',
    ],
  ],
])('of secrets there can be met alone: %s', (_, secret, parts) => {
  expect(partsOfSecret(secret)).toEqual(parts);
});

test('of the texts in a secret that is JSON no more than 500 are hidden', () => {
  const texts = Array.from({ length: 501 }, (_, index) => `secret-${100 + index}`);
  const parts = partsOfSecret(JSON.stringify(texts));
  expect(parts).toContain('secret-599');
  expect(parts).not.toContain('secret-600');
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
