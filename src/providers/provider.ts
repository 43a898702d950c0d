import {
  NOT_FOUND_CONFIRMATIONS,
  CredentialsRejected,
  PermanentFault,
  TransientFault,
} from '../faults.ts';
import type { Answer, HttpRequest } from '../http.ts';
import type { JobState, Observation } from '../job.ts';
import { quote } from '../text.ts';

/** Sends one request of a question, with the credentials that go with it. */
export type Send = (request: HttpRequest) => Promise<Answer>;

/** How one vendor is asked about a job. It keeps no state, does not sleep and asks nothing twice. */
export interface Provider {
  /** Headers that carry the access token and whatever else identifies the caller. */
  credentials(token: string): Readonly<Record<string, string>>;
  /**
   * Asks once about the job `id`, in as many requests as the vendor's answer has pages.
   *
   * @throws TransientFault, PermanentFault or CredentialsRejected where the status cannot be told
   */
  ask(id: string, send: Send): Promise<Observation>;
}

/** What a provider is made from: the inputs it may read. */
export interface Settings {
  /** Root of the service without a trailing slash. */
  readonly baseUrl: string;
  readonly appKey: string;
  readonly appName: string;
  readonly tenantId: string;
  readonly participantType: string;
  readonly pageParameter: string;
  /** Words that the workflow has classified; they win over the provider's own. */
  readonly words: Words;
}

/** One line in the table of providers. */
export interface Vendor {
  /** The vendor as people call it. */
  readonly title: string;
  readonly defaultBaseUrl?: string;
  /** Inputs that this vendor cannot do without, beside `provider`, `request-id` and `token`. */
  readonly needs: readonly (keyof typeof NEEDABLE)[];
  create(settings: Settings): Provider;
}

/** Inputs that some vendors need, with what they hold there. */
export const NEEDABLE = {
  'app-key': 'the consumer key of the registered application',
  'tenant-id': 'the id of the tenant',
  'participant-type': 'the plural name of the participant type',
} as const;

/** Vendor words by what they mean. */
export type Words = Readonly<Partial<Record<JobState, readonly string[]>>>;

/** Words that mean the same nearly everywhere, for vendors that publish none. */
export const COMMON_WORDS: Words = {
  successful: [
    'success',
    'successful',
    'succeeded',
    'complete',
    'completed',
    'done',
    'finished',
    'processed',
  ],
  partial: ['partial', 'partialsuccess', 'partiallysucceeded', 'completedwitherrors'],
  failed: [
    'failure',
    'failed',
    'error',
    'errored',
    'rejected',
    'invalid',
    'aborted',
    'cancelled',
    'canceled',
    'expired',
    'timedout',
  ],
  pending: [
    ...['accepted', 'created', 'inprogress', 'new', 'notstarted', 'open', 'pending', 'processing'],
    ...['queued', 'received', 'running', 'scheduled', 'started', 'submitted', 'waiting'],
  ],
};

/** Words are compared without regard to case, spaces, `_` and `-`. */
const normalize = (word: string): string => word.toLowerCase().replace(/[\s_-]/g, '');

/**
 * Tells what a word means: by the first of `lists` that knows it, else `unknown`.
 */
export function classify(word: string, ...lists: readonly Words[]): JobState {
  const wanted = normalize(word);
  for (const words of lists) {
    for (const [state, members] of Object.entries(words) as [JobState, readonly string[]][]) {
      if (members.some((member) => normalize(member) === wanted)) return state;
    }
  }
  return 'unknown';
}

/** A JSON object as it came: no field is known to be there. */
export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects in a list; none where it is not a list. */
export function objectsIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The value where it is text, else an empty string. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** Parses a body, or gives `undefined` where it is not JSON. */
export function parseBody(answer: Answer): unknown {
  try {
    return JSON.parse(answer.body) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Gives the JSON of an answer that says yes (2xx).
 *
 * @param explain reads the vendor's own message out of the JSON of an error; may give ''
 * @throws the fault that the HTTP status stands for; TransientFault where a 2xx is not JSON
 */
export function jsonOf(answer: Answer, explain: (body: Json) => string): unknown {
  const body = parseBody(answer);
  if (answer.status < 200 || answer.status > 299) {
    throw faultOf(answer, isObject(body) ? explain(body) : '');
  }
  if (body === undefined) {
    throw new TransientFault(`the answer is not JSON: ${glimpse(answer)}`, 'bad-answer');
  }
  return body;
}

/** For JSON that is not what the vendor documents: asked again, since gateways come and go. */
export function unexpected(expected: string, answer: Answer): TransientFault {
  return new TransientFault(`the answer has no ${expected}: ${glimpse(answer)}`, 'bad-answer');
}

/** What a status that is not 2xx means for the wait. */
function faultOf(answer: Answer, vendorMessage: string): Error {
  const { status } = answer;
  const detail = vendorMessage === '' ? glimpse(answer) : quote(vendorMessage);
  const text = `HTTP ${status}: ${detail}`;
  if (status >= 300 && status < 400) return redirectFault(answer);
  if (status === 401) return new CredentialsRejected(text);
  if (status === 403) return new PermanentFault(text, 'rejected');
  if (status === 404) {
    return new PermanentFault(text, 'not-found', { confirmations: NOT_FOUND_CONFIRMATIONS });
  }
  if (status === 410) return new PermanentFault(text, 'not-found');
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return new TransientFault(text, 'unreachable');
  }
  if (status >= 400) return new PermanentFault(text, 'rejected');
  return new TransientFault(text, 'bad-answer');
}

function redirectFault({ status, headers }: Answer): PermanentFault {
  const location = headers.location ?? '';
  const target = URL.canParse(location) ? new URL(location).host : 'another path of the same host';
  return new PermanentFault(
    `HTTP ${status}: a redirect to ${quote(target)} is not followed, since the credentials are for base-url alone`,
    'bad-answer',
  );
}

/** A body that is not understood, as the log shows it. */
function glimpse({ headers, body }: Answer): string {
  if (body.trim() === '') return 'the body is empty';
  const title = /<title[^>]*>([^<]*)/i.exec(body)?.[1];
  if (title !== undefined) return `an HTML page “${quote(title)}”`;
  const type = headers['content-type'] ?? 'no content type';
  return `${quote(body.slice(0, 200))} (${quote(type)})`;
}
