import { PermanentError, TransientError } from '../../domain/errors.ts';
import type { JobState, Observation } from '../../domain/job.ts';
import type { HttpResponse } from '../../http/transport.ts';
import { isObject, toText, type Json } from '../json.ts';
import type { HttpSettings, Provider, ProviderDefinition } from '../provider.ts';
import { basicCredentials, formRequest } from '../requests.ts';
import { httpError, parseBody, readJson } from '../response.ts';
import { classify, combine, COMMON_STATUS_WORDS, type StatusWords } from '../status-words.ts';
import { readOAuthToken } from '../token.ts';
import { describeShape, findText, isTruthy, search } from './jmespath.ts';
import { expandBody, expandUrlTemplate } from './url-template.ts';

/** Any other API, as the workflow describes it. Queries are JMESPath, https://jmespath.site */
export const http: ProviderDefinition = {
  title: 'HTTP API',
  hasReports: ({ http: { filePathQuery } }) => filePathQuery !== '',
  requiredInputs: [],
  loginInputs: ['client-id', 'client-secret'],
  allowsAnonymous: true,
  create: (settings) => {
    const { baseUrl, tokenUrl, clientId, clientSecret, username, password, audience } = settings;
    const { url, method, headers, body, cancelUrl, cancelMethod } = settings.http;
    const setsAuthorization = Object.keys(headers).some((name) => /^authorization$/i.test(name));
    // An API key among them opens the report as well; the type belongs to the body of the poll.
    const ownHeaders = Object.fromEntries(
      Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-type'),
    );

    return {
      isConditional: true,
      credentials: (token): Record<string, string> => {
        if (setsAuthorization) return ownHeaders;
        if (token !== '') return { ...ownHeaders, Authorization: `Bearer ${token}` };
        if (username === '' && password === '') return ownHeaders;
        return { ...ownHeaders, Authorization: basicCredentials(username, password) };
      },
      poll: async (id, send) => {
        const response = await send({
          method,
          url: expandUrlTemplate(url, id, baseUrl),
          headers,
          ...(body !== '' && { body: expandBody(body, id, headers) }),
        });
        return observe(response, settings.http, settings.statusWords);
      },
      // RFC 6749, https://www.rfc-editor.org/rfc/rfc6749#section-4.4 and, for the header, section 2.3.1
      logIn: async (send) => {
        const grant = { grant_type: 'client_credentials', ...(audience && { audience }) };
        const encoded = [clientId, clientSecret].map((text) => encodeURIComponent(text));
        const [user = '', secret = ''] = encoded;
        const Authorization = basicCredentials(user, secret);
        return readOAuthToken(await send(formRequest(tokenUrl, grant, { Authorization })));
      },
      ...(cancelUrl !== '' && {
        cancel: (id: string) => ({
          method: cancelMethod,
          url: expandUrlTemplate(cancelUrl, id, baseUrl),
          headers: ownHeaders,
        }),
      }),
    } satisfies Provider;
  },
};

/** A list that is no list of statuses may hold any number of them. */
const MAX_STATUSES = 10;

/** HTTP statuses that speak of the request rather than of the job. */
const REQUEST_ERRORS = [401, 403, 404, 408, 425, 429];

function observe(
  response: HttpResponse,
  queries: HttpSettings,
  statusWords: StatusWords,
): Observation {
  const { statusQuery } = queries;
  const body = parseBody(response);
  if (response.status < 200 || response.status > 299) return observeError(response, body, queries);
  if (body !== undefined || !isBareResult(response, statusQuery)) readJson(response, explain);

  const found = search(body, statusQuery);
  const fields = {
    providerStatus: statusTexts(found).join(', '),
    batchId: findText(body, queries.batchIdQuery),
    filePath: findText(body, queries.filePathQuery),
    message: findText(body, queries.messageQuery),
  };
  if (queries.failureQuery !== '' && isTruthy(body, queries.failureQuery)) {
    return { ...fields, state: 'failed' };
  }
  if (found === null) return judgeByHttpStatus(response, body, statusQuery, fields);
  const members = Array.isArray(found) ? (found as unknown[]) : [found];
  const states = members.map((member) => judgeStatus(member, statusQuery, statusWords));
  const unknown = members.filter((_, index) => states[index] === 'unknown').map(String);
  const unknownStatuses = [...new Set(unknown)].slice(0, MAX_STATUSES);
  return { ...fields, state: combine(states), unknownStatuses };
}

/** An error response speaks of the request, unless `failure-query` finds that the job has failed. */
function observeError(
  response: HttpResponse,
  body: unknown,
  { failureQuery, messageQuery }: HttpSettings,
): Observation {
  // The queries are written for 2xx responses: that one fails here means nothing.
  const attempt = <T>(query: () => T, otherwise: T): T => {
    try {
      return query();
    } catch {
      return otherwise;
    }
  };
  const message = attempt(() => findText(body, messageQuery), '');
  const isAboutJob = response.status < 500 && !REQUEST_ERRORS.includes(response.status);
  const hasFailed = () => failureQuery !== '' && isTruthy(body, failureQuery);
  if (body !== undefined && isAboutJob && attempt(hasFailed, false)) {
    return { state: 'failed', providerStatus: '', message };
  }
  throw httpError(response, isObject(body) ? message || explain(body) : '');
}

/** Without a status in the body the HTTP status decides. */
function judgeByHttpStatus(
  { status }: HttpResponse,
  body: unknown,
  query: string,
  fields: Omit<Observation, 'state'>,
): Observation {
  const state = status === 202 ? 'pending' : [200, 201, 204].includes(status) && 'successful';
  if (state === false) {
    throw new TransientError(`HTTP ${status} says nothing of the job`, 'bad-response');
  }
  // No status is expected in the body: do not warn.
  if (body === undefined || query === NO_STATUS) return { ...fields, state };
  const warning =
    `the response has no status at status-query “${query}”, so HTTP ${status} decides: ${state}. ` +
    `It looks like ${describeShape(body)}`;
  return { ...fields, state, warning };
}

/** The query by which a workflow says that the responses carry no status. */
const NO_STATUS = '`null`';

/** A plain-text result where no status was expected. */
const isBareResult = ({ status, headers, body }: HttpResponse, query: string): boolean =>
  status === 204 ||
  ((query === NO_STATUS || status === 202) &&
    !/json|html/i.test(headers['content-type'] ?? '') &&
    !/^\s*[{[<]/.test(body));

function judgeStatus(status: unknown, query: string, statusWords: StatusWords): JobState {
  if (typeof status === 'boolean') return status ? 'successful' : 'pending';
  if (status === null || status === '') return 'pending';
  if (typeof status === 'string' || typeof status === 'number') {
    return classify(String(status), statusWords, COMMON_STATUS_WORDS);
  }
  const text = `status-query “${query}” finds ${describeShape(status)}; it must find a text, true, false, or a list of these`;
  throw new PermanentError(text, 'bad-response');
}

const statusTexts = (found: unknown): string[] =>
  [...new Set((Array.isArray(found) ? found : [found]).map(toText).filter(Boolean))].slice(
    0,
    MAX_STATUSES,
  );

/** Where most APIs put the message of an error. */
function explain(body: Json): string {
  const error: Json = isObject(body.error) ? body.error : {};
  const texts = [body.message, error.message, body.error_description, body.error, body.title];
  return texts.map(toText).find(Boolean) ?? '';
}
