import pLimit from 'p-limit';
import { createPartFiles } from './part-file.ts';
import { fetchRest, type DownloadWorld, type Report } from './fetch-report.ts';
import { downloadFailed, linkOf } from './link.ts';
import { Cancelled, PermanentFault, TransientFault } from '../domain/errors.ts';
import type { Inputs } from '../inputs/read-inputs.ts';
import type { Outcome } from '../domain/job.ts';
import { pauseMs } from '../wait/schedule.ts';
import type { Session } from '../session/session.ts';

/** Fewer new bytes do not make up for a fault: a report that comes byte by byte never ends. */
const PROGRESS_BYTES = 64 * 1024;
/** A fault is met with so many more tries, however little patience there is. */
const LEAST_RETRIES = 3;

/** So many reports at once: each has a connection and some memory of its own. */
const REPORTS_AT_ONCE = 4;

/** Takes an outcome, and gives it with its report, or with the reason why there is none. */
export type Deliver = (outcome: Outcome) => Promise<Outcome>;

/** Longest time to try again where next to nothing new comes, if the wait itself may last as long. */
const PATIENCE_MS = 2 * 60_000;

type DeliveryInputs = Pick<
  Inputs,
  'destination' | 'hasReports' | 'intervalMs' | 'maxIntervalMs' | 'timeoutMs'
> & { readonly settings: Pick<Inputs['settings'], 'baseUrl'> };

/**
 * Downloads the reports of jobs that have finished, also of those that did so in part; undefined where
 * no reports are wanted, or the vendor's jobs make none.
 */
export function createDelivery(
  { destination, hasReports, settings, intervalMs, maxIntervalMs, timeoutMs }: DeliveryInputs,
  session: Pick<Session, 'access'>,
  transports: DownloadWorld['transports'],
  surroundings: Pick<DownloadWorld, 'clock' | 'random' | 'signal' | 'onEvent'>,
): Deliver | undefined {
  if (destination === undefined || !hasReports) return undefined;
  const world: DownloadWorld = {
    ...surroundings,
    baseUrl: settings.baseUrl,
    session,
    transports,
    beginPart: createPartFiles(destination),
    schedule: { intervalMs, maxIntervalMs },
    patienceMs: Math.min(timeoutMs, PATIENCE_MS),
  };
  const limit = pLimit(REPORTS_AT_ONCE);
  return async (outcome) => {
    const { status, requestId, filePath } = outcome;
    if (status !== 'Successful' && status !== 'PartialSuccess') return outcome;
    try {
      if (filePath === '') throw downloadFailed('the job has ended but has no link to a report');
      const report = await limit(() => download(requestId, filePath, world));
      return { ...outcome, report };
    } catch (error) {
      const message = [(error as Error).message, outcome.message].filter(Boolean).join('; ');
      return error instanceof Cancelled
        ? { ...outcome, status: 'Error', reason: 'cancelled', message }
        : { ...outcome, status: 'Error', reason: 'download-failed', message };
    }
  };
}

/**
 * Fetches the report at `filePath` and puts it in its place. What was cut is taken up again where it
 * ended, if the server can do that; faults that may pass are met with patience.
 *
 * @throws PermanentFault where the report cannot be had, Cancelled once the signal is aborted. Then
 *   nothing is left behind.
 */
async function download(
  requestId: string,
  filePath: string,
  world: DownloadWorld,
): Promise<NonNullable<Outcome['report']>> {
  const url = linkOf(filePath, world.baseUrl);
  const part = await world.beginPart();
  const report: Report = {
    requestId,
    part,
    isPage: /\.html?$/i.test(url.pathname),
    bytes: 0,
    terms: { total: undefined, validator: undefined },
    access: undefined,
    isRenewed: false,
    lastLine: { atMs: world.clock.now(), bytes: 0 },
  };
  try {
    const name = await fetchPatiently(report, url, world);
    return { file: await part.keep(name), bytes: report.bytes };
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    const { message } = error as Error;
    throw downloadFailed(`the report could not be downloaded: ${message}`, { cause: error });
  } finally {
    await part.discard();
  }
}

/** Tries until the report is there, and gives its name, or until a fault is not worth another try. */
async function fetchPatiently(report: Report, url: URL, world: DownloadWorld): Promise<string> {
  const { clock, patienceMs } = world;
  let furthest = { bytes: 0, atMs: clock.now() };
  let [retries, denials] = [0, 0];
  for (;;) {
    try {
      return await fetchRest(report, url, world);
    } catch (error) {
      denials = error instanceof PermanentFault ? denials + 1 : 0;
      if (!isWorthAnotherTry(error, denials)) throw error;
      if (report.bytes >= furthest.bytes + PROGRESS_BYTES) {
        furthest = { bytes: report.bytes, atMs: clock.now() };
        retries = 0;
      }
      const stuckMs = clock.now() - furthest.atMs;
      if (denials === 0 && retries >= LEAST_RETRIES && stuckMs >= patienceMs) throw error;
      retries += 1;
      const asked = error instanceof TransientFault ? (error.retryAfterMs ?? 0) : 0;
      const scheduled = pauseMs(stuckMs, world.schedule, world.random());
      const pause = Math.max(scheduled, Math.min(asked, patienceMs - stuckMs));
      const { requestId } = report;
      world.onEvent({ kind: 'download-fault', requestId, message: error.message, pauseMs: pause });
      await clock.sleep(pause, world.signal);
    }
  }
}

/** Faults that may pass, and a report that lags behind the word of its job. */
const isWorthAnotherTry = (error: unknown, denials: number): error is Error =>
  error instanceof TransientFault ||
  (error instanceof PermanentFault && denials < error.confirmations);
