import type { IncomingHttpHeaders } from 'node:http';
import { extname } from 'node:path';
import { CredentialsRejected, PermanentError, TransientError } from '../domain/errors.ts';
import type { Problem } from '../domain/job.ts';
import { parseHttpDate } from '../http/http-date.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import type { ResponseHead } from '../http/transport.ts';
import { findXmlError } from '../http/xml-error.ts';
import { downloadFailed, expiryMs } from './link.ts';

/** What identifies the report that a response holds, https://www.rfc-editor.org/rfc/rfc9110#section-8 */
export interface Representation {
  /** Undefined where the server does not say, or compresses it for the transfer. */
  readonly totalBytes: number | undefined;
  /** Goes with the request for the rest; undefined where the report cannot be resumed. */
  readonly validator: string | undefined;
}

/** Nothing is known yet. */
export const UNKNOWN: Representation = { totalBytes: undefined, validator: undefined };

/**
 * The representation that a response holds, and where its body belongs in it: at the beginning, or behind
 * what is on the disk. Undefined where it does not fit what came before.
 *
 * @param before the representation of which `bytes` are on the disk
 */
export function placeResponse(
  before: Representation,
  bytes: number,
  status: number,
  headers: IncomingHttpHeaders,
): { readonly representation: Representation; readonly offset: number } | undefined {
  if (status === 416) return undefined;
  // Some servers send a part as HTTP 200: `Content-Range` says so.
  const isWhole = (status === 200 || status === 203) && headers['content-range'] === undefined;
  const representation = isWhole
    ? wholeRepresentation(before, bytes, headers)
    : continuedRepresentation(before, bytes, headers);
  return representation && { representation, offset: isWhole ? 0 : bytes };
}

/** The representation of which a part (HTTP 206) continues what is on the disk; undefined where it does not. */
function continuedRepresentation(
  { totalBytes, validator }: Representation,
  bytes: number,
  headers: IncomingHttpHeaders,
): Representation | undefined {
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  const whole = size === '*' ? totalBytes : Number(size);
  if (Number(start) !== bytes || whole === undefined || Number.isNaN(whole)) return undefined;
  if (bytes === 0) return { totalBytes: whole, validator: strongValidator(headers) };
  // Without a validator no part was requested, and nothing says of which report this one is.
  const isSame = validator !== undefined && mayHave(validator, headers);
  return isSame && (totalBytes === undefined || totalBytes === whole)
    ? { totalBytes: whole, validator }
    : undefined;
}

/** Whether a part may be of the whole with a validator: it need not repeat it, but must not name another. */
function mayHave(
  validator: string,
  { etag, 'last-modified': modified }: IncomingHttpHeaders,
): boolean {
  const own = validator.startsWith('"') ? [etag] : [etag, modified];
  return own.includes(validator) || own.every((one) => one === undefined);
}

/**
 * The same strong validator cannot stand for another length: then one of both is a part. Where no length
 * tells them apart, what comes in place of the rest may be the rest.
 */
function wholeRepresentation(
  before: Representation,
  bytes: number,
  headers: IncomingHttpHeaders,
): Representation | undefined {
  const { 'content-length': length } = headers;
  const validator = strongValidator(headers);
  const totalBytes = length === undefined ? undefined : Number(length);
  if (validator === undefined || validator !== before.validator) return { totalBytes, validator };
  if (before.totalBytes === undefined) return bytes > 0 ? undefined : { totalBytes, validator };
  // Its length is compared at its end; cut before that, it must not be continued.
  if (totalBytes === undefined) return { totalBytes: before.totalBytes, validator: undefined };
  return totalBytes === before.totalBytes ? { totalBytes, validator } : undefined;
}

/** A weak tag or date is not good enough, https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5 */
function strongValidator({ etag, date, 'last-modified': modified }: IncomingHttpHeaders) {
  if (etag !== undefined) return etag.startsWith('W/') ? undefined : etag;
  const ageMs = (parseHttpDate(date) ?? NaN) - (parseHttpDate(modified) ?? NaN);
  return ageMs >= 1000 ? modified : undefined;
}

/** Extensions of compressed files, by the coding that a server may announce for them. */
const PACKED_EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  gzip: ['.gz', '.tgz', '.gzip', '.svgz'],
  'x-gzip': ['.gz', '.tgz', '.gzip', '.svgz'],
  br: ['.br'],
  zstd: ['.zst', '.zstd', '.tzst'],
  compress: ['.z'],
  bzip2: ['.bz2', '.tbz2'],
  xz: ['.xz', '.txz'],
  lz4: ['.lz4'],
};

/** Whether a file that is called `name` keeps its coding, as `curl -O` leaves it. */
export const staysPacked = (name: string, coding: string): boolean =>
  Object.hasOwn(PACKED_EXTENSIONS, coding) &&
  (PACKED_EXTENSIONS[coding] ?? []).includes(extname(name).toLowerCase());

/** An HTML page from the provider may be the login page of a session that has ended. */
export const htmlInsteadOfReport = (url: URL): CredentialsRejected =>
  new CredentialsRejected(
    `${url.host} sent an HTML page in place of the report; is the link still valid?`,
  );

/**
 * What a status that is neither 2xx nor 3xx means for a report.
 *
 * @param text the beginning of the body, which may hold the storage's own error
 */
export function refusalError(
  { url, status, headers }: ResponseHead,
  hasCredentials: boolean,
  text: string,
  nowMs: number,
): Error {
  const said = findXmlError(text);
  const message = `HTTP ${status}${said === '' ? '' : ` (${said})`} from ${url.host}`;
  const refusal = (text: string, problem?: Problem) =>
    new PermanentError(text, 'download-failed', { needsGrace: true, problem });
  const expiredMs = expiryMs(url) ?? Infinity;
  const [isPast, saysExpired] = [expiredMs <= nowMs, /expired/i.test(said)];
  // Stores say it with one of these; another link may still lead to the report.
  const mayBeExpiry = [400, 403, 410].includes(status) || (status === 401 && !hasCredentials);
  if (mayBeExpiry && (isPast || saysExpired)) {
    const why = saysExpired ? `HTTP ${status} from ${url.host}` : message;
    const past = () => `the link has expired at ${new Date(expiredMs).toISOString()} (${why})`;
    return refusal(isPast ? past() : message, 'link-expired');
  }
  switch (status) {
    case 401:
      return new CredentialsRejected(
        hasCredentials
          ? `${message}: it does not accept the credentials`
          : `${message}: it wants credentials, which go to the host of \`base-url\` alone`,
      );
    case 403:
      return refusal(message);
    case 404:
      return refusal(`${message}: there is no report at the link`);
  }
  if (status >= 500 || [202, 408, 425, 429].includes(status)) {
    const options = { retryAfterMs: retryAfterMs({ status, headers }, nowMs) };
    return new TransientError(message, 'unreachable', options);
  }
  return downloadFailed(message);
}
