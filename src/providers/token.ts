import { PermanentError, TransientError } from '../domain/errors.ts';
import type { HttpResponse } from '../http/transport.ts';
import { isObject, secondsToMs, toNumber, toText, withKnownKeys, type Json } from './json.ts';
import type { Token } from './provider.ts';
import { httpError, parseBody } from './response.ts';

/** Keys of the responses to logins, which are found whatever their case. */
const TOKEN_KEYS = [
  ...['access_token', 'expires_in', 'refresh_token', 'error', 'error_description', 'message'],
  ...['data', 'accessToken', 'expiresIn', 'content', 'token'],
];

/** More fits into no header, and takes too long to be looked for in all that is written. */
export const MAX_TOKEN_LENGTH = 16 * 1024;

/** A token that is said to last for less is still not renewed before every poll. */
const SHORTEST_LIFETIME_MS = 1000;

/**
 * Reads the token out of the response to a login. Of such a response only the provider's documented error
 * fields are ever shown, never its body: a part of it may be a part of a secret.
 *
 * @param find reads the token out of the JSON
 * @throws TransientError where a 2xx is not JSON, else PermanentError: a login that was refused is
 *   not repeated, since providers lock accounts
 */
export function readToken(
  response: HttpResponse,
  find: (body: Json) => Partial<Record<keyof Token, unknown>>,
  explain: (body: Json) => string,
): Token {
  const body = withKnownKeys(parseBody(response), TOKEN_KEYS);
  const json: Json = isObject(body) ? body : {};
  const why =
    explain(json) || `no reason that is understood, in ${response.body.length} characters`;
  if (response.status < 200 || response.status > 299) throw httpError(response, why);
  if (!isObject(body)) {
    const text = `the response to the login is not JSON: ${response.body.length} characters`;
    throw new TransientError(text, 'bad-response');
  }
  const { value, lifetimeMs, refreshToken } = find(body);
  const token = toText(value);
  if (token === '') {
    throw new PermanentError(`HTTP ${response.status} without a token: ${why}`, 'rejected');
  }
  if (token.length > MAX_TOKEN_LENGTH) {
    const text = 'the issued token has over 16 KiB, more than a header can carry';
    throw new PermanentError(text, 'bad-response');
  }
  if (/[^\x20-\x7E]/.test(token)) {
    throw new PermanentError(
      'the issued token holds a character that no header can carry',
      'bad-response',
    );
  }
  const lifetime = toNumber(lifetimeMs) ?? 0;
  return {
    value: token,
    lifetimeMs: lifetime > 0 ? Math.max(lifetime, SHORTEST_LIFETIME_MS) : undefined,
    refreshToken: readRefreshToken(refreshToken),
  };
}

/** One that is too long to be kept out of the log is not used. */
function readRefreshToken(value: unknown): string | undefined {
  const token = toText(value);
  return token === '' || token.length > MAX_TOKEN_LENGTH ? undefined : token;
}

/** Reads the response of an OAuth 2 token endpoint, https://www.rfc-editor.org/rfc/rfc6749#section-5 */
export function readOAuthToken(response: HttpResponse): Token {
  return readToken(
    response,
    (body) => ({
      value: body.access_token,
      lifetimeMs: secondsToMs(body.expires_in),
      refreshToken: body.refresh_token,
    }),
    explainOAuth,
  );
}

/** The error of an OAuth 2 endpoint in words. */
export const explainOAuth = (body: Json): string =>
  [toText(body.error), toText(body.error_description)].filter(Boolean).join(': ') ||
  toText(body.message);
