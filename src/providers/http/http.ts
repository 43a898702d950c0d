import { PermanentFault, TransientFault } from '../../domain/errors.ts';
import type { Answer } from '../../http/transport.ts';
import type { JobState, Observation } from '../../domain/job.ts';
import {
  faultOf,
  isObject,
  jsonOf,
  oauthTokenOf,
  parseBody,
  textOf,
  type Json,
} from '../response.ts';
import type { HttpSettings, Provider, Vendor } from '../provider.ts';
import { find, isTruthy, shapeOf, textAt } from './jmespath.ts';
import { basicCredentials, formRequest } from '../requests.ts';
import { fill, fillBody } from './url-template.ts';
import { classify, combine, COMMON_WORDS, type Words } from '../status-words.ts';

/** Any other API, as the workflow describes it. Queries are JMESPath, https://jmespath.site */
export const http: Vendor = {
  title: 'HTTP API',
  hasReports: ({ http: { filePathQuery } }) => filePathQuery !== '',
  needs: [],
  logInNeeds: ['client-id', 'client-secret'],
  isOpen: true,
  create: (settings) => {
    const { tokenUrl, clientId, clientSecret, username, password, audience, words } = settings;
    const { url, method, headers, body, cancelUrl, cancelMethod } = settings.http;
    const hasOwnCredentials = Object.keys(headers).some((name) => /^authorization$/i.test(name));
    // A key among them opens the report as well; the type is that of the question's body.
    const ownHeaders = Object.fromEntries(
      Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-type'),
    );
    /** The last answer about each job, where it can be asked whether it still holds. */
    const known = new Map<string, { readonly etag: string; readonly seen: Observation }>();

    return {
      credentials: (token): Record<string, string> => {
        if (hasOwnCredentials) return ownHeaders;
        if (token !== '') return { ...ownHeaders, Authorization: `Bearer ${token}` };
        if (username === '' && password === '') return ownHeaders;
        return { ...ownHeaders, Authorization: basicCredentials(username, password) };
      },
      ask: async (id, send) => {
        const last = method === 'GET' ? known.get(id) : undefined;
        const answer = await send({
          method,
          url: fill(url, id, settings.baseUrl),
          headers: { ...headers, ...(last && { 'If-None-Match': last.etag }) },
          ...(body !== '' && { body: fillBody(body, id, headers) }),
        });
        if (answer.status === 304) {
          if (last !== undefined) return last.seen;
          throw new TransientFault('HTTP 304 for an answer that was never given', 'bad-answer');
        }
        const seen = observe(answer, settings.http, words);
        const { etag } = answer.headers;
        if (etag === undefined) known.delete(id);
        else known.set(id, { etag, seen });
        return seen;
      },
      // RFC 6749, https://www.rfc-editor.org/rfc/rfc6749#section-4.4 and, for the header, section 2.3.1
      logIn: async (send) => {
        const grant = { grant_type: 'client_credentials', ...(audience && { audience }) };
        const encoded = [clientId, clientSecret].map((text) => encodeURIComponent(text));
        const [user = '', secret = ''] = encoded;
        const Authorization = basicCredentials(user, secret);
        return oauthTokenOf(await send(formRequest(tokenUrl, grant, { Authorization })));
      },
      ...(cancelUrl !== '' && {
        cancel: (id: string) => ({
          method: cancelMethod,
          url: fill(cancelUrl, id, settings.baseUrl),
          headers: ownHeaders,
        }),
      }),
    } satisfies Provider;
  },
};

/** What is no list of words may hold any number of them. */
const MAX_WORDS = 10;

/** Statuses that say something about the request rather than about the job. */
const NOT_THE_JOB = [401, 403, 404, 408, 425, 429];

