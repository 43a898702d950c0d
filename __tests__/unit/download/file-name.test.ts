import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { safeName } from '../../../src/download/file-name.js';

test('a name is safe wherever it is written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const name = safeName(text);
      expect(name).not.toMatch(/[<>:"/\\|?*\p{Cc}]|^\.|[. ]$|^$/u);
      expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(250);
    }),
  );
});

test('a name that grows as it is made safe is still no hidden file', () => {
  expect(safeName(`${'\uFB2C'.repeat(90)}.${'\uFB2C'.repeat(60)}`)).not.toMatch(/^\./);
});
