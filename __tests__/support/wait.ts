import { Cancelled, TransientError } from '../../src/domain/errors.js';
import type { JobState, Observation, Outcome } from '../../src/domain/job.js';
import type { Poll, PollError } from '../../src/domain/poll.js';
import type { WaitEvent } from '../../src/wait/events.js';
import { waitForJobs } from '../../src/wait/wait-for-jobs.js';
import type { WaitContext, WaitSettings } from '../../src/wait/wait.js';
import { virtualClock } from './clock.js';

export type Result = Observation | PollError;

interface Response {
  readonly result: Result;
  readonly retryAfterMs?: number;
  /** How long the provider takes for the response. */
  readonly takesMs?: number;
  readonly body?: string;
}

type Options = Partial<WaitSettings> &
  Pick<WaitContext, 'finishJob'> & {
    ids?: string[];
    cancelAtMs?: number | undefined;
    random?: () => number;
  };

/** What the transport makes of a request that takes too long. */
const NO_RESPONSE = new TransientError('no response', 'unreachable');
const MAX_REQUEST_MS = 30_000;
/** More than any wait needs: one without an end is to fail its test, and not to hold it up. */
const MOST_POLLS = 5000;

/** Times of a wait are measured from its start, which is no moment of its own. */
const START_MS = 1_000_000;

/** Waits in virtual time for jobs to whose polls `provider` responds. */
export async function wait(
  provider: (poll: number, atMs: number, id: string) => Response | Result,
  options: Options = {},
) {
  const clock = virtualClock(START_MS);
  const atMs = () => clock.now() - START_MS;
  const events: WaitEvent[] = [];
  const asked: { id: string; atMs: number; requestDeadlineMs: number }[] = [];
  const polls = new Map<string, number>();
  const stop = new AbortController();
  const { ids = ['job-1'], cancelAtMs, random = () => 0, finishJob, ...settings } = options;
  if (cancelAtMs !== undefined) {
    void clock.sleep(cancelAtMs, stop.signal).then(() => {
      stop.abort(new Cancelled());
    });
  }
  const poll: Poll = async (id, requestDeadlineMs, signal) => {
    asked.push({ id, atMs: atMs(), requestDeadlineMs: requestDeadlineMs - START_MS });
    const number = (polls.get(id) ?? 0) + 1;
    polls.set(id, number);
    if (number > MOST_POLLS) throw new Error(`${id} is polled without end`);
    const given = provider(number, atMs(), id);
    const response = 'result' in given ? given : { result: given };
    const { result, retryAfterMs, takesMs, body = `response ${number}` } = response;
    if (takesMs !== undefined) {
      const mayTakeMs = Math.min(MAX_REQUEST_MS, requestDeadlineMs - clock.now());
      const isCut = takesMs > mayTakeMs;
      await clock.sleep(isCut ? mayTakeMs + 0.5 : takesMs, signal);
      if (isCut) return { error: NO_RESPONSE, retryAfterMs: undefined, body: '' };
    }
    const rest = { retryAfterMs, body };
    return result instanceof Error ? { error: result, ...rest } : { observation: result, ...rest };
  };
  const { outcomes, response } = await clock.run(
    waitForJobs(
      ids,
      {
        timeoutMs: 30 * 60_000,
        intervalMs: 1000,
        maxIntervalMs: 30_000,
        onUnknownStatus: 'wait',
        notFoundGraceMs: 15_000,
        failFast: false,
        queueTimeoutMs: undefined,
        isQueued: (status) => status === 'QUEUED',
        warnAfterMs: undefined,
        ...settings,
      },
      {
        poll,
        clock: {
          now: () => clock.now(),
          // Timers are set in whole milliseconds.
          sleep: (ms, signal) => clock.sleep(Math.round(clock.now() + ms) - clock.now(), signal),
        },
        random,
        signal: stop.signal,
        onEvent: (event) => events.push(event),
        isFailure: ({ status }) => status !== 'Successful',
        finishJob,
      },
    ),
  );
  const [outcome] = outcomes as [Outcome];
  return {
    outcome,
    outcomes,
    response,
    events,
    asked,
    times: asked.map(({ atMs }) => atMs),
  };
}

export const kinds = (events: readonly WaitEvent[], kind: WaitEvent['kind']) =>
  events.filter((event) => event.kind === kind);
export const see = (state: JobState, providerStatus = state.toUpperCase()): Observation => ({
  state,
  providerStatus,
});
