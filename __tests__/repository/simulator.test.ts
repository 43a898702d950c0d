import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root, runAction } from '../support/action.js';
import { isWindows, makeFolder, removeFolder } from '../support/system.js';

const SIMULATOR = join(root, 'simulator', 'cli.js');
const DEMO = join(root, 'simulator', 'demo.js');
const PLAYED = 'safetychain, flolive, os1, sei, unicommerce';

/** Starts a program of the simulator, which may end by itself. */
function start(file: string, env: Readonly<Record<string, string>> = {}) {
  const args = isWindows
    ? ['--require', join(root, '__tests__', 'support', 'signals.cjs'), file]
    : [file];
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    stdout: stdout.replaceAll('\r\n', '\n'),
    stderr: stderr.replaceAll('\r\n', '\n'),
  }));
  return {
    ended,
    /** What it says once it is ready. */
    greeting: async () => {
      while (!stdout.includes('Ctrl+C')) {
        await Promise.race([once(child.stdout, 'data'), ended]);
        if (child.exitCode !== null) throw new Error(`the simulator has ended: ${stderr}`);
      }
      return stdout;
    },
    signal: (name: 'SIGINT' | 'SIGTERM') => {
      if (isWindows) child.stdin.write(`${name}\n`);
      else child.kill(name);
    },
  };
}

const urlIn = (greeting: string) => /http:\/\/[\d.]+:\d+/.exec(greeting)?.[0] ?? '';

let simulator: ReturnType<typeof start>;
let greeting = '';
let url = '';
let taken = 0;
const occupier = createServer();
beforeAll(async () => {
  simulator = start(SIMULATOR, { PORT: '0' });
  greeting = await simulator.greeting();
  url = urlIn(greeting);
  occupier.listen(0, '127.0.0.1');
  await once(occupier, 'listening');
  taken = (occupier.address() as AddressInfo).port;
});
afterAll(async () => {
  simulator.signal('SIGTERM');
  occupier.close();
  await simulator.ended;
});

/** A program that could not start says one line, where errors belong, and fails. */
const refused = (line: string) => ({ exitCode: 1, stdout: '', stderr: `${line}\n` });

test('the five lines under `with:` wait for the job of the printed command, and download its report', async () => {
  const [, body = ''] = /--data '(\{"provider[^']*)'/.exec(greeting) ?? [];
  const created = await create(body.replace('5000', '300'));
  expect(created).toEqual({ code: 201, body: { id: 'job-1' } });
  const [lines = ''] = /^ {2}with:\n(?: {4}.*\n)+/m.exec(greeting) ?? [];
  const step = parse(lines) as { with: Record<string, string> };
  expect(Object.keys(step.with)).toHaveLength(5);
  const folder = await makeFolder('simulator');
  const { exitCode, outputs, log } = await runAction(
    { ...step.with, interval: '0.1s' },
    { env: { GITHUB_WORKSPACE: folder } },
  );
  expect([exitCode, log]).toEqual([0, expect.any(String)]);
  expect(outputs.filePath).toBe(`${url}/reports/a.csv`);
  expect(outputs.reportFile).toBe(join(folder, 'reports', 'a.csv'));
  expect(await readFile(outputs.reportFile ?? '', 'utf8')).toMatch(/^order,amount\n/);
  await removeFolder(folder);
});

test('the simulator says that every address under /reports/ serves a file, and it does', async () => {
  expect(greeting).toContain(`Every address under ${url}/reports/ serves a CSV file`);
  const response = await fetch(`${url}/reports/any/name.csv`);
  expect(await response.text()).toBe('order,amount\n1001,250\n1002,75\n1003,1200\n');
});

test('a port in use is named, with what to do about it', async () => {
  const { ended } = start(SIMULATOR, { PORT: String(taken) });
  expect(await ended).toEqual(
    refused(
      `Port ${taken} is in use: end the program that listens there, or set PORT to another number, such as ${taken + 1}, or to 0 for any free port`,
    ),
  );
});

test.each([
  ['abc', '“abc”'],
  ['70000', '“70000”'],
  ['-1', '“-1”'],
  ['80.5', '“80.5”'],
  ['8080 8081', '“8080 8081”'],
])('PORT=%s is refused with what a port is', async (given, shown) => {
  expect(await start(SIMULATOR, { PORT: given }).ended).toEqual(
    refused(
      `PORT is ${shown}, which is no port: give a number from 1 to 65535, or 0 for any free port; without PORT it is port 8080`,
    ),
  );
});

