import { on } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { SecureContext } from 'node:tls';
import type { Clock } from '../domain/clock.ts';
import type { AddressGuard } from './address-guard.ts';
import { readText } from './body.ts';
import { readMore } from './buffers.ts';
import { missingEnd } from './checked-tls.ts';
import { createClients, sendRequest } from './clients.ts';
import { networkErrorFrom } from './network-errors.ts';
import { withRetryAfter } from './retry-after.ts';
import { limitTime, rejectOnAbort } from './time-limit.ts';
import type {
  Exchange,
  HttpRequest,
  HttpResponse,
  ResponseHead,
  ResponseStream,
  Transport,
} from './transport.ts';

/** So many bytes show that a stream is still alive. */
const SIGN_OF_LIFE_BYTES = 1024;
/** So many chunks of a stream may wait for whoever reads it. */
const MAX_WAITING_CHUNKS = 2;

interface TransportOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Certificates of its own for every https connection. */
  readonly secureContext?: SecureContext | undefined;
  /** Whether a client certificate is among them. */
  readonly hasClientCertificate?: boolean;
  /** Decides which hosts may be reached; all of them where it is left out. */
  readonly guard?: AddressGuard;
  /** Receives each exchange. */
  readonly onExchange?: (exchange: Exchange) => void;
}

/** Opens requests; what `send` and `stream` have in common. */
interface Connections {
  readonly open: (request: HttpRequest, stop: AbortSignal) => Promise<IncomingMessage>;
  /** @param head of the response, where the error came later */
  readonly toTypedError: (
    error: unknown,
    request: HttpRequest,
    stop: AbortSignal,
    head?: ResponseHead,
  ) => unknown;
}

/** The transport over the network, through the runner's proxy where the environment names one. */
export function createTransport(options: TransportOptions): Transport {
  const { clock, secureContext, guard, hasClientCertificate = false } = options;
  const { onExchange = () => undefined } = options;
  const clientFor = createClients(secureContext);
  const opened = new WeakSet<HttpRequest>();
  const connections: Connections = {
    async open(request, stop) {
      const startMs = clock.now();
      const client = clientFor(request.url);
      const lookup = await guard?.check(request.url, client.proxy !== undefined);
      const onOpen = () => opened.add(request);
      const message = await sendRequest(client, request, stop, { lookup, onOpen });
      const tookMs = clock.now() - startMs;
      onExchange({ method: request.method, ...headOf(request, message), tookMs });
      return message;
    },
    toTypedError: (error, request, stop, head): unknown => {
      const { url } = request;
      const isOpen = opened.has(request);
      const route = { url, hasClientCertificate, proxy: clientFor(url).proxy, isOpen };
      const typed: unknown = stop.aborted ? stop.reason : networkErrorFrom(error, route);
      return head ? withRetryAfter(typed, head, clock.now()) : typed;
    },
  };
  return {
    send: (request, timeoutMs, signal) => send(connections, request, timeoutMs, signal),
    stream: (request, silenceMs, signal) => stream(connections, request, silenceMs, signal),
  };
}

async function send(
  { open, toTypedError }: Connections,
  request: HttpRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const late = (time: string) => `no complete response from ${request.url.host} within ${time}`;
  const time = limitTime(timeoutMs, late, signal);
  let head: ResponseHead | undefined;
  const exchange = async () => {
    const message = await open(request, time.signal);
    head = headOf(request, message);
    const body = await readText(message);
    const cut = missingEnd(message);
    if (cut !== undefined) throw cut;
    return { ...head, body };
  };
  try {
    return await rejectOnAbort(exchange(), time.signal);
  } catch (error) {
    throw toTypedError(error, request, time.signal, head);
  } finally {
    time.clear();
  }
}

async function stream(
  { open, toTypedError }: Connections,
  request: HttpRequest,
  silenceMs: () => number,
  signal: AbortSignal,
): Promise<ResponseStream> {
  const { url } = request;
  const late = (time: string) => `next to nothing from ${url.host} within ${time}`;
  const time = limitTime(silenceMs(), late, signal);
  const restart = () => {
    time.restart(silenceMs());
  };
  try {
    const message = await rejectOnAbort(open(request, time.signal), time.signal);
    restart();
    // Without a length, Node.js takes a reset for the end of a body.
    let reset: Error | undefined;
    const noteReset = (error: Error) => {
      reset = error;
    };
    const { socket } = message;
    readMore(socket);
    socket.once('error', noteReset);
    const body = readStream(chunksOf(message), restart, (error = reset ?? missingEnd(message)) => {
      if (error !== undefined) throw toTypedError(error, request, time.signal);
    });
    const close = () => {
      time.clear();
      // The connection may serve many more requests.
      socket.off('error', noteReset);
      message.destroy();
    };
    return { head: headOf(request, message), body, close };
  } catch (error) {
    time.clear();
    throw toTypedError(error, request, time.signal);
  }
}

/** The chunks of a body from now on. Those that came before a cut are given as well; a stream would throw them away. */
const chunksOf = (message: IncomingMessage) =>
  on(message, 'data', {
    close: ['end', 'close'],
    highWaterMark: MAX_WAITING_CHUNKS,
  }) as AsyncIterable<[Buffer]>;

async function* readStream(
  chunks: AsyncIterable<[Buffer]>,
  onProgress: () => void,
  /** Throws the error as a typed one; without an argument, that of the socket if there was one. */
  throwError: (error?: unknown) => void,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  try {
    for await (const [chunk] of chunks) {
      bytes += chunk.length;
      if (bytes >= SIGN_OF_LIFE_BYTES) {
        bytes = 0;
        onProgress();
      }
      yield chunk;
    }
  } catch (error) {
    throwError(error);
  }
  throwError();
}

const headOf = ({ url }: HttpRequest, { statusCode, headers }: IncomingMessage): ResponseHead => ({
  url,
  status: statusCode ?? 0,
  headers,
});
