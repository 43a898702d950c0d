import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { safeName } from '../../../src/download/file-name.js';
import { suggestName } from '../../../src/download/link.js';

/** As the unit `binary`, which takes a second to begin with. */
const anyCharacter = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code));

/** Any text, and text that is made of what is dangerous, long or both. */
const anyText = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '.',
          '..',
          '-',
          '--',
          ' ',
          '/',
          '\\',
          '$',
          '`',
          '$(x)',
          ';',
          '\n',
          '\0',
          '~',
          '%',
          '=',
          '+',
        ],
        ...[
          'CON',
          'nul',
          'com1',
          'LPT²',
          'conin',
          '\u3000',
          '.csv',
          '.tar.gz',
          'a',
          'Ü',
          '報',
          '\uFB2C',
          '\u0301',
          '\u202E',
        ],
        ...[
          '\uD800',
          'x'.repeat(90),
          '報'.repeat(60),
          '🚀',
          '"',
          "'",
          '*',
          '?',
          '<',
          '>',
          '|',
          ':',
        ],
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join('')),
);

const always = (check: (name: string, text: string) => void) => {
  fc.assert(
    fc.property(anyText, (text) => {
      check(safeName(text), text);
    }),
    { numRuns: 2000 },
  );
};

describe('a safe name', () => {
  test('means a file on Linux, Windows and macOS', () => {
    always((name) => {
      expect(name).not.toMatch(/[<>:"/\\|?*\p{Cc}]|[. ]$/u);
      expect(name).not.toMatch(/^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]) *(\.|$)/i);
      expect(name.isWellFormed()).toBe(true);
    });
  });

  test('is never empty', () => {
    always((name) => {
      expect(name).toMatch(/[^\s.]/);
    });
  });

  test('has at most 255 bytes, with room for a number, also where the system takes accents apart', () => {
    always((name) => {
      expect(Buffer.byteLength(`.${name}-9999`)).toBeLessThanOrEqual(255);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(250);
    });
  });

  test('is its own safe name', () => {
    always((name) => {
      expect(safeName(name)).toBe(name);
    });
  });

  test('begins with no dash and no dot', () => {
    always((name) => {
      expect(name).not.toMatch(/^[-.\s]/);
    });
  });

  test('holds nothing that a shell would run or expand', () => {
    always((name) => {
      expect(name).toMatch(/^[\p{L}\p{N}\p{M} ._()+,=@-]+$/u);
      expect(name).not.toMatch(/[$`;&|<>"'\\!*?[\]{}#~%^\n\r\t]/);
    });
  });

  test('keeps letters and digits of any script, and the signs that are harmless', () => {
    const harmless = fc.string({
      unit: fc.constantFrom(...Array.from('abzABZ019 ._-()+,=@äßÉжي報ナ한')),
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(harmless, (text) => {
        expect(safeName(`r${text}.csv`)).toBe(`r${text}.csv`.normalize('NFC'));
      }),
    );
  });

  test('keeps a short extension', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(safeName(`${text}x.csv`)).toMatch(/\.csv$/);
      }),
    );
  });
});

test.each([
  ['report.csv', 'report.csv'],
  ['reports/2026/a.csv', 'a.csv'],
  ['C:\\reports\\a.csv', 'a.csv'],
  ['a/', 'report'],
  ['', 'report'],
  ['...', 'report'],
  ['- -.csv', 'csv'],
  ['.env', 'env'],
  ['a$b;c.csv', 'a_b_c.csv'],
  ['a\u202Eb\u200B.csv', 'ab.csv'],
  ['u\u0308.csv', 'ü.csv'],
  ['con', 'con_'],
  [`${'x'.repeat(100)}.csv`, `${'x'.repeat(76)}.csv`],
  [`${'x'.repeat(75)}𠀀.csv`, `${'x'.repeat(75)}_.csv`],
  [`a.${'y'.repeat(100)}`, `a.${'y'.repeat(39)}`],
])('%j is called %s', (suggested, name) => {
  expect(safeName(suggested)).toBe(name);
});

test('a name that grows as it is made safe is still no hidden file', () => {
  expect(safeName(`${'\uFB2C'.repeat(90)}.${'\uFB2C'.repeat(60)}`)).not.toMatch(/^\./);
});

test('a name is safe whatever link and header suggest it', () => {
  const disposition = fc.oneof(
    anyText,
    anyText.map((text) => `attachment; filename="${text}"`),
    anyText.map(
      (text) => `attachment; filename*=UTF-8''${encodeURIComponent(text.toWellFormed())}`,
    ),
    fc.string({ unit: 'binary' }).map((text) => `inline; filename*=${text}`),
  );
  const url = anyText.map((text) => new URL(`https://h.example/${text.replace(/^[/\\]+/, '')}`));
  fc.assert(
    fc.property(
      fc.array(url, { minLength: 1, maxLength: 2 }),
      fc.option(disposition),
      (urls, header) => {
        const name = safeName(
          suggestName(urls, header === null ? {} : { 'content-disposition': header }),
        );
        expect(name).toMatch(/^[\p{L}\p{N}\p{M}_()+,=@][\p{L}\p{N}\p{M} ._()+,=@-]*$/u);
        expect(name).not.toMatch(/[. ]$|^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]) *(\.|$)/i);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(250);
      },
    ),
    { numRuns: 1000 },
  );
});
