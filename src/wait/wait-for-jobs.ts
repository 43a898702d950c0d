import { setMaxListeners } from 'node:events';
import { Cancelled, PermanentError, TransientError } from '../domain/errors.ts';
import { observedFields, type Outcome } from '../domain/job.ts';
import type { PollResult } from '../domain/poll.ts';
import { duration } from '../text/format.ts';
import { createDeadline } from './deadline.ts';
import { everyMinute } from './heartbeat.ts';
import { createLimiter } from './limiter.ts';
import { recordObservation } from './record-observation.ts';
import { sleepUntilNextPoll } from './sleep.ts';
import { trackJob, type JobEnd, type TrackedJob } from './tracked-job.ts';
import { applyPollResult, endAtDeadline, type VerdictContext } from './verdict.ts';
import {
  elapsedMs,
  type Wait,
  type WaitContext,
  type WaitResult,
  type WaitSettings,
} from './wait.ts';

/** Polls every job until each is settled, time runs out or the step is cancelled. */
export async function waitForJobs(
  requestIds: readonly string[],
  settings: WaitSettings,
  context: WaitContext,
): Promise<WaitResult> {
  const { clock } = context;
  const deadline = createDeadline(settings.timeoutMs, clock.now());
  const others = new AbortController();
  const signal = AbortSignal.any([context.signal, others.signal]);
  setMaxListeners(0, signal, context.signal); // one per job that sleeps
  const limiter = createLimiter(deadline, clock, signal);
  const wait: Wait = {
    ...context,
    signal,
    settings,
    deadline,
    limiter,
    warned: new Set(),
    lastBody: '',
    cancelOthers: (reason) => {
      others.abort(reason);
    },
  };
  const jobs = requestIds.map(trackJob);
  const done = new AbortController();
  const warning = warnWhenLong(wait, jobs, done.signal);
  const heartbeat = everyMinute(clock, done.signal, () => {
    wait.onEvent({ kind: 'progress', elapsedMs: elapsedMs(wait), jobs });
  });
  try {
    const outcomes = await Promise.all(jobs.map((job) => waitForJob(wait, job)));
    return { outcomes, response: wait.lastBody };
  } finally {
    done.abort();
    await Promise.all([heartbeat, warning]);
  }
}

