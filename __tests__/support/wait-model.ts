import type { JobStatus, Reason } from '../../src/domain/job.js';
import type { WaitSettings } from '../../src/wait/wait.js';

type Fault = 'unreachable' | 'bad-response' | 'rate-limit';
type Settled = 'successful' | 'partial' | 'failed' | 'rejected';
type Unsure = 'no-link' | 'not-found';

/** What a response says; with `no-link` the job has succeeded, but its link is not there yet. */
export type Says = Fault | Settled | Unsure | 'pending' | 'queued' | 'unknown';

export interface ScriptedResponse {
  readonly says: Says;
  readonly takesMs: number;
  readonly retryAfterMs: number;
}

/** One wait: its settings, and the responses to the polls of each job. */
export interface Script extends Omit<WaitSettings, 'isQueued'> {
  readonly jobs: readonly (readonly ScriptedResponse[])[];
  /** What the jitter draws, each time. */
  readonly random: number;
  readonly cancelAtMs: number | undefined;
}

/** The response to a poll, the first being 0; the last response is repeated. */
export function responseTo({ jobs }: Script, job: number, poll: number): ScriptedResponse {
  const response = jobs[job]?.[poll] ?? jobs[job]?.at(-1);
  if (response === undefined) throw new Error(`job ${job} has no response`);
  return response;
}

type End = readonly [status: JobStatus, reason: Reason, timedOut?: boolean];

interface ModelJob {
  readonly index: number;
  readonly pollsAtMs: number[];
  responses: number;
  /** The last useful response, and when it came. */
  seen: Says | '';
  seenAtMs: number;
  hasLeftQueue: boolean;
  fault: Fault;
  /** An end that is believed once it has lasted. */
  unsure: { readonly says: Unsure; readonly times: number; readonly sinceMs: number } | undefined;
  end: End | undefined;
  endMs: number;
}

const ENDS: Readonly<Record<Settled | Unsure, End>> = {
  successful: ['Successful', ''],
  partial: ['PartialSuccess', 'partial-success'],
  failed: ['Failure', 'job-failed'],
  rejected: ['Error', 'rejected'],
  'not-found': ['Error', 'not-found'],
  'no-link': ['Successful', ''],
};

/**
 * The wait as docs/reference.md and docs/long-waits.md describe it. It shares no code with the real one,
 * which a test compares with it. What follows “Not documented:” is a choice that they leave open.
 */
