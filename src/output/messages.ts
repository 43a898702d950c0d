import { isSettled, type Observation, type Outcome, type Reason } from '../domain/job.ts';
import type { DownloadEvent } from '../download/context.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { counted, duration, size } from '../text/format.ts';
import type { WaitEvent } from '../wait/events.ts';

/** Makes one harmless line of text that came from outside, without secrets. */
export type ToLine = (text: string) => string;

/** The first line: what is waited for, and until when. */
export function describeWait(
  { provider, requestIds, settings, timeoutMs }: Inputs,
  startMs: number,
  toLine: ToLine,
): string {
  const [only = ''] = requestIds;
  const what = requestIds.length === 1 ? `job ${toLine(only)}` : `${requestIds.length} jobs`;
  const where = `${provider.title} (${new URL(settings.baseUrl).host})`;
  const until = new Date(startMs + timeoutMs).toISOString().slice(0, 19).replace('T', ' ');
  const howLong =
    timeoutMs === 0 ? 'polling once' : `for ${duration(timeoutMs)}, until ${until} UTC`;
  return `Waiting for ${what} at ${where}, ${howLong}`;
}

/** What the workflow says that statuses mean, as it was understood: `success: Booked, Settled`. */
export function describeClassified({ settings, queuedStatuses: queued }: Inputs): string[] {
  const { successful = [], partial = [], failed = [], pending = [] } = settings.statusWords;
  return Object.entries({ success: successful, partial, failure: failed, pending, queued }).flatMap(
    ([name, statuses]) => (statuses.length === 0 ? [] : `${name}: ${statuses.join(', ')}`),
  );
}

/** What a response says about a job. */
export const describeObservation = (
  { providerStatus, note }: Observation,
  toLine: ToLine,
): string => (toLine(providerStatus) || 'no status yet') + (note ? ` (${toLine(note)})` : '');

/** What to check where the status could not be read. */
const ADVICE_BY_REASON: Readonly<Partial<Record<Reason, string>>> = {
  rejected:
    'check that the credentials are still valid and may read this job, and that the inputs are what the provider expects',
  'not-found':
    'check request-id, and that the URL is that of the service where the job was started',
  unreachable: 'check that the URL is right and can be reached from this runner',
  'bad-response': 'check that the URL is right; debug logging shows more of each response',
};

/** How one job ended, in a line: its outcome, why, and the provider's message. */
export function describeOutcome(outcome: Outcome, toLine: ToLine): string {
  const { status, reason, message, providerStatus, polls, elapsedMs } = outcome;
  const lastStatus = providerStatus === '' ? '' : `, status “${toLine(providerStatus)}”`;
  const why = reason === '' ? '' : ` (${reason})`;
  const cost = ` after ${duration(elapsedMs)} and ${counted(polls, 'poll')}`;
  const advice = ADVICE_BY_REASON[reason] ?? '';
  const rest = [toLine(message), advice].filter(Boolean).join('; ');
  return `${status}${why}${cost}${lastStatus}${rest === '' ? '' : `: ${rest}`}`;
}

/** How far a report has come. */
export function describeDownload({
  bytes,
  totalBytes,
  bytesPerSecond,
}: Extract<DownloadEvent, { kind: 'downloading' }>): string {
  const share = totalBytes
    ? ` of ${size(totalBytes)} (${Math.floor((100 * bytes) / totalBytes)} %)`
    : '';
  return `report: ${size(bytes)}${share}, ${size(bytesPerSecond)}/s`;
}

/** The line that comes once a minute. */
export function describeProgress(
  { jobs, elapsedMs }: Extract<WaitEvent, { kind: 'progress' }>,
  isFailed: (outcome: Outcome) => boolean,
  toLine: ToLine,
): string {
  const [only] = jobs;
  if (jobs.length === 1 && only !== undefined) {
    const status = toLine(only.observation?.providerStatus ?? '') || 'without a response';
    return isSettled(only.observation?.state ?? 'pending')
      ? `${status}, waiting for its report`
      : `still ${status}, ${counted(only.polls, 'poll')}`;
  }
  const settled = jobs.flatMap(({ outcome }) => outcome ?? []);
  const failed = settled.filter(isFailed).length;
  return `${settled.length} of ${jobs.length} finished, ${failed} failed, oldest waiting ${duration(elapsedMs)}`;
}

/** The warning about a wait that takes longer than the workflow expects. */
export function describeLongWait(
  { jobs, elapsedMs }: Extract<WaitEvent, { kind: 'long-wait' }>,
  toLine: ToLine,
): string {
  const left = jobs.filter(({ outcome }) => outcome === undefined);
  const [only] = left;
  const what =
    left.length === 1 && only !== undefined
      ? `job ${toLine(only.requestId)} is ${toLine(only.observation?.providerStatus ?? '') || 'without a status'}`
      : `${left.length} of ${jobs.length} jobs have not ended`;
  return `After ${duration(elapsedMs)} (\`warn-after\`) ${what}`;
}
