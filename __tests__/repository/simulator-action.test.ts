import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from '../support/action.js';
import { makeFolder, removeFolder } from '../support/system.js';

type Texts = Readonly<Record<string, string>>;

/** Runs a file of simulator/ as the runner does. */
const run = (file: string, env: Texts) =>
  new Promise<{ exitCode: unknown; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env } };
    const path = join(root, 'simulator', file);
    execFile(process.execPath, [path], options, (error, stdout, stderr) => {
      resolve({ exitCode: error?.code ?? 0, stdout: stdout.replaceAll('\r\n', '\n'), stderr });
    });
  });

/** Starts the simulator as a step does, uses it, and stops it as the end of the workflow's job does. */
async function runStep(jobs: string, use: (url: string) => Promise<void>, env: Texts = {}) {
  const folder = await makeFolder('simulator-action');
  const [state, output] = [join(folder, 'state'), join(folder, 'output')];
  await Promise.all([writeFile(state, ''), writeFile(output, '')]);
  const files = { GITHUB_STATE: state, GITHUB_OUTPUT: output };
  const started = await run('start.js', { ...files, INPUT_JOBS: jobs, ...env });
  const pid = /^pid=(\d+)$/m.exec(await readFile(state, 'utf8'))?.[1] ?? '';
  try {
    const url = /^url=(\S+)$/m.exec(await readFile(output, 'utf8'))?.[1] ?? '';
    if (url !== '') await use(url);
  } finally {
    expect(await run('stop.js', { STATE_pid: pid })).toEqual(ok);
    await removeFolder(folder);
  }
  return started;
}

const ok = { exitCode: 0, stdout: '', stderr: '' };
const unused = () => Promise.reject(new Error('the step should have failed'));
const refused = (line: string) => ({
  exitCode: 1,
  stdout: `::error title=Simulated providers::${line}\n`,
  stderr: '',
});

/** Polls a job of SEI. */
const poll = async (url: string, id: string): Promise<unknown> => {
  const headers = { Authorization: 'Bearer simulator-token' };
  return (await fetch(`${url}/v1/jobs/x/status/${id}`, { headers })).json();
};

test('the step starts the providers with its jobs, whatever PORT and TOKEN are for others', async () => {
  const jobs = '[{"provider": "sei", "id": "a", "steps": [{"status": "Completed"}]}]';
  const use = async (url: string) => {
    expect(await poll(url, 'a')).toMatchObject({ status: 'Completed' });
  };
  expect(await runStep(jobs, use, { PORT: 'abc', TOKEN: 'x' })).toEqual(ok);
});

test('one job that is in no list is understood', async () => {
  const jobs = '{"provider": "sei", "id": "a", "status": "Completed"}';
  const use = async (url: string) => {
    expect(await poll(url, 'a')).toMatchObject({ status: 'Completed' });
  };
  expect(await runStep(jobs, use)).toEqual(ok);
});

test('jobs that are blank are none', async () => {
  const use = async (url: string) => {
    expect((await fetch(`${url}/reports/a.csv`)).status).toBe(200);
  };
  expect(await runStep('\n  ', use)).toEqual(ok);
});

test('jobs that are no JSON fail the step in one line', async () => {
  const { exitCode, stdout, stderr } = await runStep("[{'provider': 'sei'}]", unused);
  expect([exitCode, stderr]).toEqual([1, '']);
  expect(stdout).toMatch(
    /^::error title=Simulated providers::`jobs` “\[\{'provider': 'sei'\}\]” is no JSON \(.*\): give a list of jobs, with names and texts in double quotes\n$/,
  );
});

test('a job that is refused fails the step with its number and the reason', async () => {
  const jobs = '[{"provider": "sei", "status": "Completed"}, {"provider": "acme 100%"}]';
  expect(await runStep(jobs, unused)).toEqual(
    refused(
      '`jobs`, job 2 of 2: `provider` “acme 100%25” is not played here: give one of safetychain, flolive, os1, sei, unicommerce',
    ),
  );
});

test('start.js outside of a workflow says how to start the simulator', async () => {
  expect(await run('start.js', {})).toEqual(
    refused(
      'GITHUB_STATE or GITHUB_OUTPUT is not set: let a workflow start this by `uses: ./simulator`, or use `npm run simulator`',
    ),
  );
});

test('stop.js has nothing to do if nothing was started', async () => {
  expect(await run('stop.js', {})).toEqual(ok);
});

test('stop.js has nothing to do if the simulator has ended', async () => {
  const ended = execFile(process.execPath, ['--version']);
  await new Promise((resolve) => ended.once('close', resolve));
  expect(await run('stop.js', { STATE_pid: String(ended.pid) })).toEqual(ok);
});
