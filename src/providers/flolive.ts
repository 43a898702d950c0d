import { CredentialsRejected, PermanentError, TransientError } from '../domain/errors.ts';
import type { HttpResponse } from '../http/transport.ts';
import { isSettled, type JobState, type Observation } from '../domain/job.ts';
import { isObject, type Json, objectsIn, toNumber, toText, withKnownKeys } from './json.ts';
import { missing, parseBody, readJson } from './response.ts';
import { readToken } from './token.ts';
import { findContradiction } from './contradiction.ts';
import type { ProviderDefinition } from './provider.ts';
import { jsonRequest } from './requests.ts';
import { classify, combine, distinctStatuses, type StatusWords } from './status-words.ts';

/** Documented statuses, https://kb.flolive.net/Content/API/Global/Get%20Request%20Status%20V3.htm */
const STATUS_WORDS: StatusWords = {
  pending: ['OPEN'],
  successful: ['SUCCESS'],
  failed: ['FAILURE', 'INTERNAL_ERROR'],
};

/** Documented codes of the status call, same page. */
const [SERVICE_UNAVAILABLE, UNKNOWN_REQUEST] = ['GLOBAL_1001', 'GLOBAL_1003'];

/** The documented keys, which are found whatever their case. */
const KEYS =
  'errorCode errorMessage content requestId status pageable page totalPages totalElements'.split(
    ' ',
  );

/** A bulk call has at most 200 nodes; a response of more pages than this never ends. */
const MAX_PAGES = 1000;

interface Entry {
  readonly requestId: string;
  readonly status: string;
  /** Whether the entry itself tells of an error. */
  readonly hasError: boolean;
}

/** One page of a response. */
interface Page {
  readonly entries: readonly Entry[];
  /** The number that floLIVE gives the page. */
  readonly number: number | undefined;
  readonly total: number;
  /** How many inner requests all pages have together; undefined where that is not said. */
  readonly totalEntries: number | undefined;
  /** Whether the page speaks of an error, whatever its entries say. */
  readonly hasError: boolean;
  /** The message of an error, which is empty where there is none. */
  readonly message: string;
}

/**
 * floLIVE's Public API V3: `GET api/v3/global/call/{id}`, see
 * https://kb.flolive.net/Content/API/Global/Get%20Request%20Status%20V3.htm
 */
export const flolive: ProviderDefinition = {
  title: 'floLIVE',
  defaultBaseUrl: 'https://floportal.flolive.net',
  hasReports: () => false,
  requiredInputs: [],
  loginInputs: ['username', 'password'],
  optionalInputs: ['token-url', 'page-parameter'],
  create: ({ baseUrl, tokenUrl, username, password, pageParameter, statusWords }) => ({
    credentials: (token) => ({ Authorization: `Bearer ${token}` }),
    startedId: ({ headers }) => toText(headers['request-id']),
    judge: (response) => observe([readPage(response)], statusWords),
    poll: async (id, send) => {
      const read = async (page?: number): Promise<Page> => {
        const url = new URL(`${baseUrl}/api/v3/global/call/${encodeURIComponent(id)}`);
        if (page !== undefined) url.searchParams.set(pageParameter, String(page));
        return readPage(await send({ method: 'GET', url }));
      };

      const first = await read();
      if (first.total > MAX_PAGES) {
        throw badResponse(`the response has ${first.total} pages, more than ${MAX_PAGES}`);
      }
      const pages = [first];
      while (pages.some(({ total }) => pages.length < Math.min(total, MAX_PAGES))) {
        const number = (first.number ?? 0) + pages.length;
        const further = await read(number);
        if (repeats(further, number, pages)) {
          throw badResponse(
            `page ${number} of ${first.total} repeats an earlier one: floLIVE does not understand ` +
              `the query parameter “${pageParameter}”; name the right one in page-parameter`,
          );
        }
        pages.push(further);
      }
      return observe(pages, statusWords);
    },
    // As the public client module sentinela.flolive.service logs in; floLIVE's own page is not public.
    logIn: async (send) => {
      const url = new URL(tokenUrl || `${baseUrl}/api/v2/auth/token`);
      const response = await send(jsonRequest(url, { username, password }));
      const body = parseBody(response);
      if (isObject(body) && toText(body.errorCode) === SERVICE_UNAVAILABLE) {
        throw new TransientError(explain(body), 'unreachable');
      }
      return readToken(
        response,
        ({ content }) => ({ value: objectsIn(content)[0]?.token }),
        explain,
      );
    },
  }),
};

