import http, { type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { SecureContext } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { HttpClient } from '@actions/http-client';
import { Cancelled, TransientFault } from '../domain/errors.ts';
import { textOf, unpacked } from './body.ts';
import { networkFaultOf } from './network-errors.ts';
import { duration } from '../text/inert.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How an answer begins, whatever its status. */
export interface Head {
  /** What was asked. */
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** A whole answer. */
export interface Answer extends Head {
  readonly body: string;
}

/** What went over the wire, for those who look for a fault. */
export interface Exchange extends Head {
  readonly method: string;
  /** From the request to the head of the answer. */
  readonly tookMs: number;
}

/** Requests over one kind of connection. None follows a redirect or is repeated. */
export interface Transport {
  /**
   * Sends one request and gives the whole answer.
   *
   * @param timeoutMs time for all of it, from connecting to the last byte of the body
   * @throws TransientFault where no whole answer came, PermanentFault where none can come
   *   (untrusted certificate, body over 10 MiB), Cancelled once `signal` is aborted
   */
  send(request: HttpRequest, timeoutMs: number, signal: AbortSignal): Promise<Answer>;
  /**
   * Sends one request and hands over the answer while it comes, unpacked and however long it is.
   * The connection is closed when `take` is done with it.
   *
   * @param silenceMs most time between two signs of life, which `take` passes on by calling `alive`
   * @throws what `take` throws, else as `send`
   */
  receive<T>(
    request: HttpRequest,
    silenceMs: number,
    signal: AbortSignal,
    take: (head: Head, body: AsyncIterable<Buffer>, alive: () => void) => Promise<T>,
  ): Promise<T>;
}

/**
 * The transport over the network, through the runner's proxy where the environment names one.
 *
 * @param secureContext certificates of its own for every https connection
 * @param onExchange is told of each answer
 */
export function createTransport(
  secureContext: SecureContext | undefined,
  onExchange: (exchange: Exchange) => void = () => undefined,
): Transport {
  // One client an origin: a client keeps a single agent, and an agent serves one protocol.
  const clients = new Map<string, HttpClient>();
  const clientFor = (url: URL): HttpClient => {
    const known = clients.get(url.origin);
    if (known !== undefined) return known;
    const client = new HttpClient('await-job', [], { keepAlive: true });
    // Set on the agent, not on the request: a tunnel through a proxy looks nowhere else.
    const { options } = agentOf(client, url);
    Object.assign(options, { secureContext, rejectUnauthorized: true });
    if (options.proxy) Object.assign(options.proxy, { rejectUnauthorized: true });
    clients.set(url.origin, client);
    return client;
  };

  /** Ends what `work` does when time runs out or the step is cancelled, and names what ended it. */
  const within = async <T>(
    { url }: HttpRequest,
    [limitMs, late]: [ms: number, message: string],
    signal: AbortSignal,
    work: (stop: AbortSignal, timer: NodeJS.Timeout) => Promise<T>,
  ): Promise<T> => {
    if (signal.aborted) throw new Cancelled('the step was cancelled');
    const stop = new AbortController();
    const cancel = () => {
      stop.abort(new Cancelled('the step was cancelled'));
    };
    const timer = setTimeout(() => {
      const message = `${late} ${url.host} within ${duration(limitMs)}`;
      stop.abort(new TransientFault(message, 'unreachable'));
    }, limitMs);
    signal.addEventListener('abort', cancel);
    try {
      return await work(stop.signal, timer);
    } catch (error) {
      throw stop.signal.aborted
        ? stop.signal.reason
        : networkFaultOf(error, url, secureContext !== undefined);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
    }
  };

  const open = async (request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> => {
    const startMs = Date.now();
    const message = await sendRequest(clientFor(request.url), request, signal);
    const tookMs = Date.now() - startMs;
    onExchange({ method: request.method, ...headOf(request, message), tookMs });
    return message;
  };

  return {
    send: (request, timeoutMs, signal) =>
      within(request, [timeoutMs, 'no complete answer from'], signal, (stop) => {
        const exchange = async () => {
          const message = await open(request, stop);
          return { ...headOf(request, message), body: await textOf(message) };
        };
        return orStop(exchange(), stop);
      }),
    receive: (request, silenceMs, signal, take) =>
      within(request, [silenceMs, 'next to nothing from'], signal, async (stop, timer) => {
        const message = await orStop(open(request, stop), stop);
        // Without a length, Node.js takes a reset for the end of a body.
        let reset: Error | undefined;
        message.socket.once('error', (error) => {
          reset = error;
        });
        try {
          timer.refresh();
          const taken = await take(headOf(request, message), await unpacked(message), () =>
            timer.refresh(),
          );
          if (reset !== undefined) throw reset;
          return taken;
        } finally {
          message.destroy();
        }
      }),
  };
}

/** Node.js drops a connection that it cannot make sense of (HTTP 101) without telling anyone. */
function orStop<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
  return Promise.race([work, stopped]);
}

const headOf = ({ url }: HttpRequest, { statusCode, headers }: IncomingMessage): Head => ({
  url,
  status: statusCode ?? 0,
  headers,
});

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
    headers: { 'User-Agent': 'await-job', Accept: 'application/json', ...headers },
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
