import {
  CredentialsRejected,
  NOT_FOUND_CONFIRMATIONS,
  PermanentFault,
  TransientFault,
} from '../faults.ts';
import type { Answer } from '../http.ts';
import type { JobState, Observation } from '../job.ts';
import {
  isObject,
  jsonOf,
  objectsIn,
  tokenOf,
  parseBody,
  textOf,
  unexpected,
  type Json,
} from './answers.ts';
import type { Vendor } from './provider.ts';
import { jsonRequest } from './requests.ts';
import { classify, type Words } from './words.ts';

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
  readonly number: number;
  readonly total: number;
}

/**
 * floLIVE's Public API V3: `GET api/v3/global/call/{id}`, see
 * https://kb.flolive.net/Content/API/Global/Get%20Request%20Status%20V3.htm
 */
export const flolive: Vendor = {
  title: 'floLIVE',
  defaultBaseUrl: 'https://floportal.flolive.net',
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
        throw new PermanentFault(
          `the answer has ${first.total} pages, more than ${MAX_PAGES}`,
          'bad-answer',
        );
      }
      const pages = [first];
      while (pages.length < first.total) {
        const further = await read(first.number + pages.length);
        if (repeats(further, first)) {
          throw new PermanentFault(
            `page ${further.number} of ${first.total} repeats the first one: floLIVE does not ` +
              `understand the query parameter “${pageParameter}”; name the right one in page-parameter`,
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
      return tokenOf(
        await send(jsonRequest(url, { username, password })),
        (body) => ({ value: objectsIn(body.content)[0]?.token }),
        (body) => [textOf(body.errorCode), textOf(body.errorMessage)].filter(Boolean).join(': '),
      );
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
  const unfinished = (['unknown', 'pending'] as const).find((state) => states.includes(state));
  const ends = new Set(states);
  const end: JobState = ends.size > 1 ? 'partial' : (states[0] ?? 'pending');
  return {
    state: unfinished ?? end,
    providerStatus: [...new Set(entries.map(({ status }) => status))].sort().join(', '),
    message: unfinished === undefined ? failuresOf(entries, states) : '',
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
  // The HTTP status of a refusal is not published, so its code is looked for before the status.
  const raw = parseBody(answer);
  const code = isObject(raw) ? textOf(raw.errorCode) : '';
  if (code !== '') throw refusal(code, isObject(raw) ? textOf(raw.errorMessage) : '');

  const body = jsonOf(answer, (error) => textOf(error.errorMessage));
  if (!isObject(body) || !('content' in body)) throw unexpected('content', answer);
  const { content } = body;
  // A refusal shows `content` as an empty text; without an error code that is an empty list.
  const listed: readonly unknown[] = Array.isArray(content) ? content : [];
  if (!Array.isArray(content) && content !== '' && content !== null)
    throw unexpected('list of inner requests', answer);
  const pageable: Json = isObject(body.pageable) ? body.pageable : {};
  return {
    entries: listed.map((entry) => entryOf(entry, answer)),
    number: countOf(pageable.page, 0),
    total: countOf(pageable.totalPages, 1),
  };
}

/** V2 answers have no `requestId`. */
function entryOf(entry: unknown, answer: Answer): Entry {
  const status = isObject(entry) ? textOf(entry.status) : '';
  if (!isObject(entry) || status === '') throw unexpected('status in one inner request', answer);
  return { requestId: textOf(entry.requestId), status };
}

const countOf = (value: unknown, otherwise: number): number =>
  Number.isSafeInteger(value) ? (value as number) : otherwise;

/** Entries without ids are often alike; then the page number tells whether the page is the first. */
function repeats(page: Page, first: Page): boolean {
  if (page.entries.length === 0) return false;
  const same = JSON.stringify(page.entries) === JSON.stringify(first.entries);
  const named = first.entries.some(({ requestId }) => requestId !== '');
  return same && (named || page.number === first.number);
}

function refusal(code: string, message: string): Error {
  const text = `floLIVE refused with ${code}: ${message}`;
  if (code === SERVICE_UNAVAILABLE) return new TransientFault(text, 'unreachable');
  if (code === UNKNOWN_REQUEST) {
    return new PermanentFault(text, 'not-found', { confirmations: NOT_FOUND_CONFIRMATIONS });
  }
  if (code.startsWith('AUTH_')) return new CredentialsRejected(text);
  return new PermanentFault(text, 'job-failed');
}
