import pLimit from 'p-limit';
import type { HttpRequest, Transport } from './http.ts';
import type { Outcome } from './job.ts';
import type { Session } from './session.ts';

/** Most time for telling the vendor, whatever it answers: the runner is about to end the step. */
const CANCEL_MS = 3000;
const REQUESTS_AT_ONCE = 10;

/**
 * Tells the vendor to stop the jobs that are given up: those that ran out of time where that fails the
 * step, and those of a step that was cancelled. A job that has ended is left alone. Never throws.
 *
 * @param requestFor makes the request that stops a job
 * @param onTold is given what came of it
 */
export async function cancelJobs(
  outcomes: readonly Outcome[],
  onTimeout: 'fail' | 'continue',
  requestFor: (id: string) => HttpRequest,
  session: Pick<Session, 'access'>,
  transport: Transport,
  onTold: (requestId: string, result: string) => void,
): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_MS);
  const limit = pLimit(REQUESTS_AT_ONCE);
  const tell = async ({ requestId }: Outcome) => {
    try {
      const request = requestFor(requestId);
      const access = await session.access(signal);
      const headers = { ...request.headers, ...access.headers };
      const { status } = await transport.send({ ...request, headers }, CANCEL_MS, signal);
      onTold(requestId, `the vendor was told to stop the job and answered HTTP ${status}`);
    } catch (error) {
      onTold(
        requestId,
        `the vendor could not be told to stop the job: ${(error as Error).message}`,
      );
    }
  };
  const givenUp = outcomes.filter((outcome) => isGivenUp(outcome, onTimeout));
  await Promise.all(givenUp.map((outcome) => limit(() => tell(outcome))));
}

function isGivenUp(
  { reason, timedOut, changes }: Outcome,
  onTimeout: 'fail' | 'continue',
): boolean {
  const state = changes.at(-1)?.state ?? 'pending';
  if (state !== 'pending' && state !== 'unknown') return false;
  return reason === 'cancelled' || (timedOut && onTimeout === 'fail');
}
