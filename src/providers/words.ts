import type { JobState } from '../job.ts';

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
