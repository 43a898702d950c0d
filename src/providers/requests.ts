import type { Headers } from '../http/headers.ts';
import type { HttpRequest } from '../http/transport.ts';
import type { Client } from './login-method.ts';

/** A request that posts `body` as JSON. */
export function jsonRequest(url: URL, body: unknown, headers: Headers = {}): HttpRequest {
  return {
    method: 'POST',
    url,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

/** The value of `Authorization` for a name and its secret, https://www.rfc-editor.org/rfc/rfc7617 */
export const basicCredentials = (user: string, secret: string): string =>
  `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;

/** A request that posts `fields` as a form. */
export function formRequest(
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Headers = {},
): HttpRequest {
  return {
    method: 'POST',
    url: new URL(url),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  };
}

/**
 * A request to a token endpoint that says which client asks,
 * https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 A client without a secret gives its id alone, and one
 * without an id nothing.
 */
export function tokenRequest(
  url: string,
  grant: Readonly<Record<string, string>>,
  { clientId, clientSecret, clientAuthentication }: Client,
): HttpRequest {
  if (clientId === '') return formRequest(url, grant);
  if (clientSecret === '') return formRequest(url, { ...grant, client_id: clientId });
  if (clientAuthentication === 'body') {
    return formRequest(url, { ...grant, client_id: clientId, client_secret: clientSecret });
  }
  const [user, secret] = [encodeURIComponent(clientId), encodeURIComponent(clientSecret)];
  return formRequest(url, grant, { Authorization: basicCredentials(user, secret) });
}
