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

test('the clock tells the time of the machine', () => {
  const beforeMs = Date.now();
  const nowMs = systemClock.now();
  expect(nowMs).toBeGreaterThan(beforeMs - 500);
  expect(nowMs).toBeLessThan(Date.now() + 500);
});

test('a sleep that is broken off throws the reason itself', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const sleep = systemClock.sleep(500, stop.signal);
  stop.abort(reason);
  await expect(sleep).rejects.toBe(reason);
});

test('a sleep that was broken off before it began throws the reason as well', async () => {
  const reason = new Error('enough');
  await expect(systemClock.sleep(500, AbortSignal.abort(reason))).rejects.toBe(reason);
});
