import type { IncomingHttpHeaders } from 'node:http';
import { PermanentError, TransientError } from '../domain/errors.ts';
import { codingsOf } from '../http/body.ts';
import type { Headers } from '../http/headers.ts';
import type { ResponseStream } from '../http/transport.ts';
import { resolveRedirect } from './link.ts';
import type { PartFile } from './part-file.ts';
import type { Expectation } from './report-content.ts';
import { placeResponse, refusalError, staysPacked, UNKNOWN } from './report-response.ts';
import {
  beginAnew,
  checkWhole,
  createState,
  incompleteDownload,
  watch,
  type Limits,
  type ReceptionContext,
  type State,
} from './report-state.ts';
import { unpack } from './unpack.ts';

/** Most that is read of the body of an error. */
const MAX_ERROR_BYTES = 4096;

/** A report while it is being received, in one response or in several. */
export interface ReportInProgress {
  readonly requestId: string;
  /** How much of it is on the disk. */
  bytes(): number;
  /** SHA-256 of what is on the disk, in hexadecimal digits. */
  sha256(): string;
  /** All that came, also what had to be thrown away. */
  receivedBytes(): number;
  /** When it last made progress, in milliseconds since the epoch. */
  progressAtMs(): number;
  /** Headers that request only what is missing, where the server can do that. */
  rangeHeaders(): Headers;
  /**
   * Writes what the server sends.
   *
   * @param name what the report is called, as far as the response says so
   * @returns nothing where the report is now complete, or the URL to which the server points
   * @throws TransientError or PermanentError where it is not complete
   */
  receive(
    response: ResponseStream,
    name: string,
    hasCredentials: boolean,
  ): Promise<URL | undefined>;
}

export function createReport(
  requestId: string,
  part: PartFile,
  limits: Limits,
  context: ReceptionContext,
): ReportInProgress {
  const { clock } = context;
  const state = createState(requestId, clock.now());
  return {
    requestId,
    bytes: () => state.bytes,
    sha256: () => state.hash.copy().digest('hex'),
    receivedBytes: () => state.receivedBytes,
    progressAtMs: () => state.progress.atMs,
    rangeHeaders() {
      const { bytes, representation } = state;
      const { validator } = representation;
      if (bytes === 0 || validator === undefined) return {};
      return { Range: `bytes=${bytes}-`, 'If-Range': validator };
    },
    async receive(response, name, hasCredentials) {
      const { url, status, headers } = response.head;
      if (status >= 300 && status < 400) return resolveRedirect(url, status, headers);
      if (![200, 203, 206, 416].includes(status)) {
        const text = await readStart(response.body);
        throw refusalError(response.head, hasCredentials, text, clock.now());
      }
      const expectation = { name, contentType: headers['content-type'] ?? '' };
      await receiveBody(state, response, expectation, { part, limits, context });
      return undefined;
    },
  };
}

/** What receiving a body takes. */
interface Reception {
  readonly part: PartFile;
  readonly limits: Limits;
  readonly context: ReceptionContext;
}

async function receiveBody(
  state: State,
  { head, body }: ResponseStream,
  expectation: Expectation,
  reception: Reception,
): Promise<void> {
  const { url, headers } = head;
  const codings = codingsOf(head).filter((coding) => !staysPacked(expectation.name, coding));
  beginResponse(state, url, head.status, headers);
  if (codings.length > 0) {
    // A body that is unpacked has another length, and cannot be resumed in the middle.
    state.representation = UNKNOWN;
    refuseCompressedPart(url, headers);
  }
  try {
    const unpacked = codings.length === 0 ? body : unpack(body, codings);
    await reception.part.write(
      watch(state, url, unpacked, { ...reception, expectation }),
      state.bytes,
    );
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    throw incompleteDownload(state, url, (error as Error).message, error);
  }
  const { totalBytes } = state.representation;
  if (totalBytes !== undefined && state.bytes !== totalBytes) {
    throw incompleteDownload(state, url, 'the server ended it there');
  }
  checkWhole(state, url, expectation, reception.limits);
}

/** Decides whether a response continues what is on the disk or begins anew. */
function beginResponse(state: State, url: URL, status: number, headers: IncomingHttpHeaders): void {
  const placed = placeResponse(state.representation, state.bytes, status, headers);
  if (placed === undefined || placed.offset === 0) beginAnew(state);
  state.representation = placed?.representation ?? UNKNOWN;
  if (placed === undefined) {
    const text = `${url.host} sent a part that does not fit what came before; starting anew`;
    throw new TransientError(text, 'bad-response');
  }
}

/** A part of a compressed report cannot be unpacked to a part of the report. */
function refuseCompressedPart(url: URL, headers: IncomingHttpHeaders): void {
  const range = headers['content-range'];
  if (range === undefined) return;
  const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(range) ?? [];
  if (start === '0' && Number(end) + 1 === Number(size)) return;
  throw new TransientError(`${url.host} sent a part of a compressed report`, 'bad-response');
}

/** The beginning of the body of an error, or as much of it as comes: its status is more than its cut. */
async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  let start = Buffer.alloc(0);
  try {
    for await (const chunk of body) {
      start = Buffer.concat([start, chunk]);
      if (start.length >= MAX_ERROR_BYTES) break;
    }
  } catch {
    // The signal is looked at by all that follow.
  }
  return start.toString('utf8', 0, MAX_ERROR_BYTES);
}
