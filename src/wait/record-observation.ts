import type { Observation } from '../domain/job.ts';
import { recordChange, type TrackedJob } from './tracked-job.ts';
import { describeUnknownStatuses } from './verdict.ts';
import { elapsedMs, type Wait } from './wait.ts';

/** Emits `observed` when the status changed; the final status is reported by `settled`. */
export function recordObservation(
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
export function warnOnce(
  wait: Wait,
  requestId: string,
  message: string | undefined,
  kind = message ?? '',
): void {
  if (message === undefined || wait.warned.has(kind)) return;
  wait.warned.add(kind);
  wait.onEvent({ kind: 'warning', requestId, message });
}
