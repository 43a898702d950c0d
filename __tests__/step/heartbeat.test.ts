import { beforeAll, expect, test } from '@jest/globals';
import { tasksIn } from '../support/summary.js';
import { providerTest, statuses } from '../support/provider.js';

const run = providerTest('unicommerce');
const inputs = {
  timeout: '62s',
  interval: '1s',
  'max-interval': '30s',
  'on-partial-success': 'continue',
};
let one: Awaited<ReturnType<typeof run>>;
let many: typeof one;

beforeAll(async () => {
  run.simulator().createJob({ provider: 'unicommerce', id: 'failed', steps: statuses('FAILED') });
  run
    .simulator()
    .createJob({ provider: 'unicommerce', id: 'partial', steps: statuses('RUNNING', 'PARTLY') });
  const others = { 'request-id': 'running\nfailed\npartial', 'partial-statuses': 'partly' };
  [one, many] = await Promise.all([
    run({ steps: statuses('RUNNING') }, inputs),
    run({ id: 'running', steps: statuses('RUNNING') }, { ...inputs, ...others }),
  ]);
}, 75_000);

test('a status that stays is told once, and a line a minute tells that the wait lives', () => {
  const lines = one.log.split('\n').filter((line) => /^ +\S/.test(line));
  expect(lines).toEqual([
    expect.stringMatching(/^ +\d+ms {2}RUNNING$/),
    expect.stringMatching(/^ +1m {2}still RUNNING, \d+ polls$/),
  ]);
  expect(one.log).toMatch(
    /^::error .*::Timed out: job \S+ is still RUNNING after 1m 2s and \d+ polls\. Raise `timeout`, or set `on-timeout: continue`$/m,
  );
  expect(one.requests.length).toBeLessThan(70);
});

test('the line a minute of several jobs counts what is finished and what has failed', () => {
  expect(many.log).toMatch(
    /^ +1m {2}2 of 3 finished, 1 failed; 1 RUNNING; oldest running, 1m; newest change partial PARTLY, (1m|59(\.\d)?s|58(\.\d)?s) ago$/m,
  );
});

test('a wait of several minutes leaves a chart', async () => {
  const tasks = await tasksIn(many.summary);
  expect(tasks.map(({ section, task }) => [section, task])).toEqual([
    ['failed', 'FAILED'],
    ['partial', 'RUNNING'],
    ['partial', 'PARTLY'],
    ['running', 'RUNNING'],
  ]);
});
