import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import type { SimulatedError } from '../../simulator/errors.js';
import { startSimulator } from '../../simulator/simulator.js';
import { builtInProviders, loginInputsAt, runAtProvider, simulated } from '../support/provider.js';

/**
 * Every error that may pass, on the first login and on the second poll, at every provider. Each cell is a
 * run of the bundle. The silent ones take the 30 seconds of a request, so they run side by side, beside the
 * others, and the tests look at what came of them.
 */
const inSeconds = () => new Date(Date.now() + 3000).toUTCString();
const status = (code: number, retryAfter?: () => string): SimulatedError => ({
  status: code,
  body: { message: 'busy' },
  // Reckoned when it is sent, however long the step took to start.
  get headers(): Record<string, string> {
    return retryAfter ? { 'Retry-After': retryAfter() } : {};
  },
});
const errors: Record<string, () => SimulatedError | 'refused'> = {
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

interface Cell {
  readonly provider: string;
  readonly error: string;
  readonly phase: 'login' | 'status';
}

const cells = builtInProviders.flatMap((provider) =>
  Object.keys(errors).flatMap((error): Cell[] => [
    { provider, error, phase: 'login' },
    { provider, error, phase: 'status' },
  ]),
);

/** Cells that end the wait at once, since there the error means something else. */
const refusals: readonly Cell[] = [
  // Wrong credentials look like this at Uniware, and no account should be locked by trying again.
  { provider: 'unicommerce', error: '500', phase: 'login' },
];

/** Runs one cell at a simulator of its own, since a refused connection concerns all of it. */
async function play({ provider, error, phase }: Cell) {
  const simulator = await startSimulator();
  const given = errors[error]?.() ?? 'reset';
  const refusing = given === 'refused';
  if (phase === 'login' && !refusing) simulator.logins.errors = { 1: given };
  const filePath = 'https://reports.example/a.csv';
  const { pending, successful } = simulated(provider).statuses;
  const end = { status: successful, filePath };
  const steps = phase === 'status' ? [{ status: pending, forPolls: 1 }, end] : [end];
  const job = { steps, errors: phase === 'status' && !refusing ? { 2: given } : {} };

  // A server that goes away between two polls, or is not there yet for the first one, until it is missed.
  if (refusing && phase === 'login') await simulator.close();
  let away = !refusing || phase === 'login';
  let back = !refusing;
  const run = await runAtProvider(
    simulator,
    provider,
    job,
    {
      ...(phase === 'login' ? { token: '', ...loginInputsAt(simulator.url, provider) } : {}),
      timeout: '60s',
      interval: '0.3s',
    },
    {
      onLog: (log) => {
        if (!away && log.includes(pending)) {
          away = true;
          void simulator.close();
        }
        if (!back && log.includes('polling again in')) {
          back = true;
          void simulator.reopen();
        }
      },
    },
  );
  await simulator.close();
  return run;
}

const isSilent = ({ error }: Pick<Cell, 'error'>) => ['trickle', 'silence'].includes(error);

const runs = new Map<Cell, Awaited<ReturnType<typeof play>>>();
beforeAll(async () => {
  const playAndKeep = async (cell: Cell) => {
    runs.set(cell, await play(cell));
  };
  const [silent, quick] = [cells.filter(isSilent), cells.filter((cell) => !isSilent(cell))];
  const playQuick = async (): Promise<void> => {
    for (let cell = quick.shift(); cell; cell = quick.shift()) await playAndKeep(cell);
  };
  // They wait for half a minute, and begin one after the other: so many processes at once would hold up all others.
  const playSilent = silent.map(async (cell, index) => {
    await sleep(index * 300);
    await playAndKeep(cell);
  });
  await Promise.all([...playSilent, ...Array.from({ length: 5 }, playQuick)]);
}, 240_000);

test.each(cells)('$provider: $error during $phase', (cell) => {
  const { provider, error, phase } = cell;
  const run = runs.get(cell);
  if (run === undefined) throw new Error('the cell was not run');
  const isRefusal = refusals.some(
    (one) => one.provider === provider && one.error === error && one.phase === phase,
  );
  if (isRefusal) {
    expect(run.exitCode).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
    expect(run.logins).toHaveLength(1);
    return;
  }
  expect(run.log).toMatch(/polling again in/);
  expect(run.exitCode).toBe(0);
  expect(run.outputs).toMatchObject({ status: 'Successful', reason: '', timedOut: 'false' });
  if (phase === 'login') {
    expect(run.logins).toHaveLength(error === 'refused' ? 1 : 2);
  } else {
    expect(run.requests).toHaveLength(error === 'refused' ? 2 : 3);
  }
  const times = phase === 'login' ? run.loginTimes : run.times.slice(1);
  const pauseMs = (times[1] ?? 0) - (times[0] ?? 0);
  if (error.startsWith('429')) expect(pauseMs).toBeGreaterThanOrEqual(900);
  if (isSilent(cell)) {
    // Not the pause: a busy server notes the first request late.
    expect(run.ms).toBeGreaterThanOrEqual(30_000);
    expect(run.log).toContain('within 30s');
  }
});

test('polls and logins by GET and by POST are among them', () => {
  const methods = [...runs].map(
    ([{ phase }, { logins, requests }]) =>
      `${phase} ${(phase === 'login' ? logins : requests)[0]?.line.split(' ')[0]}`,
  );
  const all = ['login GET', 'login POST', 'status GET', 'status POST'];
  expect([...new Set(methods)].sort()).toEqual(all);
});

test('all of them in one run, followed by success', async () => {
  const simulator = await startSimulator();
  const quick = Object.keys(errors).filter((error) => !isSilent({ error }) && error !== 'refused');
  const all = quick.map((error) => errors[error]?.() as SimulatedError);
  const { exitCode, outputs, requests, log } = await runAtProvider(
    simulator,
    'sei',
    {
      steps: [{ status: 'Completed' }],
      errors: Object.fromEntries(all.map((error, index) => [index + 1, error])),
    },
    { timeout: '60s' },
  );
  await simulator.close();
  expect(exitCode).toBe(0);
  expect(outputs.status).toBe('Successful');
  expect(requests).toHaveLength(quick.length + 1);
  expect(log.match(/polling again in/g)).toHaveLength(quick.length);
});
