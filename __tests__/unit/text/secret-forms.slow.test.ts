import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutText } from '../../../src/text/inert.js';
import { longestPart, sanitizerOf, SECRET_FORMS } from '../../support/secret-forms.js';

/** What is left of a secret may be two characters of it, in whatever form. */
const fewest = (encode: (text: string) => string) => Math.max(encode('QW7').length, 6);

const forms = Object.entries(SECRET_FORMS);

describe('any secret in any form', () => {
  const secret = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 40 });
  const write = fc.constantFrom(...forms.map(([, encode]) => encode));
  /** Blanks around it are cut off, JSON has rules of its own, and what looks escaped must be long enough. */
  const isPlain = (text: string) =>
    text.trim() === text && !/^[[{]/.test(text) && (text.length > 24 || !/[\\%&]/.test(text));

  test('is redacted whole', () => {
    fc.assert(
      fc.property(secret.filter(isPlain), write, (text, encode) => {
        expect(sanitizerOf(text).redact(`<${encode(text)}>`)).toBe('<***>');
      }),
      { numRuns: 2000 },
    );
  });

  test('is redacted in two forms, one in the other', () => {
    /** What does not change the letters can stand around any other form. */
    const escapes = forms.filter(([name]) => !/Base64|hexadecimal digits| in /.test(name));
    // A blank that a form turns into a plus is a plus for whatever is inside of it.
    const unbroken = secret.filter((text) => isPlain(text) && !text.includes(' '));
    const outer = fc.constantFrom(...escapes.map(([, encode]) => encode));
    fc.assert(
      fc.property(unbroken, write, outer, (text, inner, encode) => {
        expect(sanitizerOf(text).redact(`<${encode(inner(text))}>`)).toBe('<***>');
      }),
      { numRuns: 2000 },
    );
  });

  test('is redacted where backslashes before a quote are written as JSON, that as HTML, and that in a URL', () => {
    const own = `!!!!!${'\\'.repeat(4)}${'!'.repeat(18)}${'\\'.repeat(3)}"`;
    const html = JSON.stringify(own).slice(1, -1).replaceAll('"', '&quot;');
    expect(sanitizerOf(own).redact(`<${html}> <${encodeURIComponent(html)}>`)).toBe('<***> <***>');
  });

  test('leaves no part behind where a line is cut', () => {
    const place = fc.integer({ min: 0, max: 120 });
    fc.assert(
      fc.property(
        write,
        place,
        place,
        fc.integer({ min: 1, max: 100 }),
        (encode, before, after, max) => {
          const written = encode('QW7/ZX8+RT9"PL0=');
          const text = `${'.'.repeat(before)}${written}${'.'.repeat(after)}`;
          expect(
            longestPart(sanitizerOf('QW7/ZX8+RT9"PL0=').line(text, max), written, fewest(encode)),
          ).toBe('');
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('leaves no part behind in a line of any length, a link, a page or a body', () => {
    const text = secret.filter((one) => isPlain(one) && !/([.,])\1/.test(one));
    const around = fc.string({ unit: fc.constantFrom('.', ',', '\n', '..', ',,'), maxLength: 60 });
    const max = fc.integer({ min: 1, max: 80 });
    fc.assert(
      fc.property(text, write, around, around, max, (one, encode, before, after, maxLength) => {
        const { line, link, page, body } = sanitizerOf(one);
        const written = encode(one);
        const whole = `${before}${written}${after}`;
        for (const shown of [line(whole, maxLength), link(whole), page(whole), body(whole)]) {
          expect(longestPart(shown, written, fewest(encode))).toBe('');
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('leaves no part behind in a line of any length where nobody sees what stands inside of it', () => {
    const unseen = fc.constantFrom(
      '',
      '\u001b[0m',
      '\u001b[38;5;1m',
      '\u001b]0;x\u0007',
      '\u001b]8;;\u001b\\',
      '\u{e0001}',
      '\u200b',
      '\ufeff',
      '\u00ad',
    );
    const secretText = 'QW7/ZX8+RT9"PL0=';
    const letters = fc.tuple(...Array.from(secretText, (one) => unseen.map((sign) => one + sign)));
    const place = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(
        letters,
        fc.oneof(fc.constant(0), place),
        place,
        fc.integer({ min: 1, max: 40 }),
        (all, before, after, max) => {
          const text = `${'.'.repeat(before)}${all.join('')}${'.'.repeat(after)}`;
          expect(longestPart(sanitizerOf(secretText).line(text, max), secretText)).toBe('');
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('leaves no part behind where a line is cut in a character that nobody sees', () => {
    const unseen = `${'\u200b'.repeat(39)}\u{e0001}`;
    expect(sanitizerOf('QW7/ZX8+RT9').line(`QW7/ZX8+${unseen}RT9`, 6)).toBe('***… (52 characters)');
  });

  test.each([
    ['a line', (text: string) => sanitizerOf('QW7/ZX8+RT9"PL0=').line(cutText(text), 16_384)],
    ['a link', (text: string) => sanitizerOf('QW7/ZX8+RT9"PL0=').link(cutText(text))],
  ])('leaves no part behind where the text of %s was cut in it', (_, show) => {
    fc.assert(
      fc.property(write, fc.integer({ min: 0, max: 200 }), (encode, inside) => {
        const written = encode('QW7/ZX8+RT9"PL0=');
        expect(
          longestPart(show(`${'.'.repeat(16_384 - inside)}${written}`), written, fewest(encode)),
        ).toBe('');
      }),
      { numRuns: 300 },
    );
  });

  test('leaves no part behind where a body was cut in it', () => {
    const { body } = sanitizerOf('QW7/ZX8+RT9"PL0=');
    fc.assert(
      fc.property(write, fc.integer({ min: 0, max: 200 }), (encode, inside) => {
        const written = encode('QW7/ZX8+RT9"PL0=');
        const kept = cutText(`${'.'.repeat(128 * 1024 - inside)}${written}`, 128 * 1024);
        expect(longestPart(body(kept).slice(-1000), written, fewest(encode))).toBe('');
      }),
      { numRuns: 30 },
    );
  });
});
