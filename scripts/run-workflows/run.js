import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { account, startSimulator } from '../../simulator/simulator.js';
import { copyRepository } from '../../__tests__/support/copy.js';
import { runReleases } from './releases.js';

/**
 * Runs e2e.yml, release.yml, prober.yml and the example workflows for real, by the workflow engine `act` in
 * host mode, and compares how each of their jobs ends. What this cannot show: the artifact and attestation
 * services, harden-runner and the GitHub CLI are stand-ins here, all jobs share one machine, neither the wait
 * timer of an environment nor its reviewer is waited for, act kills what runs out of time where GitHub asks it
 * to end first, it keeps job outputs that hold a secret where GitHub drops them, the steps of a `parallel`
 * group run one after the other, and no run can be re-run.
 *
 * Needs `act` on the PATH, or named by the variable ACT, and jq.
 */
const act = process.env.ACT ?? 'act';
const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const simulator = await startSimulator();
const folder = await mkdtemp(join(tmpdir(), 'await-job-workflows-'));
const repository = join(folder, 'repository');
const artifacts = join(folder, 'artifacts');
const git = (/** @type {string[]} */ ...args) => {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout;
};
await copyRepository(root, repository);
git('init', '--quiet', repository);
git('-C', repository, 'remote', 'add', 'origin', 'https://github.com/OWNER/await-job');
const pins = git(
  'grep',
  '--no-index',
  '-hoE',
  '(actions/(upload-artifact|download-artifact|attest)|step-security/harden-runner)@[0-9a-f]{40}',
  '.github',
  'examples',
);
const localRepositories = {
  'OWNER/await-job@v1': repository,
  ...Object.fromEntries(
    pins
      .trim()
      .split('\n')
      .map((pin) => [pin, join(here, /(?<=\/).*(?=@)/.exec(pin)?.[0] ?? '')]),
  ),
};
await mkdir(join(folder, 'bin'));
await mkdir(artifacts);
await cp(join(here, 'gh'), join(folder, 'bin', 'gh'));

const variables = {
  OS1_TENANT: 'acme',
  ...Object.fromEntries(
    ['UNIWARE', 'SAFETYCHAIN', 'FLOLIVE', 'OS1', 'SEI'].map((name) => [
      `${name}_URL`,
      simulator.url,
    ]),
  ),
};
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

/** @param {string} title @param {string[]} errors @param {string} log */
function tell(title, errors, log) {
  console.log(`${errors.length === 0 ? '✓' : '✗'} ${title}`);
  if (errors.length === 0) return;
  failed += 1;
  console.log(`${errors.map((error) => `  ${error}`).join('\n')}\n${log.replace(/^/gm, '  │ ')}`);
}

/**
 * Runs one workflow, or one job of it, and looks at how its jobs ended and at what was printed.
 *
 * @param {string} title
 * @param {string} file
 * @param {object} expected
 * @param {Record<string, 'success' | 'failure'>} expected.ends all jobs that run, by their ids
 * @param {(string | RegExp)[]} [expected.says]
 * @param {Record<string, string>} [expected.env]
 * @param {Record<string, string>} [expected.inputs]
 * @param {Record<string, string>} [expected.vars]
 * @param {string} [expected.event]
 * @param {string[]} [expected.args]
 * @param {string} [expected.cwd]
 */
async function run(title, file, expected) {
  // Now and then act loses what a step says that fails at once, on a busy machine more often: such a run is tried again.
  const isOnlySilent = (/** @type {string[]} */ problems) =>
    problems.length > 0 && problems.every((problem) => problem.startsWith('did not say'));
  let { problems, log } = await attempt(file, expected);
  for (let tries = 1; tries < 5 && isOnlySilent(problems); tries += 1) {
    ({ problems, log } = await attempt(file, expected));
  }
  tell(title, problems, log);
}

/**
 * Runs a workflow once, and gives what is not as expected.
 *
 * @param {string} file
 * @param {Parameters<typeof run>[2]} expected
 */
