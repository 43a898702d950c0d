import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { root } from '../support/action.js';
import { apiServer, done, running } from '../support/api-server.js';
import { makeFolder, removeFolder } from '../support/system.js';

/** How the process ends: by signals, without a reader of its log, or before anything is known. */
const { run, lines } = apiServer();

test.each(['SIGHUP', 'SIGQUIT'] as const)(
  '%s ends the step within a second, with its outputs, and tells cancel-url',
  async (signal) => {
    let killedMs = Infinity;
    const { exitCode, outputs, summary, stderr } = await run(
      { timeout: '30s', 'cancel-url': '/jobs/{id}/cancel' },
      [running],
      {
        onLog(log, kill) {
          if (!log.includes('running') || killedMs < Infinity) return;
          killedMs = performance.now();
          kill(signal);
        },
      },
    );
    expect(performance.now() - killedMs).toBeLessThan(1500);
    expect(exitCode).toBe(1);
    expect(stderr).toBe('');
    expect(outputs).toMatchObject({
      status: 'Pending',
      reason: 'cancelled',
      providerStatus: 'running',
      timedOut: 'false',
    });
    expect(summary).toContain('cancelled');
    expect(lines().at(-1)).toBe('POST /jobs/job-1/cancel');
  },
);

test('a log that nobody reads does not turn a success red', async () => {
  const { exitCode, outputs, summary, stderr } = await run(
    { token: 'a-token' },
    [running, running, done],
    { closesStdout: true },
  );
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', reason: '' });
  expect(summary).toMatch(/^<h3>✅ HTTP API: job job-1 finished<\/h3>/);
  expect(lines()).toHaveLength(3);
});

test('a log that nobody reads does not turn a failure green', async () => {
  const { exitCode, outputs, stderr } = await run({}, [running, { body: { status: 'failed' } }], {
    closesStdout: true,
  });
  expect(stderr).toBe('');
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Failure', reason: 'job-failed' });
});

test('bad inputs fail the step, also where nobody reads why', async () => {
  const { exitCode, outputs } = await run({ timeout: 'soon' }, [done], { closesStdout: true });
  expect(exitCode).toBe(1);
  expect(outputs.reason).toBe('bad-input');
});

test('a process that is ended from within before the outcome is known is not green', async () => {
  const folder = await makeFolder('preload');
  const preload = join(folder, 'end.cjs');
  await writeFile(preload, 'setTimeout(() => process.exit(), 800).unref();');
  const { exitCode, outputs } = await run({ timeout: '30s' }, [running], {
    env: { NODE_OPTIONS: `--require "${preload.replaceAll('\\', '/')}"` },
  });
  expect(exitCode).toBe(1);
  expect(outputs).toEqual({});
  await removeFolder(folder);
});

test.each([
  ['a promise that stays open', 'await new Promise(() => {});'],
  ['an end of its own', 'process.exit();'],
  ['a callback that nothing follows', 'setTimeout(() => undefined, 10);'],
])('%s ends the process with exit code 1', (_, code) => {
  const module = pathToFileURL(join(root, 'lib', 'process.js')).href;
  const begin = `import { prepareProcess } from '${module}'; prepareProcess(); console.log('ready');`;
  const args = ['--input-type=module', '-e', `${begin} ${code}`];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: 'ready\n' });
});
