import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { account, startSimulator } from '../../simulator/simulator.js';

/**
 * Runs the example workflows for real, by the workflow engine `act` in host mode, against the
 * simulator. What this cannot show: the artifact service and the GitHub CLI are stand-ins here, and
 * the wait timer of an environment is not kept.
 *
 * Needs `act` on the PATH, or named by the variable ACT, and jq.
 */
const act = process.env.ACT ?? 'act';
const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const PINS = {
  'OWNER/await-job@v1': root,
  'actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a': join(here, 'upload-artifact'),
  'actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c': join(
    here,
    'download-artifact',
  ),
};

const simulator = await startSimulator();
const folder = await mkdtemp(join(tmpdir(), 'await-job-examples-'));
const artifacts = join(folder, 'artifacts');
await mkdir(join(folder, 'repository', '.github'), { recursive: true });
await mkdir(join(folder, 'bin'));
await mkdir(artifacts);
await cp(join(root, 'examples'), join(folder, 'repository', '.github', 'workflows'), {
  recursive: true,
});
await cp(join(here, 'gh'), join(folder, 'bin', 'gh'));
spawnSync('git', ['init', '--quiet'], { cwd: join(folder, 'repository') });

const urls = ['UNIWARE', 'SAFETYCHAIN', 'FLOLIVE', 'OS1', 'SEI'].map(
  (name) => `${name}_URL=${simulator.url}`,
);
const secrets = {
  UNIWARE_TOKEN: 'simulator-token',
  UNIWARE_USERNAME: account.username,
  UNIWARE_PASSWORD: account.password,
  SAFETYCHAIN_TOKEN: 'simulator-token',
  FLOLIVE_TOKEN: 'simulator-token',
  OS1_CLIENT_ID: account.clientId,
  OS1_CLIENT_SECRET: account.clientSecret,
  SEI_ACCESS_TOKEN: 'simulator-token',
  SEI_APP_KEY: account.appKey,
  GITHUB_TOKEN: 'a-github-token',
};
await writeFile(
  join(folder, 'secrets'),
  Object.entries(secrets)
    .map(([name, value]) => `${name}=${value}\n`)
    .join(''),
);

let failed = 0;

/**
 * Runs one workflow, or one job of it, and looks at what it printed.
 *
 * @param {string} title
 * @param {string[]} args
 * @param {{ succeeds: boolean, says: (string | RegExp)[], env?: Record<string, string> }} expected
 */
