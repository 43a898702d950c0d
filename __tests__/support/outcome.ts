import type { Outcome } from '../../src/domain/job.js';
import type { AdviceContext } from '../../src/output/advice.js';

/** A job that has ended well, but for what a test changes. */
export const outcome = (changes: Partial<Outcome> = {}): Outcome => ({
  requestId: 'job-1',
  status: 'Successful',
  reason: '',
  providerStatus: 'COMPLETE',
  batchId: '',
  filePath: '',
  message: '',
  timedOut: false,
  polls: 1,
  elapsedMs: 0,
  changes: [],
  link: '',
  ...changes,
});

/** What advice depends on, at a provider that is built in and with a token. */
export const adviceContext = (changes: Partial<AdviceContext> = {}): AdviceContext => ({
  isHttp: false,
  hasToken: true,
  canLogIn: false,
  loginInputs: '`username` and `password`',
  otherCredentials: 'in `headers`',
  hasCa: false,
  sendsCredentials: true,
  pollsOnce: false,
  continuesOnTimeout: false,
  continuesOnPartialSuccess: false,
  jobs: 1,
  ...changes,
});
