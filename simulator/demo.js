import { spawn } from 'node:child_process';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { EOL, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Mistake, runProgram } from './mistake.js';
import { startAtPort } from './settings.js';

/**
 * Shows the action at work: starts the simulator, runs the bundle once for each scene as a runner
 * would, and prints what people would see.
 *
 * @typedef {object} Scene
 * @property {string} title
 * @property {number} exitCode what the step is expected to end with
 * @property {import('./simulator.js').Script} job
 * @property {boolean} [starts] whether the step itself starts the job
 * @property {Record<string, string>} [inputs] beside provider, request-id, base-url and token
 */

const bundle = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const token = 'demo-token-3f9c';
const reportPath = '/reports/Export-Orders_21112026101500.csv';

/** @type {Scene[]} */
const scenes = [
  {
    title: 'SafetyChain: a batch of resources is created',
    exitCode: 0,
    job: {
      provider: 'safetychain',
      id: '5a45ec8f-0000-4000-9484-985455b8c50a',
      steps: [
        { status: 'AwaitingProcess', forMs: 800 },
        { status: 'Inprocess', forMs: 900 },
        { status: 'Successful' },
      ],
    },
  },
  {
    title: 'floLIVE: a bulk call of twelve SIM cards, of which one fails',
    exitCode: 0,
    job: {
      provider: 'flolive',
      id: '77022d89-0000-4000-a118-334c7ccb3779',
      steps: [
        { entries: sims('OPEN'), forMs: 1500 },
        { entries: [...sims('SUCCESS').slice(1), { requestId: 'sim-1', status: 'FAILURE' }] },
      ],
    },
    inputs: { 'on-partial-success': 'continue' },
  },
  {
    title: 'Delhivery OS1: a batch of consignees, while the network is having a bad day',
    exitCode: 0,
    job: {
      provider: 'os1',
      id: 'batch:7e0d1c5e-9d55-4a4c-9b70-1c1d3c1f2a00',
      steps: [{ status: 'IN_PROGRESS', forMs: 1800 }, { status: 'success' }],
      errors: {
        2: 'reset-mid-body',
        3: {
          status: 503,
          body: 'upstream is busy',
          headers: { 'Content-Type': 'text/plain', 'Retry-After': '1' },
        },
      },
    },
    inputs: { 'tenant-id': 'acme', 'participant-type': 'consignees' },
  },
  {
    title: 'SEI: a pending transaction is refused, so the step fails',
    exitCode: 1,
    job: {
      provider: 'sei',
      id: 'NjasfsdgTkkMDcvMjOTowMA==',
      steps: [
        { status: 'Processing', forMs: 1200 },
        {
          status: 'Rejected',
          batchId: 'B-20261121-7',
          message: 'The transaction was not booked',
          errors: ['settlementDate is in the past'],
        },
      ],
    },
    inputs: { 'app-key': 'demo-app-key-88d1' },
  },
  {
    title: 'Unicommerce Uniware: an export that is not finished in time',
    exitCode: 1,
    job: { provider: 'unicommerce', id: '64f0c0ffee-year', steps: [{ status: 'RUNNING' }] },
    inputs: { timeout: '3s' },
  },
  {
    title: 'Unicommerce Uniware: an export in one step: start it, wait for it, download its report',
    exitCode: 0,
    starts: true,
    job: {
      provider: 'unicommerce',
      steps: [
        { status: 'SCHEDULED', forMs: 600 },
        { status: 'RUNNING', forMs: 900 },
        { status: 'COMPLETE', forMs: 700 },
        { status: 'COMPLETE', filePath: reportPath },
      ],
    },
    inputs: {
      'start-url': '/services/rest/v1/export/job/create',
      'start-headers': 'Facility: main',
      'start-body': '{"exportJobTypeName": "Sale Orders", "frequency": "ONETIME"}',
      'download-path': 'reports/',
    },
  },
];

/** @param {string} status */
function sims(status) {
  return Array.from({ length: 12 }, (_, index) => ({ requestId: `sim-${index + 1}`, status }));
}