async function attempt(file, expected) {
  const {
    ends,
    says = [],
    env = {},
    inputs = {},
    vars = {},
    event = 'workflow_dispatch',
    args = [],
    cwd = repository,
  } = expected;
  const pairs = (/** @type {string} */ option, /** @type {Record<string, string>} */ values) =>
    Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`]);
  const options = [
    ...[event, '--json', '--workflows', file, ...args, ...pairs('--input', inputs)],
    ...['--platform', 'ubuntu-latest=-self-hosted', '--secret-file', join(folder, 'secrets')],
    ...pairs('--local-repository', localRepositories),
    ...pairs('--var', { ...variables, ...vars }),
    ...pairs('--env', { ARTIFACTS: artifacts, ...env }),
  ];
  const child = spawn(act, options, {
    cwd,
    env: { ...process.env, HOME: folder, PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}` },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => (text += chunk));
  }
  await new Promise((resolve, reject) => {
    child.once('close', resolve).once('error', (cause) => {
      reject(new Error(`act did not start; install it or name it by the variable ACT`, { cause }));
    });
  });
  const lines = text
    .split('\n')
    .map((line) => (line.startsWith('{') ? JSON.parse(line) : { msg: line }));
  const log = lines.map(({ jobID = '', msg }) => `${jobID} ${msg.trimEnd()}`).join('\n');
  /** @type {Record<string, string>} */
  const ended = {};
  const steps = new Set();
  for (const { jobID, jobResult, stepResult, stepID = [] } of lines) {
    // Of a matrix, what did not succeed counts.
    if (jobResult !== undefined && ended[jobID] !== 'failure') ended[jobID] = jobResult;
    if (stepResult !== undefined && stepID.length > 0) steps.add(jobID);
  }
  return {
    problems: [
      ...[...new Set([...Object.keys(ends), ...Object.keys(ended)])]
        .filter((job) => ends[job] !== ended[job])
        .map((job) => `the job ${job} ended with ${ended[job]}, not ${ends[job]}`),
      ...Object.keys(ends)
        .filter((job) => !steps.has(job))
        .map((job) => `the job ${job} executed no step`),
      ...says
        .filter((text) => !(typeof text === 'string' ? log.includes(text) : text.test(log)))
        .map((text) => `did not say ${text}`),
      ...Object.values(secrets)
        .filter((secret) => log.includes(secret))
        .map((secret) => `said ${secret}`),
    ],
    log,
  };
}

const called = (from = artifacts) => readFile(join(from, 'gh.log'), 'utf8').catch(() => '');
/**
 * Looks at how the GitHub CLI was called since the last look.
 *
 * @param {string} title @param {RegExp} expected @param {string} [from]
 */
const tellCalls = async (title, expected, from = artifacts) => {
  const calls = await called(from);
  tell(title, expected.test(calls) ? [] : [`not as ${expected}`], calls);
  await rm(join(from, 'gh.log'), { force: true });
};

/** @param {string} provider @param {string} id @param {...import('../../simulator/simulator.js').Step} steps */
const job = (provider, id, ...steps) => simulator.createJob({ provider, id, steps });
const report = `${simulator.url}/reports/orders.csv`;

// Its job `cut-off` lasts a minute, so the examples run beside it.
const e2e = '.github/workflows/e2e.yml';
const { jobs } = parse(await readFile(join(root, e2e), 'utf8'));
const endToEnd = run('e2e: every job ends as it should', e2e, {
  event: 'push',
  ends: Object.fromEntries(
    Object.keys(jobs).map((name) => [name, name === 'failing' ? 'failure' : 'success']),
  ),
});

const rerun = 'examples/rerun.yml';
// A provider that nobody reaches costs two minutes, so this runs beside the others too.
const elsewhere = join(folder, 'elsewhere');
await mkdir(elsewhere);
const unreachable = run('rerun: a provider that cannot be reached starts another run', rerun, {
  env: { JOB_CODE: 'f1', ARTIFACTS: elsewhere },
  vars: { UNIWARE_URL: 'http://127.0.0.1:1' },
  ends: { start: 'success', wait: 'failure', again: 'success' },
});

