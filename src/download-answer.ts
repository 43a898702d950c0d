import type { IncomingHttpHeaders } from 'node:http';
import { downloadFailed } from './download-link.ts';
import {
  CredentialsRejected,
  NOT_FOUND_CONFIRMATIONS,
  PermanentFault,
  TransientFault,
} from './faults.ts';
import { retryAfterMs } from './http-answer.ts';
import type { Head } from './http.ts';

/** How long a report is, and what tells it from another one. */
export interface Terms {
  /** In bytes; undefined where the server does not say, or packs it for the way. */
  readonly total: number | undefined;
  /** Goes with the question for the rest; undefined where only all of it will do. */
  readonly validator: string | undefined;
}

/** Whether a part of a report continues what is on the disk. */
export function isTheRest(
  { total, validator }: Terms,
  bytes: number,
  headers: IncomingHttpHeaders,
): boolean {
  const [, start, whole] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  const isSame = [headers.etag, headers['last-modified'], undefined].includes(validator);
  return Number(start) === bytes && isSame && (whole === '*' || Number(whole) === total);
}

/** How long a report will be, and what tells it from another one. */
export function termsOf(headers: IncomingHttpHeaders): Terms {
  // What is packed has another length on the way, and cannot be taken up in the middle.
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    return { total: undefined, validator: undefined };
  }
  const { etag, 'content-length': length, 'last-modified': modified } = headers;
  // A weak tag is not good enough: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
  const validator = etag?.startsWith('W/') ? undefined : (etag ?? modified);
  return { total: length === undefined ? undefined : Number(length), validator };
}

/** Whether an answer is said to be a page for people. */
export const isHtml = (headers: IncomingHttpHeaders): boolean =>
  /^\s*(text\/html|application\/xhtml)/i.test(headers['content-type'] ?? '');

/** Whether a body begins as such a page does, whatever it is said to be. */
export const isPage = (start: Buffer): boolean =>
  /^\uFEFF?\s*<(!doctype html|html)\b/i.test(start.subarray(0, 512).toString());

/** A page for people: at the vendor it may be the log-in page of a session that has ended. */
export const pageInstead = (url: URL): CredentialsRejected =>
  new CredentialsRejected(
    `${url.host} gave an HTML page in place of the report; does the link still hold?`,
  );

/** What a status that is neither 2xx nor 3xx means for a report. */
export function faultOf({ url, status, headers }: Head, nowMs: number): Error {
  const text = `${url.host} answered HTTP ${status}`;
  switch (status) {
    case 401:
      return new CredentialsRejected(`${text}: it does not accept the credentials`);
    case 403:
    case 404: {
      const why = status === 403 ? 'the link may have run out' : 'there is no report at the link';
      const options = { confirmations: NOT_FOUND_CONFIRMATIONS };
      return new PermanentFault(`${text}: ${why}`, 'download-failed', options);
    }
  }
  if (status >= 500 || [408, 425, 429].includes(status)) {
    const options = { retryAfterMs: retryAfterMs({ headers }, nowMs) };
    return new TransientFault(text, 'unreachable', options);
  }
  return downloadFailed(text);
}
