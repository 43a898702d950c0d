import { expect, test } from '@jest/globals';
import { vendorTest, words } from './support/vendor.js';

const run = vendorTest('unicommerce');

test('a word that stays is told once, and a line a minute tells that the wait lives', async () => {
  const inputs = { timeout: '62s', interval: '1s', 'max-interval': '30s' };
  const { log, requests } = await run({ steps: words('RUNNING') }, inputs);
  const lines = log.split('\n').filter((line) => /^ +\S/.test(line));
  expect(lines).toEqual([
    expect.stringMatching(/^ +\d+ms {2}RUNNING$/),
    expect.stringMatching(/^ +1m {2}still RUNNING, asked \d+ times$/),
    expect.stringMatching(/Pending \(timed-out\)/),
  ]);
  expect(requests.length).toBeLessThan(35);
}, 70_000);