// A release builds the bundle: this runs beside the others too, in a copy of its own.
const released = join(folder, 'released');
const drafts = join(folder, 'drafts');
await mkdir(drafts);
await copyRepository(root, released);
const releases = runReleases({ released, drafts, git, run, tellCalls });

const waitAndDownload = 'examples/wait-and-download.yml';
job(
  'unicommerce',
  'export-1',
  { status: 'RUNNING', forPolls: 1 },
  { status: 'COMPLETE', filePath: report },
);
await run('wait-and-download: the report of Uniware is used', waitAndDownload, {
  args: ['--job', 'unicommerce'],
  ends: { unicommerce: 'success' },
  says: ['RUNNING', 'order,amount'],
  env: { JOB_CODE: 'export-1' },
});
job('safetychain', 'batch-1', { status: 'Inprocess', forPolls: 1 }, { status: 'Successful' });
await run('wait-and-download: SafetyChain', waitAndDownload, {
  args: ['--job', 'safetychain'],
  ends: { safetychain: 'success' },
  says: ['batch batch-1 was processed'],
  env: { REQUEST_ID: 'batch-1' },
});
job('flolive', 'bulk-1', {
  entries: [
    { requestId: 'a', status: 'SUCCESS' },
    { requestId: 'b', status: 'FAILURE' },
  ],
});
await run(
  'wait-and-download: floLIVE lets a partial success pass and names what failed',
  waitAndDownload,
  {
    args: ['--job', 'flolive'],
    ends: { flolive: 'success' },
    says: ['1 of 2 inner requests failed: b FAILURE'],
    env: { REQUEST_ID: 'bulk-1' },
  },
);
job('os1', 'batch:1', { status: 'success' });
await run('wait-and-download: OS1 logs in', waitAndDownload, {
  args: ['--job', 'os1'],
  ends: { os1: 'success' },
  says: ['logged in', 'batch batch:1 was processed'],
  env: { BATCH_ID: 'batch:1' },
});
job('sei', 'key==', { status: 'Rejected', message: 'date is in the past' });
await run('wait-and-download: a job that failed at SEI fails the workflow', waitAndDownload, {
  args: ['--job', 'sei'],
  ends: { sei: 'failure' },
  says: ['date is in the past'],
  env: { STATUS_KEY: 'key==' },
});

for (const id of ['f1', 'f2', 'f3'])
  job('unicommerce', id, { status: 'COMPLETE', filePath: report });
await run('fan-out: all chunks are gathered', 'examples/fan-out.yml', {
  inputs: { ids: 'f1 f2 f3', 'chunk-size': '2' },
  ends: { split: 'success', wait: 'success', gather: 'success' },
  says: ['3 Successful'],
});
job('unicommerce', 'f4', { status: 'FAILED' });
await run(
  'fan-out: one failed job fails the workflow, and the others are counted',
  'examples/fan-out.yml',
  {
    inputs: { ids: 'f1 f4 f3', 'chunk-size': '2' },
    ends: { split: 'success', wait: 'success', gather: 'failure' },
    says: ['1 Failure', '2 Successful'],
  },
);
await run('fan-out: inputs that make no sense are not taken for success', 'examples/fan-out.yml', {
  inputs: { ids: 'f1' },
  vars: { UNIWARE_URL: 'http://plain.example' },
  ends: { split: 'success', wait: 'failure' },
  says: ['must begin with https'],
});

const many = Array.from({ length: 2000 }, (_, index) => `many-${index}`);
for (const id of many) job('unicommerce', id, { status: 'COMPLETE', filePath: report });
// The second chunk of a run before.
await rm(join(artifacts, 'results-1'), { recursive: true });
await run('fan-out: 2,000 jobs on one runner', 'examples/fan-out.yml', {
  inputs: { ids: many.join(' '), 'chunk-size': '2000' },
  ends: { split: 'success', wait: 'success', gather: 'success' },
  says: ['2000 Successful'],
});

