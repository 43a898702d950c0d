import http, { type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { SecureContext } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { HttpClient } from '@actions/http-client';
import { Cancelled, PermanentFault, TransientFault } from './faults.ts';
import { duration } from './text.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A whole answer, whatever its status. */
export interface Answer {
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
  /** Closes the connections that are kept alive. */
  close(): void;
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
        const message = await begin(clientFor(request.url), request, stop.signal);
        const body = await readBody(message);
        return { status: message.statusCode ?? 0, headers: message.headers, body };
      } catch (error) {
        throw stop.signal.aborted ? stop.signal.reason : asFault(error, request.url);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
      }
    },
    close() {
      for (const client of clients.values()) client.dispose();
    },
  };
}

const agentOf = (client: HttpClient, url: URL) =>
  client.getAgent(url.href) as Agent & { options: object };

/** Sends the request; gives the answer as soon as its headers are there. */
async function begin(
  client: HttpClient,
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const response = await client.requestRaw(
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
  return response.message;
}

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

async function readBody(message: IncomingMessage): Promise<string> {
  const encoding = (message.headers['content-encoding'] ?? 'identity').toLowerCase();
  const read = { bytes: 0, chunks: [] as Buffer[] };
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      read.bytes += chunk.length;
      if (read.bytes > MAX_BODY_BYTES) break;
      read.chunks.push(chunk);
    }
  };

  try {
    if (encoding === 'identity') {
      await pipeline(message, collect);
    } else if (encoding in DECODERS) {
      await pipeline(message, DECODERS[encoding as keyof typeof DECODERS](), collect);
    } else {
      message.destroy();
      throw new TransientFault(`the answer is encoded as ${encoding}`, 'bad-answer');
    }
  } catch (error) {
    // To stop reading early is an error for the streams before us, and not the one to tell of.
    if (read.bytes <= MAX_BODY_BYTES) throw error;
  }
  if (read.bytes > MAX_BODY_BYTES) {
    throw new PermanentFault('the answer is larger than 10 MiB', 'bad-answer');
  }
  return new TextDecoder().decode(Buffer.concat(read.chunks));
}

/** Certificate faults by OpenSSL's and Node's codes, see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED =
  /CERT|ERR_TLS_CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH/;

/** Alerts by which a server turns down a client, see https://www.rfc-editor.org/rfc/rfc8446#section-6.2 */
const REFUSED_CLIENT =
  /^ERR_SSL_.*ALERT_(BAD_CERTIFICATE|CERTIFICATE_|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|HANDSHAKE_FAILURE)/;

function asFault(error: unknown, url: URL): Error {
  if (error instanceof PermanentFault || error instanceof TransientFault) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  if (REFUSED_CLIENT.test(code)) {
    const text =
      `${url.host} refuses the client certificate, or wants one: ${code}; ` +
      'look at client-certificate and client-key';
    return new PermanentFault(text, 'rejected', options);
  }
  if (UNTRUSTED.test(code)) {
    const text =
      `the certificate of ${url.host} is not trusted: ${message} (${code}); ` +
      'if a private authority signed it, give that one in ca-certificate';
    return new PermanentFault(text, 'unreachable', options);
  }
  if (code.startsWith('Z_') || code.startsWith('ERR_BROTLI')) {
    const text = `the answer of ${url.host} could not be unpacked: ${message}`;
    return new TransientFault(text, 'bad-answer', options);
  }
  const detail = message === '' ? code : message;
  return new TransientFault(`no answer from ${url.host}: ${detail}`, 'unreachable', options);
}

/**
 * How long the vendor asks to be left alone, in milliseconds from `nowMs`: `Retry-After` in seconds
 * or as a date, see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs({ headers }: Answer, nowMs: number): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

/** The user, the password and their pair in the proxy URLs of an environment. */
export function proxyCredentials(environment: NodeJS.ProcessEnv): string[] {
  const names = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'];
  return names.flatMap((name) => {
    const text = environment[name] ?? '';
    const url = [text, `http://${text}`].find((candidate) => URL.canParse(candidate));
    if (text === '' || url === undefined) return [];
    const { username, password } = new URL(url);
    if (username + password === '') return [];
    const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
    return [user, secret, `${user}:${secret}`];
  });
}
