import pLimit from 'p-limit';
import { PermanentError, TransientError } from '../domain/errors.ts';
import type { Outcome, ReportFile } from '../domain/job.ts';
import { pauseMs } from '../wait/schedule.ts';
import type { DownloadContext, DownloadSettings } from './context.ts';
import { createFetch } from './fetch-report.ts';
import { downloadFailed, parseLink } from './link.ts';
import { createPartFiles, type PartFile } from './part-file.ts';
import { createReport, type ReportInProgress } from './receive-report.ts';

/** Fewer new bytes do not make up for an error: a report that comes byte by byte never ends. */
const PROGRESS_BYTES = 64 * 1024;
/** A transient error is met with so many more tries, however short the retry window is. */
const LEAST_RETRIES = 3;
/** Longest time to try again where next to nothing new comes. */
const RETRY_WINDOW_MS = 2 * 60_000;
/** A report that is refused as missing or forbidden may come a moment after the status of its job. */
const REFUSALS_IN_A_ROW = 3;
/** So many reports at once: each has a connection and some memory of its own. */
const REPORTS_AT_ONCE = 4;

/** Takes an outcome, and gives it with its report, or with the reason why there is none. */
export type DownloadReport = (outcome: Outcome) => Promise<Outcome>;

/** One download, and what it takes. */
interface Download extends DownloadContext {
  readonly settings: DownloadSettings;
  readonly createPartFile: () => Promise<PartFile>;
}

/**
 * Downloads the reports of jobs that have finished, also of those that did so in part; undefined where no
 * reports are wanted, or the provider's jobs make none.
 */
export function createReportDownload(
  settings: DownloadSettings,
  context: DownloadContext,
): DownloadReport | undefined {
  const { destination, hasReports } = settings;
  if (destination === undefined || !hasReports) return undefined;
  const download: Download = {
    ...context,
    settings,
    createPartFile: createPartFiles(destination),
  };
  const limit = pLimit(REPORTS_AT_ONCE);
  return async (outcome) => {
    const { status, requestId, filePath } = outcome;
    if (status !== 'Successful' && status !== 'PartialSuccess') return outcome;
    try {
      if (filePath === '') throw downloadFailed('the job has ended but has no link to a report');
      const reportFile = await limit(() => downloadReport(requestId, filePath, download));
      return { ...outcome, reportFile };
    } catch (error) {
      const reason = context.signal.aborted ? 'cancelled' : 'download-failed';
      const message = [(error as Error).message, outcome.message].filter(Boolean).join('; ');
      return { ...outcome, status: 'Error', reason, message };
    }
  };
}

/**
 * Downloads the report at `filePath` and puts it in its place. What was cut is resumed where it ended, if
 * the server can do that; transient errors are retried.
 *
 * @throws PermanentError where the report cannot be had, the signal's reason once it is aborted. Then
 *   nothing is left behind.
 */
async function downloadReport(
  requestId: string,
  filePath: string,
  download: Download,
): Promise<ReportFile> {
  const url = parseLink(filePath, download.settings.baseUrl);
  const part = await download.createPartFile();
  const report = createReport(requestId, part, /\.html?$/i.test(url.pathname), download);
  try {
    const name = await fetchWithRetries(report, url, download);
    return { path: await part.keep(name), bytes: report.bytes() };
  } catch (error) {
    download.signal.throwIfAborted();
    const { message } = error as Error;
    throw downloadFailed(`the report could not be downloaded: ${message}`, { cause: error });
  } finally {
    await part.discard();
  }
}

/** Tries until the report is there, and gives its name, or until an error is not worth another try. */
async function fetchWithRetries(
  report: ReportInProgress,
  url: URL,
  { settings, ...context }: Download,
): Promise<string> {
  const { clock, signal, random, onEvent } = context;
  const retryWindowMs = Math.min(settings.timeoutMs, RETRY_WINDOW_MS);
  const fetchRest = createFetch(report, settings.baseUrl, context);
  let lastProgress = { bytes: 0, atMs: clock.now() };
  let [retries, refusals] = [0, 0];
  for (;;) {
    try {
      return await fetchRest(url);
    } catch (error) {
      refusals = error instanceof PermanentError ? refusals + 1 : 0;
      if (!isWorthRetrying(error, refusals)) throw error;
      if (report.bytes() >= lastProgress.bytes + PROGRESS_BYTES) {
        lastProgress = { bytes: report.bytes(), atMs: clock.now() };
        retries = 0;
      }
      const stuckMs = clock.now() - lastProgress.atMs;
      if (refusals === 0 && retries >= LEAST_RETRIES && stuckMs >= retryWindowMs) throw error;
      retries += 1;
      const requestedMs = error instanceof TransientError ? (error.retryAfterMs ?? 0) : 0;
      const scheduledMs = pauseMs(stuckMs, settings, random());
      const pause = Math.max(scheduledMs, Math.min(requestedMs, retryWindowMs - stuckMs));
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
