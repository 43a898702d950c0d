import { createHash, type Hash } from 'node:crypto';
import { PermanentError, TransientError } from '../domain/errors.ts';
import { duration, size } from '../text/format.ts';
import type { DownloadContext, DownloadSettings } from './context.ts';
import type { DownloadDeadline } from './download-deadline.ts';
import { downloadFailed } from './link.ts';
import {
  findJsonError,
  findUnexpectedStart,
  isUndecided,
  START_BYTES,
  type Expectation,
} from './report-content.ts';
import { htmlInsteadOfReport, UNKNOWN, type Representation } from './report-response.ts';

const PROGRESS_LINE_MS = 10_000;
/** Fewer new bytes are no progress: a report that comes byte by byte never ends. */
const PROGRESS_BYTES = 64 * 1024;

/** What receiving a report takes from outside. */
export interface ReceptionContext extends Pick<DownloadContext, 'clock' | 'onEvent' | 'signal'> {
  readonly deadline: DownloadDeadline;
}

export type Limits = Pick<DownloadSettings, 'minReportBytes' | 'maxReportBytes'>;

/** What is known of a report; only this file and receive-report.ts write to it. */
export interface State {
  readonly requestId: string;
  bytes: number;
  receivedBytes: number;
  representation: Representation;
  hash: Hash;
  /** The first bytes, by which an error in place of the report is recognized. */
  start: Buffer;
  progress: { atMs: number; bytes: number };
  lastProgressLine: { atMs: number; bytes: number };
}

export const createState = (requestId: string, nowMs: number): State => ({
  requestId,
  bytes: 0,
  receivedBytes: 0,
  representation: UNKNOWN,
  hash: createHash('sha256'),
  start: Buffer.alloc(0),
  progress: { atMs: nowMs, bytes: 0 },
  lastProgressLine: { atMs: nowMs, bytes: 0 },
});

/** Forgets what is on the disk. */
export function beginAnew(state: State): void {
  state.bytes = 0;
  state.hash = createHash('sha256');
  state.start = Buffer.alloc(0);
}

/** What a body is checked against while it comes. */
interface Check {
  readonly expectation: Expectation;
  readonly limits: Limits;
  readonly context: ReceptionContext;
}

/** Passes a body on, and looks at each chunk first: what it is, whether it fits, how far it has come. */
export async function* watch(
  state: State,
  url: URL,
  body: AsyncIterable<Buffer>,
  { expectation, limits, context }: Check,
): AsyncGenerator<Buffer, void, undefined> {
  const { totalBytes } = state.representation;
  requireSize(totalBytes ?? 0, limits);
  let isDecided = false;
  for await (const chunk of body) {
    // A small body may unpack for a long time after all of it has come.
    context.signal.throwIfAborted();
    if (state.start.length < START_BYTES) {
      const room = START_BYTES - state.start.length;
      state.start = Buffer.concat([state.start, chunk.subarray(0, room)]);
      if (!isDecided && !isUndecided(state.start)) {
        requireReport(state.start, url, expectation);
        isDecided = true;
      }
    }
    state.bytes += chunk.length;
    state.receivedBytes += chunk.length;
    state.hash.update(chunk);
    if (totalBytes !== undefined && state.bytes > totalBytes) {
      beginAnew(state);
      throw new Error('there is more of it than the server said');
    }
    requireSize(state.bytes, limits);
    noteProgress(state, context);
    yield chunk;
  }
}

function requireSize(bytes: number, { maxReportBytes }: Limits): void {
  if (bytes <= maxReportBytes) return;
  throw downloadFailed(
    `the report is larger than ${size(maxReportBytes)}; raise \`max-report-size\` if that is right`,
  );
}

function requireReport(start: Buffer, url: URL, expectation: Expectation): void {
  const unexpected = findUnexpectedStart(start, expectation);
  if (unexpected === undefined) return;
  throw unexpected.isHtml ? htmlInsteadOfReport(url) : errorInsteadOfReport(url, unexpected.error);
}

const errorInsteadOfReport = ({ host }: URL, error: string): PermanentError =>
  downloadFailed(`${host} sent an error in place of the report (${error})`);

/** Looks at a report that is complete. */
export function checkWhole(state: State, url: URL, expectation: Expectation, limits: Limits): void {
  requireReport(state.start, url, expectation);
  const error = state.bytes < START_BYTES ? findJsonError(state.start, expectation) : undefined;
  if (error !== undefined) throw errorInsteadOfReport(url, error);
  if (state.bytes >= limits.minReportBytes) return;
  const text =
    state.bytes === 0
      ? `the report from ${url.host} is empty; set \`minimum-report-size: 0\` if that may be`
      : `the report from ${url.host} has only ${size(state.bytes)}, less than \`minimum-report-size\``;
  throw new PermanentError(text, 'download-failed', { needsGrace: true });
}

/** Notes how far the report has come, and ends what goes on for ever without coming further. */
function noteProgress(state: State, { clock, onEvent, deadline }: ReceptionContext): void {
  const { requestId, bytes, representation, progress, lastProgressLine } = state;
  const nowMs = clock.now();
  if (bytes >= progress.bytes + PROGRESS_BYTES) {
    state.progress = { atMs: nowMs, bytes };
    deadline.noteProgress();
  } else if (nowMs > deadline.giveUpAtMs(progress.atMs)) {
    throw downloadFailed(`next to nothing has come in ${duration(nowMs - progress.atMs)}`);
  }
  const tookMs = nowMs - lastProgressLine.atMs;
  if (tookMs < PROGRESS_LINE_MS) return;
  state.lastProgressLine = { atMs: nowMs, bytes };
  const bytesPerSecond = ((bytes - lastProgressLine.bytes) / tookMs) * 1000;
  const { totalBytes } = representation;
  onEvent({ kind: 'downloading', requestId, bytes, totalBytes, bytesPerSecond });
}

export function incompleteDownload(
  { bytes, representation: { totalBytes } }: State,
  { host }: URL,
  why: string,
  cause?: unknown,
): TransientError {
  const whole = totalBytes === undefined ? '' : ` of ${size(totalBytes)}`;
  const text = `the report from ${host} broke off after ${size(bytes)}${whole}: ${why}`;
  return new TransientError(text, 'unreachable', { cause });
}
