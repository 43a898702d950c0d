import { setMaxListeners } from 'node:events';
import type { Clock } from '../domain/clock.ts';
import { TransientError } from '../domain/errors.ts';
import type { Observation, Outcome } from '../domain/job.ts';
import type { Poll, PollResult } from '../domain/poll.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import type { WaitEvent } from './events.ts';
import { everyMinute } from './heartbeat.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { fitPauseMs, pauseMs, type Schedule } from './schedule.ts';
import { recordChange, trackJob, type JobEnd, type TrackedJob } from './tracked-job.ts';
import {
  applyPollResult,
  describeUnknownStatuses,
  endAtDeadline,
  type VerdictContext,
} from './verdict.ts';

export interface WaitSettings extends Schedule {
  /** How long to wait in all; 0 polls once. */
  readonly timeoutMs: number;
  readonly onUnknownStatus: 'wait' | 'fail';
  /** How long a job may be unknown, or a finished one without its link, before that is believed. */
  readonly notFoundGraceMs: number;
}

/** What a wait takes from outside. */
export interface WaitContext {
  readonly poll: Poll;
  readonly clock: Clock;
  /** A number from 0 to 1, as `Math.random`. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WaitEvent) => void;
  /** What else is done for a job once it is settled, before its outcome counts. */
  readonly finishJob?: ((outcome: Outcome) => Promise<Outcome>) | undefined;
}

export interface WaitResult {
  /** One per job, in the order of the ids. */
  readonly outcomes: readonly Outcome[];
  /** Body of the last response to a poll; empty where none came. */
  readonly response: string;
}

/** One wait, for all its jobs. */
interface Wait extends WaitContext {
  readonly settings: WaitSettings;
  readonly deadline: Deadline;
  readonly limiter: Limiter;
  readonly warned: Set<string>;
  lastBody: string;
}

/** Polls every job until each is settled, time runs out or the step is cancelled. */
export async function waitForJobs(
  requestIds: readonly string[],
  settings: WaitSettings,
  context: WaitContext,
): Promise<WaitResult> {
  const { clock, signal } = context;
  const deadline = createDeadline(settings.timeoutMs, clock.now());
  setMaxListeners(0, signal); // one per job that sleeps
  const limiter = createLimiter(deadline, clock, signal);
  const wait: Wait = { ...context, settings, deadline, limiter, warned: new Set(), lastBody: '' };
  const jobs = requestIds.map(trackJob);
  const done = new AbortController();
  const heartbeat = everyMinute(clock, done.signal, () => {
    wait.onEvent({ kind: 'progress', elapsedMs: elapsedMs(wait), jobs });
  });
  try {
    const outcomes = await Promise.all(jobs.map((job) => waitForJob(wait, job)));
    return { outcomes, response: wait.lastBody };
  } finally {
    done.abort();
    await heartbeat;
  }
}

async function waitForJob(wait: Wait, job: TrackedJob): Promise<Outcome> {
  const end = await pollUntilSettled(wait, job);
  const { observation, requestId } = job;
  if (end.status === 'Successful' && observation?.warning !== undefined) {
    wait.onEvent({ kind: 'warning', requestId, message: observation.warning });
  }
  const outcome: Outcome = {
    requestId,
    ...end,
    providerStatus: observation?.providerStatus ?? '',
    batchId: observation?.batchId ?? '',
    filePath: observation?.filePath ?? '',
    ...(observation?.filePaths && { filePaths: observation.filePaths }),
    polls: job.polls,
    elapsedMs: elapsedMs(wait),
    changes: job.changes,
  };
  // A download takes its time, which belongs to the job.
  const finished = await wait.finishJob?.(outcome);
  job.outcome = { ...(finished ?? outcome), elapsedMs: elapsedMs(wait) };
  wait.onEvent({ kind: 'settled', outcome: job.outcome });
  return job.outcome;
}