const longWait = 'examples/long-wait.yml';
job('unicommerce', 'slow', { status: 'RUNNING' });
await run('long-wait: a round ends with jobs that are pending', longWait, {
  inputs: { ids: 'f1 slow' },
  ends: { ask: 'success' },
  says: ['RUNNING'],
});
await tellCalls(
  'long-wait: the next round is started for those alone',
  /^workflow run long-wait\.yml .* -f ids=slow -f round=2 -f earliest=\d{10}\n$/,
);
await run('long-wait: a round that follows at once fails', longWait, {
  inputs: { ids: 'slow', round: '2', earliest: String(Math.floor(Date.now() / 1000) + 60) },
  ends: { ask: 'failure' },
  says: ['give the environment between-polls a wait timer'],
});
await run('long-wait: the last round fails', longWait, {
  inputs: { ids: 'slow', round: '500', earliest: '1' },
  ends: { ask: 'failure' },
  says: ['500 rounds have passed and jobs are still pending'],
});
await tellCalls('long-wait: neither starts another', /^$/);
const pendingJobs = many.map((id) => id.replace('many', 'waiting'));
for (const id of pendingJobs) job('unicommerce', id, { status: 'RUNNING' });
await run('long-wait: 2,000 jobs are polled', longWait, {
  inputs: { ids: pendingJobs.join(' '), round: '7' },
  ends: { ask: 'success' },
});
await tellCalls(
  'long-wait: all of them are passed on',
  / -f ids=(waiting-\d+ ){1999}waiting-1999 -f round=8 -f earliest=\d{10}\n$/,
);

job('os1', 'batch:2', { status: 'success' });
const parallel = parse(await readFile(join(root, 'examples/parallel.yml'), 'utf8'));
for (const one of Object.values(parallel.jobs)) {
  one.steps = one.steps.flatMap((/** @type {any} */ step) => step.parallel ?? [step]);
}
await writeFile(join(repository, 'examples/parallel.yml'), stringify(parallel));
await run('parallel: the results of both are used', 'examples/parallel.yml', {
  vars: { UNIWARE_JOB: 'f1', OS1_BATCH: 'batch:2' },
  ends: { wait: 'success' },
  says: [`the export is at ${report}, and batch batch:2 was processed`],
});

/** @param {unknown} event */
const withEvent = async (event) => {
  const path = join(folder, 'event.json');
  await writeFile(path, JSON.stringify(event));
  return ['--eventpath', path];
};
for (const [id, end, says] of [
  ['f1', 'success', 'order,amount'],
  ['slow', 'failure', 'RUNNING'],
]) {
  await run(`webhook: the job ${id} ends with ${end}`, 'examples/webhook.yml', {
    event: 'repository_dispatch',
    args: await withEvent({ action: 'export-finished', client_payload: { id } }),
    ends: { finished: end === 'success' ? 'success' : 'failure' },
    says: [says ?? ''],
  });
}

await run('commit-status: a job that failed', 'examples/commit-status.yml', {
  inputs: { id: 'f4' },
  ends: { wait: 'failure' },
});
await tellCalls(
  'commit-status: pending, then failure',
  /^api --silent repos\/\S+\/statuses\/\S* -f context=export -f state=pending -f target_url=\S+\napi .* -f state=failure .* -f description=Failure .*\n$/,
);
await run('commit-status: a job that succeeded', 'examples/commit-status.yml', {
  inputs: { id: 'f1' },
  ends: { wait: 'success' },
});
await tellCalls('commit-status: success', / -f state=success .* -f description=Successful/);

await run('rerun: a job that succeeds needs no other run', rerun, {
  env: { JOB_CODE: 'f1' },
  ends: { start: 'success', wait: 'success' },
});
await run('rerun: nor does one that failed', rerun, {
  env: { JOB_CODE: 'f4' },
  ends: { start: 'success', wait: 'failure' },
});
await tellCalls('rerun: none is started', /^$/);
await run('rerun: that one waits for the first', rerun, {
  inputs: { run: '17' },
  env: { PAUSE: '0' },
  ends: { rerun: 'success' },
});
await tellCalls(
  'rerun: then the failed jobs run again',
  /^run watch 17 .*\nrun rerun 17 .* --failed\n$/,
);