const badResponse = (text: string) => new PermanentError(text, 'bad-response');
function observe(pages: readonly Page[], customWords: StatusWords): Observation {
  const entries = pages.flatMap((page) => page.entries);
  const total = Math.max(...pages.map((page) => page.totalEntries ?? 0));
  if (entries.length < total || pages.some((page) => page.entries.length === 0)) {
    const warning = 'the response lists no or not all inner requests; taken as pending';
    return { state: 'pending', providerStatus: '', warning };
  }
  const states = entries.map(({ status, hasError }) => {
    const state = classify(status, customWords, STATUS_WORDS);
    return state === 'successful' && hasError ? 'failed' : state;
  });
  const state = combine(states);
  if (state === 'successful' && pages.some((page) => page.hasError)) {
    const said = pages.map((page) => page.message).find(Boolean) ?? 'no message';
    throw badResponse(`every status contradicts the error in the same response: ${said}`);
  }
  return {
    state,
    unknownStatuses: distinctStatuses(
      entries.flatMap(({ status }, index) => (states[index] === 'unknown' ? status : [])),
    ),
    providerStatus: distinctStatuses(entries.map(({ status }) => status).sort()).join(', '),
    progress: `${states.filter(isSettled).length} of ${entries.length} requests done`,
    message: isSettled(state) ? describeFailures(entries, states) : '',
  };
}

/** Names the inner requests that failed, at most ten. */
function describeFailures(entries: readonly Entry[], states: readonly JobState[]): string {
  const failed = entries.filter((_, index) => states[index] !== 'successful');
  const named = failed.slice(0, 10).map(({ requestId, status }) => `${requestId} ${status}`.trim());
  if (failed.length > 10) named.push(`${failed.length - 10} more`);
  const text = `${failed.length} of ${entries.length} inner requests failed: ${named.join(', ')}`;
  return failed.length === 0 ? '' : text;
}

function readPage(response: HttpResponse): Page {
  const raw = withKnownKeys(parseBody(response), KEYS);
  const error: Json = isObject(raw) ? raw : {};
  const [code, text] = [toText(error.errorCode), `floLIVE refused with ${explain(error)}`];
  throwRefusal(code, text);
  const body = withKnownKeys(readJson(response, explain), KEYS);
  if (code !== '') throw new PermanentError(text, 'job-failed');
  if (!isObject(body) || !('content' in body)) throw missing('content', response);
  const { content } = body;
  // An error has an empty text as `content`; without an error code that means an empty list.
  const listed: unknown = content === '' || content === null ? [] : content;
  if (!Array.isArray(listed)) throw missing('list of inner requests', response);
  const pageable: Json = isObject(body.pageable) ? body.pageable : {};
  return {
    entries: (listed as unknown[]).map((entry) => readEntry(entry, response)),
    number: toNumber(pageable.page),
    total: toNumber(pageable.totalPages) ?? 1,
    totalEntries: toNumber(pageable.totalElements),
    hasError: findContradiction(body) !== undefined,
    message: toText(body.errorMessage),
  };
}

/** V2 responses have no `requestId`. */
function readEntry(entry: unknown, response: HttpResponse): Entry {
  const fields: Json = isObject(entry) ? entry : {};
  const status = toText(fields.status);
  if (status === '') throw missing('status in one inner request', response);
  return {
    requestId: toText(fields.requestId),
    status,
    hasError: findContradiction(fields) !== undefined,
  };
}

/** Whether this is another page than the requested one, by its number or because all its ids are known. */
function repeats(page: Page, requested: number, earlier: readonly Page[]): boolean {
  if (page.number !== undefined && page.number !== requested) return true;
  const known = new Set(
    earlier.flatMap(({ entries }) => entries).map(({ requestId }) => requestId),
  );
  known.delete('');
  return page.entries.length > 0 && page.entries.every(({ requestId }) => known.has(requestId));
}

/** What the error codes mean whose HTTP status is not published. */
function throwRefusal(code: string, text: string): void {
  if (code === SERVICE_UNAVAILABLE) throw new TransientError(text, 'unreachable');
  if (code === UNKNOWN_REQUEST) throw new PermanentError(text, 'not-found', { needsGrace: true });
  if (code.startsWith('AUTH_')) throw new CredentialsRejected(text);
}

const explain = (body: Json): string =>
  [toText(body.errorCode), toText(body.errorMessage)].filter(Boolean).join(': ');
