import type { Agent } from 'node:http';
import type { SecureContext } from 'node:tls';
import { HttpClient } from '@actions/http-client';
import { checkEnds } from './checked-tls.ts';

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
