import type { IncomingHttpHeaders } from 'node:http';
import { PermanentError, TransientError } from '../domain/errors.ts';
import type { ResponseStream } from '../http/transport.ts';
import { size } from '../text/format.ts';
import type { DownloadContext } from './context.ts';
import { resolveRedirect } from './link.ts';
import type { PartFile } from './part-file.ts';
import {
  continuedRepresentation,
  HTML_START_BYTES,
  htmlInsteadOfReport,
  isHtml,
  refusalError,
  representationFrom,
  startsAsHtml,
  type Representation,
} from './report-response.ts';

const PROGRESS_LINE_MS = 10_000;

/** A report while it is being received, in one response or in several. */
export interface ReportInProgress {
  readonly requestId: string;
  /** How much of it is on the disk. */
  bytes(): number;
  /** All that came, also what had to be thrown away. */
  receivedBytes(): number;
  /** Headers that request only what is missing, where the server can do that. */
  rangeHeaders(): Record<string, string>;
  /**
   * Writes what the server sends.
   *
   * @returns the headers of a report that is now complete, or the URL to which the server points
   * @throws TransientError or PermanentError where it is not complete
   */
  receive(response: ResponseStream, hasCredentials: boolean): Promise<IncomingHttpHeaders | URL>;
}

/** What is known of a report; only the functions of this file write to it. */
interface State {
  readonly requestId: string;
  /** Whether its link says that it is an HTML page. */
  readonly isHtmlExpected: boolean;
  bytes: number;
  receivedBytes: number;
  representation: Representation;
  lastProgressLine: { atMs: number; bytes: number };
}

export function createReport(
  requestId: string,
  part: PartFile,
  isHtmlExpected: boolean,
  context: Pick<DownloadContext, 'clock' | 'onEvent'>,
): ReportInProgress {
  const state: State = {
    requestId,
    isHtmlExpected,
    bytes: 0,
    receivedBytes: 0,
    representation: { totalBytes: undefined, validator: undefined },
    lastProgressLine: { atMs: context.clock.now(), bytes: 0 },
  };
  return {
    requestId,
    bytes: () => state.bytes,
    receivedBytes: () => state.receivedBytes,
    rangeHeaders() {
      const { bytes, representation } = state;
      const { validator } = representation;
      if (bytes === 0 || validator === undefined) return {};
      return { Range: `bytes=${bytes}-`, 'If-Range': validator };
    },
    async receive({ head, body }, hasCredentials) {
      const { url, status, headers } = head;
      if (status >= 300 && status < 400) return resolveRedirect(url, status, headers);
      if (![200, 203, 206, 416].includes(status)) {
        throw refusalError(head, hasCredentials, context.clock.now());
      }
      beginResponse(state, url, status, headers);
      try {
        await part.write(watch(state, url, body, context), state.bytes);
      } catch (error) {
        if (error instanceof PermanentError) throw error;
        throw incompleteDownload(state, url, (error as Error).message, error);
      }
      const { totalBytes } = state.representation;
      if (totalBytes !== undefined && state.bytes !== totalBytes) {
        throw incompleteDownload(state, url, 'the server ended it there');
      }
      return headers;
    },
  };
}

/** Decides whether a response continues what is on the disk or begins anew. */
function beginResponse(state: State, url: URL, status: number, headers: IncomingHttpHeaders): void {
  const isWhole = status === 200 || status === 203;
  const representation = isWhole
    ? representationFrom(headers)
    : continuedRepresentation(state.representation, state.bytes, headers);
  if (isWhole || representation === undefined) state.bytes = 0;
  if (representation === undefined) {
    const text = `${url.host} sent a part that does not fit what came before; starting anew`;
    throw new TransientError(text, 'bad-response');
  }
  state.representation = representation;
  if (isHtml(headers) && !state.isHtmlExpected) throw htmlInsteadOfReport(url);
}

/** Passes a body on, and looks at each chunk first: what it is, whether it fits, how far it has come. */
async function* watch(
  state: State,
  url: URL,
  body: AsyncIterable<Buffer>,
  context: Pick<DownloadContext, 'clock' | 'onEvent'>,
): AsyncGenerator<Buffer, void, undefined> {
  const { totalBytes } = state.representation;
  let start = Buffer.alloc(0);
  for await (const chunk of body) {
    if (state.bytes < HTML_START_BYTES && !state.isHtmlExpected) {
      start = Buffer.concat([start, chunk.subarray(0, HTML_START_BYTES)]);
      if (startsAsHtml(start)) throw htmlInsteadOfReport(url);
    }
    state.bytes += chunk.length;
    state.receivedBytes += chunk.length;
    if (totalBytes !== undefined && state.bytes > totalBytes) {
      state.bytes = 0;
      throw new Error('there is more of it than the server said');
    }
    reportProgress(state, context);
    yield chunk;
  }
}

function reportProgress(
  state: State,
  { clock, onEvent }: Pick<DownloadContext, 'clock' | 'onEvent'>,
): void {
  const { requestId, bytes, representation, lastProgressLine } = state;
  const tookMs = clock.now() - lastProgressLine.atMs;
  if (tookMs < PROGRESS_LINE_MS) return;
  state.lastProgressLine = { atMs: clock.now(), bytes };
  const bytesPerSecond = ((bytes - lastProgressLine.bytes) / tookMs) * 1000;
  const { totalBytes } = representation;
  onEvent({ kind: 'downloading', requestId, bytes, totalBytes, bytesPerSecond });
}

function incompleteDownload(
  { bytes, representation: { totalBytes } }: State,
  { host }: URL,
  why: string,
  cause?: unknown,
): TransientError {
  const whole = totalBytes === undefined ? '' : ` of ${size(totalBytes)}`;
  const text = `the report from ${host} broke off after ${size(bytes)}${whole}: ${why}`;
  return new TransientError(text, 'unreachable', { cause });
}