/** What the log of a workflow run shows of a line that the step has printed. @param {string} line */
function asShown(line) {
  if (line.startsWith('::add-mask::')) return undefined;
  const [, command = '', message = ''] = /^::(error|warning)[^:]*::(.*)$/.exec(line) ?? [];
  if (command === '') return line;
  const text = message.replaceAll('%0A', '\n').replaceAll('%25', '%');
  return `${command === 'error' ? 'Error' : 'Warning'}: ${text}`;
}

/**
 * Reads `name<<delimiter`, value, delimiter, in lines as the system ends them. Of a name that comes again, as
 * the id of a job that is started, the last value counts.
 *
 * @param {string} text
 */
function parseOutputs(text) {
  const found = text.replaceAll(EOL, '\n').matchAll(/^([^<\n]+)<<(\S+)\n([\s\S]*?)\n?\2$/gm);
  const values = new Map([...found].map(([, name = '', , value = '']) => [name, value]));
  return [...values].map(([name, value]) => ({ name, value }));
}

/** @param {Scene} scene @param {string} url */
async function play({ title, job, starts = false, inputs = {}, exitCode: expected }, url) {
  const all = {
    provider: job.provider,
    ...(starts ? {} : { 'request-id': job.id ?? '' }),
    'base-url': url,
    token,
    ...inputs,
  };
  console.log(`\n━━ ${title}\n\n   with:`);
  for (const [name, value] of Object.entries(all)) {
    const secret = name === 'token' || name === 'app-key';
    const text = /[{:] /.test(value) || value.startsWith('{') ? `'${value}'` : value;
    console.log(
      `     ${name}: ${secret ? `\${{ secrets.${name.toUpperCase().replace('-', '_')} }}` : text}`,
    );
  }
  console.log('');

  const folder = await mkdtemp(join(tmpdir(), 'await-job-demo-'));
  const [output, summary] = [join(folder, 'output'), join(folder, 'summary')];
  await Promise.all([writeFile(output, ''), writeFile(summary, '')]);
  const environment = Object.entries(all).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ]);
  const child = spawn(process.execPath, [bundle], {
    env: {
      PATH: process.env.PATH,
      GITHUB_WORKSPACE: folder,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      ...Object.fromEntries(environment),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
    const lines = (rest + chunk).split(EOL);
    rest = lines.pop() ?? '';
    for (const line of lines.map(asShown)) if (line !== undefined) console.log(`   │ ${line}`);
  });
  const exitCode = await new Promise((resolve) => child.once('close', resolve));

  console.log('\n   outputs');
  const outputs = parseOutputs(await readFile(output, 'utf8'));
  for (const { name, value } of outputs) console.log(`   ${name.padStart(16)} = ${value}`);
  const reportFile = outputs.find(({ name }) => name === 'reportFile')?.value ?? '';
  if (reportFile !== '') {
    console.log(`\n   head -3 reportFile`);
    const lines = (await readFile(reportFile, 'utf8')).split('\n');
    for (const line of lines.slice(0, 3)) console.log(`   │ ${line}`);
    console.log('');
  }
  console.log(`   exit code ${exitCode}`);
  // Windows may hold the folder for a moment after the process that worked in it has ended.
  await rm(folder, { recursive: true, maxRetries: 5 });
  return exitCode === expected;
}

await runProgram(async () => {
  await access(bundle).catch(() => {
    throw new Mistake('dist/index.js is missing: run `npm ci`, `npm run build` and the demo again');
  });
  const simulator = await startAtPort(process.env.PORT, { usual: 0, token });
  const { url } = simulator;
  console.log(`Six waits, each a run of dist/index.js against a simulated provider on ${url}, as a step with the
lines after \`with:\`. Every address under ${url}/reports/ serves a CSV file of three orders.`);
  let asExpected = true;
  for (const scene of scenes) {
    if (scene.starts) simulator.planJob(scene.job);
    else simulator.createJob(scene.job);
    asExpected = (await play(scene, url)) && asExpected;
  }
  await simulator.close();
  console.log(
    asExpected
      ? '\nAll six ended as they should: four jobs let the step pass, one failed it, one timed out.'
      : '\nAt least one wait did not end as it should.',
  );
  console.log('`npm run simulator` keeps the providers running, for steps and jobs of your own.');
  process.exitCode = asExpected ? 0 : 1;
});
