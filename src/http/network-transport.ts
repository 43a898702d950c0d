import http, { type Agent, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { SecureContext } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { HttpClient } from '@actions/http-client';
import type { Clock } from '../domain/clock.ts';
import { duration } from '../text/format.ts';
import { readText } from './body.ts';
import { checkEnds, missingEnd } from './checked-tls.ts';
import { networkErrorFrom } from './network-errors.ts';
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

interface TransportOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Certificates of its own for every https connection. */
  readonly secureContext?: SecureContext | undefined;
  /** Receives each exchange. */
  readonly onExchange?: (exchange: Exchange) => void;
}

/** Opens requests; what `send` and `stream` have in common. */
interface Connections {
  readonly open: (
    request: HttpRequest,
    stop: AbortSignal,
    isStream?: 'stream',
  ) => Promise<IncomingMessage>;
  readonly toTypedError: (error: unknown, url: URL, stop: AbortSignal) => unknown;
}

/** The transport over the network, through the runner's proxy where the environment names one. */
export function createTransport(options: TransportOptions): Transport {
  const { clock, secureContext, onExchange = () => undefined } = options;
  const clientFor = createClients(secureContext);
  const streamClientFor = createClients(secureContext, checkEnds);
  const connections: Connections = {
    async open(request, stop, isStream) {
      const startMs = clock.now();
      const client = (isStream ? streamClientFor : clientFor)(request.url);
      const message = await sendRequest(client, request, stop);
      const tookMs = clock.now() - startMs;
      onExchange({ method: request.method, ...headOf(request, message), tookMs });
      return message;
    },
    toTypedError: (error, url, stop): unknown =>
      stop.aborted ? stop.reason : networkErrorFrom(error, url, secureContext !== undefined),
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
  const late = `no complete response from ${request.url.host} within ${duration(timeoutMs)}`;
  const time = limitTime(timeoutMs, late, signal);
  const exchange = async () => {
    const message = await open(request, time.signal);
    return { ...headOf(request, message), body: await readText(message) };
  };
  try {
    return await rejectOnAbort(exchange(), time.signal);
  } catch (error) {
    throw toTypedError(error, request.url, time.signal);
  } finally {
    time.clear();
  }
}

async function stream(
  { open, toTypedError }: Connections,
  request: HttpRequest,
  silenceMs: number,
  signal: AbortSignal,
): Promise<ResponseStream> {
  const { url } = request;
  const late = `next to nothing from ${url.host} within ${duration(silenceMs)}`;
  const time = limitTime(silenceMs, late, signal);
  try {
    const message = await rejectOnAbort(open(request, time.signal, 'stream'), time.signal);
    time.restart();
    // Without a length, Node.js takes a reset for the end of a body.
    let reset: Error | undefined;
    message.socket.once('error', (error) => {
      reset = error;
    });
    const body = readStream(message, time.restart, (error = reset ?? missingEnd(message)) => {
      if (error !== undefined) throw toTypedError(error, url, time.signal);
    });
    const close = () => {
      time.clear();
      message.destroy();
    };
    return { head: headOf(request, message), body, close };
  } catch (error) {
    time.clear();
    throw toTypedError(error, url, time.signal);
  }
}

/** Gives one client per origin: a client keeps a single agent, and an agent serves one protocol. */
function createClients(
  secureContext: SecureContext | undefined,
  prepare: (agent: Agent) => void = () => undefined,
): (url: URL) => HttpClient {
  const clients = new Map<string, HttpClient>();
  return (url) => {
    const known = clients.get(url.origin);
    if (known !== undefined) return known;
    const client = new HttpClient('await-job', [], { keepAlive: true });
    // Set on the agent, not on the request: a tunnel through a proxy looks nowhere else.
    const agent = agentOf(client, url);
    const { options } = agent;
    Object.assign(options, { secureContext, rejectUnauthorized: true });
    if (options.proxy) Object.assign(options.proxy, { rejectUnauthorized: true });
    else if (url.protocol === 'https:') prepare(agent);
    clients.set(url.origin, client);
    return client;
  };
}

async function* readStream(
  message: AsyncIterable<Buffer>,
  onProgress: () => void,
  /** Throws the error as a typed one; without an argument, that of the socket if there was one. */
  throwError: (error?: unknown) => void,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  try {
    for await (const chunk of message) {
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

/** GitHub and Microsoft send more than the 16 kB that Node.js allows. */
const MAX_HEADER_BYTES = 64 * 1024;

const agentOf = (client: HttpClient, url: URL) =>
  client.getAgent(url.href) as Agent & { options: { proxy?: object } };

async function sendRequest(
  client: HttpClient,
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options = {
    ...urlToHttpOptions(url),
    method,
    headers: {
      'User-Agent': 'await-job',
      Accept: 'application/json',
      'Accept-Encoding': 'gzip, deflate, br',
      ...headers,
    },
    maxHeaderSize: MAX_HEADER_BYTES,
    agent: agentOf(client, url),
    signal,
  };
  const httpModule = url.protocol === 'https:' ? https : http;
  const { message } = await client.requestRaw(
    { parsedUrl: url, httpModule, options },
    body ?? null,
  );
  return message;
}