function observe(answer: Answer, queries: HttpSettings, words: Words): Observation {
  const body = parseBody(answer);
  if (answer.status < 200 || answer.status > 299) return refusal(answer, body, queries);
  const isBare = body === undefined && isBareResult(answer, queries.statusQuery);
  if (!isBare) jsonOf(answer, explain);

  const found = find(body, queries.statusQuery);
  const seen = {
    providerStatus: wordsOf(found).join(', '),
    batchId: textAt(body, queries.batchIdQuery),
    filePath: textAt(body, queries.filePathQuery),
    message: textAt(body, queries.messageQuery),
  };
  if (queries.failureQuery !== '' && isTruthy(body, queries.failureQuery)) {
    return { ...seen, state: 'failed' };
  }
  if (found === null) return byStatus(answer, body, queries.statusQuery, seen);
  const members = Array.isArray(found) ? (found as unknown[]) : [found];
  const states = members.map((member) => stateOf(member, queries.statusQuery, words));
  const unknown = members.filter((_, index) => states[index] === 'unknown').map(String);
  const unknownWords = [...new Set(unknown)].slice(0, MAX_WORDS);
  return { ...seen, state: combine(states), unknownWords };
}

/** An error is a fault of the question, unless it says by `failure-query` that the job has failed. */
function refusal(
  answer: Answer,
  body: unknown,
  { failureQuery, messageQuery }: HttpSettings,
): Observation {
  // The queries are meant for good answers: what they cannot make of this one tells nothing.
  const attempt = <T>(query: () => T, otherwise: T): T => {
    try {
      return query();
    } catch {
      return otherwise;
    }
  };
  const message = attempt(() => textAt(body, messageQuery), '');
  const isJobs = answer.status < 500 && !NOT_THE_JOB.includes(answer.status);
  const says = () => failureQuery !== '' && isTruthy(body, failureQuery);
  if (body !== undefined && isJobs && attempt(says, false)) {
    return { state: 'failed', providerStatus: '', message };
  }
  throw faultOf(answer, isObject(body) ? message || explain(body) : '');
}

/** Without a word the HTTP status decides. */
function byStatus(
  { status }: Answer,
  body: unknown,
  query: string,
  seen: Omit<Observation, 'state'>,
): Observation {
  const state = status === 202 ? 'pending' : [200, 201, 204].includes(status) && 'successful';
  if (state === false) {
    throw new TransientFault(`HTTP ${status} says nothing of the job`, 'bad-answer');
  }
  // Where the query asks for nothing, nothing is amiss.
  if (body === undefined || query === NO_WORD) return { ...seen, state };
  const warning =
    `the answer has no word at status-query “${query}”, so HTTP ${status} decides: ${state}. ` +
    `It looks like ${shapeOf(body)}`;
  return { ...seen, state, warning };
}

/** The query by which a workflow says that the answers carry no word. */
const NO_WORD = '`null`';

/** What is not JSON and does not claim to be, where it is expected: the result, in place of a word about it. */
const isBareResult = ({ status, headers, body }: Answer, query: string): boolean =>
  status === 204 ||
  ((query === NO_WORD || status === 202) &&
    !/json|html/i.test(headers['content-type'] ?? '') &&
    !/^\s*[{[<]/.test(body));

function stateOf(word: unknown, query: string, words: Words): JobState {
  if (typeof word === 'boolean') return word ? 'successful' : 'pending';
  if (word === null || word === '') return 'pending';
  if (typeof word === 'string' || typeof word === 'number') {
    return classify(String(word), words, COMMON_WORDS);
  }
  const text = `status-query “${query}” finds ${shapeOf(word)}; it must find a word, true, false, or a list of these`;
  throw new PermanentFault(text, 'bad-answer');
}

const wordsOf = (found: unknown): string[] =>
  [...new Set((Array.isArray(found) ? found : [found]).map(textOf).filter(Boolean))].slice(
    0,
    MAX_WORDS,
  );

/** Where most APIs put the words of an error. */
function explain(body: Json): string {
  const error: Json = isObject(body.error) ? body.error : {};
  const texts = [body.message, error.message, body.error_description, body.error, body.title];
  return texts.map(textOf).find(Boolean) ?? '';
}
