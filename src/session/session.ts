import type { Clock } from '../domain/clock.ts';
import {
  Cancelled,
  CredentialsRejected,
  PageInstead,
  PermanentFault,
  TransientFault,
} from '../domain/errors.ts';
import { retryAfterMs } from '../http/body.ts';
import type { Answer, HttpRequest, Transport } from '../http/transport.ts';
import type { Observation } from '../domain/job.ts';
import type { Provider, Send } from '../providers/provider.ts';
import type { HeldToken, Tokens } from './tokens.ts';
import type { Ask, Result } from '../wait/verdict.ts';

/** Time for one request, from connecting to the last byte of its answer. */
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * A page instead of an answer may be the log-in page of a session that has ended, or a gateway's, which
 * stays for longer than any log-in can cure: it is worth one log-in in this time, and no more.
 */
const PAGE_PAUSE_MS = 10 * 60_000;

/** What opens the vendor's own host. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  /** Gives the same with another token; undefined where there is no way to have one issued. */
  readonly renew: (() => Promise<Access>) | undefined;
}

/** What can be had from a vendor with the credentials of this run. */
export interface Session {
  readonly ask: Ask;
  /** @throws what a log-in throws, where there is no token yet */
  access(signal: AbortSignal): Promise<Access>;
}

/**
 * Asks as the provider does, over the transport, with a token that is replaced once where the vendor
 * does not accept it.
 */
export function createSession(
  provider: Provider,
  tokens: Tokens,
  transport: Transport,
  clock: Clock,
): Session {
  let nextPageMs = 0;
  const accessWith = (token: HeldToken, send: Send): Access => ({
    headers: provider.credentials(token.value),
    renew: tokens.canRenew
      ? async () => accessWith(await tokens.another(token, send), send)
      : undefined,
  });
  const access: Session['access'] = async (signal) => {
    const send: Send = (request) => transport.send(request, REQUEST_TIMEOUT_MS, signal);
    return accessWith(await tokens.current(send), send);
  };
  const ask: Ask = async (requestId, answerByMs, signal) => {
    const last: { answer?: Answer; response: string } = { response: '' };
    const send: Send = async (request: HttpRequest) => {
      const timeoutMs = Math.max(Math.min(answerByMs - clock.now(), REQUEST_TIMEOUT_MS), 1);
      last.answer = await transport.send(request, timeoutMs, signal);
      return last.answer;
    };
    const askWith = async (token: HeldToken): Promise<Observation> => {
      const observation = await provider.ask(requestId, async (request) => {
        const headers = { ...request.headers, ...provider.credentials(token.value) };
        const answer = await send({ ...request, headers });
        last.response = answer.body;
        return answer;
      });
      token.proven = true;
      return observation;
    };
    const question = async (): Promise<Observation> => {
      const token = await tokens.current(send);
      try {
        return await askWith(token);
      } catch (error) {
        if (tokens.canRenew && error instanceof CredentialsRejected) {
          return await askWith(await tokens.another(token, send));
        }
        if (!tokens.canRenew || !(error instanceof PageInstead) || clock.now() < nextPageMs) {
          throw error;
        }
        nextPageMs = clock.now() + PAGE_PAUSE_MS;
        return await askWith(await tokens.another(token, send).catch(() => raise(error)));
      }
    };

    const result = await resultOf(question());
    const asked = result instanceof TransientFault ? result.retryAfterMs : undefined;
    return {
      result,
      retryAfterMs: asked ?? (last.answer && retryAfterMs(last.answer, clock.now())),
      response: last.response,
    };
  };
  return { ask, access };
}

function raise(error: Error): never {
  throw error;
}

async function resultOf(question: Promise<Observation>): Promise<Result> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof TransientFault || error instanceof PermanentFault) return error;
    if (error instanceof Cancelled) throw error;
    const text = `the answer could not be understood: ${String(error)}`;
    return new PermanentFault(text, 'bad-answer', { cause: error });
  }
}
