import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** Responds to one request for a report; `number` counts them from 1. */
export type Responder = (
  request: Parameters<RequestListener>[0],
  response: Parameters<RequestListener>[1],
  number: number,
) => void;

/** A host of reports beside the provider, which responds as each test wants. */
export async function startReportServer() {
  const requests: { path: string; headers: Record<string, unknown> }[] = [];
  let respond: Responder = (_, response) => response.writeHead(500).end();
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    respond(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** What was asked for since `give` was called. */
    requests,
    give: (next: Responder) => {
      requests.length = 0;
      respond = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

interface FileOptions {
  readonly etag?: string;
  readonly modified?: string;
  /** Whether a part may be asked for. */
  readonly ranges?: boolean;
  /** Cuts the response to this request after so many bytes of its body. */
  readonly cutAfter?: (number: number) => number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly gzip?: boolean;
}

/** Gives `content` as a good server of files does, apart from what `options` say. */
export function file(content: Buffer, options: FileOptions = {}): Responder {
  const { etag, modified, ranges = true, cutAfter, headers, gzip = false } = options;
  return (request, response, number) => {
    const { range, 'if-range': ifRange } = request.headers;
    const isSame = ifRange === undefined || ifRange === etag || ifRange === modified;
    const start = ranges && isSame ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
    const body = gzip ? gzipSync(content) : content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      'Content-Type': 'text/csv',
      'Content-Length': body.length,
      ...(etag && { ETag: etag }),
      ...(modified && { 'Last-Modified': modified }),
      ...(gzip && { 'Content-Encoding': 'gzip' }),
      ...(start > 0 && {
        'Content-Range': `bytes ${start}-${content.length - 1}/${content.length}`,
      }),
      ...headers,
    });
    const cut = cutAfter?.(number);
    if (cut === undefined) response.end(body);
    else {
      response.write(body.subarray(0, cut), () => {
        // What was written is to arrive: a reset would throw it away.
        setTimeout(() => response.socket?.destroy(), 30);
      });
    }
  };
}

/** Gives nothing but a status. */
export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Responder =>
  (_, response) => {
    response.writeHead(code, headers).end();
  };

/** Gives the first responses in turn, then the last one for ever. */
export const inTurn =
  (...responses: readonly Responder[]): Responder =>
  (request, response, number) => {
    responses[Math.min(number, responses.length) - 1]?.(request, response, number);
  };
