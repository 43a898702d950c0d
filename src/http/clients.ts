import http, { type Agent, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { HttpClient } from '@actions/http-client';
import { checkEnds } from './checked-tls.ts';
import { readInPlace } from './buffers.ts';
import type { HttpRequest } from './transport.ts';
import { withWatch } from './watch.ts';

/** Gives one client per origin: a client keeps a single agent, and an agent serves one protocol. */
export function createClients(secureContext: SecureContext | undefined): (url: URL) => HttpClient {
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
    else if (url.protocol === 'https:') checkEnds(agent);
    else readInPlace(agent);
    clients.set(url.origin, client);
    return client;
  };
}

/** The agent of a client, which knows whether there is a proxy on the way. */
export const agentOf = (client: HttpClient, url: URL) =>
  client.getAgent(url.href) as Agent & {
    options: { proxy?: { readonly host: string; readonly port: string } };
  };

/** Host and port of the proxy on the way to a URL; undefined where there is none. */
export function proxyOf(client: HttpClient, url: URL): string | undefined {
  const { proxy } = agentOf(client, url).options;
  return proxy && [proxy.host, proxy.port].filter(Boolean).join(':');
}

/** GitHub and Microsoft send more than the 16 kB that Node.js allows. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Sends a request, and gives the response once its head is there. */
export async function sendRequest(
  client: HttpClient,
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal,
  { lookup, onOpen }: { lookup: LookupFunction | undefined; onOpen: () => void },
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
    ...(lookup && { lookup }),
  };
  const httpModule = withWatch(url.protocol === 'https:' ? https : http, onOpen);
  const { message } = await client.requestRaw(
    { parsedUrl: url, httpModule, options },
    body ?? null,
  );
  return message;
}
