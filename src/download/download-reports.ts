import pLimit from 'p-limit';
import { PermanentError, TransientError } from '../domain/errors.ts';
import type { Outcome, ReportFile } from '../domain/job.ts';
import { withoutInvisible } from '../text/inert.ts';
import { pauseMs } from '../wait/schedule.ts';
import type { DownloadContext, DownloadSettings } from './context.ts';
import type { Destination } from './destination.ts';
import { createDownloadDeadline, type DownloadDeadline } from './download-deadline.ts';
import { createFetch } from './fetch-report.ts';
import { downloadFailed, parseLink } from './link.ts';
import { createPartFile } from './part-file.ts';
import { createReport, type ReportInProgress } from './receive-report.ts';

/** A report that is refused as missing or forbidden may come a moment after the status of its job. */
const REFUSALS_IN_A_ROW = 3;
/** A try with less time than this would only be cut off. */
const SHORTEST_TRY_MS = 500;
/** Most time for a kilobyte before a connection is given up. */
const SILENCE_MS = 30_000;
/** Most time for one poll that asks for a fresh link. */
const RENEWAL_MS = 30_000;
/** `timeout: 0` does not wait, but survives a short outage by so many more tries. */
const ONCE_RETRIES = 3;
/** So many reports at once: each has a connection and some memory of its own. */
const REPORTS_AT_ONCE = 4;

/** The downloads of one step, and what they take. */
interface Downloads extends DownloadContext {
  readonly settings: DownloadSettings;
  readonly destination: Destination;
  readonly deadline: DownloadDeadline;
}

/**
 * Downloads the reports of jobs that have finished, also of those that did so in part; undefined where no
 * reports are wanted, or the provider's jobs make none.
 *
 * @returns takes an outcome, and gives it with its reports, or with the reason why there are none
 */
export function createReportDownload(
  settings: DownloadSettings,
  context: DownloadContext,
): ((outcome: Outcome) => Promise<Outcome>) | undefined {
  const { destination, hasReports, timeoutMs } = settings;
  if (destination === undefined || !hasReports) return undefined;
  const deadline = createDownloadDeadline(timeoutMs, context.clock);
  const downloads: Downloads = { ...context, settings, destination, deadline };
  const limit = pLimit(REPORTS_AT_ONCE);
  return async (outcome) => {
    const { status, requestId, filePath } = outcome;
    if (status !== 'Successful' && status !== 'PartialSuccess') return outcome;
    const reportFiles: ReportFile[] = [];
    try {
      if (filePath === '') throw downloadFailed('the job has ended but has no link to a report');
      const links = outcome.filePaths ?? [filePath];
      if (links.length > 1 && destination.name !== undefined) {
        throw downloadFailed(
          `the job has ${links.length} reports, and \`download-path\` names one file; give a folder, such as \`reports/\``,
        );
      }
      // All of them first: nothing is fetched for a job whose report cannot be whole.
      for (const link of links) parseLink(link, settings.baseUrl);
      for (const [index, link] of links.entries()) {
        const job = { requestId, link, index };
        reportFiles.push(await limit(() => downloadReport(job, downloads)));
      }
      return { ...outcome, reportFiles };
    } catch (error) {
      const reason = context.signal.aborted ? 'cancelled' : 'download-failed';
      const message = [(error as Error).message, outcome.message].filter(Boolean).join('; ');
      // What to do about a link that is missing, or has expired; no other advice fits a report.
      const hint = filePath === '' ? outcome.hint : undefined;
      const isExpired = error instanceof PermanentError && error.problem === 'link-expired';
      const advice = { problem: isExpired ? error.problem : undefined, hint };
      return { ...outcome, ...advice, status: 'Error', reason, message, reportFiles };
    }
  };
}

/** One report of a job. */
interface ReportOfJob {
  readonly requestId: string;
  readonly link: string;
  /** Its place among the links of the job, from 0. */
  readonly index: number;
  /** Whether the link was renewed already. */
  readonly isRenewed?: boolean;
}

/**
 * Downloads a report and puts it in its place. What was cut is resumed where it ended, if the server can do
 * that; transient errors are retried, and a link that was refused is renewed once.
 *
 * @throws PermanentError where the report cannot be had, the signal's reason once it is aborted. Then
 *   nothing is left behind.
 */
