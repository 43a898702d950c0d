import type { Clock } from '../domain/clock.ts';
import { TransientError } from '../domain/errors.ts';
import type { HttpRequest, HttpResponse } from '../http/transport.ts';

/** Sends polls with the ETag of the last response, and takes that response in place of a 304. */
export interface ConditionalRequests {
  /** The request with `If-None-Match` where its last response had an ETag. */
  prepare(request: HttpRequest): HttpRequest;
  /**
   * The response itself, or the last one where nothing has changed since (HTTP 304).
   *
   * @throws TransientError for a 304 to a request that sent no ETag
   */
  resolve(request: HttpRequest, response: HttpResponse): HttpResponse;
}

/** Most that is kept of all responses together: polls of thousands of jobs must fit into memory. */
const MAX_KEPT_LENGTH = 16 * 1024 * 1024;

/** A tag that has not changed for so long is not trusted further: the whole response is requested once. */
const MAX_UNCHANGED_MS = 10 * 60_000;

/** See https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
export function createConditionalRequests(clock: Pick<Clock, 'now'>): ConditionalRequests {
  const kept = new Map<string, { readonly response: HttpResponse; readonly sinceMs: number }>();
  let keptLength = 0;

  return {
    prepare(request) {
      const last = request.method === 'GET' ? kept.get(request.url.href) : undefined;
      const etag = last?.response.headers.etag;
      if (!last || !etag || clock.now() - last.sinceMs >= MAX_UNCHANGED_MS) return request;
      return { ...request, headers: { ...request.headers, 'If-None-Match': etag } };
    },
    resolve({ method, url }, response) {
      const last = kept.get(url.href);
      if (response.status === 304) {
        if (last !== undefined && method === 'GET') return last.response;
        throw new TransientError('HTTP 304 for a response that was never given', 'bad-response');
      }
      keptLength -= last === undefined ? 0 : lengthOf(last.response);
      kept.delete(url.href);
      // Some frameworks give the same tag to a 202 without a body and to the 200 that follows it.
      const isTagged = response.status === 200 && response.headers.etag !== undefined;
      if (method === 'GET' && isTagged && keptLength + lengthOf(response) <= MAX_KEPT_LENGTH) {
        kept.set(url.href, { response, sinceMs: clock.now() });
        keptLength += lengthOf(response);
      }
      return response;
    },
  };
}

const lengthOf = ({ body, headers }: HttpResponse): number =>
  body.length + JSON.stringify(headers).length;
