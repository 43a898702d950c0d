import { describe, expect, test } from '@jest/globals';
import { parseTimeMs } from '../../../src/text/time.js';

describe('a time', () => {
  test.each([
    ['in milliseconds', '1767225600123', 1_767_225_600_123],
    ['in seconds', '1767225600', 1_767_225_600_000],
    ['in seconds of the last century', '999999999', 999_999_999_000],
    ['in seconds with decimals', '1767225600.25', 1_767_225_600_250],
    ['in seconds with nine decimals', '1767225600.250000000', 1_767_225_600_250],
    ['as a date', '2026-01-01', 1_767_225_600_000],
    ['as ISO 8601', '2026-01-01T00:00:00Z', 1_767_225_600_000],
    ['with an offset', '2026-01-01T01:00:00.5+01:00', 1_767_225_600_500],
    ['with a blank', '2026-01-01 00:00Z', 1_767_225_600_000],
    ['without a zone', '2026-01-01T00:00:00', 1_767_225_600_000],
    ['without a zone and seconds', '2026-01-01 00:00', 1_767_225_600_000],
    ['without a zone, with decimals', '2026-01-01T00:00:00.5', 1_767_225_600_500],
    ['west of Greenwich', '2025-12-31T19:00:00-05:00', 1_767_225_600_000],
  ])('%s is read: %s', (_, text, ms) => {
    expect(parseTimeMs(text)).toBe(ms);
  });

  test.each([
    '',
    'yesterday',
    '2026',
    '12345678',
    '12345678901',
    '17672256001234',
    'x1767225600123',
    'x1767225600',
    '1767225600x',
    '1767225600.',
    '1767225600.1234567890',
    '1767225600,5',
    '2026-1-1',
    '2026-13-01',
    '2026-01-01T',
    '2026-01-01x',
    '2026-01-01T00',
    'x2026-01-01',
    'on 2026-01-01 00:00',
    '12026-01-01',
  ])('is none in “%s”', (text) => {
    expect(parseTimeMs(text)).toBeUndefined();
  });
});
