import type { Clock } from '../domain/clock.ts';
import {
  CredentialsRejected,
  HtmlInsteadOfJson,
  PermanentError,
  TransientError,
} from '../domain/errors.ts';
import type { Observation } from '../domain/job.ts';
import type { Poll, PollResult } from '../domain/poll.ts';
import type { Headers } from '../http/headers.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import type { HttpRequest, HttpResponse, Transport } from '../http/transport.ts';
import { refuseEndlessJson } from '../providers/json.ts';
import type { Provider, Send } from '../providers/provider.ts';
import { cutText, MAX_BODY_LENGTH } from '../text/inert.ts';
import { createConditionalRequests, type ConditionalRequests } from './conditional-requests.ts';
import { toPollResult } from './poll-result.ts';
import { createTextRooms } from './text-room.ts';
import type { ActiveToken, Tokens } from './tokens.ts';

/** Time for one request, from connecting to the last byte of its response. */
export const REQUEST_TIMEOUT_MS = 30_000;

/**
 * An HTML page in place of JSON may be the login page of a session that has ended, or a gateway's, which
 * stays for longer than any login can cure: it is worth one login in this time, and no more.
 */
const LOGIN_AFTER_HTML_PAUSE_MS = 10 * 60_000;

/** What opens the provider's own host. */
export interface Access {
  readonly headers: Headers;
  /** Gives the same with another token; undefined where there is no way to have one issued. */
  readonly renew: (() => Promise<Access>) | undefined;
}

/** What can be had from a provider with the credentials of this run. */
export interface Session {
  readonly poll: Poll;
  /** @throws what a login throws, where there is no token yet */
  access(signal: AbortSignal): Promise<Access>;
}

/** Polls over the transport, with a token that is replaced once where the provider does not accept it. */
export function createSession(
  provider: Provider,
  tokens: Tokens,
  transport: Transport,
  clock: Clock,
): Session {
  const conditional = provider.isConditional ? createConditionalRequests(clock) : undefined;
  const mayLogInAfterHtml = createHtmlLoginGuard(clock);
  const nextPollUrls = new Map<string, URL>();
  const roomOf = createTextRooms();

  const accessWith = (token: ActiveToken, send: Send): Access => ({
    headers: provider.credentials(token.value),
    renew: tokens.canRenew
      ? async () => accessWith(await tokens.replace(token, send), send)
      : undefined,
  });

  return {
    async poll(requestId, requestDeadlineMs, signal): Promise<PollResult> {
      const exchange = createExchange(transport, clock, requestDeadlineMs, signal);
      const pollWith = async (token: ActiveToken): Promise<Observation> => {
        const credentials = provider.credentials(token.value);
        const observation = await provider.poll(
          requestId,
          exchange.sendWith(credentials, conditional),
          nextPollUrls.get(requestId),
        );
        if (observation.nextPollUrl) nextPollUrls.set(requestId, observation.nextPollUrl);
        tokens.noteAccepted(token);
        return observation;
      };
      const polling = pollWithRenewal(tokens, exchange.send, pollWith, mayLogInAfterHtml);
      const outcome = await toPollResult(polling, signal, roomOf(requestId));
      const ownPauseMs =
        outcome.error instanceof TransientError ? outcome.error.retryAfterMs : undefined;
      return {
        ...outcome,
        retryAfterMs: ownPauseMs ?? exchange.retryAfterMs(),
        body: exchange.body(),
      };
    },
    async access(signal) {
      const send: Send = async (request) =>
        refuseEndless(await transport.send(request, REQUEST_TIMEOUT_MS, signal));
      return accessWith(await tokens.current(send), send);
    },
  };
}

/** Most of all responses to one poll, which may be pages. */
const MAX_POLL_LENGTH = 10 * 1024 * 1024;

function refuseEndless(response: HttpResponse): HttpResponse {
  refuseEndlessJson(response.body);
  return response;
}

/** The requests of one poll, and what is to be kept of their responses. */
function createExchange(
  transport: Transport,
  clock: Clock,
  requestDeadlineMs: number,
  signal: AbortSignal,
) {
  let last: HttpResponse | undefined;
  let body = '';
  let length = 0;
  const send: Send = async (request) => {
    const leftMs = requestDeadlineMs - clock.now();
    const timeoutMs = Math.max(Math.min(leftMs, REQUEST_TIMEOUT_MS), 1);
    last = await transport.send(request, timeoutMs, signal);
    return last;
  };
  const sendWith =
    (credentials: Headers, conditional: ConditionalRequests | undefined): Send =>
    async (request) => {
      const full = { ...request, headers: { ...request.headers, ...credentials } };
      const response =
        conditional === undefined
          ? await send(full)
          : conditional.resolve(request, await send(conditional.prepare(full)));
      body = cutText(response.body, MAX_BODY_LENGTH);
      length += response.body.length;
      if (length > MAX_POLL_LENGTH) {
        throw new PermanentError('the responses to one poll have over 10 MiB', 'bad-response');
      }
      return refuseEndless(response);
    };
  return {
    /** Sends a request as it is. */
    send: async (request: HttpRequest) => refuseEndless(await send(request)),
    /** Gives a function that sends requests with credentials, and remembers the body of the last response. */
    sendWith,
    body: () => body,
    retryAfterMs: () => last && retryAfterMs(last, clock.now()),
  };
}

/** Polls with the current token, and once more with another one where that may help. */
async function pollWithRenewal(
  tokens: Tokens,
  send: Send,
  pollWith: (token: ActiveToken) => Promise<Observation>,
  mayLogInAfterHtml: () => boolean,
): Promise<Observation> {
  const token = await tokens.current(send);
  try {
    return await pollWith(token);
  } catch (error) {
    if (!tokens.canRenew) throw error;
    const hasEnded =
      error instanceof PermanentError && error.tokenEnded && tokens.isAccepted(token);
    if (hasEnded || error instanceof CredentialsRejected) {
      return pollWith(await tokens.replace(token, send));
    }
    if (!(error instanceof HtmlInsteadOfJson) || !mayLogInAfterHtml()) throw error;
    const replaced = await tokens.replace(token, send).catch(() => undefined);
    if (replaced === undefined) throw error;
    return pollWith(replaced);
  }
}

/** Gives a function that says yes once in ten minutes. */
function createHtmlLoginGuard(clock: Clock): () => boolean {
  let nextMs = 0;
  return () => {
    if (clock.now() < nextMs) return false;
    nextMs = clock.now() + LOGIN_AFTER_HTML_PAUSE_MS;
    return true;
  };
}
