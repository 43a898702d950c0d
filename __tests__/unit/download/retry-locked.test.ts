import { expect, test } from '@jest/globals';
import { retryWhileLocked } from '../../../src/download/retry-locked.js';

/** Work that fails with `codes`, one after the other, and then succeeds; `times` counts how often it was tried. */
function work(...codes: string[]) {
  const times = { tried: 0 };
  const run = () => {
    const code = codes[times.tried];
    times.tried += 1;
    return code === undefined
      ? Promise.resolve()
      : Promise.reject(Object.assign(new Error(code), { code }));
  };
  return { run, times };
}

test('a file that is held for a moment is tried again', async () => {
  const { run, times } = work('EPERM', 'EBUSY', 'EACCES');
  await retryWhileLocked(run);
  expect(times.tried).toBe(4);
});

test('a file that stays held is given up', async () => {
  const { run, times } = work(...Array.from({ length: 10 }, () => 'EPERM'));
  await expect(retryWhileLocked(run)).rejects.toThrow('EPERM');
  expect(times.tried).toBe(6);
});

test('any other error is not tried again', async () => {
  const { run, times } = work('ENOSPC');
  await expect(retryWhileLocked(run)).rejects.toThrow('ENOSPC');
  expect(times.tried).toBe(1);
});
