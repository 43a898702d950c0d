import type { IncomingHttpHeaders } from 'node:http';
import { findXmlError } from '../http/xml-error.ts';
import { isObject, objectsIn, toText, type Json } from './json.ts';

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
    joined(body.error, body.error_description),
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
  status: number,
  { location, 'www-authenticate': challenge }: IncomingHttpHeaders,
  body: unknown,
): boolean {
  if (status >= 300 && status < 400) return isLoginPage(location ?? '');
  if (status !== 400 && status !== 403) return false;
  if (/error="?invalid_token/i.test(challenge ?? '')) return true;
  return errorCodes(body).some((code) => /invalid_?token|expired/i.test(code));
}

const isLoginPage = (location: string): boolean =>
  /(^|[/.])(log|sign)[-_]?(in|on)\b|[/.](sso|saml|oauth2?|authorize)([/?.]|$)/i.test(
    location.slice(0, 2000),
  );

function errorCodes(body: unknown): string[] {
  if (!isObject(body)) return [];
  const error = isObject(body.error) ? body.error : {};
  const listed = objectsIn(body.errors).flatMap(({ code, errorCode }) => [code, errorCode]);
  const codes = [body.error, body.code, body.errorCode, body.error_code, error.code, error.status];
  return [...codes, error.type, ...listed].map(toText);
}
