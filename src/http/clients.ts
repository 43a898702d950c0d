import http, { type Agent, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { HttpClient } from '@actions/http-client';
import { readInPlace } from './buffers.ts';
import { checkEnds } from './checked-tls.ts';
import type { HttpRequest } from './transport.ts';
import { withWatch } from './watch.ts';

/** What sends the requests to one origin. */
export interface Client {
  readonly httpClient: HttpClient;
  /** Its only agent. */
  readonly agent: Agent;
  /** Host and port of the proxy on the way; undefined where there is none. */
  readonly proxy: string | undefined;
}

/** Gives one client per origin: a client keeps a single agent, and an agent serves one protocol. */
export function createClients(secureContext: SecureContext | undefined): (url: URL) => Client {
  const clients = new Map<string, Client>();
  return (url) => {
    const known = clients.get(url.origin);
    if (known !== undefined) return known;
    const client = createClient(url, secureContext);
    clients.set(url.origin, client);
    return client;
  };
}

function createClient(url: URL, secureContext: SecureContext | undefined): Client {
  const httpClient = new HttpClient('await-job', [], { keepAlive: true });
  const agent = httpClient.getAgent(url.href) as Agent & {
    options: { proxy?: { readonly host: string; readonly port: string } };
  };
  const { proxy } = agent.options;
  // Set on the agent, not on the request: a tunnel through a proxy looks nowhere else.
  Object.assign(agent.options, { secureContext, rejectUnauthorized: true });
  if (proxy) Object.assign(proxy, { rejectUnauthorized: true });
  else if (url.protocol === 'https:') checkEnds(agent);
  else readInPlace(agent);
  const proxyHost = proxy && [proxy.host, proxy.port].filter(Boolean).join(':');
  return { httpClient, agent, proxy: proxyHost };
}

/** GitHub and Microsoft send more than the 16 kB that Node.js allows. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Sends a request, and gives the response once its head is there. */
export async function sendRequest(
  client: Client,
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
    agent: client.agent,
    signal,
    ...(lookup && { lookup }),
  };
  const httpModule = withWatch(url.protocol === 'https:' ? https : http, onOpen);
  const { message } = await client.httpClient.requestRaw(
    { parsedUrl: url, httpModule, options },
    body ?? null,
  );
  return message;
}
