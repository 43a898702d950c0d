import pLimit from 'p-limit';
import type { Clock } from '../domain/clock.ts';
import type { HttpRequest, Transport } from '../http/transport.ts';
import type { Session } from './session.ts';

/** Most time for all cancel requests: the runner is about to end the step. */
const CANCEL_MS = 3000;
const REQUESTS_AT_ONCE = 10;

interface CancelContext {
  readonly session: Pick<Session, 'access'>;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Receives what came of each request, as a sentence. */
  readonly onCancelResult: (requestId: string, result: string) => void;
}

/**
 * Asks the provider to cancel remote jobs, in at most three seconds. Never throws.
 *
 * @param requestFor makes the request that cancels a job, where the provider has one
 */
export async function cancelJobs(
  requestIds: readonly string[],
  requestFor: ((id: string) => HttpRequest) | undefined,
  { session, transport, clock, onCancelResult }: CancelContext,
): Promise<void> {
  if (requestFor === undefined) return;
  const endMs = clock.now() + CANCEL_MS;
  const limit = pLimit(REQUESTS_AT_ONCE);
  const cancel = async (requestId: string) => {
    // Not the signal of the step: that is aborted already where the step was cancelled.
    const signal = AbortSignal.timeout(CANCEL_MS);
    try {
      const request = requestFor(requestId);
      const access = await session.access(signal).catch((error: unknown) => {
        throw signal.aborted ? new Error('no token within 3 s') : error;
      });
      const headers = { ...request.headers, ...access.headers };
      const leftMs = Math.max(endMs - clock.now(), 1);
      const { signal: never } = new AbortController();
      const response = await transport.send({ ...request, headers }, leftMs, never);
      const isAccepted = response.status >= 200 && response.status < 300;
      const verb = isAccepted ? 'was asked to cancel the job' : 'did not accept the cancel request';
      onCancelResult(requestId, `the provider ${verb}: HTTP ${response.status}`);
    } catch (error) {
      const { message } = error as Error;
      onCancelResult(requestId, `the provider could not be asked to cancel the job: ${message}`);
    }
  };
  await Promise.all(requestIds.map((requestId) => limit(() => cancel(requestId))));
}
