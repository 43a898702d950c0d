import type { IncomingHttpHeaders } from 'node:http';
import { extname } from 'node:path';
import { parse as parseDisposition } from 'content-disposition';
import { PermanentError } from '../domain/errors.ts';
import { isSecure } from '../http/tls.ts';
import { unescapeJson } from '../text/inert.ts';

/** An error for which the report cannot be had. */
export const downloadFailed = (message: string, options?: ErrorOptions): PermanentError =>
  new PermanentError(message, 'download-failed', options);

/**
 * Where a provider's `filePath` leads: a URL, with or without its scheme, or a path at the provider's own host.
 *
 * @param origin of the status URL: relative links resolve against it
 * @throws PermanentError where it is no link, or one from which a report must not be fetched
 */
export function parseLink(filePath: string, origin: string): URL {
  const root = new URL(origin);
  // It may come escaped once more than its JSON: `\/`, `\u0026` and the like.
  const link = unescapeJson(filePath.trim());
  const problem = findLinkProblem(link);
  if (problem !== undefined) {
    throw downloadFailed(`“${withoutQuery(link)}” is no link to a report: ${problem}`);
  }
  const full = startsWithHost(link) ? `https://${link}` : link;
  if (!URL.canParse(full, root.origin)) {
    throw downloadFailed(`“${withoutQuery(link)}” is no link to a report: it is not a URL`);
  }
  const url = new URL(full, root.origin);
  if (url.username !== '' || url.password !== '') {
    throw downloadFailed(
      `the link to the report at ${url.host} holds a user name or a password, which would be sent as credentials; give a link without them`,
    );
  }
  return requireHttps(url, root);
}

const withoutQuery = (link: string): string => link.split('?')[0] ?? '';

/** Longer than any server takes. */
const MAX_LINK_LENGTH = 8000;

/** A second link behind a separator: a whole URL anywhere, a path before the query of the first. */
const SECOND_URL = /[\s,;|]https?:\/\//i;
const SECOND_PATH = /[\s,;|]\//;

/** What is wrong with a text that should be one link, and what to write. */
function findLinkProblem(link: string): string | undefined {
  if (link.length > MAX_LINK_LENGTH) return 'it has over 8,000 characters';
  if (/^[{[]/.test(link)) {
    return 'file-path-query finds an object; write the query of the link inside it';
  }
  const rest = link.slice(1);
  if (SECOND_URL.test(rest) || SECOND_PATH.test(rest.split('?')[0] ?? '')) {
    return 'it holds several links in one text; write a query that finds a list of them';
  }
  if (!/[/.]/.test(link)) {
    return 'it looks like an id; write the query of the link, or download the report in a step of its own';
  }
  return undefined;
}

/** A host name with a top-level domain before the first slash, such as `bucket.s3.amazonaws.com/a.csv`. */
const startsWithHost = (link: string): boolean =>
  /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,24}(:\d+)?\//i.test(link);

/**
 * Where a redirect leads.
 *
 * @throws PermanentError where it names no target, or one that must not be requested
 */
export function resolveRedirect(from: URL, status: number, { location }: IncomingHttpHeaders): URL {
  const target = location === undefined ? undefined : fromUtf8(location);
  if (target === undefined || !URL.canParse(target, from.href)) {
    throw downloadFailed(
      `${from.host} responded with HTTP ${status}, a redirect that names no target`,
    );
  }
  const url = new URL(target, from);
  // They would be sent as credentials that the server has chosen.
  url.username = '';
  url.password = '';
  return requireHttps(url, from);
}

/** A download that began encrypted does not go on in the clear. */
function requireHttps(target: URL, from: URL): URL {
  if (!isSecure(target) || (from.protocol === 'https:' && target.protocol !== 'https:')) {
    throw downloadFailed(
      `the report is not fetched over ${target.protocol}//, where others could read or change it; ` +
        `${from.host} should name an https:// URL`,
    );
  }
  return target;
}

/** Parameters by which a link proves that it may be fetched. */
const SIGNATURE = /^(x-amz-signature|x-goog-signature|sig|signature|token)$/i;

/** Whether a link is signed: then it needs no other credentials, and some servers refuse both. */
export const isSigned = ({ searchParams }: URL): boolean =>
  [...searchParams.keys()].some((name) => SIGNATURE.test(name));

/** When a signed link expires, in milliseconds since the epoch; undefined where it does not say. */
export function expiryMs({ searchParams }: URL): number | undefined {
  const get = (name: string) =>
    [...searchParams].find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
  for (const prefix of ['x-amz', 'x-goog']) {
    const [, year, month, day, hour, minute, second] =
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(get(`${prefix}-date`)) ?? [];
    const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    const seconds = Number(get(`${prefix}-expires`) || NaN);
    if (!Number.isNaN(atMs) && seconds >= 0) return atMs + seconds * 1000;
  }
  const epoch = get('expires');
  if (/^\d{9,10}$/.test(epoch)) return Number(epoch) * 1000;
  const azureMs = Date.parse(get('se'));
  return Number.isNaN(azureMs) ? undefined : azureMs;
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

/** Undefined where the header names nothing. The parser throws nothing, whatever it gets. */
const dispositionName = (header = ''): string | undefined =>
  fromUtf8(parseDisposition(header).parameters.filename ?? '') || undefined;

/** Many servers send UTF-8 in headers, where only Latin-1 is allowed. */
function fromUtf8(header: string): string {
  const utf8 = Buffer.from(header, 'latin1').toString();
  const isLatin1 = /[^\0-\xFF]/.test(header) || utf8.includes('\uFFFD');
  return isLatin1 ? header : utf8;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
