import { worstOf, type Outcome } from '../domain/job.ts';
import type { WaitResult } from '../wait/wait-for-jobs.ts';
import type { Sanitizer } from '../text/sanitizer.ts';

/** Most of a response that the output `response` holds. */
const MAX_RESPONSE_BYTES = 64 * 1024;
/** Most of any other text in an output. */
const MAX_LINE_LENGTH = 8 * 1024;

/** Every output of action.yml; with several jobs the single values hold one line per job. */
export function toOutputs(
  { outcomes, response }: WaitResult,
  sanitizer: Sanitizer,
): Record<string, string> {
  const worst = worstOf(outcomes);
  const jobs = outcomes.map((outcome) => toJobOutput(outcome, sanitizer));
  const lines = (name: 'batchId' | 'filePath' | 'providerStatus' | 'message' | 'reportFile') =>
    jobs.map((job) => job[name]).join('\n');
  return {
    status: worst?.status ?? 'Error',
    batchId: lines('batchId'),
    filePath: lines('filePath'),
    providerStatus: lines('providerStatus'),
    message: lines('message'),
    reason: worst?.reason ?? '',
    timedOut: String(outcomes.some(({ timedOut }) => timedOut)),
    reportFile: lines('reportFile'),
    jobs: JSON.stringify(jobs),
    response: cut(sanitizer.json(response)),
  };
}

/** One object of the output `jobs`. */
function toJobOutput(outcome: Outcome, sanitizer: Sanitizer) {
  return {
    requestId: sanitizer.redact(outcome.requestId),
    status: outcome.status,
    reason: outcome.reason,
    providerStatus: sanitizer.line(outcome.providerStatus, MAX_LINE_LENGTH),
    batchId: sanitizer.link(outcome.batchId),
    filePath: sanitizer.link(outcome.filePath),
    message: sanitizer.line(outcome.message, MAX_LINE_LENGTH),
    timedOut: outcome.timedOut,
    polls: outcome.polls,
    elapsedSeconds: Math.round(outcome.elapsedMs / 100) / 10,
    reportFile: outcome.reportFile?.path ?? '',
  };
}

/** Cuts text to what `response` may hold, between two characters. */
const cut = (text: string): string =>
  new TextDecoder().decode(Buffer.from(text).subarray(0, MAX_RESPONSE_BYTES), { stream: true });
