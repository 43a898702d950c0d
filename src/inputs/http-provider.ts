import type { Reading } from './read-inputs.ts';
import * as values from './parse.ts';
import type { HttpSettings } from '../providers/provider.ts';
import { checkedQuery } from '../providers/http/jmespath.ts';
import { fill } from '../providers/http/url-template.ts';
import type { Secrets } from '../text/secrets.ts';
import { quote } from '../text/inert.ts';
import { isSecure } from '../http/tls.ts';

/** Headers that belong to the connection, or that the client itself sets. */
const NOT_OURS = [
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'content-length'],
];

const SECRET_NAME = /authorization|key|token|secret|cookie/i;

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const method = (text: string, otherwise: 'GET' | 'POST') =>
  values.choice(text || otherwise, METHODS);

/** Reads what describes an API to the provider `http`. */
export function readHttp({ get, read }: Reading): HttpSettings {
  const query = (name: string) => read(name, checkedQuery, '');
  const headers = read('headers', headersIn, {});
  const body = get('body');
  const isTyped = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return {
    url: get('url'),
    method: read('method', (text) => method(text, 'GET'), 'GET'),
    headers: body === '' || isTyped ? headers : { ...headers, 'Content-Type': 'application/json' },
    body,
    statusQuery: query('status-query') || 'status',
    failureQuery: query('failure-query'),
    messageQuery: query('message-query'),
    batchIdQuery: query('batch-id-query'),
    filePathQuery: query('file-path-query'),
    cancelUrl: get('cancel-url'),
    cancelMethod: read('cancel-method', (text) => method(text, 'POST'), 'POST'),
  };
}

/** The origin of `url`, unless `base-url` is given. */
export function httpRoot(baseUrl: string, url: string): string {
  if (baseUrl !== '') return baseUrl;
  const origin = /^https?:\/\/[^/?#{]+(?=[/?#]|$)/i.exec(url)?.[0] ?? '';
  if (origin !== '') return origin;
  if (url === '') return '';
  throw new Error(
    'is empty; give the root of the service, as https://…, since `url` does not begin with one',
  );
}

/** Whether every job has an address, at the host of `base-url`, where credentials may go. */
export function checkAddresses(template: string, ids: readonly string[], root: string): void {
  if (/\{(?!\+?id\})/.test(template)) {
    throw new Error('has braces around something else than id; write {id} or {+id}');
  }
  const shown = `“${quote(template.replace(/^.*@/s, '***@'))}”`;
  for (const id of template === '' || root === '' ? [] : ids) {
    let address: URL;
    try {
      address = fill(template, id, root);
    } catch {
      throw new Error(`${shown} is not a URL for the job “${quote(id)}”`);
    }
    if (address.origin !== new URL(root).origin) {
      throw new Error(
        `leads to ${address.host || address.protocol} for the job “${quote(id)}”; credentials go to the host of base-url (${new URL(root).host}) alone`,
      );
    }
    if (!isSecure(address) || address.username !== '' || address.password !== '') {
      throw new Error(`${shown} must be https, without a user name or password`);
    }
  }
}

/**
 * Lines `Name: value` as https://www.rfc-editor.org/rfc/rfc9110#section-5 has them.
 *
 * @throws Error that names the header, and never its value
 */
function headersIn(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  const seen = new Set<string>();
  for (const [index, line] of values.linesOf(text).entries()) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw new Error(`has a line, number ${index + 1}, that is not “Name: value”`);
    }
    const key = name.toLowerCase();
    if (NOT_OURS.includes(key) || key.startsWith('if-'))
      throw new Error(`must not set ${name}, which the client itself does`);
    if (seen.has(key)) throw new Error(`sets ${name} twice`);
    seen.add(key);
    const value = line.slice(colon + 1).trim();
    if (/[^\t\x20-\x7E]/.test(value)) {
      throw new Error(
        `has in ${name} a character that a header cannot carry; only printable ASCII can be sent`,
      );
    }
    headers[name] = value;
  }
  return headers;
}

/** A value of fewer characters is part of too many words: no key is that short. */
const SHORTEST_SECRET = 4;

/** Registers the values of headers that carry secrets, whole and in their parts (`Bearer …`, `sid=…; …`). */
export function registerHeaders(text: string, secrets: Secrets): void {
  for (const line of values.linesOf(text)) {
    const [name = '', ...rest] = line.split(':');
    if (!SECRET_NAME.test(name)) continue;
    const value = rest.join(':').trim();
    const credentials = /^[\w!#$%&'*+.^|~-]+\s+(\S.*)$/.exec(value)?.[1] ?? '';
    const parts = value.split(/[;,]\s*/).map((part) => /=\s*"?([^"]*)/.exec(part)?.[1] ?? '');
    for (const secret of [value, credentials, ...parts]) {
      if (secret.length >= SHORTEST_SECRET) secrets.add(secret);
    }
  }
}
