import * as core from '@actions/core';
import type { Exchange } from './http.ts';
import { duration, quote } from './text.ts';

/** Headers that may carry a secret of the vendor's or of ours. */
const SECRET = /auth|cookie|key|secret|token/i;

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
      ([name, value]) => `${name}: ${SECRET.test(name) ? '***' : String(value)}`,
    );
    const asked = `${method} ${url.origin}${url.pathname}`;
    core.debug(
      clean(quote(clean(`${asked}: HTTP ${status} in ${duration(tookMs)}; ${shown.join('; ')}`))),
    );
  };
}
