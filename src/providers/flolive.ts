import {
  CredentialsRejected,
  NOT_FOUND_CONFIRMATIONS,
  PermanentFault,
  TransientFault,
} from '../domain/errors.ts';
import type { Answer } from '../http/transport.ts';
import { isSettled, type JobState, type Observation } from '../domain/job.ts';
import {
  numberOf,
  isObject,
  jsonOf,
  objectsIn,
  tokenOf,
  parseBody,
  textOf,
  unexpected,
  type Json,
} from './response.ts';
import type { Vendor } from './provider.ts';
import { jsonRequest } from './requests.ts';
import { classify, combine, type Words } from './status-words.ts';

/** Documented words, https://kb.flolive.net/Content/API/Global/Get%20Request%20Status%20V3.htm */
const WORDS: Words = {
  pending: ['OPEN'],
  successful: ['SUCCESS'],
  failed: ['FAILURE', 'INTERNAL_ERROR'],
};

/** Documented codes of the status call, same page. */
const SERVICE_UNAVAILABLE = 'GLOBAL_1001';
const UNKNOWN_REQUEST = 'GLOBAL_1003';

/** A bulk call has at most 200 nodes; an answer of more pages than this never ends. */
const MAX_PAGES = 1000;

/** One inner request of a regular or bulk call. */
interface Entry {
  readonly requestId: string;
  readonly status: string;
}

/** One page of an answer. */
interface Page {
  readonly entries: readonly Entry[];
  /** The number that the vendor gives the page. */
  readonly number: number | undefined;
  readonly total: number;
}

/**
 * floLIVE's Public API V3: `GET api/v3/global/call/{id}`, see
 * https://kb.flolive.net/Content/API/Global/Get%20Request%20Status%20V3.htm
 */
export const flolive: Vendor = {
  title: 'floLIVE',
  defaultBaseUrl: 'https://floportal.flolive.net',
  hasReports: () => false,
  needs: [],
  logInNeeds: ['username', 'password'],
  create: ({ baseUrl, tokenUrl, username, password, pageParameter, words }) => ({
    credentials: (token) => ({ Authorization: `Bearer ${token}` }),
    ask: async (id, send) => {
      const read = async (page?: number): Promise<Page> => {
        const url = new URL(`${baseUrl}/api/v3/global/call/${encodeURIComponent(id)}`);
        if (page !== undefined) url.searchParams.set(pageParameter, String(page));
        return pageOf(await send({ method: 'GET', url }));
      };

      const first = await read();
      if (first.total > MAX_PAGES) {
        const text = `the answer has ${first.total} pages, more than ${MAX_PAGES}`;
        throw new PermanentFault(text, 'bad-answer');
      }
      const pages = [first];
      while (pages.length < first.total) {
        const number = (first.number ?? 0) + pages.length;
        const further = await read(number);
        if (repeats(further, number, pages)) {
          throw new PermanentFault(
            `page ${number} of ${first.total} repeats an earlier one: floLIVE does not understand ` +
              `the query parameter “${pageParameter}”; name the right one in page-parameter`,
            'bad-answer',
          );
        }
        pages.push(further);
      }
      return judge(pages, words);
    },
    // As a public client logs in, the module sentinela.flolive.service; the vendor's page is not public.
    logIn: async (send) => {
      const url = new URL(tokenUrl || `${baseUrl}/api/v2/auth/token`);
      const answer = await send(jsonRequest(url, { username, password }));
      const body = parseBody(answer);
      if (isObject(body) && textOf(body.errorCode) === SERVICE_UNAVAILABLE) {
        throw new TransientFault(explain(body), 'unreachable');
      }
      return tokenOf(answer, ({ content }) => ({ value: objectsIn(content)[0]?.token }), explain);
    },
  }),
};

function judge(pages: readonly Page[], extraWords: Words): Observation {
  const entries = pages.flatMap((page) => page.entries);
  if (entries.length === 0 || pages.slice(1).some((page) => page.entries.length === 0)) {
    const warning = 'the answer lists no or not all inner requests; taken as pending';
    return { state: 'pending', providerStatus: '', warning };
  }
  const states = entries.map(({ status }) => classify(status, extraWords, WORDS));
  const state = combine(states);
  return {
    state,
    unknownWords: [
      ...new Set(
        entries.filter((_, index) => states[index] === 'unknown').map(({ status }) => status),
      ),
    ],
    providerStatus: [...new Set(entries.map(({ status }) => status))].sort().join(', '),
    message: isSettled(state) ? failuresOf(entries, states) : '',
  };
}

/** Which inner requests failed; at most ten by name. */
function failuresOf(entries: readonly Entry[], states: readonly JobState[]): string {
  const failed = entries.filter((_, index) => states[index] !== 'successful');
  if (failed.length === 0) return '';
  const named = failed.slice(0, 10).map(({ requestId, status }) => `${requestId} ${status}`.trim());
  if (failed.length > named.length) named.push(`${failed.length - named.length} more`);
  return `${failed.length} of ${entries.length} inner requests failed: ${named.join(', ')}`;
}

function pageOf(answer: Answer): Page {
  const raw = parseBody(answer);
  const code = isObject(raw) ? textOf(raw.errorCode) : '';
  const text = `floLIVE refused with ${isObject(raw) ? explain(raw) : ''}`;
  const fault = refusal(code, text);
  if (fault !== undefined) throw fault;

  const body = jsonOf(answer, explain);
  if (code !== '') throw new PermanentFault(text, 'job-failed');
  if (!isObject(body) || !('content' in body)) throw unexpected('content', answer);
  const { content } = body;
  // A refusal shows `content` as an empty text; without an error code that is an empty list.
  const listed: readonly unknown[] = Array.isArray(content) ? content : [];
  if (!Array.isArray(content) && content !== '' && content !== null)
    throw unexpected('list of inner requests', answer);
  const pageable: Json = isObject(body.pageable) ? body.pageable : {};
  return {
    entries: listed.map((entry) => entryOf(entry, answer)),
    number: numberOf(pageable.page),
    total: numberOf(pageable.totalPages) ?? 1,
  };
}

/** V2 answers have no `requestId`. */
function entryOf(entry: unknown, answer: Answer): Entry {
  const status = isObject(entry) ? textOf(entry.status) : '';
  if (!isObject(entry) || status === '') throw unexpected('status in one inner request', answer);
  return { requestId: textOf(entry.requestId), status };
}

/** Whether this is not the page that was asked for, by its number or because all its ids are known. */
function repeats(page: Page, asked: number, earlier: readonly Page[]): boolean {
  if (page.number !== undefined && page.number !== asked) return true;
  const known = new Set(
    earlier.flatMap(({ entries }) => entries).map(({ requestId }) => requestId),
  );
  known.delete('');
  return page.entries.length > 0 && page.entries.every(({ requestId }) => known.has(requestId));
}

/** What the refusals mean that do not depend on the HTTP status, which is not published for them. */
function refusal(code: string, text: string): Error | undefined {
  if (code === SERVICE_UNAVAILABLE) return new TransientFault(text, 'unreachable');
  if (code === UNKNOWN_REQUEST) {
    return new PermanentFault(text, 'not-found', { confirmations: NOT_FOUND_CONFIRMATIONS });
  }
  return code.startsWith('AUTH_') ? new CredentialsRejected(text) : undefined;
}

const explain = (body: Json): string =>
  [textOf(body.errorCode), textOf(body.errorMessage)].filter(Boolean).join(': ');