async function run(title, args, { succeeds, says, env = {} }) {
  const options = [
    ...['--platform', 'ubuntu-latest=-self-hosted', '--secret-file', join(folder, 'secrets')],
    ...Object.entries(PINS).flatMap(([name, path]) => ['--local-repository', `${name}=${path}`]),
    ...[...urls, 'OS1_TENANT=acme'].flatMap((pair) => ['--var', pair]),
    ...Object.entries({ ARTIFACTS: artifacts, ...env }).flatMap(([name, value]) => [
      '--env',
      `${name}=${value}`,
    ]),
  ];
  const child = spawn(act, ['workflow_dispatch', ...args, ...options], {
    cwd: join(folder, 'repository'),
    env: { ...process.env, HOME: folder, PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}` },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => (log += chunk));
  }
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const faults = [
    ...((exitCode === 0) === succeeds ? [] : [`ended with exit code ${exitCode}`]),
    ...says
      .filter((text) => !(typeof text === 'string' ? log.includes(text) : text.test(log)))
      .map((text) => `did not say ${text}`),
    ...Object.values(secrets)
      .filter((secret) => log.includes(secret))
      .map((secret) => `said ${secret}`),
  ];
  console.log(`${faults.length === 0 ? '✓' : '✗'} ${title}`);
  if (faults.length > 0) {
    failed += 1;
    console.log(`${faults.map((fault) => `  ${fault}`).join('\n')}\n${log.replace(/^/gm, '  │ ')}`);
  }
}

/** @param {string} vendor @param {string} id @param {...import('../../simulator/simulator.js').Step} steps */
const job = (vendor, id, ...steps) => simulator.createJob({ vendor, id, steps });
const workflow = (/** @type {string} */ name) => [
  '--workflows',
  join('.github', 'workflows', name),
];
const report = `${simulator.url}/reports/orders.csv`;
const inputs = (/** @type {Record<string, string>} */ all) =>
  Object.entries(all).flatMap(([name, value]) => ['--input', `${name}=${value}`]);

job(
  'unicommerce',
  'export-1',
  { word: 'RUNNING', forQuestions: 1 },
  { word: 'COMPLETE', filePath: report },
);
await run(
  'wait-and-download: the report of Uniware is used',
  [...workflow('wait-and-download.yml'), '--job', 'unicommerce'],
  {
    succeeds: true,
    says: ['RUNNING', 'order,amount'],
    env: { JOB_CODE: 'export-1' },
  },
);
job('safetychain', 'batch-1', { word: 'Inprocess', forQuestions: 1 }, { word: 'Successful' });
await run(
  'wait-and-download: SafetyChain',
  [...workflow('wait-and-download.yml'), '--job', 'safetychain'],
  {
    succeeds: true,
    says: ['batch batch-1 was processed'],
    env: { REQUEST_ID: 'batch-1' },
  },
);
job('flolive', 'bulk-1', {
  entries: [
    { requestId: 'a', status: 'SUCCESS' },
    { requestId: 'b', status: 'FAILURE' },
  ],
});
await run(
  'wait-and-download: floLIVE lets a partial success pass and names what failed',
  [...workflow('wait-and-download.yml'), '--job', 'flolive'],
  {
    succeeds: true,
    says: ['1 of 2 inner requests failed: b FAILURE'],
    env: { REQUEST_ID: 'bulk-1' },
  },
);
job('os1', 'batch:1', { word: 'success' });
await run(
  'wait-and-download: OS1 logs in',
  [...workflow('wait-and-download.yml'), '--job', 'os1'],
  {
    succeeds: true,
    says: ['logged in', 'batch batch:1 was processed'],
    env: { BATCH_ID: 'batch:1' },
  },
);
job('sei', 'key==', { word: 'Rejected', message: 'date is in the past' });
await run(
  'wait-and-download: a job that failed at SEI fails the workflow',
  [...workflow('wait-and-download.yml'), '--job', 'sei'],
  {
    succeeds: false,
    says: ['date is in the past'],
    env: { STATUS_KEY: 'key==' },
  },
);

for (const id of ['f1', 'f2', 'f3']) job('unicommerce', id, { word: 'COMPLETE', filePath: report });
await run(
  'fan-out: all chunks are gathered',
  [...workflow('fan-out.yml'), ...inputs({ ids: 'f1 f2 f3', 'chunk-size': '2' })],
  {
    succeeds: true,
    says: ['3 Successful'],
  },
);
job('unicommerce', 'f4', { word: 'FAILED' });
await rm(artifacts, { recursive: true });
await mkdir(artifacts);
await run(
  'fan-out: one failed job fails the workflow, and the others are counted',
  [...workflow('fan-out.yml'), ...inputs({ ids: 'f1 f4 f3', 'chunk-size': '2' })],
  {
    succeeds: false,
    says: ['1 Failure', '2 Successful'],
  },
);

job('unicommerce', 'slow', { word: 'RUNNING' });
await run(
  'long-wait: the next run is started with what is pending',
  [...workflow('long-wait.yml'), ...inputs({ ids: 'f1 slow' })],
  {
    succeeds: true,
    says: ['RUNNING'],
  },
);
const called = await readFile(join(artifacts, 'gh.log'), 'utf8');
if (!/^workflow run long-wait\.yml .* -f ids=slow$/m.test(called)) {
  failed += 1;
  console.log(`✗ long-wait did not start the next run for slow alone:\n${called}`);
}
await run(
  'scheduled: pending ids are noted',
  [...workflow('scheduled.yml'), ...inputs({ ids: 'slow f1' })],
  {
    succeeds: true,
    says: ['RUNNING'],
  },
);
await run(
  'scheduled: they are asked for again, with what is added',
  [...workflow('scheduled.yml'), ...inputs({ ids: 'f2' })],
  {
    succeeds: true,
    says: ['slow: RUNNING', 'f2: Successful'],
  },
);
const pending = await readFile(join(artifacts, 'pending-ids', 'ids'), 'utf8');
if (pending !== 'slow\n') {
  failed += 1;
  console.log(`✗ scheduled keeps ${JSON.stringify(pending)}, not what is pending`);
}

await simulator.close();
await rm(folder, { recursive: true });
console.log(failed === 0 ? 'all examples ended as expected' : `${failed} examples did not`);
process.exitCode = failed === 0 ? 0 : 1;
