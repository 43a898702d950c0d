import type { Clock } from './clock.ts';
import { Cancelled, PermanentFault, TransientFault } from './faults.ts';
import { retryAfterMs, type Answer, type Transport } from './http.ts';
import type { Provider, Send } from './providers/provider.ts';
import type { Ask, Finding } from './verdict.ts';

/** Time for one request, from connecting to the last byte of its answer. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Gives the question that the wait asks: the provider's, sent with the token over the transport. */
export function createSession(
  provider: Provider,
  token: string,
  transport: Transport,
  clock: Clock,
): Ask {
  return async (requestId, answerByMs, signal) => {
    let last: Answer | undefined;
    const send: Send = async (request) => {
      const headers = { ...request.headers, ...provider.credentials(token) };
      const timeoutMs = Math.max(Math.min(answerByMs - clock.now(), REQUEST_TIMEOUT_MS), 1);
      last = await transport.send({ ...request, headers }, timeoutMs, signal);
      return last;
    };
    const result = await resultOf(provider.ask(requestId, send));
    return {
      result,
      retryAfterMs: last && retryAfterMs(last, clock.now()),
      response: last?.body ?? '',
    };
  };
}

async function resultOf(question: ReturnType<Provider['ask']>): Promise<Finding['result']> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof TransientFault || error instanceof PermanentFault) return error;
    if (error instanceof Cancelled) throw error;
    const text = `the answer could not be understood: ${String(error)}`;
    return new PermanentFault(text, 'bad-answer', { cause: error });
  }
}
