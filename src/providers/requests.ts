import type { HttpRequest } from '../http/transport.ts';

type Headers = Readonly<Record<string, string>>;

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
