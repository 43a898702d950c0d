import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle, median, poller, REPORT_BYTES, runStep, startProvider, table } from './support.js';

// Built by the same command; it has no types to check when nothing is built yet.
const schedule = new URL('../lib/wait/schedule.js', import.meta.url).href;
const { fitPauseMs, pauseMs } = await import(schedule);

const usage = ['--import', fileURLToPath(new URL('usage.js', import.meta.url))];
const ids = (/** @type {number} */ count) =>
  Array.from({ length: count }, (_, index) => `job-${index}`);
const ratio = (/** @type {number} */ value) => value.toFixed(2);

/** What a step costs for a job that is finished already. */
async function stepOverhead() {
  const provider = await startProvider();
  const runs = {
    'node -e 0': ['-e', '0'],
    'dependency-free poller': [poller],
    'the built-in modules it needs': [fileURLToPath(new URL('floor.cjs', import.meta.url))],
    'this action': [bundle],
  };
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (let round = 0; round < 30; round += 1) {
    for (const [name, args] of Object.entries(runs)) {
      times[name]?.push((await runStep(args, provider.url, ['job'])).wallMs);
    }
  }
  provider.stop();
  const medians = Object.fromEntries(
    Object.entries(times).map(([name, all]) => [name, median(all)]),
  );
  const [empty = NaN, free = NaN] = [medians['node -e 0'], medians['dependency-free poller']];
  return table(
    ['process', 'median ms', 'to `node -e 0`', 'to the poller'],
    Object.entries(medians).map(([name, ms]) => [
      name,
      ms.toFixed(1),
      ratio(ms / empty),
      ratio(ms / free),
    ]),
  );
}

/** How late the end of a job is noticed, and after how many polls, by the real schedule. */
function lateness() {
  const settings = { intervalMs: 1000, maxIntervalMs: 30_000 };
  const deadlineMs = 6 * 3_600_000;
  const grown = (/** @type {number} */ atMs, /** @type {() => number} */ random) =>
    fitPauseMs(pauseMs(atMs, settings, random()), deadlineMs - atMs, settings);
  const pauses = {
    'this schedule': grown,
    ...Object.fromEntries(
      [2, 5, 10, 30, 60].map((seconds) => [`every ${seconds} s`, () => seconds * 1000]),
    ),
  };
  const lengths = { '1 s': 1, '10 s': 10, '1 min': 60, '10 min': 600, '1 h': 3600, '6 h': 21_600 };
  const rows = Object.entries(pauses).map(([name, pause]) => [
    name,
    ...Object.values(lengths).map((seconds) => {
      let [late, asked] = [0, 0];
      const rounds = 200;
      for (let round = 0; round < rounds; round += 1) {
        const endMs = seconds * 1000 * (0.9 + 0.1 * Math.random());
        let atMs = 0;
        let count = 1;
        for (; atMs < endMs; count += 1) atMs += pause(atMs, Math.random);
        late += (atMs - endMs) / 1000 / rounds;
        asked += count / rounds;
      }
      return `${late.toFixed(1)} s, ${asked.toFixed(0)}`;
    }),
  ]);
  return table(['mean lateness, polls', ...Object.keys(lengths)], rows);
}

/** What many jobs cost beside one. */
async function manyJobs() {
  const provider = await startProvider({ responseMs: 5 });
  const rows = [];
  for (const count of [1, 100, 1000]) {
    /** @type {{ polls: number, ownMs: number, spanMs: number, sockets: number, peakRssMb: number, wallMs: number }[]} */
    const rounds = [];
    for (let round = 0; round < 5; round += 1) {
      await provider.count();
      const { peakRssMb, wallMs } = await runStep([...usage, bundle], provider.url, ids(count));
      rounds.push({ ...(await provider.count()), peakRssMb, wallMs });
    }
    const middle = (/** @type {(one: (typeof rounds)[number]) => number} */ pick) =>
      median(rounds.map(pick));
    const atOnce = Math.min(count, 10);
    const polls = middle((one) => one.polls);
    rows.push([
      count,
      polls,
      middle((one) => one.wallMs).toFixed(0),
      count === 1 ? '–' : ratio(middle((one) => one.spanMs / (one.ownMs / atOnce))),
      count === 1 ? '–' : ((polls / middle((one) => one.spanMs)) * 1000).toFixed(0),
      middle((one) => one.peakRssMb).toFixed(0),
      middle((one) => one.sockets),
    ]);
  }
  provider.stop();
  const head = [
    'jobs',
    'polls',
    'wall ms',
    'first to last poll, to the ideal',
    'polls a second',
    'peak RSS MB',
    'sockets',
  ];
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

/** What a large report costs, beside what curl takes for it. */
async function largeReport() {
  const provider = await startProvider();
  const folder = await mkdtemp(join(tmpdir(), 'await-job-bench-'));
  const target = join(folder, 'report.csv');
  /** @type {{ curlMs: number, stepMs: number, peakRssMb: number }[]} */
  const rounds = [];
  for (let round = 0; round < 7; round += 1) {
    const startMs = performance.now();
    await promisify(execFile)('curl', ['--silent', '--fail', '--output', target, provider.url]);
    const curlMs = performance.now() - startMs;
    await rm(target);
    const step = await runStep([...usage, bundle], provider.url, ['job'], {
      'download-path': 'report.csv',
    });
    if (step.exitCode !== 0) throw new Error('the report was not downloaded');
    rounds.push({ curlMs, stepMs: step.wallMs, peakRssMb: step.peakRssMb });
  }
  provider.stop();
  await rm(folder, { recursive: true });
  const curlMs = median(rounds.map((one) => one.curlMs));
  const stepMs = median(rounds.map((one) => one.stepMs));
  const peak = Math.max(...rounds.map((one) => one.peakRssMb)).toFixed(0);
  const row = (/** @type {string} */ name, /** @type {number} */ ms, /** @type {string} */ rss) => [
    name,
    ms.toFixed(0),
    (REPORT_BYTES / 1e6 / (ms / 1000)).toFixed(0),
    ratio(curlMs / ms),
    rss,
  ];
  return table(
    ['1 GB by', 'median ms', 'MB a second', 'speed, to curl', 'peak RSS MB'],
    [row('curl -o', curlMs, '–'), row('the whole step', stepMs, peak)],
  );
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
const machine = `Node ${process.version} on ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}.`;
if (process.argv.includes('--write')) {
  await writeFile(new URL('results.md', import.meta.url), `${machine}\n\n${parts.join('\n\n')}\n`);
}
