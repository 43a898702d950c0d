import type { IncomingHttpHeaders } from 'node:http';
import { CredentialsRejected } from '../domain/errors.ts';
import type { Access } from '../session/session.ts';
import type { DownloadContext } from './context.ts';
import { downloadFailed, suggestName } from './link.ts';
import type { ReportInProgress } from './receive-report.ts';

const MAX_REDIRECTS = 5;
/** Most time for a kilobyte before the connection is given up. */
const SILENCE_MS = 30_000;
/** So much must have come since a token was replaced before it is replaced again. */
const RENEWAL_BYTES = 1024;

/**
 * Gives a function that requests what is not on the disk yet, wherever redirects lead, and gives the name
 * of the report. It can be called again after an error.
 *
 * @param baseUrl root of the provider's service: the one host that gets the credentials
 */
export function createFetch(
  report: ReportInProgress,
  baseUrl: string,
  { session, signal, transports }: DownloadContext,
): (start: URL) => Promise<string> {
  const providerOrigin = new URL(baseUrl).origin;
  let access: Access | undefined;
  let renewedAtBytes = -RENEWAL_BYTES;

  /** Gives the headers of a report that is complete, or the URL to which the server points. */
  const fetchFrom = async (url: URL): Promise<IncomingHttpHeaders | URL> => {
    const isProvider = url.origin === providerOrigin;
    if (isProvider) access ??= await session.access(signal);
    const headers = {
      Accept: '*/*',
      // A compressed report could not be resumed in the middle.
      'Accept-Encoding': 'identity',
      ...report.rangeHeaders(),
      ...(isProvider ? access?.headers : {}),
    };
    const transport = isProvider ? transports.provider : transports.others;
    const response = await transport.stream({ method: 'GET', url, headers }, SILENCE_MS, signal);
    try {
      return await report.receive(response, isProvider);
    } catch (error) {
      const isRecent = report.receivedBytes() < renewedAtBytes + RENEWAL_BYTES;
      const renew = isProvider && !isRecent ? access?.renew : undefined;
      if (!(error instanceof CredentialsRejected) || renew === undefined) throw error;
      renewedAtBytes = report.receivedBytes();
      access = await renew();
    } finally {
      response.close();
    }
    return fetchFrom(url);
  };

  return async (start) => {
    let url = start;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const next = await fetchFrom(url);
      if (!(next instanceof URL)) return suggestName([start, url], next);
      url = next;
    }
    throw downloadFailed(`the report is behind more than ${MAX_REDIRECTS} redirects`);
  };
}
