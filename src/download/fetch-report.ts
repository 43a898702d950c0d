import { CredentialsRejected } from '../domain/errors.ts';
import { mergeHeaders, type Headers } from '../http/headers.ts';
import { limitTime, rejectOnAbort } from '../http/time-limit.ts';
import type { Access } from '../session/session.ts';
import type { DownloadContext, DownloadSettings } from './context.ts';
import { downloadFailed, isSigned, suggestName } from './link.ts';
import type { ReportInProgress } from './receive-report.ts';

const MAX_REDIRECTS = 5;
/** So much must have come since a token was replaced before it is replaced again. */
const RENEWAL_BYTES = 1024;
/** Headers that are sent to any host: they say what is wanted, and nothing about the caller. */
const PUBLIC_HEADER = /^accept(-language)?$/i;

/** The way of one report, from its link through redirects. */
interface Route {
  /** The link first, then each redirect. */
  readonly urls: readonly [URL, ...URL[]];
  /** Most time from now for a kilobyte, before the connection is given up. */
  readonly silenceMs: () => number;
  /** Whether the provider's own host may get the credentials. */
  readonly mayUseToken: boolean;
}

/**
 * Gives a function that requests what is not on the disk yet, wherever redirects lead, and gives the name
 * of the report. It can be called again after an error.
 */
export function createFetch(
  report: ReportInProgress,
  settings: DownloadSettings,
  context: DownloadContext,
): (start: URL, silenceMs: () => number) => Promise<string> {
  const providerOrigin = new URL(settings.baseUrl).origin;
  const access = createReportAccess(report, context);
  const receive = createReceiver(report, settings, context);

  /** Fetches with the token where the signature of a link is not enough, or with another token. */
  const fetchFrom = async (route: Route): Promise<Received> => {
    const url = currentUrl(route);
    // Another host that points back to the provider's must not choose what is asked with credentials.
    const isTrusted = url.origin === providerOrigin && route.mayUseToken;
    const useToken = isTrusted && !isSigned(url);
    try {
      return await receive(route, isTrusted, useToken ? await access.headers(route) : undefined);
    } catch (error) {
      if (isTrusted && !useToken && [401, 403].includes(receive.lastStatus())) {
        return receive(route, isTrusted, await access.headers(route));
      }
      if (!useToken || !(await access.renewAfter(error, route))) throw error;
    }
    return fetchFrom(route);
  };

  return async (start, silenceMs) => {
    let route: Route = {
      urls: [start],
      silenceMs,
      mayUseToken: start.origin === providerOrigin,
    };
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const { name, next } = await fetchFrom(route);
      if (next === undefined) return name;
      const mayUseToken = route.mayUseToken && next.origin === providerOrigin;
      route = { ...route, urls: [...route.urls, next], mayUseToken };
    }
    throw downloadFailed(`the report is behind more than ${MAX_REDIRECTS} redirects`);
  };
}

const currentUrl = ({ urls }: Route): URL => urls.at(-1) ?? urls[0];

interface Received {
  /** What the report is called. */
  readonly name: string;
  /** Where the server points; undefined where the report is complete. */
  readonly next: URL | undefined;
}

/** Gives a function that sends one request and receives what comes. */
function createReceiver(
  report: ReportInProgress,
  { destination, reportHeaders }: DownloadSettings,
  { signal, transports }: DownloadContext,
) {
  let lastStatus = 0;
  const receive = async (
    route: Route,
    isTrusted: boolean,
    credentials: Headers | undefined,
  ): Promise<Received> => {
    const url = currentUrl(route);
    const own = Object.entries(reportHeaders).filter(
      ([header]) => isTrusted || PUBLIC_HEADER.test(header),
    );
    const headers = [
      { Accept: '*/*' },
      Object.fromEntries(own),
      // A compressed report could not be resumed in the middle.
      { 'Accept-Encoding': 'identity', ...report.rangeHeaders() },
      credentials ?? {},
    ].reduce(mergeHeaders);
    const transport = isTrusted ? transports.provider : transports.others;
    const request = { method: 'GET', url, headers } as const;
    lastStatus = 0;
    const response = await transport.stream(request, route.silenceMs, signal);
    lastStatus = response.head.status;
    try {
      const name = destination?.name ?? suggestName([route.urls[0], url], response.head.headers);
      return { name, next: await report.receive(response, name, credentials !== undefined) };
    } finally {
      response.close();
    }
  };
  return Object.assign(receive, { lastStatus: () => lastStatus });
}

/** The credentials of the provider's own host, which are replaced once where they are not accepted. */
function createReportAccess(report: ReportInProgress, { session, signal }: DownloadContext) {
  let access: Access | undefined;
  let renewedAtBytes = -RENEWAL_BYTES;
  /** A login takes no longer than the report may be silent. */
  const inTime = async (logIn: () => Promise<Access>, { silenceMs }: Route): Promise<Access> => {
    const time = limitTime(silenceMs(), (ms) => `no response to the login within ${ms}`, signal);
    try {
      return await rejectOnAbort(logIn(), time.signal);
    } finally {
      time.clear();
    }
  };
  return {
    headers: async (route: Route) =>
      (access ??= await inTime(() => session.access(signal), route)).headers,
    /** Replaces the token after an error that asks for it; tells whether it did. */
    renewAfter: async (error: unknown, route: Route): Promise<boolean> => {
      const isRecent = report.receivedBytes() < renewedAtBytes + RENEWAL_BYTES;
      const renew = isRecent ? undefined : access?.renew;
      if (!(error instanceof CredentialsRejected) || renew === undefined) return false;
      renewedAtBytes = report.receivedBytes();
      access = await inTime(renew, route);
      return true;
    },
  };
}