test('PORT=0 takes a free port each time', async () => {
  const other = start(SIMULATOR, { PORT: '0' });
  const otherUrl = urlIn(await other.greeting());
  expect(otherUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(otherUrl).not.toBe(url);
  other.signal('SIGTERM');
  await other.ended;
});

test('blanks around a port do not matter', async () => {
  const { ended } = start(SIMULATOR, { PORT: `  ${taken} ` });
  expect((await ended).stderr).toMatch(new RegExp(`^Port ${taken} is in use: .*\n$`));
});

test.each(['', '   '])('PORT=“%s” is as if it were not set', async (PORT) => {
  // 8080 may be in use on this machine; then the simulator says so.
  const other = start(SIMULATOR, { PORT });
  const said = await other.greeting().catch(async () => (await other.ended).stderr);
  expect(said).toMatch(/on http:\/\/127\.0\.0\.1:8080\.|^Port 8080 is in use/);
  other.signal('SIGTERM');
  await other.ended;
});

test('a TOKEN that the action would refuse is refused without being shown', async () => {
  expect(await start(SIMULATOR, { PORT: '0', TOKEN: "x'y z" }).ended).toEqual(
    refused(
      'TOKEN has 5 characters and is no token: give at least four letters, digits or - . _ ~ + /, or leave TOKEN out for simulator-token',
    ),
  );
});

test('Ctrl+C ends the simulator with success and without a word', async () => {
  const other = start(SIMULATOR, { PORT: '0' });
  await other.greeting();
  other.signal('SIGINT');
  expect(await other.ended).toMatchObject({ exitCode: 0, stderr: '' });
});

/** Asks the simulator to create a job. */
async function create(body: string) {
  const response = await fetch(`${url}/_simulator/jobs`, { method: 'POST', body });
  return { code: response.status, body: (await response.json()) as { id?: string } };
}

/** The status that a poll of this job at Uniware shows. */
async function poll(id: string | undefined): Promise<unknown> {
  const response = await fetch(`${url}/services/rest/v1/export/job/status`, {
    method: 'POST',
    headers: { Authorization: 'bearer simulator-token' },
    body: JSON.stringify({ jobCode: id }),
  });
  return ((await response.json()) as { status?: unknown }).status;
}

test.each([
  ['`word` for `status`', { steps: [{ word: 'CANCELLED' }] }],
  ['`status`', { steps: [{ status: 'CANCELLED' }] }],
  ['both of them, if they agree', { steps: [{ status: 'CANCELLED', word: 'CANCELLED' }] }],
  ['one step that is no list', { steps: { status: 'CANCELLED' } }],
  ['a status and no steps', { status: 'CANCELLED' }],
  ['a word and no steps', { word: 'CANCELLED' }],
  ['a number as its id', { id: 4711, steps: [{ status: 'CANCELLED' }] }],
  ['an empty id', { id: '', steps: [{ status: 'CANCELLED' }] }],
])('a job with %s is understood', async (_, job) => {
  const { code, body } = await create(JSON.stringify({ provider: 'unicommerce', ...job }));
  expect([code, body.id]).toEqual([201, expect.stringMatching(/./)]);
  expect(await poll(body.id)).toBe('CANCELLED');
});

test('an entry of floLIVE may say `word` for `status`', async () => {
  const steps = [{ entries: [{ requestId: 'sim-1', word: 'FAILURE' }] }];
  await create(JSON.stringify({ provider: 'flolive', id: 'bulk', steps }));
  const response = await fetch(`${url}/api/v3/global/call/bulk`, {
    headers: { Authorization: 'Bearer simulator-token' },
  });
  expect(await response.json()).toMatchObject({
    content: [{ requestId: 'sim-1', status: 'FAILURE' }],
  });
});

test.each<[why: string, job: unknown, message: string]>([
  [
    'no steps',
    { provider: 'sei' },
    'the job has no `steps`: give a list of what it is one after the other, each with `status` and, but for the last, `forMs` or `forPolls`',
  ],
  [
    'an empty list of steps',
    { provider: 'sei', steps: [] },
    '`steps` is “[]”: give a list of at least one step, each an object with `status`',
  ],
  [
    'a step that is a text',
    { provider: 'sei', steps: [{ status: 'Processing', forMs: 1 }, 'Completed'] },
    'step 2 of 2 is “Completed”: give an object with `status`',
  ],
  [
    'a status beside its steps',
    { provider: 'sei', status: 'Completed', steps: [{ status: 'Completed' }] },
    'the job has `status` beside `steps`: move it into one of the steps',
  ],
  [
    'a status and a word that differ',
    { provider: 'sei', steps: [{ status: 'Processing', word: 'Completed' }] },
    'step 1 of 1 has `status` “Processing” and `word` “Completed”: give `status` alone',
  ],
  [
    'a status that is a number',
    { provider: 'sei', steps: [{ status: 5 }] },
    'step 1 of 1 has `status` “5”: give a text',
  ],
  [
    'a misspelt field in a step',
    { provider: 'sei', steps: [{ status: 'Processing', forSeconds: 5 }] },
    'step 1 of 1 has “forSeconds”, which means nothing here: a step has status, forMs, forPolls, message, errors, batchId, filePath, entries, counts, reply',
  ],
  [
    'a misspelt field',
    { provider: 'sei', step: [{ status: 'Completed' }] },
    'the job has “step”, which means nothing here: a job has provider, id, steps, errors',
  ],
  [
    'a duration that is a text',
    { provider: 'sei', steps: [{ status: 'Processing', forMs: '5s' }] },
    'step 1 of 1 has `forMs` “5s”: give a number of milliseconds',
  ],
  [
    'an unknown error',
    { provider: 'sei', steps: [{ status: 'Completed' }], errors: { 1: 'restet' } },
    '`errors` has “restet” for poll 1: give one of reset, reset-mid-body, trickle, silence, empty, html, truncated-json, bad-gzip, redirect, huge-headers, huge-body, or an object with an HTTP status as `status`',
  ],
  [
    'an unknown provider',
    { provider: 'uniware', steps: [{ status: 'COMPLETE' }] },
    `\`provider\` “uniware” is not played here: give one of ${PLAYED}`,
  ],
  [
    'the name of something that every object has as its provider',
    { provider: 'toString', steps: [{ status: 'COMPLETE' }] },
    `\`provider\` “toString” is not played here: give one of ${PLAYED}`,
  ],
  [
    'no provider',
    { steps: [{ status: 'COMPLETE' }] },
    `the job has no \`provider\`: give one of ${PLAYED}`,
  ],
  [
    'an id that is a list',
    { provider: 'sei', id: ['a'], steps: [{ status: 'Completed' }] },
    '`id` is “["a"]”: give a text, or leave it out to have one made up',
  ],
  [
    'others in a list',
    [{ provider: 'sei' }],
    'a job is an object with `provider` and `steps`, not “[{"provider":"sei"}]”: send one job with each request',
  ],
])('a job with %s is refused in one line', async (_, job, message) => {
  expect(await create(JSON.stringify(job))).toEqual({ code: 400, body: { message } });
});

test('a body that is no JSON is refused with where it goes wrong', async () => {
  const { code, body } = await create('{provider: "sei",\n steps: []}');
  expect(code).toBe(400);
  expect(body).toEqual({
    message: expect.stringMatching(
      /^the body “\{provider: "sei", steps: \[\]\}” is no JSON \(.*JSON.*\): put names and texts in double quotes, and in a shell the whole in single ones$/,
    ),
  });
});

test('a request without a body is told what to send', async () => {
  const message = 'the request has no body: send the job as JSON with `provider` and `steps`';
  expect(await create('')).toEqual({ code: 400, body: { message } });
});

test('a GET where jobs are created is told to POST', async () => {
  const response = await fetch(`${url}/_simulator/jobs`);
  expect([response.status, await response.json()]).toEqual([
    405,
    { message: 'GET /_simulator/jobs does nothing: POST the job as JSON to create it' },
  ]);
});

test('an address that no provider has is shown', async () => {
  const response = await fetch(`${url}/rest/v1/export`);
  expect([response.status, await response.json()]).toEqual([
    404,
    { message: 'no provider has this address: GET “/rest/v1/export”' },
  ]);
});

test('the demo names a port in use, with what to do about it', async () => {
  const { exitCode, stdout, stderr } = await start(DEMO, { PORT: String(taken) }).ended;
  expect([exitCode, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(new RegExp(`^Port ${taken} is in use: .*, or to 0 for any free port\n$`));
});

test.each(['abc', '70000'])('the demo refuses PORT=%s with what a port is', async (PORT) => {
  expect(await start(DEMO, { PORT }).ended).toEqual(
    refused(
      `PORT is “${PORT}”, which is no port: give a number from 1 to 65535, or 0 for any free port; without PORT it is any free port`,
    ),
  );
});

/** A copy of the demo beside a bundle that is `code`, or none. */
async function demoWith(code?: string) {
  const folder = await makeFolder('demo');
  await cp(join(root, 'simulator'), join(folder, 'simulator'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  if (code !== undefined) {
    await mkdir(join(folder, 'dist'));
    await writeFile(join(folder, 'dist', 'index.js'), code);
  }
  const run = await start(join(folder, 'simulator', 'demo.js')).ended;
  await removeFolder(folder);
  return run;
}

test('the demo without a bundle says how to build it', async () => {
  expect(await demoWith()).toEqual(
    refused('dist/index.js is missing: run `npm ci`, `npm run build` and the demo again'),
  );
});

test('the demo shows the lines of each step and where a file is served, and fails if a wait ends unlike it should', async () => {
  const { exitCode, stdout, stderr } = await demoWith('process.exit(0)');
  expect([exitCode, stderr]).toEqual([1, '']);
  expect(stdout).toContain('At least one wait did not end as it should.');
  const base = urlIn(stdout);
  expect(stdout).toContain(`Every address under ${base}/reports/ serves a CSV file`);
  const steps = [...stdout.matchAll(/^ {3}with:\n(?: {5}.*\n)+/gm)].map(
    ([lines]) => (parse(lines) as { with: Record<string, string> }).with,
  );
  expect(steps).toHaveLength(6);
  expect(steps[5]).toEqual({
    provider: 'unicommerce',
    'base-url': base,
    token: '${{ secrets.TOKEN }}',
    'start-url': '/services/rest/v1/export/job/create',
    'start-headers': 'Facility: main',
    'start-body': '{"exportJobTypeName": "Sale Orders", "frequency": "ONETIME"}',
    'download-path': 'reports/',
  });
});
