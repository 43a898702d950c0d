import { beforeAll, expect, test } from '@jest/globals';
import type { Fault } from '../../simulator/errors.js';
import { startSimulator } from '../../simulator/simulator.js';
import { logInInputs, runAtVendor } from '../support/provider.js';

/**
 * Every fault that may pass, on the first request of its kind, at a vendor that is asked by GET and
 * logged in at by POST (SEI), and at one that is asked by POST and logged in at by GET (Uniware).
 * Each cell is a run of the bundle; the silent ones take the 30 seconds of a request, so many cells
 * run at once, and the tests look at what came of them.
 */
const inSeconds = () => new Date(Date.now() + 3000).toUTCString();
const status = (code: number, retryAfter?: () => string): Fault => ({
  status: code,
  body: { message: 'busy' },
  // Reckoned when it is sent, however long the step took to start.
  get headers(): Record<string, string> {
    return retryAfter ? { 'Retry-After': retryAfter() } : {};
  },
});
const faults: Record<string, () => Fault | 'refused'> = {
  refused: () => 'refused',
  reset: () => 'reset',
  'reset mid-body': () => 'reset-mid-body',
  trickle: () => 'trickle',
  silence: () => 'silence',
  empty: () => 'empty',
  'HTML 200': () => 'html',
  'truncated JSON': () => 'truncated-json',
  'bad gzip': () => 'bad-gzip',
  408: () => status(408),
  425: () => status(425),
  '429, Retry-After in seconds': () => status(429, () => '1'),
  '429, Retry-After as a date': () => status(429, inSeconds),
  500: () => status(500),
  502: () => status(502),
  503: () => status(503),
  504: () => status(504),
};

const vendors = {
  sei: { word: 'Completed', method: 'GET', logInMethod: 'POST' },
  unicommerce: { word: 'COMPLETE', method: 'POST', logInMethod: 'GET' },
};

interface Cell {
  readonly vendor: keyof typeof vendors;
  readonly fault: string;
  readonly phase: 'log-in' | 'status';
}

const cells = (Object.keys(vendors) as Cell['vendor'][]).flatMap((vendor) =>
  Object.keys(faults).flatMap((fault): Cell[] => [
    { vendor, fault, phase: 'log-in' },
    { vendor, fault, phase: 'status' },
  ]),
);

/** Runs one cell at a simulator of its own, since a refused connection concerns all of it. */
async function play({ vendor, fault, phase }: Cell) {
  const simulator = await startSimulator();
  const given = faults[fault]?.() ?? 'reset';
  const refusing = given === 'refused';
  if (phase === 'log-in' && !refusing) simulator.logIns.faults = { 1: given };
  const filePath = 'https://reports.example/a.csv';
  const end = { word: vendors[vendor].word, filePath };
  const steps = phase === 'status' ? [{ word: 'RUNNING', forQuestions: 1 }, end] : [end];
  const job = { steps, faults: phase === 'status' && !refusing ? { 2: given } : {} };

  // A server that goes away between two questions, or is not there yet for the first one, until it is missed.
  if (refusing && phase === 'log-in') await simulator.close();
  let away = !refusing || phase === 'log-in';
  let back = !refusing;
  const run = await runAtVendor(
    simulator,
    vendor,
    job,
    {
      ...(phase === 'log-in' ? { token: '', ...logInInputs[vendor] } : {}),
      timeout: '60s',
      interval: '0.3s',
    },
    {
      onLog: (log) => {
        if (!away && log.includes('RUNNING')) {
          away = true;
          void simulator.close();
        }
        if (!back && log.includes('asking again in')) {
          back = true;
          void simulator.reopen();
        }
      },
    },
  );
  await simulator.close();
  return run;
}

const runs = new Map<Cell, Awaited<ReturnType<typeof play>>>();
beforeAll(async () => {
  const waiting = cells.toSorted(({ fault: a }, { fault: b }) => slow(b) - slow(a));
  const next = async (): Promise<void> => {
    const cell = waiting.shift();
    if (cell === undefined) return;
    runs.set(cell, await play(cell));
    await next();
  };
  await Promise.all(Array.from({ length: 8 }, next));
}, 120_000);

test.each(cells)('$vendor: $fault during $phase', (cell) => {
  const { vendor, fault, phase } = cell;
  const run = runs.get(cell);
  if (run === undefined) throw new Error('the cell was not run');
  // Wrong credentials look like this at Uniware, and no account should be locked by trying again.
  if (vendor === 'unicommerce' && phase === 'log-in' && fault === '500') {
    expect(run.exitCode).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
    expect(run.logIns).toHaveLength(1);
    return;
  }
  expect(run.log).toMatch(/asking again in/);
  expect(run.exitCode).toBe(0);
  expect(run.outputs).toMatchObject({ status: 'Successful', reason: '', timedOut: 'false' });
  const { method, logInMethod } = vendors[vendor];
  expect(run.requests.at(-1)?.line).toMatch(new RegExp(`^${method} `));
  if (phase === 'log-in') {
    expect(run.logIns).toHaveLength(fault === 'refused' ? 1 : 2);
    expect(run.logIns[0]?.line).toMatch(new RegExp(`^${logInMethod} `));
  } else {
    expect(run.requests).toHaveLength(fault === 'refused' ? 2 : 3);
  }
  const times = phase === 'log-in' ? run.logInTimes : run.times.slice(1);
  const pauseMs = (times[1] ?? 0) - (times[0] ?? 0);
  if (fault.startsWith('429')) expect(pauseMs).toBeGreaterThanOrEqual(900);
  if (slow(fault) === 1) {
    expect(pauseMs).toBeGreaterThanOrEqual(30_000);
    expect(run.log).toContain('within 30s');
  }
});

const slow = (fault: string): number => (['trickle', 'silence'].includes(fault) ? 1 : 0);

test('all of them in one run, followed by success', async () => {
  const simulator = await startSimulator();
  const quick = Object.keys(faults).filter((fault) => slow(fault) === 0 && fault !== 'refused');
  const all = quick.map((fault) => faults[fault]?.() as Fault);
  const { exitCode, outputs, requests, log } = await runAtVendor(
    simulator,
    'sei',
    {
      steps: [{ word: 'Completed' }],
      faults: Object.fromEntries(all.map((fault, index) => [index + 1, fault])),
    },
    { timeout: '60s' },
  );
  await simulator.close();
  expect(exitCode).toBe(0);
  expect(outputs.status).toBe('Successful');
  expect(requests).toHaveLength(quick.length + 1);
  expect(log.match(/asking again in/g)).toHaveLength(quick.length);
});
