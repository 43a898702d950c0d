import pLimit from 'p-limit';
import { Cancelled } from '../domain/errors.ts';
import type { HttpRequest, Transport } from '../http/transport.ts';
import type { Inputs } from '../inputs/read-inputs.ts';
import { isSettled, type Outcome } from '../domain/job.ts';
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
  { onTimeout, timeoutMs }: Pick<Inputs, 'onTimeout' | 'timeoutMs'>,
  requestFor: (id: string) => HttpRequest,
  session: Pick<Session, 'access'>,
  transport: Transport,
  onTold: (requestId: string, result: string) => void,
): Promise<void> {
  const endMs = Date.now() + CANCEL_MS;
  const limit = pLimit(REQUESTS_AT_ONCE);
  const tell = async ({ requestId }: Outcome) => {
    try {
      const request = requestFor(requestId);
      const access = await session.access(AbortSignal.timeout(CANCEL_MS));
      const headers = { ...request.headers, ...access.headers };
      const leftMs = Math.max(endMs - Date.now(), 1);
      // The signal of the step is aborted already where it was cancelled.
      const { signal } = new AbortController();
      const { status } = await transport.send({ ...request, headers }, leftMs, signal);
      const isDone = status >= 200 && status < 300;
      const verb = isDone
        ? 'was told to stop the job'
        : 'did not accept the request to stop the job';
      onTold(requestId, `the vendor ${verb}: HTTP ${status}`);
    } catch (error) {
      const why = error instanceof Cancelled ? 'no token within 3 s' : (error as Error).message;
      onTold(requestId, `the vendor could not be told to stop the job: ${why}`);
    }
  };
  // Who asks once does not wait, and gives nothing up.
  const failsLate = onTimeout === 'fail' && timeoutMs > 0;
  const givenUp = outcomes.filter((outcome) => isGivenUp(outcome, failsLate));
  await Promise.all(givenUp.map((outcome) => limit(() => tell(outcome))));
}

function isGivenUp({ reason, timedOut, changes }: Outcome, failsLate: boolean): boolean {
  if (isSettled(changes.at(-1)?.state ?? 'pending')) return false;
  return reason === 'cancelled' || (timedOut && failsLate);
}
