import type { IncomingHttpHeaders } from 'node:http';
import type { Headers } from './headers.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Headers;
  readonly body?: string;
}

/** The head of a response, whatever its status. */
export interface ResponseHead {
  /** The URL of the request. */
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** A whole response. */
export interface HttpResponse extends ResponseHead {
  readonly body: string;
}

/** A response that is still being received. */
export interface ResponseStream {
  readonly head: ResponseHead;
  /** As it is sent (compressed, if `Content-Encoding` says so), of any length. Iterating throws as `send` does. */
  readonly body: AsyncIterable<Buffer>;
  /** Closes the connection. To be called in any case. */
  close(): void;
}

/** One request and its response, for debug logging. */
export interface Exchange extends ResponseHead {
  readonly method: string;
  /** From the request to the head of the response. */
  readonly tookMs: number;
}

/** Requests over one kind of connection. None follows a redirect or is repeated. */
export interface Transport {
  /**
   * Sends one request and reads the whole response.
   *
   * @param timeoutMs time for all of it, from connecting to the last byte of the body
   * @throws TransientError where no whole response came, PermanentError where none can come
   *   (untrusted certificate, body over 10 MiB), the signal's reason once it is aborted
   */
  send(request: HttpRequest, timeoutMs: number, signal: AbortSignal): Promise<HttpResponse>;
  /**
   * Sends one request and gives the response while it is being received.
   *
   * @param silenceMs gives the most time from now for the head, then for each kilobyte of the body
   * @throws as `send`
   */
  stream(
    request: HttpRequest,
    silenceMs: () => number,
    signal: AbortSignal,
  ): Promise<ResponseStream>;
}
