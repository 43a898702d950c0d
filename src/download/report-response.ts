import type { IncomingHttpHeaders } from 'node:http';
import { downloadFailed } from './link.ts';
import {
  CredentialsRejected,
  NOT_FOUND_CONFIRMATIONS,
  PermanentFault,
  TransientFault,
} from '../domain/errors.ts';
import { retryAfterMs } from '../http/body.ts';
import type { Head } from '../http/transport.ts';

/** How long a report is, and what tells it from another one. */
export interface Terms {
  /** In bytes; undefined where the server does not say, or packs it for the way. */
  readonly total: number | undefined;
  /** Goes with the question for the rest; undefined where only all of it will do. */
  readonly validator: string | undefined;
}

/**
 * The terms under which a part (HTTP 206) continues what is on the disk; undefined where it does not.
 *
 * @param bytes how much is on the disk
 */
export function termsOfPart(
  { total, validator }: Terms,
  bytes: number,
  headers: IncomingHttpHeaders,
): Terms | undefined {
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  const whole = size === '*' ? total : Number(size);
  if (Number(start) !== bytes || whole === undefined || Number.isNaN(whole)) return undefined;
  if (bytes === 0) return { total: whole, validator: validatorOf(headers) };
  // A part need not repeat what tells the whole from others; where it does, it must be the same.
  const { etag, 'last-modified': modified } = headers;
  const isSame = validator === undefined || [etag ?? validator, modified].includes(validator);
  return isSame && (total === undefined || total === whole)
    ? { total: whole, validator }
    : undefined;
}

/** How long a report will be, and what tells it from another one. */
export function termsOf(headers: IncomingHttpHeaders): Terms {
  // What is packed has another length on the way, and cannot be taken up in the middle.
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    return { total: undefined, validator: undefined };
  }
  const { 'content-length': length } = headers;
  return {
    total: length === undefined ? undefined : Number(length),
    validator: validatorOf(headers),
  };
}

/** A weak tag or date is not good enough, https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5 */
function validatorOf({ etag, date, 'last-modified': modified }: IncomingHttpHeaders) {
  if (etag !== undefined) return etag.startsWith('W/') ? undefined : etag;
  const ageMs = Date.parse(date ?? '') - Date.parse(modified ?? '');
  return ageMs >= 1000 ? modified : undefined;
}

/** Whether an answer is said to be a page for people. */
export const isHtml = (headers: IncomingHttpHeaders): boolean =>
  /^\s*(text\/html|application\/xhtml)/i.test(headers['content-type'] ?? '');

/** So much of the beginning of a body tells whether it is a page. */
export const PAGE_START_BYTES = 512;

/** Whether a body begins as a page for people does, whatever it is said to be. */
export const isPage = (start: Buffer): boolean =>
  /^\uFEFF?(?:\s|<!--.*?-->|<\?xml.*?>)*<(?:!doctype html|html|head|body)\b/is.test(
    start.toString(),
  );

/** A page for people: at the vendor it may be the log-in page of a session that has ended. */
export const pageInstead = (url: URL): CredentialsRejected =>
  new CredentialsRejected(
    `${url.host} gave an HTML page in place of the report; does the link still hold?`,
  );

/** What a status that is neither 2xx nor 3xx means for a report. */
export function faultOf(
  { url, status, headers }: Head,
  hasCredentials: boolean,
  nowMs: number,
): Error {
  const text = `${url.host} answered HTTP ${status}`;
  switch (status) {
    case 401:
      return new CredentialsRejected(
        hasCredentials
          ? `${text}: it does not accept the credentials`
          : `${text}: it wants credentials, which go to the host of base-url alone`,
      );
    case 403:
    case 404: {
      const why = status === 403 ? 'the link may have run out' : 'there is no report at the link';
      const options = { confirmations: NOT_FOUND_CONFIRMATIONS };
      return new PermanentFault(`${text}: ${why}`, 'download-failed', options);
    }
  }
  if (status >= 500 || [202, 408, 425, 429].includes(status)) {
    const options = { retryAfterMs: retryAfterMs({ headers }, nowMs) };
    return new TransientFault(text, 'unreachable', options);
  }
  return downloadFailed(text);
}
