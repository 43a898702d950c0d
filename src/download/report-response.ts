import type { IncomingHttpHeaders } from 'node:http';
import { CredentialsRejected, PermanentError, TransientError } from '../domain/errors.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import type { ResponseHead } from '../http/transport.ts';
import { downloadFailed } from './link.ts';

/** What identifies the report that a response holds, https://www.rfc-editor.org/rfc/rfc9110#section-8 */
export interface Representation {
  /** Undefined where the server does not say, or compresses it for the transfer. */
  readonly totalBytes: number | undefined;
  /** Goes with the request for the rest; undefined where the report cannot be resumed. */
  readonly validator: string | undefined;
}

/**
 * The representation of which a part (HTTP 206) continues what is on the disk; undefined where it does not.
 *
 * @param bytes how much is on the disk
 */
export function continuedRepresentation(
  { totalBytes, validator }: Representation,
  bytes: number,
  headers: IncomingHttpHeaders,
): Representation | undefined {
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  const whole = size === '*' ? totalBytes : Number(size);
  if (Number(start) !== bytes || whole === undefined || Number.isNaN(whole)) return undefined;
  if (bytes === 0) return { totalBytes: whole, validator: strongValidator(headers) };
  // A part need not repeat the validator of the whole; where it does, it must be the same.
  const { etag, 'last-modified': modified } = headers;
  const isSame = validator === undefined || [etag ?? validator, modified].includes(validator);
  return isSame && (totalBytes === undefined || totalBytes === whole)
    ? { totalBytes: whole, validator }
    : undefined;
}

/** The representation that a whole response holds. */
export function representationFrom(headers: IncomingHttpHeaders): Representation {
  // A compressed body has another length during transfer, and cannot be resumed in the middle.
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    return { totalBytes: undefined, validator: undefined };
  }
  const { 'content-length': length } = headers;
  return {
    totalBytes: length === undefined ? undefined : Number(length),
    validator: strongValidator(headers),
  };
}

/** A weak tag or date is not good enough, https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5 */
function strongValidator({ etag, date, 'last-modified': modified }: IncomingHttpHeaders) {
  if (etag !== undefined) return etag.startsWith('W/') ? undefined : etag;
  const ageMs = Date.parse(date ?? '') - Date.parse(modified ?? '');
  return ageMs >= 1000 ? modified : undefined;
}

/** Whether the headers announce an HTML page. */
export const isHtml = (headers: IncomingHttpHeaders): boolean =>
  /^\s*(text\/html|application\/xhtml)/i.test(headers['content-type'] ?? '');

/** So much of the beginning of a body tells whether it is an HTML page. */
export const HTML_START_BYTES = 512;

/** Whether a body begins as an HTML page does, whatever its headers say. */
export const startsAsHtml = (start: Buffer): boolean =>
  /^\uFEFF?(?:\s|<!--.*?-->|<\?xml.*?>)*<(?:!doctype html|html|head|body)\b/is.test(
    start.toString(),
  );

/** An HTML page from the provider may be the login page of a session that has ended. */
export const htmlInsteadOfReport = (url: URL): CredentialsRejected =>
  new CredentialsRejected(
    `${url.host} sent an HTML page in place of the report; is the link still valid?`,
  );

/** What a status that is neither 2xx nor 3xx means for a report. */
export function refusalError(
  { url, status, headers }: ResponseHead,
  hasCredentials: boolean,
  nowMs: number,
): Error {
  const text = `${url.host} responded with HTTP ${status}`;
  switch (status) {
    case 401:
      return new CredentialsRejected(
        hasCredentials
          ? `${text}: it does not accept the credentials`
          : `${text}: it wants credentials, which go to the host of base-url alone`,
      );
    case 403:
    case 404: {
      const why = status === 403 ? 'the link may have expired' : 'there is no report at the link';
      return new PermanentError(`${text}: ${why}`, 'download-failed', { needsGrace: true });
    }
  }
  if (status >= 500 || [202, 408, 425, 429].includes(status)) {
    const options = { retryAfterMs: retryAfterMs({ status, headers }, nowMs) };
    return new TransientError(text, 'unreachable', options);
  }
  return downloadFailed(text);
}
