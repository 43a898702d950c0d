import { expect, test } from '@jest/globals';
import { parseLink } from '../../../src/download/link.js';

test.each([' ', '\t', ',', 'a ', '\\u0', '- '])(
  '%j many times is refused in little time',
  (text) => {
    const beganMs = performance.now();
    expect(() => parseLink(text.repeat(50_000), 'https://acme.example')).toThrow('is no link');
    expect(performance.now() - beganMs).toBeLessThan(2000);
  },
);
