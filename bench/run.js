import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compareSchedules } from './schedules.js';
import { bundle, REPORT_BYTES, runStep, startProvider, table } from './support.js';

// Built by the same command; it has no types to check when nothing is built yet.
const schedule = new URL('../lib/wait/schedule.js', import.meta.url).href;
const { fitPauseMs, pauseMs } = await import(schedule);

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const usage = ['--import', here('usage.js')];
const ids = (/** @type {number} */ count) =>
  Array.from({ length: count }, (_, index) => `job-${index}`);

/** The least, the median and the most. @param {readonly number[]} numbers @param {number} [digits] */
function spread(numbers, digits = 2) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return [sorted[0], sorted[middle], sorted.at(-1)].map((one) => one?.toFixed(digits)).join(' / ');
}

/** Each number to the one of the same round. @param {readonly number[]} numbers @param {readonly number[]} others */
const ratios = (numbers, others) =>
  numbers.map((number, round) => number / (others[round] ?? Number.NaN));

/**
 * Does each of these in turn, round by round, so that what else the machine does meets all of them alike.
 *
 * @template Result
 * @param {number} rounds
 * @param {Readonly<Record<string, () => Promise<Result>>>} works
 * @returns {Promise<{ name: string, results: Result[] }[]>}
 */
async function inTurn(rounds, works) {
  const all = Object.entries(works).map(([name, work]) => {
    return { name, work, results: /** @type {Result[]} */ ([]) };
  });
  for (let round = 0; round < rounds; round += 1) {
    for (const { work, results } of all) results.push(await work());
  }
  return all;
}

/** What a step costs for a job that is finished already, over http and over https. */
async function stepOverhead() {
  const rows = [];
  for (const isSecure of [false, true]) {
    const provider = await startProvider({ isSecure });
    const inputs = { 'ca-certificate': provider.certificate };
    const scheme = isSecure ? 'https' : 'http';
    const run = (/** @type {string[]} */ args) => async () =>
      (await runStep(args, provider.url, ['job'], inputs)).wallMs;
    const runs = await inTurn(30, {
      'node -e 0': run(['-e', '0']),
      [`the poller, ${scheme}`]: run([here('poller.cjs')]),
      [`this action, ${scheme}`]: run([bundle]),
    });
    provider.stop();
    const [empty = [], poller = []] = runs.map(({ results }) => results);
    for (const { name, results: times } of runs) {
      const compared = [empty, poller].map((others) => spread(ratios(times, others)));
      rows.push([name, spread(times, 0), ...compared]);
    }
  }
  return table(['process', 'ms', 'to `node -e 0`', 'to the poller'], rows);
}

/** How late the end of a job is noticed, by this schedule and by others that poll as often. */
function lateness() {
  const settings = { intervalMs: 1000, maxIntervalMs: 30_000 };
  const deadlineMs = 12 * 3_600_000;
  return compareSchedules((atMs) =>
    fitPauseMs(pauseMs(atMs, settings, Math.random()), deadlineMs - atMs, settings),
  );
}

/** What many jobs cost, beside the least that can poll them. */
async function manyJobs() {
  const provider = await startProvider({ responseMs: 5 });
  const rows = [];
  for (const [count, rounds] of /** @type {const} */ ([
    [1000, 7],
    [5000, 3],
    [10_000, 3],
  ])) {
    const run = (/** @type {string} */ file) => async () => {
      await provider.count();
      const { peakRssMb, wallMs } = await runStep([...usage, file], provider.url, ids(count));
      const { polls, ownMs, spanMs } = await provider.count();
      if (polls !== count) throw new Error(`${polls} polls of ${count}`);
      return { wallMs, peakRssMb, toIdeal: spanMs / (ownMs / 10) };
    };
    const runs = await inTurn(rounds, {
      'the bare client': run(here('bare-client.cjs')),
      'this action': run(bundle),
    });
    for (const { name, results } of runs) {
      const pick = (/** @type {'wallMs' | 'peakRssMb' | 'toIdeal'} */ key) =>
        results.map((one) => one[key]);
      const times = [spread(pick('wallMs'), 0), spread(pick('toIdeal'))];
      rows.push([count, name, ...times, Math.max(...pick('peakRssMb')).toFixed(0)]);
    }
  }
  provider.stop();
  const head = ['jobs', 'by', 'ms', 'first to last poll, to the ideal', 'peak RSS MB'];
  return table(head, rows);
}

