import { TransientError } from '../domain/errors.ts';
import type { PollResult } from '../domain/poll.ts';
import { warnOnce } from './record-observation.ts';
import { fitPauseMs, pauseMs } from './schedule.ts';
import { expectedEndMs, type TrackedJob } from './tracked-job.ts';
import type { Wait } from './wait.ts';

/** Sleeps as long as the schedule says, or as the provider asks if that is longer. */
export async function sleepUntilNextPoll(
  wait: Wait,
  job: TrackedJob,
  result: PollResult,
): Promise<void> {
  const { clock, deadline, settings } = wait;
  const { error, retryAfterMs = 0 } = result;
  const nowMs = clock.now();
  const grownMs = pauseMs(nowMs - deadline.startMs, settings, wait.random());
  const scheduledMs = fitPauseMs(
    Math.min(grownMs, untilExpectedEndMs(wait, job, nowMs)),
    deadline.giveUpAtMs() - nowMs,
    settings,
  );
  const ownMs = Math.min(scheduledMs, untilQueueEndMs(wait, job, nowMs));
  const sleepMs = Math.min(Math.max(ownMs, retryAfterMs), deadline.endMs - nowMs);
  if (error !== undefined) {
    const { requestId } = job;
    const pause = { pauseMs: sleepMs, requestedMs: retryAfterMs };
    wait.onEvent({ kind: 'poll-failed', requestId, message: error.message, ...pause });
    // One hint is enough, even where each response would give another.
    if (error instanceof TransientError) warnOnce(wait, requestId, error.hint, 'hint');
  }
  await clock.sleep(sleepMs, wait.signal);
}

/** Where the provider says how far a job has come, the next poll falls on the end that this makes likely. */
function untilExpectedEndMs({ settings }: Wait, job: TrackedJob, nowMs: number): number {
  const leftMs = (expectedEndMs(job) ?? nowMs) - nowMs;
  return leftMs <= 0 ? Infinity : Math.max(leftMs, settings.intervalMs);
}

/** A job that may be stuck in its queue is polled when that is decided. */
function untilQueueEndMs(
  { settings, deadline }: Wait,
  { hasStarted }: TrackedJob,
  nowMs: number,
): number {
  const { queueTimeoutMs, intervalMs } = settings;
  if (queueTimeoutMs === undefined || hasStarted) return Infinity;
  const leftMs = deadline.startMs + queueTimeoutMs - nowMs;
  return leftMs <= 0 ? Infinity : Math.max(leftMs, intervalMs);
}
