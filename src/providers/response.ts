import {
  CredentialsRejected,
  HtmlInsteadOfJson,
  PermanentError,
  TransientError,
} from '../domain/errors.ts';
import type { Problem } from '../domain/job.ts';
import { isRateLimit } from '../http/retry-after.ts';
import type { HttpResponse } from '../http/transport.ts';
import { cutText } from '../text/inert.ts';
import { awsErrorKind, findErrorMessage, saysRateLimit, saysTokenEnded } from './error-message.ts';
import { isObject, parseJson, toText, type Json } from './json.ts';

/** Parses a body, or gives `undefined` where it is not JSON. */
export function parseBody(response: HttpResponse): unknown {
  try {
    return parseJson(response.body);
  } catch {
    return undefined;
  }
}

/** A field of the JSON of a response as text, in whatever case and envelope; '' where there is none. */
export function fieldOf(response: HttpResponse, name: string): string {
  const find = (value: unknown, depth: number): string => {
    if (Array.isArray(value)) return value.length === 1 ? find(value[0], depth) : '';
    if (!isObject(value) || depth > MAX_ENVELOPES) return '';
    const entry = Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase());
    const own = toText(entry?.[1]);
    return (
      own ||
      (Object.values(value)
        .map((one) => find(one, depth + 1))
        .find(Boolean) ??
        '')
    );
  };
  return find(parseBody(response), 0);
}

/** A response may have its content in `data`, and that in another. */
const MAX_ENVELOPES = 2;

/**
 * Reads the JSON of a response whose status is 2xx.
 *
 * @param explain reads the provider's own message out of the JSON of an error; may give ''
 * @throws the error that the HTTP status stands for; TransientError where a 2xx is not JSON
 */
export function readJson(response: HttpResponse, explain: (body: Json) => string): unknown {
  const body = parseBody(response);
  if (response.status < 200 || response.status > 299) {
    throw httpError(response, isObject(body) ? explain(body) : '');
  }
  if (body === undefined) throw notJson(response);
  return body;
}

/** For what should be JSON: a page in its place may be that of a login. */
export function notJson(response: HttpResponse): TransientError {
  const text = `the response is not JSON: ${describeBody(response)}`;
  return /^\s*</.test(response.body)
    ? new HtmlInsteadOfJson(text)
    : new TransientError(text, 'bad-response', { problem: 'not-json' });
}

/** For JSON that lacks what the provider documents. Transient, since gateways come and go. */
export function missing(expected: string, response: HttpResponse): TransientError {
  const text = `the response has no ${expected}: ${describeBody(response)}`;
  return new TransientError(text, 'bad-response');
}

/** HTTP statuses beside 5xx that may pass by themselves. */
const TRANSIENT_STATUSES = [408, 409, 423, 425, 429, 449];

/** What an HTTP status says went wrong, where there is advice for it. */
const PROBLEM_BY_STATUS: Readonly<Record<number, Problem>> = {
  403: 'not-allowed',
  405: 'wrong-method',
  406: 'wrong-type',
  409: 'conflict',
  415: 'wrong-type',
  423: 'conflict',
};

/**
 * What a status that is not 2xx means for the wait.
 *
 * @param providerMessage the message of the error; '' where the provider has no place of its own for it
 */
export function httpError(response: HttpResponse, providerMessage: string): Error {
  const { status, body } = response;
  const json = parseBody(response);
  const message = providerMessage || findErrorMessage(json, body);
  const text = `HTTP ${status}: ${message || describeBody(response)}`;
  const tokenEnded = saysTokenEnded(response, json);
  // A 304 that nobody has asked for comes from a cache: it is no redirect.
  if (status >= 300 && status < 400 && status !== 304) return redirectError(response, tokenEnded);
  if (status === 401) return new CredentialsRejected(text);
  // AWS says with a 400 what others say with a 429 or a 404.
  const awsError = status === 400 ? awsErrorKind(json) : undefined;
  const isLimited =
    isRateLimit(response) || (status === 403 && saysRateLimit(body)) || awsError === 'rate limit';
  if (isLimited || status >= 500 || TRANSIENT_STATUSES.includes(status)) {
    const problem = isLimited ? 'rate-limited' : (PROBLEM_BY_STATUS[status] ?? 'server-error');
    return new TransientError(text, 'unreachable', { isRateLimit: isLimited, problem });
  }
  if (status === 404 || status === 410 || awsError === 'not found') {
    return new PermanentError(text, 'not-found', { needsGrace: true });
  }
  const problem = PROBLEM_BY_STATUS[status] ?? 'bad-request';
  if (status >= 400) return new PermanentError(text, 'rejected', { tokenEnded, problem });
  return new TransientError(text, 'bad-response');
}

function redirectError(response: HttpResponse, tokenEnded: boolean): PermanentError {
  const { url, status } = response;
  const { location } = response.headers;
  const target =
    location !== undefined && URL.canParse(location, url.href)
      ? `a redirect to ${new URL(location, url).host}, which is not followed`
      : 'a redirect that names no target';
  const text = `HTTP ${status}: ${target}`;
  return new PermanentError(text, 'bad-response', { tokenEnded, problem: 'redirected' });
}

/** A body that is not understood. It is shortened where it is shown, after secrets are taken out. */
export function describeBody(response: HttpResponse): string {
  const { headers, body } = response;
  if (body.trim() === '') return 'the body is empty';
  const title = htmlTitle(body);
  if (title !== undefined) return `an HTML page “${title}”`;
  return `${headers['content-type'] ?? 'no content type'}, ${cutText(body)}`;
}

/** The title of an HTML page, if it stands whole at the beginning: half of it could end in half of a secret. */
function htmlTitle(body: string): string | undefined {
  const beginning = cutText(body);
  const lower = beginning.toLowerCase();
  const start = lower.indexOf('>', lower.indexOf('<title'));
  const end = lower.indexOf('</title', start);
  if (!lower.includes('<title') || start < 0 || end < 0) return undefined;
  return beginning.slice(start + 1, end).trim();
}
