import type { Observation } from '../domain/job.ts';
import { recordChange, recordProgress, type TrackedJob } from './tracked-job.ts';
import { describeUnknownStatuses } from './verdict.ts';
import { elapsedMs, type Wait } from './wait.ts';

/** A chart has no room for more, and up to forty are kept for each job. */
const LONGEST_STATUS = 200;

/** Emits `observed` when the status changed; the final status is reported by `settled`. */
export function recordObservation(
  wait: Wait,
  job: TrackedJob,
  before: Observation | undefined,
  isEnd: boolean,
): void {
  const { observation, requestId } = job;
  if (observation === undefined) return;
  const { state, providerStatus, progress = '' } = observation;
  recordProgress(job, progress, wait.clock.now());
  const isChange = before?.providerStatus !== providerStatus || before.state !== state;
  const isProgress = before !== undefined && before.progress !== observation.progress;
  if (isChange) {
    const shown = providerStatus.length > LONGEST_STATUS ? 'a long text' : providerStatus;
    recordChange(job, { elapsedMs: elapsedMs(wait), state, providerStatus: shown });
  }
  if (isEnd) return;
  if (isChange || isProgress) wait.onEvent({ kind: 'observed', requestId, observation });
  const warning = state === 'pending' ? observation.warning : undefined;
  for (const text of [warning, ...describeUnknownStatuses(observation)]) {
    warnOnce(wait, requestId, text);
  }
}

/** Most different warnings of a wait: a provider may make up a new status in each response. */
const MAX_WARNINGS = 50;

/** @param kind what is warned of once, where that is not the message itself */
export function warnOnce(
  wait: Wait,
  requestId: string,
  message: string | undefined,
  kind = message ?? '',
): void {
  if (message === undefined || wait.warned.has(kind) || wait.warned.size >= MAX_WARNINGS) return;
  wait.warned.add(kind);
  wait.onEvent({ kind: 'warning', requestId, message });
}
