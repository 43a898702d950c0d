import http, { type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { pipeline, type Transform } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { HttpClient } from '@actions/http-client';
import { Cancelled, PermanentFault, TransientFault } from './faults.ts';
import { networkFaultOf } from './network-faults.ts';
import { duration } from './text.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A whole answer, whatever its status. */
export interface Answer {
  /** What was asked. */
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Transport {
  /**
   * Sends one request and gives the whole answer. Follows no redirect and repeats nothing.
   *
   * @param timeoutMs time for all of it, from connecting to the last byte of the body
   * @throws TransientFault where no whole answer came, PermanentFault where none can come
   *   (untrusted certificate, body over 10 MiB), Cancelled once `signal` is aborted
   */
  send(request: HttpRequest, timeoutMs: number, signal: AbortSignal): Promise<Answer>;
}

/** Most that an answer may hold, unpacked. Status answers are a few kilobytes. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * The transport over the network, through the runner's proxy where the environment names one.
 *
 * @param secureContext certificates of its own for every https connection
 */
export function createTransport(secureContext: SecureContext | undefined): Transport {
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

  return {
    async send(request, timeoutMs, signal) {
      if (signal.aborted) throw new Cancelled('the step was cancelled');
      const stop = new AbortController();
      const cancel = () => {
        stop.abort(new Cancelled('the step was cancelled'));
      };
      const timer = setTimeout(() => {
        const late = `no complete answer from ${request.url.host} within ${duration(timeoutMs)}`;
        stop.abort(new TransientFault(late, 'unreachable'));
      }, timeoutMs);
      signal.addEventListener('abort', cancel);
      try {
        // Node.js drops a connection that it cannot make sense of (HTTP 101) without telling anyone.
        return await Promise.race([
          exchange(clientFor(request.url), request, stop.signal),
          rejection(stop.signal),
        ]);
      } catch (error) {
        throw stop.signal.aborted
          ? stop.signal.reason
          : networkFaultOf(error, request.url, secureContext !== undefined);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
      }
    },
  };
}

const rejection = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });

const agentOf = (client: HttpClient, url: URL) =>
  client.getAgent(url.href) as Agent & { options: { proxy?: object } };

async function exchange(
  client: HttpClient,
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const { message } = await client.requestRaw(
    {
      parsedUrl: url,
      httpModule: url.protocol === 'https:' ? https : http,
      options: {
        ...urlToHttpOptions(url),
        method,
        headers: { 'User-Agent': 'await-job', Accept: 'application/json', ...headers },
        agent: agentOf(client, url),
        signal,
      },
    },
    body ?? null,
  );
  const text = await readBody(message);
  return { url, status: message.statusCode ?? 0, headers: message.headers, body: text };
}

const UTF8 = new TextDecoder();

async function readBody(message: IncomingMessage): Promise<string> {
  const decoder = await decoderOf(message);
  // The pipeline hands an error of the message on to the decoder, where the loop meets it.
  const source = decoder ? pipeline(message, decoder, () => undefined) : message;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new PermanentFault('the answer is larger than 10 MiB', 'bad-answer');
    }
    chunks.push(chunk);
  }
  return UTF8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
}

/** What unpacks a body, where it is packed. Loaded only then: few vendors pack an answer of a line. */
async function decoderOf({ headers }: IncomingMessage): Promise<Transform | undefined> {
  const encoding = (headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return undefined;
  const { createBrotliDecompress, createGunzip, createInflate } = await import('node:zlib');
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      return undefined;
  }
}

/**
 * How long the vendor asks to be left alone, in milliseconds from `nowMs`: `Retry-After` in seconds
 * or as a date, see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs({ headers }: Answer, nowMs: number): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const ms = /^[a-z]{3}.*\d\d:\d\d:\d\d/i.test(value) ? Date.parse(value) - nowMs : NaN;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
