import { setMaxListeners } from 'node:events';
import type { Clock } from '../domain/clock.ts';
import { createDeadline, horizonMs, isLate, isOver, type Deadline } from './deadline.ts';
import { Cancelled, TransientFault } from '../domain/errors.ts';
import type { Observation, Outcome } from '../domain/job.ts';
import { fitPauseMs, pauseMs, type Schedule } from './schedule.ts';
import { beat } from './heartbeat.ts';
import { createTurns, type Turns } from './limiter.ts';
import {
  conclude,
  giveUp,
  newJob,
  noteChange,
  unknownWords,
  type Ask,
  type End,
  type Finding,
  type Job,
  type Result,
  type WaitEvent,
} from './verdict.ts';

export interface WaitSettings extends Schedule {
  /** How long to wait in all; 0 asks once. */
  readonly timeoutMs: number;
  readonly onUnknownStatus: 'wait' | 'fail';
}

/** The world around the wait. */
export interface Surroundings {
  readonly clock: Clock;
  /** A number from 0 to 1, as `Math.random`. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WaitEvent) => void;
  /** What else is done for a job once it has ended, before its outcome is given. */
  readonly deliver?: ((outcome: Outcome) => Promise<Outcome>) | undefined;
}

/** One wait, for all its jobs. */
interface Wait extends Surroundings {
  readonly ask: Ask;
  readonly settings: WaitSettings;
  readonly deadline: Deadline;
  readonly turns: Turns;
  readonly warned: Set<string>;
}

/**
 * Asks about every job until each is settled, time runs out or the step is cancelled.
 *
 * @returns one outcome a job, in the order of `requestIds`
 */
export async function waitForJobs(
  requestIds: readonly string[],
  ask: Ask,
  settings: WaitSettings,
  surroundings: Surroundings,
): Promise<Outcome[]> {
  const { clock, signal } = surroundings;
  const deadline = createDeadline(settings.timeoutMs, clock.now());
  setMaxListeners(0, signal); // one a job that sleeps
  const wait: Wait = {
    ...surroundings,
    ask,
    settings,
    deadline,
    turns: createTurns(deadline, clock, signal),
    warned: new Set(),
  };
  const jobs = requestIds.map(newJob);
  const done = new AbortController();
  const heartbeat = beat(clock, done.signal, () => {
    wait.onEvent({ kind: 'progress', elapsedMs: elapsedMs(wait), jobs });
  });
  try {
    return await Promise.all(jobs.map((job) => settle(wait, job)));
  } finally {
    done.abort();
    await heartbeat;
  }
}

async function settle(wait: Wait, job: Job): Promise<Outcome> {
  const end = await endOf(wait, job);
  const { observation } = job;
  if (end.status === 'Successful' && observation?.warning !== undefined) {
    const { requestId } = job;
    wait.onEvent({ kind: 'warning', requestId, message: observation.warning });
  }
  const outcome: Outcome = {
    requestId: job.requestId,
    ...end,
    providerStatus: observation?.providerStatus ?? '',
    batchId: observation?.batchId ?? '',
    filePath: observation?.filePath ?? '',
    polls: job.polls,
    elapsedMs: elapsedMs(wait),
    changes: job.changes,
  };
  const delivered = (await wait.deliver?.(outcome)) ?? outcome;
  job.outcome = delivered;
  wait.onEvent({ kind: 'settled', outcome: delivered });
  return delivered;
}

async function endOf(wait: Wait, job: Job): Promise<End & { timedOut: boolean }> {
  const { clock, deadline, settings } = wait;
  try {
    for (;;) {
      const finding = await question(wait, job);
      const before = job.observation;
      const end = finding && conclude(job, finding.result, settings.onUnknownStatus);
      if (finding !== undefined) watch(wait, job, finding.result, before, end !== undefined);
      if (end !== undefined) return { ...end, timedOut: false };
      if (finding === undefined || isOver(deadline, job, clock.now())) {
        const given = giveUp(job, elapsedMs(wait));
        const timedOut = isLate(deadline, clock.now()) && given !== job.provisional?.end;
        return { ...given, timedOut };
      }
      await rest(wait, job, finding);
    }
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    const status = job.observation === undefined ? 'Error' : 'Pending';
    return { status, reason: 'cancelled', message: error.message, timedOut: false };
  }
}

/** Asks when it is this job's turn; gives nothing if the turn comes too late. */
async function question(wait: Wait, job: Job): Promise<Finding | undefined> {
  const { ask, signal, turns } = wait;
  const finding = await turns.take((answerByMs) => ask(job.requestId, answerByMs, signal));
  if (finding === undefined) return undefined;
  job.polls += 1;
  const { response, result } = finding;
  if (response !== '') {
    const { providerStatus: word = '', filePath = '' } = result instanceof Error ? {} : result;
    wait.onEvent({ kind: 'answered', response, word, filePath });
  }
  return finding;
}

/** Tells of a change; of the last one the end itself tells. */
function watch(
  wait: Wait,
  job: Job,
  result: Result,
  before: Observation | undefined,
  isEnd: boolean,
): void {
  const { requestId } = job;
  if (result instanceof Error) return;
  wait.deadline.answered = true;
  const { state, providerStatus } = result;
  const isChange = before?.providerStatus !== providerStatus || before.state !== state;
  if (isChange) noteChange(job, { elapsedMs: elapsedMs(wait), state, providerStatus });
  if (isEnd) return;
  if (isChange) {
    wait.onEvent({ kind: 'observed', requestId, observation: result });
  }
  const odd = result.state === 'pending' ? result.warning : undefined;
  for (const text of [odd, ...unknownWords(result)]) warnOnce(wait, requestId, text);
}

function warnOnce(wait: Wait, requestId: string, message: string | undefined): void {
  if (message === undefined || wait.warned.has(message)) return;
  wait.warned.add(message);
  wait.onEvent({ kind: 'warning', requestId, message });
}

/** Sleeps until the next question: as long as the schedule says, or the vendor if that is longer. */
async function rest(wait: Wait, job: Job, finding: Finding): Promise<void> {
  const { clock, deadline, settings } = wait;
  const { result, retryAfterMs = 0 } = finding;
  const nowMs = clock.now();
  if (result instanceof TransientFault && result.isLimit) {
    wait.turns.keepQuiet(nowMs + retryAfterMs);
  }
  // Whoever names a time is not unreachable before it.
  deadline.unreachableMs = Math.max(deadline.unreachableMs, nowMs + retryAfterMs);
  const scheduledMs = fitPauseMs(
    pauseMs(nowMs - deadline.startMs, settings, wait.random()),
    horizonMs(deadline) - nowMs,
    settings,
  );
  const restMs = Math.min(Math.max(scheduledMs, retryAfterMs), deadline.endMs - nowMs);
  if (result instanceof Error) {
    const { message } = result;
    wait.onEvent({ kind: 'fault', requestId: job.requestId, message, pauseMs: restMs });
  }
  await clock.sleep(restMs, wait.signal);
}

const elapsedMs = ({ clock, deadline }: Wait): number => clock.now() - deadline.startMs;
