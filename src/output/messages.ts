import type { DownloadEvent } from '../download/fetch-report.ts';
import type { Inputs } from '../inputs/read-inputs.ts';
import { isSettled, type Observation, type Outcome, type Reason } from '../domain/job.ts';
import { duration, size } from '../text/inert.ts';
import type { WaitEvent } from '../wait/verdict.ts';

/** Makes one harmless line of text that came from outside, without secrets. */
export type Show = (text: string) => string;

/** What is waited for, and until when. */
export function opening(
  { vendor, requestIds, settings, timeoutMs }: Inputs,
  startMs: number,
  show: Show,
): string {
  const [only = ''] = requestIds;
  const what = requestIds.length === 1 ? `job ${show(only)}` : `${requestIds.length} jobs`;
  const where = `${vendor.title} (${new URL(settings.baseUrl).host})`;
  const until = new Date(startMs + timeoutMs).toISOString().slice(0, 19).replace('T', ' ');
  const howLong =
    timeoutMs === 0 ? 'asking once' : `for ${duration(timeoutMs)}, until ${until} UTC`;
  return `Waiting for ${what} at ${where}, ${howLong}`;
}

/** What an answer says of a job. */
export const describe = ({ providerStatus, note }: Observation, show: Show): string =>
  (show(providerStatus) || 'no status word yet') + (note ? ` (${show(note)})` : '');

/** What to look at where the status could not be had. */
const ADVICE: Readonly<Partial<Record<Reason, string>>> = {
  rejected:
    'see whether the credentials are still good and may read this job, and the inputs are what the vendor expects',
  'not-found':
    'see whether request-id is right, and the address that of the service where the job was started',
  unreachable: 'see whether the address is right and can be reached from this runner',
  'bad-answer': 'see whether the address is right; debug logging tells more of each answer',
};

/** The end of one job in a line: what it came to, why, and the vendor's message. */
export function ending(
  { status, reason, message, providerStatus, polls, elapsedMs }: Outcome,
  show: Show,
): string {
  const word = providerStatus === '' ? '' : `, the vendor says “${show(providerStatus)}”`;
  const why = reason === '' ? '' : ` (${reason})`;
  const cost = ` after ${duration(elapsedMs)} and ${polls} ${polls === 1 ? 'question' : 'questions'}`;
  const advice = ADVICE[reason] ?? '';
  const rest = [show(message), advice].filter(Boolean).join('; ');
  return `${status}${why}${cost}${word}${rest === '' ? '' : `: ${rest}`}`;
}

/** How far a report has come. */
export function downloading({
  bytes,
  total,
  bytesPerSecond,
}: Extract<DownloadEvent, { kind: 'downloading' }>): string {
  const share = total ? ` of ${size(total)} (${Math.floor((100 * bytes) / total)} %)` : '';
  return `report: ${size(bytes)}${share}, ${size(bytesPerSecond)}/s`;
}

/** The line a minute. */
export function progress(
  { jobs, elapsedMs }: Extract<WaitEvent, { kind: 'progress' }>,
  isFailed: (outcome: Outcome) => boolean,
  show: Show,
): string {
  const [only] = jobs;
  if (jobs.length === 1 && only !== undefined) {
    const word = show(only.observation?.providerStatus ?? '') || 'without an answer';
    return isSettled(only.observation?.state ?? 'pending')
      ? `${word}, waiting for its report`
      : `still ${word}, asked ${times(only.polls)}`;
  }
  const settled = jobs.flatMap(({ outcome }) => outcome ?? []);
  const failed = settled.filter(isFailed).length;
  return `${settled.length} of ${jobs.length} finished, ${failed} failed, oldest waiting ${duration(elapsedMs)}`;
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