/** Warns once when the wait takes longer than the workflow expects. */
async function warnWhenLong(
  wait: Wait,
  jobs: readonly TrackedJob[],
  signal: AbortSignal,
): Promise<void> {
  const { warnAfterMs } = wait.settings;
  if (warnAfterMs === undefined) return;
  try {
    await wait.clock.sleep(warnAfterMs, signal);
    wait.onEvent({ kind: 'long-wait', elapsedMs: elapsedMs(wait), jobs });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function waitForJob(wait: Wait, job: TrackedJob): Promise<Outcome> {
  const end = await pollUntilSettled(wait, job);
  const { observation, requestId } = job;
  const outcome: Outcome = {
    requestId,
    ...end,
    message: [end.message, hintAtList(requestId, end)].filter(Boolean).join('; '),
    ...observedFields(observation),
    polls: job.polls,
    elapsedMs: elapsedMs(wait),
    changes: job.changes,
  };
  const finished = await wait.finishJob?.(outcome);
  // A download takes its time, which belongs to the job.
  job.outcome = finished ? { ...finished, elapsedMs: elapsedMs(wait) } : outcome;
  if (job.outcome.status === 'Successful' && observation?.warning !== undefined) {
    wait.onEvent({ kind: 'warning', requestId, message: observation.warning });
  }
  wait.onEvent({ kind: 'settled', outcome: job.outcome });
  // A job that ran out of time has not failed: the last polls of the others are under way.
  const hasFailed = !job.outcome.timedOut && wait.isFailure(job.outcome);
  if (wait.settings.failFast && hasFailed) {
    wait.cancelOthers(new Error(`cancelled, since job ${requestId} has failed (\`fail-fast\`)`));
  }
  return job.outcome;
}

/** Several ids in one line are one id, which no provider knows. */
const hintAtList = (requestId: string, { reason }: JobEnd): string =>
  reason === 'not-found' && /[,;|\s]/.test(requestId)
    ? `if “${requestId}” is several ids, write one per line`
    : '';

async function pollUntilSettled(wait: Wait, job: TrackedJob): Promise<JobEnd> {
  const { clock, deadline } = wait;
  try {
    for (;;) {
      const result = await pollJob(wait, job);
      const before = job.observation;
      const end = result && applyPollResult(job, result, verdictContext(wait));
      recordObservation(wait, job, before, end !== undefined);
      const settled = end ?? endInQueue(wait, job);
      if (settled !== undefined) return settled;
      const nowMs = clock.now();
      if (result === undefined || deadline.shouldStop(job, nowMs)) {
        return endAtDeadline(job, elapsedMs(wait), deadline.hasRunOutOfTime(nowMs));
      }
      await sleepUntilNextPoll(wait, job, result);
    }
  } catch (error) {
    if (!wait.signal.aborted) throw error;
    const reason = wait.signal.reason as Error;
    const isStep = reason instanceof Cancelled;
    const status = isStep && job.observation === undefined ? 'Error' : 'Pending';
    const { message } = reason;
    return { status, reason: 'cancelled', message, timedOut: false };
  }
}

/** The end of a job that has only been seen queued for too long. */
function endInQueue({ settings, ...wait }: Wait, job: TrackedJob): JobEnd | undefined {
  const { queueTimeoutMs, isQueued } = settings;
  // A response that is not believed yet (an id that is not known so far) says nothing of a queue.
  const status = job.unconfirmedOutcome ? undefined : job.observation?.providerStatus;
  if (status !== undefined && !isQueued(status)) job.hasStarted = true;
  const waitedMs = wait.clock.now() - wait.deadline.startMs;
  if (queueTimeoutMs === undefined || status === undefined || job.hasStarted) return undefined;
  if (waitedMs < queueTimeoutMs) return undefined;
  const message = `still ${status} after ${duration(waitedMs)}, longer than \`queue-timeout\``;
  return { status: 'Pending', reason: 'stuck-in-queue', message, timedOut: false };
}

const verdictContext = ({ settings, deadline, clock }: Wait): VerdictContext => ({
  ...settings,
  startMs: deadline.startMs,
  nowMs: clock.now(),
});

/** Polls when there is room; undefined if that is too late. */
async function pollJob(wait: Wait, job: TrackedJob): Promise<PollResult | undefined> {
  const { requestId } = job;
  const result = await wait.limiter.run(async (requestDeadlineMs) => {
    const polled = await wait.poll(requestId, requestDeadlineMs, wait.signal);
    noteForAllJobs(wait, polled); // before there is room for another job
    return polled;
  });
  if (result === undefined) return undefined;
  job.polls += 1;
  wait.lastBody = result.body || wait.lastBody;
  wait.onEvent({ kind: 'polled', requestId, result });
  // Thousands of jobs sleep at a time: none keeps the body of its last response.
  return { ...result, body: '' };
}

/** Notes what the result of one job's poll means for every job. */
function noteForAllJobs({ clock, deadline, limiter, settings }: Wait, result: PollResult): void {
  const { observation, error, retryAfterMs = 0 } = result;
  const nowMs = clock.now();
  const untilMs = nowMs + retryAfterMs;
  if (observation) deadline.noteUsefulResponse();
  if (nowMs < deadline.giveUpAtMs()) deadline.extendTo(untilMs);
  if (error instanceof TransientError && error.isRateLimit) limiter.pauseUntil(untilMs);
  // A provider that does not know the job yet has responded.
  const isUnknownYet = error instanceof PermanentError && error.needsGrace;
  if (isUnknownYet) deadline.extendTo(deadline.startMs + settings.notFoundGraceMs);
}
