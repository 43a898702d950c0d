import type { IncomingHttpHeaders } from 'node:http';
import { extname } from 'node:path';
import { parse as parseDisposition } from 'content-disposition';
import { PermanentFault } from '../domain/errors.ts';
import { quote } from '../text/inert.ts';
import { isSecure } from '../http/tls.ts';

/** A fault that keeps a report away for good. */
export const downloadFailed = (message: string, options?: ErrorOptions): PermanentFault =>
  new PermanentFault(message, 'download-failed', options);

/**
 * Where a vendor's `filePath` leads: an address, or a path at the vendor's own host.
 *
 * @throws PermanentFault where a report must not be fetched from there
 */
export function linkOf(filePath: string, baseUrl: string): URL {
  const root = new URL(`${baseUrl}/`);
  if (!URL.canParse(filePath, root.href)) {
    throw downloadFailed(
      `the vendor’s link to the report, “${quote(filePath.split('?')[0] ?? '')}”, is not a URL`,
    );
  }
  return checked(new URL(filePath, root), root);
}

/**
 * Where a redirect leads.
 *
 * @throws PermanentFault where it names no target, or one that must not be asked
 */
export function redirectTarget(from: URL, status: number, { location }: IncomingHttpHeaders): URL {
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw downloadFailed(`${from.host} answered HTTP ${status}, a redirect that names no target`);
  }
  return checked(new URL(location, from), from);
}

/** What goes encrypted so far does not go on in the clear. */
function checked(target: URL, from: URL): URL {
  if (!isSecure(target) || (from.protocol === 'https:' && target.protocol !== 'https:')) {
    throw downloadFailed(
      `the report is not fetched over ${target.protocol}//, where others could read or change it; ` +
        `${from.host} should name an https:// address`,
    );
  }
  // They would go along as credentials, of the server's own choice.
  target.username = '';
  target.password = '';
  return target;
}

/**
 * The name of a report: what the server says, else the last part of its first or its last address,
 * whichever looks like the name of a file. It may be anything.
 */
export function nameOf(addresses: readonly URL[], headers: IncomingHttpHeaders): string {
  const names = addresses.map(({ pathname }) => decoded(pathname.split('/').at(-1) ?? ''));
  const named = names.find((name) => extname(name) !== '') ?? names.find((name) => name !== '');
  return dispositionName(headers['content-disposition']) ?? named ?? '';
}

/** A header that is not as https://www.rfc-editor.org/rfc/rfc6266 wants it names nothing. */
function dispositionName(header: string | undefined): string | undefined {
  try {
    const name = header === undefined ? '' : (parseDisposition(header).parameters.filename ?? '');
    // Many servers send UTF-8 where only Latin-1 is meant to be.
    const utf8 = Buffer.from(name, 'latin1').toString();
    const isLatin1 = /[^\0-\xFF]/.test(name) || utf8.includes('\uFFFD');
    return (isLatin1 ? name : utf8) || undefined;
  } catch {
    return undefined;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
