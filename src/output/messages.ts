import { isSettled, type Observation, type Outcome } from '../domain/job.ts';
import type { DownloadEvent } from '../download/context.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { counted, duration, size } from '../text/format.ts';
import type { WaitEvent } from '../wait/events.ts';
import type { TrackedJob } from '../wait/tracked-job.ts';

/** Makes one harmless line of text that came from outside, without secrets. */
export type ToLine = (text: string) => string;

/** The first line: what is waited for, until when, and with which login. */
export function describeWait(inputs: Inputs, startMs: number, toLine: ToLine): string {
  const { provider, requestIds, settings, timeoutMs } = inputs;
  const [only] = requestIds;
  const jobs = requestIds.length === 1 ? `job ${toLine(only ?? '')}` : `${requestIds.length} jobs`;
  const what = only === undefined ? 'a job that is started now' : jobs;
  const where = `${provider.title} (${new URL(settings.baseUrl).host})`;
  const until = new Date(startMs + timeoutMs).toISOString().slice(0, 19).replace('T', ' ');
  const howLong =
    timeoutMs === 0 ? 'polling once' : `for ${duration(timeoutMs)}, until ${until} UTC`;
  return `Waiting for ${what} at ${where}, ${howLong}, ${describeLogin(inputs, toLine)}`;
}

/** Who the polls come from. Names of users and clients are no secrets. */
function describeLogin({ token, login, canLogIn, settings, aws }: Inputs, toLine: ToLine): string {
  const { username, clientId, http } = settings;
  if (aws !== undefined) return 'signed with the credentials of AWS';
  if (login?.kind === 'signed-assertion') return 'with a signed assertion';
  if (login?.kind === 'token-exchange') return 'with the OIDC token of the workflow';
  if (canLogIn && !token) return `logging in as ${toLine(username || clientId)}`;
  if (token) return 'with the given token';
  if (username !== '') return 'with a user name';
  return Object.keys(http.headers).length > 0 ? 'with the given headers' : 'without credentials';
}

/** What the workflow says that statuses mean, as it was understood: `success: Booked, Settled`. */
export function describeClassified({ settings, queuedStatuses: queued }: Inputs): string[] {
  const { successful = [], partial = [], failed = [], pending = [] } = settings.statusWords;
  return Object.entries({ success: successful, partial, failure: failed, pending, queued }).flatMap(
    ([name, statuses]) => (statuses.length === 0 ? [] : `${name}: ${statuses.join(', ')}`),
  );
}

/** What a response says about a job: its status, how far it is, and what else is new. */
export function describeObservation(
  { providerStatus, progress = '', message = '', note = '' }: Observation,
  toLine: ToLine,
): string {
  const more = [progress, message, note].filter(Boolean).map(toLine).join('; ');
  return (toLine(providerStatus) || 'no status yet') + (more === '' ? '' : ` (${more})`);
}

/** How one job ended well, or in a way that the workflow lets pass. */
export function describeOutcome(outcome: Outcome, toLine: ToLine): string {
  const { status, reason, message, providerStatus, polls, elapsedMs } = outcome;
  const lastStatus = providerStatus === '' ? '' : `, status “${toLine(providerStatus)}”`;
  const why = reason === '' ? '' : ` (${reason})`;
  const cost = ` after ${duration(elapsedMs)} and ${counted(polls, 'poll')}`;
  return `${status}${why}${cost}${lastStatus}${message === '' ? '' : `: ${toLine(message)}`}`;
}

/** Jobs that ended in the same way: what they are called in a sentence, and how many they are. */
interface Subject {
  /** Empty where the line names them already. */
  readonly subject: string;
  readonly count: number;
}

/**
 * How jobs failed, the cause first.
 *
 * @param title of the provider
 */
