import { isHtmlPage } from '../http/html.ts';
import type { HttpResponse } from '../http/transport.ts';
import { findXmlError } from '../http/xml-error.ts';
import { isObject, objectsIn, toText, withKnownKeys, type Json } from './json.ts';

/**
 * The message of an error response, from where most APIs put it: RFC 9457 (`title`, `detail`), OAuth 2
 * (`error`, `error_description`), `error.message`, `errors[].message`, `fault.faultstring`, `Message`,
 * and the XML `<Error><Code><Message>` of object stores; '' where there is none.
 */
export function findErrorMessage(body: unknown, text: string): string {
  if (!isObject(body)) return body === undefined ? findXmlError(text) : '';
  const error = isObject(body.error) ? body.error : {};
  const fault = isObject(body.fault) ? body.fault : {};
  const candidates = [
    toText(body.error_description),
    joined(error.code ?? error.status, error.message ?? error.detail),
    toText(body.message),
    toText(body.Message),
    joined(body.title, body.detail),
    listed(body.errors ?? body.Errors),
    listed(error.errors),
    toText(fault.faultstring),
    toText(body.errorMessage),
    toText(body.error),
  ];
  return candidates.find(Boolean) ?? '';
}

/** Two fields that belong together; '' where the second is missing. */
function joined(first: unknown, second: unknown): string {
  const [code, message] = [toText(first), toText(second)];
  return message === '' ? '' : [code, message].filter(Boolean).join(': ');
}

const MAX_LISTED = 10;

/** The messages of a list of errors, which are objects or texts. */
function listed(errors: unknown): string {
  const texts = Array.isArray(errors) ? errors.slice(0, MAX_LISTED).map(toText) : [];
  const messages = objectsIn(errors)
    .slice(0, MAX_LISTED)
    .map((error: Json) =>
      [error.message, error.Message, error.detail, error.title, error.reason]
        .map(toText)
        .find(Boolean),
    );
  return [...texts, ...messages].filter(Boolean).join('; ');
}

/**
 * Whether a response says that the token has ended, rather than that this request is not allowed: in
 * `WWW-Authenticate`, see https://www.rfc-editor.org/rfc/rfc6750#section-3.1, in an error code, or by a
 * redirect to a login page.
 */
export function saysTokenEnded(
  { status, headers, body: text }: HttpResponse,
  body: unknown,
): boolean {
  if (status >= 300 && status < 400) return isLoginPage(headers.location ?? '');
  if (status !== 400 && status !== 403) return false;
  if (/error="?invalid_token/i.test(headers['www-authenticate'] ?? '')) return true;
  if (status === 403 && isLoginForm(text)) return true;
  const codes = [...errorCodes(body), ...findXmlError(text).split(':').slice(0, 1)];
  return codes.some((code) => /invalid_?(token|session)|expired/i.test(code));
}

const LOGIN_PATH =
  /(^|[/.])(log|sign|servicelog)[-_]?(in|on)\b|[/.](sso|saml|oauth2?|authorize|adfs|openid-connect)([/?.]|$)|\/auth([?/]|$)|\/session\/new\b|[?&]wa=wsignin/i;

const isLoginPage = (location: string): boolean => LOGIN_PATH.test(location.slice(0, 2000));

/** An HTML page that asks for a password. */
const isLoginForm = (text: string): boolean =>
  isHtmlPage(text.slice(0, 10_000)) &&
  /type=["']?password|<title>[^<]{0,100}(log|sign)[ -]?in\b/i.test(text.slice(0, 10_000));

/** The codes of an error response, from where most APIs put them, in whatever case; '' among them. */
export function errorCodes(json: unknown): string[] {
  const body = withKnownKeys(json, CODE_KEYS);
  if (Array.isArray(body)) return objectsIn(body).slice(0, 10).flatMap(errorCodes);
  if (!isObject(body)) return [];
  const error = isObject(body.error) ? body.error : {};
  const listed = objectsIn(body.errors).flatMap(({ code, errorCode }) => [code, errorCode]);
  const codes = [body.error, body.code, body.errorCode, body.error_code, body.__type];
  return [...codes, error.code, error.status, error.type, ...listed].map(toText);
}

const CODE_KEYS = [
  'error',
  'errors',
  'code',
  'errorCode',
  'error_code',
  '__type',
  'status',
  'type',
];

/**
 * What the code of an error of an AWS service says, which stands in `__type`, also behind a namespace:
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization. The codes of
 * rate limits are those at https://github.com/boto/botocore/blob/develop/botocore/data/_retry.json
 */
export function awsErrorKind(body: unknown): 'rate limit' | 'not found' | undefined {
  const code = isObject(body) ? toText(body.__type) : '';
  if (/throttl|TooManyRequests|RequestLimitExceeded|ThroughputExceeded/i.test(code)) {
    return 'rate limit';
  }
  return /(NotFound|DoesNotExist)(Exception)?$/.test(code) ? 'not found' : undefined;
}

/** Whether an error response tells of a rate limit, in its message or in a code. */
export function saysRateLimit(text: string): boolean {
  return RATE_LIMIT.test(text.slice(0, 2000));
}

const RATE_LIMIT =
  /(rate|request)[ _-]?limit|too many requests|throttl|quota (has been )?exceeded|limit (reached|exceeded)/i;
