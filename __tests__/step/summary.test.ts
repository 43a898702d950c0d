import { expect, test } from '@jest/globals';
import { providerTest, statuses } from '../support/provider.js';
import { signalAfter } from '../support/system.js';

const run = providerTest('unicommerce');
const complete = { status: 'COMPLETE', filePath: 'https://reports.example/a.csv' };

test('a run that goes well leaves its summary', async () => {
  const { exitCode, summary, id } = await run({ steps: [...statuses('RUNNING'), complete] });
  expect(exitCode).toBe(0);
  expect(summary).toMatch(
    new RegExp(
      `^<h3>✅ Unicommerce Uniware: job ${id} finished</h3>\n\n<ul>\n<li>Status at provider: <code>COMPLETE</code></li>\n<li>2 polls in \\S+</li>\n</ul>\n$`,
    ),
  );
});

test('bad inputs are in the summary, too', async () => {
  const { exitCode, summary } = await run({ steps: [complete] }, { timeout: '<b>soon</b>' });
  expect(exitCode).toBe(1);
  expect(summary).toContain('❗ Await Job');
  expect(summary).toContain('<code>timeout</code> “&lt;b&gt;soon&lt;/b&gt;” is not a duration');
});

test('a wait that is cancelled leaves its summary', async () => {
  const { exitCode, summary } = await run(
    { steps: [{ status: 'RUNNING' }] },
    {},
    { onLog: signalAfter('RUNNING', 'SIGINT').onLog },
  );
  expect(exitCode).toBe(1);
  expect(summary).toMatch(
    /^<h3>⏳ Unicommerce Uniware: job \S+ has not ended yet<\/h3>\n\n<ul>\n<li>The step was cancelled; .*RUNNING \(\d+ polls? in \S+\)<\/li>\n<\/ul>\n$/,
  );
});

test.each([
  ['that cannot be written', '/nowhere/summary'],
  ['that is not wanted', ''],
])('a summary %s fails nothing', async (_, path) => {
  const { exitCode, outputs } = await run(
    { steps: [complete] },
    {},
    { env: { GITHUB_STEP_SUMMARY: path } },
  );
  expect(exitCode).toBe(0);
  expect(outputs.status).toBe('Successful');
});
