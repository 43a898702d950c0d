import type { Clock } from '../domain/clock.ts';
import {
  faultOf,
  isHtml,
  isPage,
  PAGE_START_BYTES,
  pageInstead,
  termsOf,
  termsOfPart,
  type Terms,
} from './report-response.ts';
import type { PartFile } from './part-file.ts';
import { downloadFailed, nameOf, redirectTarget } from './link.ts';
import { CredentialsRejected, PermanentFault, TransientFault } from '../domain/errors.ts';
import type { Head, Transport } from '../http/transport.ts';
import type { Schedule } from '../wait/schedule.ts';
import type { Access, Session } from '../session/session.ts';
import { size } from '../text/inert.ts';

/** Something that a watcher of a download wants to know. */
export type DownloadEvent =
  | {
      kind: 'downloading';
      requestId: string;
      bytes: number;
      total: number | undefined;
      bytesPerSecond: number;
    }
  | { kind: 'download-fault'; requestId: string; message: string; pauseMs: number };

/** The world around a download. */
export interface DownloadWorld {
  /** Root of the vendor's service: the one host that gets the credentials. */
  readonly baseUrl: string;
  readonly session: Pick<Session, 'access'>;
  /** To the host of `baseUrl`, and to any other. */
  readonly transports: { readonly vendor: Transport; readonly others: Transport };
  readonly beginPart: () => Promise<PartFile>;
  readonly schedule: Schedule;
  /** Longest time to try again where next to nothing new comes. */
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: DownloadEvent) => void;
}

const MAX_REDIRECTS = 5;
/** Most time for so many bytes before the connection is given up. */
const SILENCE_MS = 30_000;
const SIGN_OF_LIFE_BYTES = 1024;
const PROGRESS_EVERY_MS = 10_000;

/** What is known of a report while it comes. */
export interface Report {
  readonly requestId: string;
  readonly part: PartFile;
  /** Whether its link says that it is a page for people. */
  readonly isPage: boolean;
  /** How much of it is on the disk. */
  bytes: number;
  terms: Terms;
  access: Access | undefined;
  isRenewed: boolean;
  lastLine: { atMs: number; bytes: number };
}

/** Asks for what is not on the disk yet, wherever that leads; gives the name of the report. */
export async function fetchRest(report: Report, start: URL, world: DownloadWorld): Promise<string> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const next = await fetchFrom(report, url, world);
    if (!(next instanceof URL)) return nameOf([start, url], next);
    url = next;
  }
  throw downloadFailed(`the report is behind more than ${MAX_REDIRECTS} redirects`);
}

/** Gives the headers of a report that is complete, or the address to which the server points. */
async function fetchFrom(
  report: Report,
  url: URL,
  world: DownloadWorld,
): Promise<Head['headers'] | URL> {
  const { session, signal, transports } = world;
  const isVendor = url.origin === new URL(world.baseUrl).origin;
  if (isVendor) report.access ??= await session.access(signal);
  const headers = {
    Accept: '*/*',
    // Packed on the way, it could not be taken up again in the middle.
    'Accept-Encoding': 'identity',
    ...(report.bytes > 0 && report.terms.validator !== undefined
      ? { Range: `bytes=${report.bytes}-`, 'If-Range': report.terms.validator }
      : {}),
    ...(isVendor ? report.access?.headers : {}),
  };
  const transport = isVendor ? transports.vendor : transports.others;
  try {
    return await transport.receive(
      { method: 'GET', url, headers },
      SILENCE_MS,
      signal,
      (head, body, alive) => take(report, head, body, alive, world, isVendor),
    );
  } catch (error) {
    const renew = isVendor && !report.isRenewed ? report.access?.renew : undefined;
    if (!(error instanceof CredentialsRejected) || renew === undefined) throw error;
    report.isRenewed = true;
    report.access = await renew();
    return fetchFrom(report, url, world);
  }
}

/** Takes what the server gives, or says why it will not do. */
async function take(
  report: Report,
  head: Head,
  body: AsyncIterable<Buffer>,
  alive: () => void,
  world: DownloadWorld,
  hasCredentials: boolean,
): Promise<Head['headers'] | URL> {
  const { url, status, headers } = head;
  if (status >= 300 && status < 400) return redirectTarget(url, status, headers);
  if (![200, 203, 206, 416].includes(status)) {
    throw faultOf(head, hasCredentials, world.clock.now());
  }
  const isWhole = status === 200 || status === 203;
  const terms = isWhole ? termsOf(headers) : termsOfPart(report.terms, report.bytes, headers);
  if (isWhole || terms === undefined) report.bytes = 0;
  if (terms === undefined) {
    const text = `${url.host} gave a part that does not fit what came before; starting anew`;
    throw new TransientFault(text, 'bad-answer');
  }
  report.terms = terms;
  if (isHtml(headers) && !report.isPage) throw pageInstead(url);
  try {
    await report.part.write(body, report.bytes, watch(report, url, alive, world));
  } catch (error) {
    if (error instanceof PermanentFault) throw error;
    throw brokenOff(url, report, (error as Error).message, error);
  }
  if (terms.total !== undefined && report.bytes !== terms.total) {
    throw brokenOff(url, report, 'the server ended it there');
  }
  return headers;
}

/** Looks at each chunk before it is written: what it is, whether it belongs there, how far it has come. */
function watch(
  report: Report,
  url: URL,
  alive: () => void,
  { clock, onEvent }: DownloadWorld,
): (chunk: Buffer) => void {
  const { requestId } = report;
  const { total } = report.terms;
  let aliveAt = report.bytes;
  let start = Buffer.alloc(0);
  return (chunk) => {
    if (report.bytes < PAGE_START_BYTES && !report.isPage) {
      start = Buffer.concat([start, chunk.subarray(0, PAGE_START_BYTES)]);
      if (isPage(start)) throw pageInstead(url);
    }
    report.bytes += chunk.length;
    const { bytes } = report;
    if (total !== undefined && bytes > total) {
      report.bytes = 0;
      throw new Error('there is more of it than the server said');
    }
    if (bytes - aliveAt >= SIGN_OF_LIFE_BYTES) {
      aliveAt = bytes;
      alive();
      report.isRenewed = false;
    }
    const { atMs, bytes: before } = report.lastLine;
    const tookMs = clock.now() - atMs;
    if (tookMs < PROGRESS_EVERY_MS) return;
    report.lastLine = { atMs: clock.now(), bytes };
    const bytesPerSecond = ((bytes - before) / tookMs) * 1000;
    onEvent({ kind: 'downloading', requestId, bytes, total, bytesPerSecond });
  };
}

function brokenOff(
  { host }: URL,
  { bytes, terms: { total } }: Report,
  why: string,
  cause?: unknown,
): TransientFault {
  const whole = total === undefined ? '' : ` of ${size(total)}`;
  const text = `the report from ${host} broke off after ${size(bytes)}${whole}: ${why}`;
  return new TransientFault(text, 'unreachable', { cause });
}
