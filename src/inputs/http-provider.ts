import { withJsonType } from '../http/headers.ts';
import { isSecure } from '../http/tls.ts';
import { parseQuery, parseStatusQuery } from '../providers/http/check-query.ts';
import { expandBody, expandUrlTemplate } from '../providers/http/url-template.ts';
import type { HttpSettings, HttpStatuses } from '../providers/provider.ts';
import { quote } from '../text/inert.ts';
import { parseHeaders } from './headers.ts';
import { parseHttpStatuses } from './lists.ts';
import { parseChoice, parseTime, quotedUrl, requireText } from './parse.ts';
import type { InputReader } from './reader.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export const parseMethod = (text: string, otherwise: 'GET' | 'POST') =>
  parseChoice(text || otherwise, METHODS);

/** Reads what describes an API to the provider `http`. */
export function readHttpSettings(reader: InputReader): HttpSettings {
  const { get, read } = reader;
  const query = (name: string) => read(name, parseQuery, '');
  const headers = read('headers', parseHeaders, {});
  const body = get('body');
  return {
    url: get('url'),
    method: read('method', (text) => parseMethod(text, 'GET'), 'GET'),
    headers: body === '' ? headers : withJsonType(headers),
    body,
    statusQuery: read('status-query', parseStatusQuery, '') || 'status',
    failureQuery: query('failure-query'),
    messageQuery: query('message-query'),
    batchIdQuery: query('batch-id-query'),
    filePathQuery: query('file-path-query'),
    linkQuery: query('link-query'),
    progressQuery: query('progress-query'),
    cancelUrl: get('cancel-url'),
    cancelBody: get('cancel-body'),
    transientQuery: query('transient-query'),
    httpStatuses: readHttpStatuses(reader),
    updatedAtQuery: query('updated-at-query'),
    notBeforeMs: readNotBefore(reader),
    cancelMethod: read('cancel-method', (text) => parseMethod(text, 'POST'), 'POST'),
  };
}

const DEFAULT_PENDING = '202';

/** What HTTP statuses mean; one that stands in two lists is a problem. */
function readHttpStatuses({ get, read, problems }: InputReader): HttpStatuses {
  const successful = read('success-http-statuses', parseHttpStatuses, []);
  const failed = read('failure-http-statuses', parseHttpStatuses, []);
  const listed = read(
    'pending-http-statuses',
    (text) => parseHttpStatuses(text || DEFAULT_PENDING),
    [],
  );
  const isDefault = ['', DEFAULT_PENDING].includes(get('pending-http-statuses'));
  const others = [...successful, ...failed];
  const pending = isDefault ? listed.filter((code) => !others.includes(code)) : listed;

  const lists = Object.entries({
    'success-http-statuses': successful,
    'pending-http-statuses': pending,
    'failure-http-statuses': failed,
  });
  for (const code of new Set([...others, ...pending])) {
    const names = lists.flatMap(([name, codes]) => (codes.includes(code) ? `\`${name}\`` : []));
    if (names.length > 1) {
      problems.push(`${names.join(' and ')} both list ${code}; keep it in one of them`);
    }
  }
  return { successful, pending, failed };
}

function readNotBefore({ get, read, problems }: InputReader): number | undefined {
  const notBeforeMs = read('not-before', parseTime, undefined);
  if ((get('not-before') === '') !== (get('updated-at-query') === '')) {
    problems.push('`updated-at-query` and `not-before` go together; give both or neither');
  }
  return notBeforeMs;
}

/** The origin of `url`, unless `base-url` is given. */
export function httpRoot(baseUrl: string, url: string): string {
  if (baseUrl !== '') return baseUrl;
  // `{+id}` may follow the host, for an id that begins with a slash.
  const origin = /^https?:\/\/[^/?#{]+(?=[/?#]|\{\+id\}|$)/i.exec(url)?.[0] ?? '';
  if (origin !== '') return origin;
  if (url === '') return '';
  throw new Error(
    'is empty; give the root of the service, as https://…, since `url` does not begin with one',
  );
}

/** Checks that `url` and `cancel-url` lead to the host of `base-url` for every job, and that its id fits the bodies. */
export function checkTemplates(
  { get, read }: InputReader,
  requestIds: readonly string[],
  { baseUrl, http }: { readonly baseUrl: string; readonly http: HttpSettings },
): void {
  const check = (text: string) => {
    checkUrlTemplate(text, requestIds, baseUrl);
  };
  const checkStatusUrl = (text: string) => {
    check(requireText(text, 'the URL that tells the status'));
    if (requestIds.length > 1 && !/\{\+?id\}/.test(text + get('body'))) {
      throw new Error('has no {id}, so all jobs would be the same one; write it there or in body');
    }
  };
  const checkBody = (text: string) => {
    for (const id of requestIds) expandBody(text, id, http.headers);
  };
  read('url', checkStatusUrl, undefined);
  read('body', checkBody, undefined);
  read('cancel-url', check, undefined);
  read(
    'cancel-body',
    (text) => {
      if (text !== '' && get('cancel-url') === '') {
        throw new Error('is not used without `cancel-url`; give both or neither');
      }
      checkBody(text);
    },
    undefined,
  );
}

/** Credentials go to the host of `base-url` alone. */
function checkUrlTemplate(template: string, ids: readonly string[], root: string): void {
  if (/\{(?!\+?id\})/.test(template)) {
    throw new Error('has braces around something else than id; write {id} or {+id}');
  }
  const shown = quotedUrl(template);
  for (const id of template === '' || root === '' ? [] : ids) {
    let url: URL;
    try {
      url = expandUrlTemplate(template, id, root);
    } catch {
      throw new Error(`${shown} is not a URL for the job “${quote(id)}”`);
    }
    if (url.origin !== new URL(root).origin) {
      throw new Error(
        `leads to ${url.host || url.protocol} for the job “${quote(id)}”; credentials go to the host of base-url (${new URL(root).host}) alone`,
      );
    }
    if (!isSecure(url) || url.username !== '' || url.password !== '') {
      throw new Error(`${shown} must be https, without a user name or password`);
    }
  }
}