/** Whether memory grows with the number of polls about one job. */
async function longWait() {
  const rows = [];
  for (const pending of [100, 1000, 10_000]) {
    const provider = await startProvider({ pending });
    const inputs = { interval: '0.001s', 'max-interval': '0.001s', timeout: '10m' };
    const { peakRssMb, liveHeapMb } = await runStep(
      ['--expose-gc', ...usage, bundle],
      provider.url,
      ['job'],
      inputs,
    );
    const { polls } = await provider.count();
    provider.stop();
    rows.push([polls, peakRssMb.toFixed(0), liveHeapMb.toFixed(1)]);
  }
  return table(['polls about one job', 'peak RSS MB', 'live heap at the end, MB'], rows);
}

/** What a large report costs, over http and over https, beside what curl and a bare client take for it. */
async function largeReport() {
  const rows = [];
  for (const isSecure of [false, true]) {
    const provider = await startProvider({ isSecure });
    const folder = await mkdtemp(join(tmpdir(), 'await-job-bench-'));
    const [report, ca] = [join(folder, 'report.csv'), join(folder, 'ca.pem')];
    await writeFile(ca, provider.certificate);
    const trust = isSecure ? ['--cacert', ca] : [];
    const curl = (/** @type {string} */ target) => async () => {
      const startMs = performance.now();
      const args = ['--silent', '--fail', ...trust, '--output', target, provider.url];
      await promisify(execFile)('curl', args);
      const wallMs = performance.now() - startMs;
      if (target === report) await rm(target);
      return { wallMs, peakRssMb: NaN };
    };
    const step = (/** @type {string} */ file) => async () => {
      const inputs = { 'download-path': 'report.csv', 'ca-certificate': provider.certificate };
      const run = await runStep([...usage, file], provider.url, ['job'], inputs);
      if (run.exitCode !== 0) throw new Error('the report was not downloaded');
      return run;
    };
    const scheme = isSecure ? 'https' : 'http';
    const runs = await inTurn(7, {
      [`curl -o, ${scheme}`]: curl(report),
      [`curl -o /dev/null, ${scheme}, which the server allows`]: curl('/dev/null'),
      ...(!isSecure && {
        'SHA-256 of it alone': hashAlone,
        'the bare client, with SHA-256': step(here('bare-download.cjs')),
      }),
      [`the whole step, ${scheme}`]: step(bundle),
    });
    provider.stop();
    await rm(folder, { recursive: true });
    const msOf = (/** @type {{ wallMs: number }[]} */ all) => all.map(({ wallMs }) => wallMs);
    const curlMs = msOf(runs[0]?.results ?? []);
    for (const { name, results } of runs) {
      const peak = Math.max(...results.map(({ peakRssMb }) => peakRssMb));
      const times = [spread(msOf(results), 0), spread(ratios(curlMs, msOf(results)))];
      rows.push([name, ...times, Number.isNaN(peak) ? '–' : peak.toFixed(0)]);
    }
  }
  return table(['1 GB by', 'ms', 'speed, to `curl -o`', 'peak RSS MB'], rows);
}

/** Hashes as much as a report has, in the chunks in which it comes. */
async function hashAlone() {
  const chunk = Buffer.alloc(64 * 1024, 'order,amount\n');
  const startMs = performance.now();
  const hash = createHash('sha256');
  for (let bytes = 0; bytes < REPORT_BYTES; bytes += chunk.length) hash.update(chunk);
  hash.digest();
  return { wallMs: performance.now() - startMs, peakRssMb: NaN };
}

const sections = {
  'The cost of a step': stepOverhead,
  'When the end of a job is noticed': lateness,
  'Many jobs': manyJobs,
  'Many polls': longWait,
  'A large report': largeReport,
};
const parts = [];
const only = process.argv.find((one) => one in sections);
for (const [title, measure] of Object.entries(sections)) {
  if (only !== undefined && title !== only) continue;
  const part = `## ${title}\n\n${await measure()}`;
  console.log(`\n${part}`);
  parts.push(part);
}
const machine = `Node ${process.version} on ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}; least / median / most.`;
console.log(`\n${machine}`);
if (process.argv.includes('--write')) {
  await writeFile(here('results.md'), `${machine}\n\n${parts.join('\n\n')}\n`);
}
