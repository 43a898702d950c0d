import type { JobState } from '../domain/job.ts';

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

/** Words are compared without regard to case, spaces, `_` and `-`; numbers as they are. */
const normalize = (word: string): string =>
  /^-?\d/.test(word) ? word : word.toLowerCase().replace(/[\s_-]/g, '');

/** What the states of several parts amount to: the whole goes on until each has ended. */
export function combine(states: readonly JobState[]): JobState {
  const unfinished = (['unknown', 'pending'] as const).find((state) => states.includes(state));
  if (unfinished !== undefined) return unfinished;
  return new Set(states).size > 1 ? 'partial' : (states[0] ?? 'pending');
}

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
