import * as core from '@actions/core';
import type { Exchange } from '../http/transport.ts';
import { duration, quote } from '../text/inert.ts';

/** Headers that carry no secret; of the others only the names are shown. */
const HARMLESS =
  /^(accept-ranges|age|allow|cache-control|connection|content-(encoding|language|length|range|type)|date|etag|expires|keep-alive|last-modified|(x-)?rate-?limit.*|retry-after|server|transfer-encoding|vary|via|.*(request|trace|correlation)-?id)$/i;

/**
 * Gives what tells of each answer under `ACTIONS_STEP_DEBUG`: its status, its time and its headers. The
 * query of an address is left out, since some vendors take passwords there.
 *
 * @param clean takes secrets out of a text
 */
export function createDebug(clean: (text: string) => string): (exchange: Exchange) => void {
  if (!core.isDebug()) return () => undefined;
  return ({ method, url, status, headers, tookMs }) => {
    const shown = Object.entries(headers).map(
      ([name, value]) => `${name}: ${HARMLESS.test(name) ? String(value) : '***'}`,
    );
    const asked = `${method} ${url.origin}${url.pathname}`;
    core.debug(
      clean(quote(clean(`${asked}: HTTP ${status} in ${duration(tookMs)}; ${shown.join('; ')}`))),
    );
  };
}
