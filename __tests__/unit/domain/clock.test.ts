import { expect, test } from '@jest/globals';
import { systemClock } from '../../../src/domain/clock.js';

test('a sleep is never shorter than it was asked to be', async () => {
  const { signal } = new AbortController();
  for (let ms = 1; ms < 3; ms += 0.02) {
    const startMs = systemClock.now();
    await systemClock.sleep(ms, signal);
    expect(systemClock.now() - startMs).toBeGreaterThanOrEqual(ms);
  }
});
