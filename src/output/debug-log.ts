import * as core from '@actions/core';
import type { Exchange } from '../http/transport.ts';
import { duration } from '../text/format.ts';
import type { Sanitizer } from '../text/sanitizer.ts';

/** Headers whose values carry no secret; of the others only the names are shown. */
const LOGGED_HEADERS =
  /^(accept-ranges|age|allow|cache-control|connection|content-(encoding|language|length|range|type)|date|etag|expires|keep-alive|last-modified|(x-)?rate-?limit.*|retry-after|server|transfer-encoding|vary|via|.*(request|trace|correlation)-?id)$/i;

/**
 * Logs each exchange under `ACTIONS_STEP_DEBUG`: the request's URL, the response's status, time and
 * headers. The query of a URL is left out, since some providers take passwords there.
 */
export function createDebugLog(sanitizer: Sanitizer): (exchange: Exchange) => void {
  if (!core.isDebug()) return () => undefined;
  return ({ method, url, status, headers, tookMs }) => {
    const shown = Object.entries(headers).map(
      ([name, value]) => `${name}: ${LOGGED_HEADERS.test(name) ? String(value) : '***'}`,
    );
    const request = `${method} ${url.origin}${url.pathname}`;
    core.debug(
      sanitizer.line(`${request}: HTTP ${status} in ${duration(tookMs)}; ${shown.join('; ')}`),
    );
  };
}
