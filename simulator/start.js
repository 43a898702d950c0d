import { spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Starts the simulator for the steps that follow, as action.yml says; stop.js ends it. */
const child = spawn(process.execPath, [join(import.meta.dirname, 'cli.js')], {
  detached: true,
  env: { ...process.env, PORT: '0' },
  // Nothing of this process: the runner waits for its streams to close, and on Windows ends all children.
  stdio: ['ignore', 'pipe', 'ignore'],
});
const url = await new Promise((resolve, reject) => {
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    const [found] = /http:\/\/[\d.]+:\d+/.exec(text) ?? [];
    if (found !== undefined) resolve(found);
  });
  child.once('error', reject).once('exit', (code) => {
    reject(new Error(`the simulator ended with exit code ${code}`));
  });
});
const { GITHUB_STATE = '', GITHUB_OUTPUT = '', INPUT_JOBS = '[]' } = process.env;
await appendFile(GITHUB_STATE, `pid=${child.pid}\n`);

for (const script of JSON.parse(INPUT_JOBS.replaceAll('{url}', url))) {
  const { ok } = await fetch(`${url}/_simulator/jobs`, {
    method: 'POST',
    body: JSON.stringify(script),
  });
  if (!ok) throw new Error(`the simulator refused the job ${JSON.stringify(script)}`);
}
await appendFile(GITHUB_OUTPUT, `url=${url}\n`);

// The simulator lives on without this process.
child.stdout.destroy();
child.unref();