async function pollUntilSettled(wait: Wait, job: TrackedJob): Promise<JobEnd> {
  const { clock, deadline } = wait;
  try {
    for (;;) {
      const result = await pollJob(wait, job);
      const before = job.observation;
      const end = result && applyPollResult(job, result, verdictContext(wait));
      if (result?.observation) recordObservation(wait, job, before, end !== undefined);
      if (end !== undefined) return end;
      const nowMs = clock.now();
      if (result === undefined || deadline.shouldStop(job, nowMs)) {
        return endAtDeadline(job, elapsedMs(wait), deadline.hasRunOutOfTime(nowMs));
      }
      await sleepUntilNextPoll(wait, job, result);
    }
  } catch (error) {
    if (!wait.signal.aborted) throw error;
    const status = job.observation === undefined ? 'Error' : 'Pending';
    const { message } = wait.signal.reason as Error;
    return { status, reason: 'cancelled', message, timedOut: false };
  }
}

const verdictContext = ({ settings, deadline, clock }: Wait): VerdictContext => ({
  ...settings,
  startMs: deadline.startMs,
  nowMs: clock.now(),
});

/** Polls when there is room; undefined if that is too late. */
async function pollJob(wait: Wait, job: TrackedJob): Promise<PollResult | undefined> {
  const { requestId } = job;
  const result = await wait.limiter.run((requestDeadlineMs) =>
    wait.poll(requestId, requestDeadlineMs, wait.signal),
  );
  if (result === undefined) return undefined;
  job.polls += 1;
  wait.lastBody = result.body || wait.lastBody;
  wait.onEvent({ kind: 'polled', requestId, result });
  return result;
}

/** Emits `observed` when the status changed; the final status is reported by `settled`. */
function recordObservation(
  wait: Wait,
  job: TrackedJob,
  before: Observation | undefined,
  isEnd: boolean,
): void {
  const { observation, requestId } = job;
  if (observation === undefined) return;
  wait.deadline.noteUsefulResponse();
  const { state, providerStatus } = observation;
  const isChange = before?.providerStatus !== providerStatus || before.state !== state;
  if (isChange) recordChange(job, { elapsedMs: elapsedMs(wait), state, providerStatus });
  if (isEnd) return;
  if (isChange) wait.onEvent({ kind: 'observed', requestId, observation });
  const warning = state === 'pending' ? observation.warning : undefined;
  for (const text of [warning, ...describeUnknownStatuses(observation)]) {
    warnOnce(wait, requestId, text);
  }
}

/** @param kind what is warned of once, where that is not the message itself */
function warnOnce(wait: Wait, requestId: string, message?: string, kind = message ?? ''): void {
  if (message === undefined || wait.warned.has(kind)) return;
  wait.warned.add(kind);
  wait.onEvent({ kind: 'warning', requestId, message });
}

/** Sleeps as long as the schedule says, or as the provider asks if that is longer. */
async function sleepUntilNextPoll(wait: Wait, job: TrackedJob, result: PollResult): Promise<void> {
  const { clock, deadline, limiter, settings } = wait;
  const { error, retryAfterMs = 0 } = result;
  const nowMs = clock.now();
  if (error instanceof TransientError && error.isRateLimit) {
    limiter.pauseUntil(nowMs + retryAfterMs);
  }
  deadline.notePause(nowMs + retryAfterMs);
  const scheduledMs = fitPauseMs(
    pauseMs(nowMs - deadline.startMs, settings, wait.random()),
    deadline.giveUpAtMs() - nowMs,
    settings,
  );
  const sleepMs = Math.min(Math.max(scheduledMs, retryAfterMs), deadline.endMs - nowMs);
  if (error !== undefined) {
    const { requestId } = job;
    wait.onEvent({ kind: 'poll-failed', requestId, message: error.message, pauseMs: sleepMs });
    // One hint is enough, even where each response would give another.
    if (error instanceof TransientError) warnOnce(wait, requestId, error.hint, 'hint');
  }
  await clock.sleep(sleepMs, wait.signal);
}

const elapsedMs = ({ clock, deadline }: Wait): number => clock.now() - deadline.startMs;
