import { expect, test } from '@jest/globals';
import { everyMinute } from '../../../src/wait/heartbeat.js';
import { virtualClock } from '../../support/clock.js';

test('what a heartbeat calls is called once a minute, until it is stopped', async () => {
  const clock = virtualClock();
  const stop = new AbortController();
  const calls: number[] = [];
  const heartbeat = everyMinute(clock, stop.signal, () => {
    if (calls.push(clock.now()) === 3) stop.abort();
  });
  await clock.run(heartbeat);
  expect(calls).toEqual([60_000, 120_000, 180_000]);
});

test('a fault in what a heartbeat calls is not hidden', async () => {
  const clock = virtualClock();
  const fault = new TypeError('x is not a function');
  const heartbeat = everyMinute(clock, new AbortController().signal, () => {
    throw fault;
  });
  await expect(clock.run(heartbeat)).rejects.toBe(fault);
});
