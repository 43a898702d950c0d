import { PermanentError } from '../../domain/errors.ts';
import type { Observation } from '../../domain/job.ts';
import { findHeader, withJsonType, withoutHeader, type Headers } from '../../http/headers.ts';
import type { HttpResponse } from '../../http/transport.ts';
import type {
  HttpSettings,
  Provider,
  ProviderDefinition,
  ProviderSettings,
  Send,
  Token,
} from '../provider.ts';
import { basicCredentials, tokenRequest } from '../requests.ts';
import { parseBody } from '../response.ts';
import { readOAuthToken } from '../token.ts';
import { judgeResponse } from './evidence.ts';
import { describeShape, findId } from './jmespath.ts';
import { expandBody, expandUrlTemplate } from './url-template.ts';

/** Any other API, as the workflow describes it. Queries are JMESPath, https://jmespath.site */
export const http: ProviderDefinition = {
  title: 'HTTP API',
  hasReports: ({ http: { filePathQuery } }) => filePathQuery !== '',
  requiredInputs: [],
  loginInputs: ['client-id', 'client-secret'],
  allowsAnonymous: true,
  optionalInputs: [
    ...['username', 'password', 'token-url', 'audience', 'scope', 'client-authentication'],
    ...['url', 'method', 'body'],
    ...['status-query', 'failure-query', 'transient-query', 'message-query', 'batch-id-query'],
    ...[
      'file-path-query',
      'link-query',
      'progress-query',
      'success-http-statuses',
      'pending-http-statuses',
    ],
    ...['failure-http-statuses', 'updated-at-query', 'not-before'],
    ...['cancel-url', 'cancel-method', 'cancel-body'],
  ],
  create: (settings) => {
    const { baseUrl, username, password } = settings;
    const { url, method, headers, body, cancelUrl, cancelMethod, cancelBody } = settings.http;
    const setsAuthorization = findHeader(headers, 'Authorization') !== undefined;
    // An API key among them opens the report as well; the type belongs to the body of the poll.
    const ownHeaders = withoutHeader(headers, 'Content-Type');
    const judge = (response: HttpResponse, id: string) =>
      withGrace(
        judgeResponse(response, id, settings.http, settings.statusWords),
        response,
        settings.http,
      );

    return {
      isConditional: true,
      credentials: (token) => {
        if (setsAuthorization) return ownHeaders;
        if (token !== '') return { ...ownHeaders, Authorization: `Bearer ${token}` };
        if (username === '' && password === '') return ownHeaders;
        return { ...ownHeaders, Authorization: basicCredentials(username, password) };
      },
      startedId: (response) => findId(response, DEFAULT_ID_QUERY),
      judge,
      poll: async (id, send, nextPollUrl) => {
        const response = await send({
          method,
          url: nextPollUrl ?? urlFor(url, id, baseUrl),
          headers,
          ...(body !== '' && { body: bodyFor(body, id, headers) }),
        });
        return withNextUrl(judge(response, id), response, settings.http);
      },
      logIn: (send) => logInByClientCredentials(settings, send),
      ...(cancelUrl !== '' && {
        cancel: (id: string) => ({
          method: cancelMethod,
          url: urlFor(cancelUrl, id, baseUrl),
          // A body has the type that `headers` gives to all of them.
          headers: cancelBody === '' ? ownHeaders : withJsonType(headers),
          ...(cancelBody !== '' && { body: bodyFor(cancelBody, id, headers) }),
        }),
      }),
    } satisfies Provider;
  },
};

/** Where the id of a job stands that an API has just started. */
const DEFAULT_ID_QUERY = '$headers.location || $headers."operation-location" || id';

/**
 * The URL for one job. Its id may come from a response, and credentials go along.
 *
 * @throws PermanentError where there is none, or it leads to another host or names a user
 */
function urlFor(template: string, id: string, baseUrl: string): URL {
  const url = fill(() => expandUrlTemplate(template, id, baseUrl));
  if (url.username !== '' || url.password !== '') {
    const text = 'the id of the job holds a user name or a password, which are not sent';
    throw new PermanentError(text, 'bad-response');
  }
  if (url.origin === new URL(baseUrl).origin) return url;
  const text = `the id of the job leads to ${url.host}, and credentials go to the host of base-url alone`;
  throw new PermanentError(text, 'bad-response');
}

const bodyFor = (template: string, id: string, headers: Headers): string =>
  fill(() => expandBody(template, id, headers));

/** Ids of the inputs were tried before; one that comes from a response may fit nowhere. */
function fill<T>(expand: () => T): T {
  try {
    return expand();
  } catch (cause) {
    const text = `the id of the job fits into no request: ${(cause as Error).message}`;
    throw new PermanentError(text, 'bad-response', { cause });
  }
}

/** See https://www.rfc-editor.org/rfc/rfc6749#section-4.4 */
async function logInByClientCredentials(settings: ProviderSettings, send: Send): Promise<Token> {
  const { tokenUrl, audience, scope } = settings;
  const grant = {
    grant_type: 'client_credentials',
    ...(audience && { audience }),
    ...(scope && { scope }),
  };
  return readOAuthToken(await send(tokenRequest(tokenUrl, grant, settings)));
}

/** The link may come a moment after the status. */
function withGrace(
  observation: Observation,
  response: HttpResponse,
  { filePathQuery }: HttpSettings,
): Observation {
  const { state, filePath = '', providerStatus } = observation;
  if (state !== 'successful' || filePathQuery === '' || filePath !== '') return observation;
  return {
    ...observation,
    needsGrace: true,
    note: '`file-path-query` finds no link yet',
    warning: `${providerStatus || 'finished'}, but \`file-path-query\` finds no link`,
    hint: `Check \`file-path-query\`; the response is ${describeShape(parseBody(response))}`,
  };
}

/** Longer than any server takes; the URL is kept for each job. */
const MAX_URL_LENGTH = 8000;

/**
 * A pending response may name another URL for the next poll. It is followed only where the workflow says
 * which HTTP statuses mean success, and on the same host: the credentials go along.
 */
function withNextUrl(
  observation: Observation,
  { status, url, headers }: HttpResponse,
  { method, httpStatuses }: HttpSettings,
): Observation {
  const location = headers.location ?? headers['operation-location'];
  const isFollowed = status === 202 && method === 'GET' && httpStatuses.successful.length > 0;
  if (!isFollowed || typeof location !== 'string' || observation.state !== 'pending') {
    return observation;
  }
  const isUrl = location.length <= MAX_URL_LENGTH && URL.canParse(location, url.href);
  const next = isUrl ? new URL(location, url) : undefined;
  const isSafe = next?.origin === url.origin && next.username === '' && next.password === '';
  return isSafe ? { ...observation, nextPollUrl: next } : observation;
}
