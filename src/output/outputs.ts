import { worstOf, type Outcome } from '../domain/job.ts';
import type { Secrets } from '../text/secrets.ts';
import { excerpt, toLine } from '../text/inert.ts';

/** Most of an answer that the output `response` holds. */
const MAX_RESPONSE_BYTES = 64 * 1024;
/** Most of any other text in an output. */
const MAX_LINE = 8 * 1024;

/**
 * Every output of action.yml; with several jobs the single values hold one line a job.
 *
 * @param response the last answer of the vendor
 */
export function outputsOf(
  outcomes: readonly Outcome[],
  response: string,
  secrets: Secrets,
): Record<string, string> {
  const { redact, redactLink } = secrets;
  const worst = worstOf(outcomes);
  // Before it is cut, lest half a secret stays; after, lest what is taken out joins two halves.
  const line = (text: string) => redact(excerpt(redact(text), MAX_LINE));
  const link = (text: string) => redactLink(toLine(redactLink(text).slice(0, MAX_LINE)));
  const jobs = outcomes.map((outcome) => ({
    requestId: redact(outcome.requestId),
    status: outcome.status,
    reason: outcome.reason,
    providerStatus: line(outcome.providerStatus),
    batchId: link(outcome.batchId),
    filePath: link(outcome.filePath),
    message: line(outcome.message),
    timedOut: outcome.timedOut,
    polls: outcome.polls,
    elapsedSeconds: Math.round(outcome.elapsedMs / 100) / 10,
    reportFile: outcome.report?.file ?? '',
  }));
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
    response: cut(secrets.redactJson(response)),
  };
}

/** Cuts text to what `response` may hold, between two characters. */
const cut = (text: string): string =>
  new TextDecoder().decode(Buffer.from(text).subarray(0, MAX_RESPONSE_BYTES), { stream: true });
