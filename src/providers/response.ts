import {
  CredentialsRejected,
  NOT_FOUND_CONFIRMATIONS,
  PageInstead,
  PermanentFault,
  TransientFault,
} from '../domain/errors.ts';
import type { Answer } from '../http/transport.ts';
import { unescapeJson } from '../text/inert.ts';
import type { Token } from './provider.ts';

/** A JSON object as it came: no field is known to be there. */
export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects in a list; none where it is not a list. */
export function objectsIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The value where it is text or a number, else an empty string. */
export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

/** What an error says: its first field that has text, else all of it as JSON. */
export function errorText(error: Json, ...fields: readonly string[]): string {
  const text = fields.map((field) => textOf(error[field])).find(Boolean);
  return text ?? JSON.stringify(error);
}

/** A number, also where it came as text. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Parses a body, or gives `undefined` where it is not JSON. */
export function parseBody(answer: Answer): unknown {
  try {
    return JSON.parse(answer.body) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Gives the JSON of an answer that says yes (2xx).
 *
 * @param explain reads the vendor's own message out of the JSON of an error; may give ''
 * @throws the fault that the HTTP status stands for; TransientFault where a 2xx is not JSON
 */
export function jsonOf(answer: Answer, explain: (body: Json) => string): unknown {
  const body = parseBody(answer);
  if (answer.status < 200 || answer.status > 299) {
    throw faultOf(answer, isObject(body) ? explain(body) : '');
  }
  if (body === undefined) {
    const text = `the answer is not JSON: ${glimpse(answer)}`;
    throw isPage(answer) ? new PageInstead(text) : new TransientFault(text, 'bad-answer');
  }
  return body;
}

/** For JSON that is not what the vendor documents: asked again, since gateways come and go. */
export function unexpected(expected: string, answer: Answer): TransientFault {
  return new TransientFault(`the answer has no ${expected}: ${glimpse(answer)}`, 'bad-answer');
}

/**
 * Gives the token of a log-in's answer. Of such an answer only the vendor's documented error fields are
 * ever shown, never its body: a part of it may be a part of a secret.
 *
 * @param find reads the token out of the JSON
 * @throws TransientFault where a 2xx is not JSON, else PermanentFault: a log-in that was refused is
 *   not repeated, since vendors lock accounts
 */
export function tokenOf(
  answer: Answer,
  find: (body: Json) => Partial<Record<keyof Token, unknown>>,
  explain: (body: Json) => string,
): Token {
  const body = parseBody(answer);
  const json: Json = isObject(body) ? body : {};
  const why = explain(json) || `no reason that is understood, in ${answer.body.length} characters`;
  if (answer.status < 200 || answer.status > 299) throw faultOf(answer, why);
  if (!isObject(body)) {
    const text = `the answer to the log-in is not JSON: ${answer.body.length} characters`;
    throw new TransientFault(text, 'bad-answer');
  }
  const { value, lifetimeMs, refreshToken } = find(body);
  const token = textOf(value);
  if (token === '')
    throw new PermanentFault(`HTTP ${answer.status} without a token: ${why}`, 'rejected');
  if (/[^\x20-\x7E]/.test(token)) {
    throw new PermanentFault(
      'the issued token holds a character that no header can carry',
      'bad-answer',
    );
  }
  const lifetime = numberOf(lifetimeMs) ?? 0;
  return {
    value: token,
    lifetimeMs: lifetime > 0 ? Math.max(lifetime, SHORTEST_LIFETIME_MS) : undefined,
    refreshToken: textOf(refreshToken) || undefined,
  };
}

/** A token that is said to last for less is not renewed before every question all the same. */
const SHORTEST_LIFETIME_MS = 1000;

/** A number of seconds in milliseconds. */
export const secondsOf = (value: unknown): number => (numberOf(value) ?? 0) * 1000;

/** Reads the answer of an OAuth 2 token endpoint, https://www.rfc-editor.org/rfc/rfc6749#section-5 */
export function oauthTokenOf(answer: Answer): Token {
  return tokenOf(
    answer,
    (body) => ({
      value: body.access_token,
      lifetimeMs: secondsOf(body.expires_in),
      refreshToken: body.refresh_token,
    }),
    explainOauth,
  );
}

/** The error of an OAuth 2 endpoint in words. */
export const explainOauth = (body: Json): string =>
  [textOf(body.error), textOf(body.error_description)].filter(Boolean).join(': ') ||
  textOf(body.message);

/** What a status that is not 2xx means for the wait. */
export function faultOf(answer: Answer, vendorMessage: string): Error {
  const { status } = answer;
  const text = `HTTP ${status}: ${vendorMessage === '' ? glimpse(answer) : vendorMessage}`;
  if (status >= 300 && status < 400) return redirectFault(answer);
  if (status === 401) return new CredentialsRejected(text);
  if (status === 403) return new PermanentFault(text, 'rejected');
  if (status === 404) {
    return new PermanentFault(text, 'not-found', { confirmations: NOT_FOUND_CONFIRMATIONS });
  }
  if (status === 410) return new PermanentFault(text, 'not-found');
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return new TransientFault(text, 'unreachable', { isLimit: status === 429 });
  }
  if (status >= 400) return new PermanentFault(text, 'rejected');
  return new TransientFault(text, 'bad-answer');
}

function redirectFault({ url, status, headers: { location } }: Answer): PermanentFault {
  const target =
    location !== undefined && URL.canParse(location, url.href)
      ? `a redirect to ${new URL(location, url).host} is not followed, since credentials go to the given host alone`
      : 'a redirect that names no target';
  return new PermanentFault(
    `HTTP ${status}: ${target}; look at base-url and token-url`,
    'bad-answer',
  );
}

const isPage = ({ body }: Answer): boolean => /^\s*</.test(body);

/** A body that is not understood. It is shortened where it is shown, after secrets are taken out. */
function glimpse(answer: Answer): string {
  const { headers, body } = answer;
  if (body.trim() === '') return 'the body is empty';
  const title = titleOf(body);
  if (title !== undefined) return `an HTML page “${title}”`;
  // Written anew, so that a secret in it cannot hide behind escapes.
  const json = parseBody(answer);
  const text = json === undefined ? unescapeJson(body) : JSON.stringify(json);
  return `${headers['content-type'] ?? 'no content type'}, ${text}`;
}

/** The whole title of an HTML page: to cut it here could leave a half of a secret. */
function titleOf(body: string): string | undefined {
  const lower = body.toLowerCase();
  const tag = lower.indexOf('<title');
  const start = tag < 0 ? -1 : lower.indexOf('>', tag);
  if (start < 0) return undefined;
  const end = lower.indexOf('</title', start);
  return body.slice(start + 1, end < 0 ? undefined : end).trim();
}
