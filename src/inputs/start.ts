import { withJsonType } from '../http/headers.ts';
import { isSecure } from '../http/tls.ts';
import { parseQuery } from '../providers/http/check-query.ts';
import { resolveUrl } from '../providers/http/url-template.ts';
import type { StartSettings } from '../providers/provider.ts';
import { parseHeaders } from './headers.ts';
import { parseMethod } from './http-provider.ts';
import { parseSwitch, quoted, quotedUrl } from './parse.ts';
import type { InputReader } from './reader.ts';
import { isGiven } from './unused-inputs.ts';

/** Inputs that mean nothing without `start-url`. */
const START_INPUTS = [
  ...['start-method', 'start-headers', 'start-body', 'id-query'],
  ...['start-idempotency-header', 'start-final'],
];

/** The request that starts the job; undefined where `request-id` names one that was started before. */
export function readStart(reader: InputReader, baseUrl: string): StartSettings | undefined {
  const { get, read, problems } = reader;
  const url = read('start-url', (text) => parseStartUrl(text, baseUrl), undefined);
  if (get('start-url') === '') {
    for (const name of START_INPUTS.filter((one) => isGiven(get, one))) {
      problems.push(`\`${name}\` is not used without \`start-url\`; give both or neither`);
    }
    return undefined;
  }
  if (get('request-id') !== '') {
    problems.push('`start-url` and `request-id` are two ways to name the job; give one of them');
  }
  const headers = read('start-headers', parseHeaders, {});
  const body = get('start-body');
  const start = {
    method: read('start-method', (text) => parseMethod(text, 'POST'), 'POST'),
    headers: body === '' ? headers : withJsonType(headers),
    body,
    idQuery: read('id-query', parseQuery, ''),
    idempotencyHeader: read('start-idempotency-header', parseHeaderName, ''),
    isFinal: read('start-final', parseSwitch, false),
  };
  return url && { url, ...start };
}

/** A path below `base-url`, or a whole URL on its host: the credentials go along. */
function parseStartUrl(text: string, baseUrl: string): URL | undefined {
  if (text === '' || baseUrl === '') return undefined;
  if (/[{}]/.test(text))
    throw new Error('has braces; the job has no id yet that could stand there');
  const shown = quotedUrl(text);
  let url: URL;
  try {
    url = resolveUrl(text, baseUrl);
  } catch {
    throw new Error(`${shown} is not a URL; give a path below base-url`);
  }
  const { host, origin } = new URL(baseUrl);
  if (!isSecure(url) || url.username !== '' || url.password !== '') {
    throw new Error(`${shown} must be https, without a user name or password`);
  }
  if (url.origin !== origin) {
    throw new Error(`leads to ${url.host}; credentials go to the host of base-url (${host}) alone`);
  }
  return url;
}

function parseHeaderName(text: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]*$/.test(text)) {
    throw new Error(`${quoted(text)} is no name of a header; write one such as Idempotency-Key`);
  }
  // Those of the connection are refused there.
  if (text !== '') parseHeaders(`${text}: value`);
  return text;
}
