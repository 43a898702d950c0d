import { spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Mistake, runProgram, show } from './mistake.js';

/** Starts the simulator for the steps that follow, as action.yml says; stop.js ends it. */
async function start() {
  const { GITHUB_STATE, GITHUB_OUTPUT, INPUT_JOBS } = process.env;
  if (!GITHUB_STATE || !GITHUB_OUTPUT) {
    throw new Mistake(
      'GITHUB_STATE or GITHUB_OUTPUT is not set: let a workflow start this by `uses: ./simulator`, or use `npm run simulator`',
    );
  }
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cli.js')], {
    detached: true,
    // What the workflow has set for other programs is not meant for this one.
    env: { ...process.env, PORT: '0', TOKEN: '' },
    // Nothing of this process: the runner waits for its streams to close, and on Windows ends all children.
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const url = await addressOf(child);
    await appendFile(GITHUB_STATE, `pid=${child.pid}\n`);
    const jobs = parseJobs((INPUT_JOBS ?? '').replaceAll('{url}', url));
    for (const [index, job] of jobs.entries()) {
      await createJob(url, job, `job ${index + 1} of ${jobs.length}`);
    }
    await appendFile(GITHUB_OUTPUT, `url=${url}\n`);
  } finally {
    // The simulator lives on without this process.
    child.stdout.destroy();
    child.unref();
  }
}

/** @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} child @returns {Promise<string>} */
const addressOf = (child) =>
  new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      const [found] = /http:\/\/[\d.]+:\d+/.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('error', reject).once('exit', (code) => {
      reject(new Error(`the simulator ended with exit code ${code}`));
    });
  });

/** @param {string} text @returns {unknown[]} */
function parseJobs(text) {
  if (text.trim() === '') return [];
  try {
    return [JSON.parse(text)].flat();
  } catch (error) {
    const reason = /** @type {Error} */ (error).message.replace(/\s+/g, ' ');
    throw new Mistake(
      `\`jobs\` ${show(text)} is no JSON (${reason}): give a list of jobs, with names and texts in double quotes`,
    );
  }
}

/** @param {string} url @param {unknown} job @param {string} which */
async function createJob(url, job, which) {
  const response = await fetch(`${url}/_simulator/jobs`, {
    method: 'POST',
    body: JSON.stringify(job),
  });
  if (response.ok) return;
  const { message } = /** @type {{ message: string }} */ (await response.json());
  throw new Mistake(`\`jobs\`, ${which}: ${message}`);
}

await runProgram(start, (line) => {
  console.log(`::error title=Simulated providers::${line.replaceAll('%', '%25')}`);
});
