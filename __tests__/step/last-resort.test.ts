import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apiServer, done, running } from '../support/api-server.js';
import { makeFolder, removeFolder } from '../support/system.js';

/** The bundle where what it writes to is not there, and where something throws that nobody expects. */
const { run, lines } = apiServer();
const token = 'Zk3-Xw9-Qv7-Jp5';

let folder = '';
beforeAll(async () => {
  folder = await makeFolder('resort');
  await mkdir(join(folder, 'a folder'));
});
afterAll(() => removeFolder(folder));

/** Runs `code` inside of the process after a moment. */
async function preload(name: string, code: string): Promise<Record<string, string>> {
  const file = join(folder, `${name}.cjs`);
  await writeFile(file, `setTimeout(() => { ${code} }, 400).unref();`);
  return { NODE_OPTIONS: `--require "${file.replaceAll('\\', '/')}"` };
}

test('an old runner that names no output file gets the outputs as commands', async () => {
  const { exitCode, log, outputs } = await run({ token }, [done], { env: { GITHUB_OUTPUT: '' } });
  expect(exitCode).toBe(0);
  expect(log).toMatch(/^::set-output name=status::Successful$/m);
  expect(log).toMatch(/^::set-output name=jobsFile::.+\.json$/m);
  expect(outputs).toEqual({});
});

test('an output file that is a folder fails the step, and says so without a secret', async () => {
  const { exitCode, log, stderr, summary } = await run({ token }, [done], {
    env: { GITHUB_OUTPUT: join(folder, 'a folder') },
  });
  expect(exitCode).toBe(1);
  expect(stderr).toBe('');
  expect(log).toMatch(/^::error::The outputs could not be written: .*EISDIR/m);
  expect(summary).toContain('job-1');
});

test('an output file that is a folder, and nobody who reads the log, fail the step', async () => {
  const { exitCode, stderr } = await run({ token }, [done], {
    env: { GITHUB_OUTPUT: join(folder, 'a folder') },
    closesStdout: true,
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
});

test('bad inputs and an output file that is a folder fail the step, and the inputs are named', async () => {
  const { exitCode, log, stderr } = await run({ timeout: 'soon' }, [done], {
    env: { GITHUB_OUTPUT: join(folder, 'a folder') },
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
  expect(log).toMatch(/^::error::.*`timeout`/m);
});

test('a summary file that is a folder changes nothing about the outcome', async () => {
  const { exitCode, outputs, stderr } = await run({ token }, [done], {
    env: { GITHUB_STEP_SUMMARY: join(folder, 'a folder') },
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(outputs.status).toBe('Successful');
});

test.each([
  ['is not there', 'nowhere'],
  ['is a file', 'file'],
])('a RUNNER_TEMP that %s costs the file of jobs alone, with a warning', async (_, name) => {
  await writeFile(join(folder, 'file'), '');
  const { exitCode, outputs, log } = await run({ token }, [done], {
    env: { RUNNER_TEMP: join(folder, name) },
  });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', jobsFile: '' });
  expect(outputs.jobs).toContain('job-1');
  expect(log).toMatch(/^::warning::The file of jobs could not be written/m);
});

describe('what nobody has caught', () => {
  test.each([
    ['an exception', 'throw new Error(process.env.INPUT_TOKEN)'],
    ['an exception that is a text', 'throw process.env.INPUT_TOKEN'],
    ['a promise that is rejected', 'Promise.reject(new Error(process.env.INPUT_TOKEN))'],
    [
      'an event of an error',
      'new (require("events"))().emit("error", new Error(process.env.INPUT_TOKEN))',
    ],
    [
      'an error whose text throws',
      'throw Object.defineProperty(new Error("x"), "message", { get() { throw 1 } })',
    ],
    ['a rejection with nothing', 'Promise.reject()'],
    [
      'a regular expression that is too large',
      'new RegExp(process.env.INPUT_TOKEN + "(?:" + "x".repeat(70000) + "(".repeat(9) + ")")',
    ],
  ])('as %s, ends the step red with its outputs, and prints nothing of it', async (name, code) => {
    const env = await preload(name.replace(/\W/g, '-'), code);
    const { exitCode, log, stderr, outputs } = await run({ token, timeout: '30s' }, [running], {
      env,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toBe('');
    expect(log).toMatch(/^::error::Await Job broke off/m);
    expect(outputs).toMatchObject({ status: 'Error', jobs: '[]', timedOut: 'false' });
  });

  test('beside an output file that is a folder ends the step red, and prints nothing of it', async () => {
    const env = await preload('folder', 'throw new Error(process.env.INPUT_TOKEN)');
    const { exitCode, log, stderr } = await run({ token, timeout: '30s' }, [running], {
      env: { ...env, GITHUB_OUTPUT: join(folder, 'a folder') },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(log).toMatch(/^::error::Await Job broke off/m);
  });
});

describe('a login', () => {
  const key = 'x1Y2'.repeat(4096);
  test.each([
    ['token', { token: `${key}z` }],
    ['password', { username: 'me', password: `${key}z` }],
    ['headers', { headers: `Authorization: Bearer ${key}` }],
  ])(
    'with %s of more than 16 KiB is a bad input, named without its value',
    async (name, inputs) => {
      const { exitCode, log, stderr, outputs } = await run(inputs);
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
      expect(log).toMatch(new RegExp(`\`${name}\` has over 16 KiB`));
      expect(log + JSON.stringify(outputs)).not.toContain('x1Y2x1Y2');
      expect(outputs.reason).toBe('bad-input');
      expect(lines()).toEqual([]);
    },
  );
});
