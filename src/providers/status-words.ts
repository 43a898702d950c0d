import type { JobState } from '../domain/job.ts';

/** Statuses by what they mean. */
export type StatusWords = Readonly<Partial<Record<JobState, readonly string[]>>>;

/** Statuses that mean the same nearly everywhere, for providers that publish none. */
export const COMMON_STATUS_WORDS: StatusWords = {
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
    ...['created', 'inprogress', 'new', 'notstarted', 'open', 'pending', 'processing'],
    ...['queued', 'received', 'running', 'scheduled', 'started', 'submitted', 'waiting'],
  ],
};

/** Most different statuses of one response that are shown: a list that is none of statuses may hold any number. */
const MAX_STATUSES = 10;

/** The statuses of a response, each once. */
export const distinctStatuses = (statuses: readonly string[]): string[] =>
  [...new Set(statuses.filter(Boolean))].slice(0, MAX_STATUSES);

/** Statuses are compared without regard to case, spaces, `_` and `-`; numbers as they are. */
export const normalizeStatus = (status: string): string =>
  /^-?\d/.test(status) ? status : status.toLowerCase().replace(/[\s_-]/g, '');

/**
 * What the states of several parts amount to: the whole goes on until each has ended. It has succeeded in
 * part only if a part of it truly succeeded: failed and partial parts alone have failed.
 */
export function combine(states: readonly JobState[]): JobState {
  const unfinished = (['unknown', 'pending'] as const).find((state) => states.includes(state));
  if (unfinished !== undefined) return unfinished;
  if (new Set(states).size <= 1) return states[0] ?? 'pending';
  return states.includes('successful') ? 'partial' : 'failed';
}

/** What a status means: by the first of `lists` that holds it, else `unknown`. */
export function classify(status: string, ...lists: readonly StatusWords[]): JobState {
  const normalized = normalizeStatus(status);
  for (const words of lists) {
    const state = statesOf(words).get(normalized);
    if (state !== undefined) return state;
  }
  return 'unknown';
}

/** The states by normalized status, of each list that was asked: thousands of responses are judged by the same ones. */
const statesByList = new WeakMap<StatusWords, ReadonlyMap<string, JobState>>();

function statesOf(words: StatusWords): ReadonlyMap<string, JobState> {
  const known = statesByList.get(words);
  if (known !== undefined) return known;
  const states = new Map<string, JobState>();
  // The first state of several that hold a status counts.
  for (const [state, members] of (Object.entries(words) as [JobState, string[]][]).toReversed()) {
    for (const member of members) states.set(normalizeStatus(member), state);
  }
  statesByList.set(words, states);
  return states;
}