async function downloadReport(job: ReportOfJob, downloads: Downloads): Promise<ReportFile> {
  const { settings, signal } = downloads;
  const url = parseLink(job.link, settings.baseUrl);
  try {
    return await downloadFrom(url, job, downloads);
  } catch (error) {
    signal.throwIfAborted();
    const isRefused = error instanceof PermanentError && error.needsGrace;
    const fresh = isRefused && !job.isRenewed ? await renewLink(job, downloads) : undefined;
    if (fresh !== undefined)
      return downloadReport({ ...job, link: fresh, isRenewed: true }, downloads);
    const { message } = error as Error;
    const problem = error instanceof PermanentError ? error.problem : undefined;
    const text = message.startsWith('the report ')
      ? message
      : `the report could not be downloaded: ${message}`;
    throw new PermanentError(text, 'download-failed', { cause: error, problem });
  }
}

/** Polls the job once more; gives its link if that is another one now. */
async function renewLink(
  { requestId, link, index }: ReportOfJob,
  { session, clock, signal, deadline }: Downloads,
): Promise<string | undefined> {
  const nowMs = clock.now();
  const untilMs = Math.min(deadline.giveUpAtMs(nowMs), nowMs + RENEWAL_MS);
  if (untilMs <= nowMs) return undefined;
  const result = await session.poll(requestId, untilMs, signal);
  const { filePath = '', filePaths } = result.observation ?? {};
  const fresh = filePaths?.[index] ?? (index === 0 ? filePath : '');
  return fresh === '' || fresh === link ? undefined : fresh;
}

async function downloadFrom(
  url: URL,
  { requestId }: ReportOfJob,
  downloads: Downloads,
): Promise<ReportFile> {
  const part = await createPartFile(downloads.destination);
  try {
    const report = createReport(requestId, part, downloads.settings, downloads);
    const name = await fetchWithRetries(report, url, downloads);
    downloads.signal.throwIfAborted();
    return {
      path: await part.keep(downloads.redact(withoutInvisible(name.normalize('NFC')))),
      bytes: report.bytes(),
      sha256: report.sha256(),
    };
  } finally {
    await part.discard();
  }
}

/** Tries until the report is there, and gives its name, or until an error is not worth another try. */
async function fetchWithRetries(
  report: ReportInProgress,
  url: URL,
  { settings, deadline, ...context }: Downloads,
): Promise<string> {
  const { clock, signal, random, onEvent } = context;
  const giveUpAtMs = () => deadline.giveUpAtMs(report.progressAtMs());
  const fetchRest = createFetch(report, settings, context);
  let [tries, refusals] = [0, 0];
  for (;;) {
    const startMs = clock.now();
    if (startMs >= giveUpAtMs()) throw downloadFailed('no time was left to download the report');
    const silenceMs = () => {
      const untilMs = Math.max(giveUpAtMs(), startMs + SHORTEST_TRY_MS);
      return Math.min(Math.max(untilMs - clock.now(), 1), SILENCE_MS);
    };
    try {
      return await fetchRest(url, silenceMs);
    } catch (error) {
      refusals = error instanceof PermanentError ? refusals + 1 : 0;
      if (!isWorthRetrying(error, refusals)) throw error;
      tries += 1;
      if (settings.timeoutMs === 0 && tries > ONCE_RETRIES) throw error;
      const nowMs = clock.now();
      const leftMs = giveUpAtMs() - SHORTEST_TRY_MS - nowMs;
      if (leftMs <= 0) throw error;
      const requestedMs = error instanceof TransientError ? (error.retryAfterMs ?? 0) : 0;
      const scheduledMs = pauseMs(nowMs - report.progressAtMs(), settings, random());
      const pause = Math.min(Math.max(scheduledMs, requestedMs), leftMs);
      const { requestId } = report;
      onEvent({ kind: 'download-retry', requestId, message: error.message, pauseMs: pause });
      await clock.sleep(pause, signal);
    }
  }
}

/** Transient errors, and refusals of a report that lags behind the status of its job. */
const isWorthRetrying = (error: unknown, refusals: number): error is Error =>
  error instanceof TransientError ||
  (error instanceof PermanentError && error.needsGrace && refusals < REFUSALS_IN_A_ROW);