export function describeFailure(
  { status, reason, message, providerStatus, polls, elapsedMs }: Outcome,
  { subject, count }: Subject,
  title: string,
  toLine: ToLine,
): string {
  const said = toLine(message);
  const [is, was] = count === 1 ? ['is', 'was'] : ['are', 'were'];
  const cost = `${counted(polls, 'poll')} in ${duration(elapsedMs)}`;
  const shown = `status \`${toLine(providerStatus)}\``;
  const isKnown = providerStatus === '' || said.toLowerCase().includes(shown.toLowerCase());
  const last = isKnown ? cost : `${shown}, ${cost}`;
  const who = describeSubject(title, subject);
  const named = (verb: string) => (subject === '' ? '' : `${subject} ${verb} `);
  switch (reason) {
    case 'job-failed':
      return `${who}failed${said === '' ? '' : `: ${said}`} (${last})`;
    case 'partial-success':
      return `${who}succeeded only in part${said === '' ? '' : `: ${said}`} (${last})`;
    case 'timed-out':
      if (status !== 'Pending') return `${capital(said)} (${cost})`;
      return `Timed out: ${said.startsWith('still ') ? named(is) : ''}${said}`;
    case 'stuck-in-queue':
      return `Stuck in its queue: ${named(is)}${said}`;
    case 'cancelled':
      return `${capital(said)}; ${named(was)}${toLine(providerStatus) || 'without a status'} (${cost})`;
    default:
      return withCost(capital(said), last);
  }
}

/** What was said with what it took, before a hint that follows as a sentence of its own. */
function withCost(said: string, cost: string): string {
  const [cause = '', hint] = said.split(/(?<=; no useful response)\. /);
  return `${cause} (${cost})${hint === undefined ? '' : `. ${hint}`}`;
}

/** Longer names would push the cause of a failure out of sight. */
export const MAX_SUBJECT_LENGTH = 40;

/** Who failed: provider and job, without the provider where both are too long. */
function describeSubject(title: string, subject: string): string {
  if (subject === '') return '';
  const whole = `${title} ${subject}`;
  return `${whole.length > MAX_SUBJECT_LENGTH ? capital(subject) : whole} `;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

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
  if (jobs.length === 1 && only !== undefined) return describeOne(only, toLine);
  const settled = jobs.flatMap(({ outcome }) => outcome ?? []);
  const failed = settled.filter(isFailed).length;
  const open = jobs.filter(({ outcome }) => outcome === undefined);
  const counts = new Map<string, number>();
  for (const { observation } of open) {
    const status = observation?.providerStatus === '' ? undefined : observation?.providerStatus;
    const shown = status ?? 'without a status';
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  const byStatus = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([status, count]) => `${count} ${toLine(status)}`);
  const oldest = open[0] && `oldest ${toLine(open[0].requestId)}, ${duration(elapsedMs)}`;
  const parts = [byStatus.join(', '), oldest, describeNewest(jobs, elapsedMs, toLine)];
  return [`${settled.length} of ${jobs.length} finished, ${failed} failed`, ...parts]
    .filter(Boolean)
    .join('; ');
}

function describeOne({ observation, polls }: TrackedJob, toLine: ToLine): string {
  if (observation === undefined) return `still without a response, ${counted(polls, 'poll')}`;
  const status = describeObservation(observation, toLine);
  return isSettled(observation.state)
    ? `${status}, waiting for its report`
    : `still ${status}, ${counted(polls, 'poll')}`;
}

/** The job whose status has changed last. */
function describeNewest(jobs: readonly TrackedJob[], elapsedMs: number, toLine: ToLine): string {
  const changed = jobs.flatMap(({ requestId, changes }) => {
    const last = changes.at(-1);
    return last === undefined ? [] : [{ ...last, requestId }];
  });
  const newest = changed.toSorted((a, b) => b.elapsedMs - a.elapsedMs)[0];
  if (newest === undefined) return '';
  const { requestId, providerStatus, elapsedMs: atMs } = newest;
  const what = `${toLine(requestId)} ${toLine(providerStatus)}`.trim();
  return `newest change ${what}, ${duration(elapsedMs - atMs)} ago`;
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