/** Issues an OIDC token as GitHub does, takes it in exchange for another, and shows a job to whoever has that. */
const api = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    const { authorization } = request.headers;
    const isExchanged = new URLSearchParams(body).get('subject_token') === 'an-oidc-token';
    const respond = (/** @type {unknown} */ value, status = 200) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    if (request.url?.startsWith('/oidc?') && authorization === 'Bearer request-token') {
      respond({ value: 'an-oidc-token' });
    } else if (request.url === '/token' && isExchanged) {
      respond({ access_token: 'exchanged-token', expires_in: 300 });
    } else if (request.url === '/jobs/17' && authorization === 'Bearer exchanged-token') {
      respond({ status: 'done' });
    } else respond({ message: 'who are you?' }, 401);
  });
});
await new Promise((resolve) => api.listen(0, '127.0.0.1', () => resolve(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (api.address());
const oidc = {
  inputs: { id: '17' },
  vars: { API_URL: `http://127.0.0.1:${port}` },
};
await run('oidc: the token of the workflow is exchanged', 'examples/oidc.yml', {
  ...oidc,
  env: {
    ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/oidc?v=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
  },
  ends: { wait: 'success' },
  says: ['logged in'],
});
await run('oidc: without the permission it says so', 'examples/oidc.yml', {
  ...oidc,
  ends: { wait: 'failure' },
  says: ['does it have `permissions: id-token: write`?'],
});
api.close();

await run('scheduled: pending ids are noted', 'examples/scheduled.yml', {
  inputs: { ids: 'slow f1' },
  ends: { ask: 'success' },
  says: ['RUNNING'],
});
await run('scheduled: they are asked for again, with what is added', 'examples/scheduled.yml', {
  inputs: { ids: 'f2' },
  ends: { ask: 'success' },
  says: ['slow: RUNNING', 'f2: Successful'],
});
for (const [title, url] of [
  ['nothing is forgotten while nobody responds', 'http://127.0.0.1:1'],
  ['nothing is forgotten where inputs make no sense', 'http://plain.example'],
]) {
  await run(`scheduled: ${title}`, 'examples/scheduled.yml', {
    inputs: { ids: '' },
    vars: { UNIWARE_URL: url ?? '' },
    ends: { ask: 'failure' },
  });
}
const pending = await readFile(join(artifacts, 'pending-ids', 'ids'), 'utf8');
tell('scheduled: what is pending is kept', pending === 'slow\n' ? [] : ['it is not'], pending);

const prober = '.github/workflows/prober.yml';
const published = { RELEASES: '[{ "tagName": "v2.0.0" }, { "tagName": "v1.2.3" }]' };
await run('prober: what is published works', prober, {
  env: published,
  ends: { published: 'success' },
  says: ['The newest release is v1.2.3'],
});
await tellCalls(
  'prober: the bundle and the release are verified',
  /(?:attestation verify \S+\/_actions\/OWNER\/await-job\/v1\/dist\/index\.js .*--source-ref refs\/tags\/v1\.2\.3\n){2}release verify v1\.2\.3\nrelease verify-asset v1\.2\.3 \S+\/dist\/index\.js\n/,
);
await run('prober: a v1 that is elsewhere is noticed', prober, {
  env: { ...published, V1: 'elsewhere' },
  ends: { published: 'failure' },
  says: ['v1 is at elsewhere, but v1.2.3 at'],
});
await run('prober: a release that was never merged is noticed', prober, {
  env: { ...published, AHEAD: '1' },
  ends: { published: 'failure' },
  says: ['v1.2.3 is not on main'],
});

await unreachable;
await tellCalls(
  'rerun: that run is told which one to repeat',
  /^workflow run rerun\.yml .* -f run=\d+\n$/,
  elsewhere,
);
await endToEnd;

await releases;

await simulator.close();
await rm(folder, { recursive: true });
console.log(
  failed === 0 ? 'all workflows ended as expected' : `${failed} expectations were broken`,
);
process.exitCode = failed === 0 ? 0 : 1;