export function modelWait(script: Script): readonly ModelJob[] {
  const {
    timeoutMs,
    intervalMs,
    maxIntervalMs,
    notFoundGraceMs,
    queueTimeoutMs = Infinity,
  } = script;
  const start = { responses: 0, seenAtMs: 0, hasLeftQueue: false, endMs: 0 };
  const jobs = script.jobs.map((_, index): ModelJob => ({
    ...start,
    index,
    pollsAtMs: [],
    seen: '',
    fault: 'unreachable',
    unsure: undefined,
    end: undefined,
  }));
  const agenda: { readonly atMs: number; readonly act: () => void }[] = [];
  let nowMs = 0;
  let waiting: readonly ModelJob[] = [];
  let polling = 0;
  let limitedUntilMs = 0;
  let isReached = false;
  let unreachableAtMs = 120_000;

  // Not documented: for how long `timeout: 0` goes on to repeat a poll that failed.
  const deadlineMs = timeoutMs === 0 ? 30_000 : timeoutMs;
  // “If the provider has not given a single useful response, the wait ends after two minutes.”
  const giveUpAtMs = () => (isReached ? deadlineMs : Math.min(deadlineMs, unreachableAtMs));
  const at = (atMs: number, act: () => void) => agenda.push({ atMs, act });

  const askAt = (atMs: number, job: ModelJob) =>
    at(Math.round(atMs), () => {
      ask(job);
    });

  // “All jobs are polled side by side, at most ten at once.”
  function ask(...more: ModelJob[]) {
    waiting = [...waiting, ...more];
    while (polling < 10) {
      const [job, ...others] = waiting;
      if (job === undefined) return;
      waiting = others;
      const leftMs = giveUpAtMs() - nowMs;
      const limitedMs = Math.min(limitedUntilMs, giveUpAtMs());
      if (job.end) continue;
      if (limitedMs > nowMs) askAt(limitedMs, job);
      // Not documented: a job that waits for room may be polled for five seconds after the deadline.
      else if (leftMs <= -5000) finish(job, endWithoutTime(job));
      // “One request may take 30 seconds. A poll that begins at the deadline may take five more.”
      else poll(job, Math.min(30_000, Math.max(leftMs, 5000), leftMs + 5000));
    }
  }

  function poll(job: ModelJob, mayTakeMs: number) {
    const response = responseTo(script, job.index, job.pollsAtMs.length);
    const isCut = response.takesMs > mayTakeMs;
    job.pollsAtMs.push(nowMs);
    polling += 1;
    at(nowMs + (isCut ? mayTakeMs + 0.5 : response.takesMs), () => {
      polling -= 1;
      if (!job.end) receive(job, isCut ? { says: 'unreachable', retryAfterMs: 0 } : response);
      ask();
    });
  }

  function receive(job: ModelJob, { says, retryAfterMs }: Omit<ScriptedResponse, 'takesMs'>) {
    note(job, says, retryAfterMs);
    const end = endAfter(job, says);
    if (end) {
      finish(job, end);
      return;
    }
    // “`Retry-After` is obeyed, but not past the deadline.”
    const pauseMs = Math.max(ownPauseMs(job, giveUpAtMs() - nowMs), retryAfterMs);
    askAt(Math.min(nowMs + pauseMs, deadlineMs), job);
  }

  function note(job: ModelJob, says: Says, retryAfterMs: number) {
    job.responses += 1;
    // “A rate limit holds for all jobs of the step.”
    if (says === 'rate-limit') limitedUntilMs = Math.max(limitedUntilMs, nowMs + retryAfterMs);
    // Not documented: a provider that names a time is not given up before then.
    if (nowMs < giveUpAtMs()) unreachableAtMs = Math.max(unreachableAtMs, nowMs + retryAfterMs);
    if (says === 'not-found') unreachableAtMs = Math.max(unreachableAtMs, notFoundGraceMs);

    // “An unknown id ends the wait after `not-found-grace` and three polls at least. The link of a
    // finished job may come as late.” Not documented: a poll that is retried changes nothing of this.
    if (isUnsure(says)) {
      const first = { times: 0, sinceMs: says === 'no-link' ? nowMs : job.seenAtMs };
      const { times, sinceMs } = job.unsure?.says === says ? job.unsure : first;
      job.unsure = { says, times: times + 1, sinceMs };
    }
    if (isFault(says)) job.fault = says;
    if (!isUseful(says)) return;
    isReached = true;
    job.seen = says;
    job.seenAtMs = nowMs;
    if (says === 'no-link') return;
    job.unsure = undefined;
    job.hasLeftQueue ||= says !== 'queued';
  }

  function endAfter(job: ModelJob, says: Says): End | undefined {
    const { times, sinceMs } = job.unsure ?? { times: 0, sinceMs: 0 };
    const hasLasted = times >= 3 && nowMs - sinceMs >= notFoundGraceMs;
    if (isSettled(says) || (isUnsure(says) && hasLasted)) return ENDS[says];
    if (says === 'unknown' && script.onUnknownStatus === 'fail') return ['Error', 'unknown-status'];
    // “With `timeout: 0` the provider is polled once”; “up to three more times” if it does not respond.
    const isAnswered = isUseful(says) && !isUnsure(says);
    const isEnough = timeoutMs === 0 && (isAnswered || job.responses > 3);
    const isOver = isEnough || isStuck(job) || nowMs >= giveUpAtMs();
    return isOver ? endWithoutTime(job) : undefined;
  }

  // “How long a job may be seen only in `queued-statuses`.”
  const isStuck = ({ seen, hasLeftQueue, unsure }: ModelJob) =>
    seen === 'queued' && !hasLeftQueue && !unsure && nowMs >= queueTimeoutMs;

  // Not documented: what is unsure is believed then, but an id that is unknown does not undo a status.
  function endWithoutTime(job: ModelJob): End {
    if (isStuck(job)) return ['Pending', 'stuck-in-queue'];
    const { unsure, seen, fault } = job;
    const timedOut = timeoutMs === 0 || nowMs >= deadlineMs;
    if (unsure?.says === 'no-link') return ENDS['no-link'];
    if (seen !== '') return ['Pending', 'timed-out', timedOut];
    if (unsure) return ['Error', 'not-found', timedOut];
    return ['Error', fault === 'bad-response' ? fault : 'unreachable', timedOut];
  }

  // “The pause grows with the time waited so far (a tenth of it), from `interval` to `max-interval`. The
  // last poll falls on the deadline.” Not documented: jitter takes 5 % at most; the pause before the last
  // one is bent so that none of them is shorter than `interval` or longer than `max-interval`.
  function ownPauseMs(job: ModelJob, leftMs: number) {
    const tenthMs = Math.min(nowMs * 0.1, maxIntervalMs) * (1 - 0.05 * script.random);
    const pauseMs = Math.max(tenthMs, intervalMs);
    const isTooLong = leftMs > maxIntervalMs && leftMs >= 2 * intervalMs;
    const lastMs = isTooLong ? leftMs - intervalMs : leftMs;
    const fittedMs = leftMs < pauseMs + intervalMs ? lastMs : pauseMs;
    const mayBeStuck = !job.hasLeftQueue && nowMs < queueTimeoutMs;
    return mayBeStuck ? Math.min(fittedMs, Math.max(queueTimeoutMs - nowMs, intervalMs)) : fittedMs;
  }

  function finish(job: ModelJob, end: End) {
    Object.assign(job, { end, endMs: nowMs });
    const [status, , timedOut] = end;
    // “Once one has failed, the wait for the others ends.” A job that ran out of time has not failed.
    if (!script.failFast || status === 'Successful' || timedOut) return;
    // Not documented: the room of the failed job is given away before the wait ends.
    if (nowMs < giveUpAtMs() + 5000) ask();
    cancel(() => 'Pending');
  }

  function cancel(statusOf: (job: ModelJob) => JobStatus) {
    for (const job of jobs.filter(({ end }) => !end))
      Object.assign(job, { end: [statusOf(job), 'cancelled'], endMs: nowMs });
  }

  if (script.cancelAtMs !== undefined)
    at(script.cancelAtMs, () => {
      cancel(({ seen }) => (seen === '' ? 'Error' : 'Pending'));
    });
  ask(...jobs);
  while (jobs.some(({ end }) => !end)) {
    const next = agenda.reduce((a, b) => (b.atMs < a.atMs ? b : a));
    agenda.splice(agenda.indexOf(next), 1);
    nowMs = next.atMs;
    next.act();
  }
  return jobs;
}

const isFault = (says: Says): says is Fault =>
  says === 'unreachable' || says === 'bad-response' || says === 'rate-limit';
const isUnsure = (says: Says): says is Unsure => says === 'no-link' || says === 'not-found';
const isSettled = (says: Says): says is Settled => says in ENDS && !isUnsure(says);
const isUseful = (says: Says) => !isFault(says) && says !== 'not-found' && says !== 'rejected';
