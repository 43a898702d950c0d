import type { IncomingHttpHeaders } from 'node:http';
import { extname } from 'node:path';
import { parse as parseDisposition } from 'content-disposition';
import { PermanentError } from '../domain/errors.ts';
import { isSecure } from '../http/tls.ts';
import { quote } from '../text/inert.ts';

/** An error for which the report cannot be had. */
export const downloadFailed = (message: string, options?: ErrorOptions): PermanentError =>
  new PermanentError(message, 'download-failed', options);

/**
 * Where a provider's `filePath` leads: a URL, or a path at the provider's own host.
 *
 * @throws PermanentError where a report must not be fetched from there
 */
export function parseLink(filePath: string, baseUrl: string): URL {
  const root = new URL(`${baseUrl}/`);
  if (!URL.canParse(filePath, root.href)) {
    throw downloadFailed(
      `the provider’s link to the report, “${quote(filePath.split('?')[0] ?? '')}”, is not a URL`,
    );
  }
  return requireHttps(new URL(filePath, root), root);
}

/**
 * Where a redirect leads.
 *
 * @throws PermanentError where it names no target, or one that must not be requested
 */
export function resolveRedirect(from: URL, status: number, { location }: IncomingHttpHeaders): URL {
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw downloadFailed(
      `${from.host} responded with HTTP ${status}, a redirect that names no target`,
    );
  }
  return requireHttps(new URL(location, from), from);
}

/** A download that began encrypted does not go on in the clear. */
function requireHttps(target: URL, from: URL): URL {
  if (!isSecure(target) || (from.protocol === 'https:' && target.protocol !== 'https:')) {
    throw downloadFailed(
      `the report is not fetched over ${target.protocol}//, where others could read or change it; ` +
        `${from.host} should name an https:// URL`,
    );
  }
  // They would be sent as credentials that the server has chosen.
  target.username = '';
  target.password = '';
  return target;
}

/**
 * The name of a report: what the server says, else the last part of its first or its last URL, whichever
 * looks like the name of a file. It may be anything.
 */
export function suggestName(urls: readonly URL[], headers: IncomingHttpHeaders): string {
  const names = urls.map(({ pathname }) => decode(pathname.split('/').at(-1) ?? ''));
  const named = names.find((name) => extname(name) !== '') ?? names.find((name) => name !== '');
  return dispositionName(headers['content-disposition']) ?? named ?? '';
}

/** A header that does not follow https://www.rfc-editor.org/rfc/rfc6266 names nothing. */
function dispositionName(header: string | undefined): string | undefined {
  try {
    const name = header === undefined ? '' : (parseDisposition(header).parameters.filename ?? '');
    // Many servers send UTF-8 where only Latin-1 is allowed.
    const utf8 = Buffer.from(name, 'latin1').toString();
    const isLatin1 = /[^\0-\xFF]/.test(name) || utf8.includes('\uFFFD');
    return (isLatin1 ? name : utf8) || undefined;
  } catch {
    return undefined;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
