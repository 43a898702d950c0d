import {
  Cancelled,
  CredentialsRejected,
  PermanentError,
  TransientError,
} from '../domain/errors.ts';
import type { Outcome } from '../domain/job.ts';
import { mergeHeaders } from '../http/headers.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { limitTime } from '../http/time-limit.ts';
import type { HttpRequest, HttpResponse } from '../http/transport.ts';
import type { Provider, StartSettings } from '../providers/provider.ts';
import { cutText, MAX_BODY_LENGTH } from '../text/inert.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { REQUEST_TIMEOUT_MS, type Access, type Session } from './session.ts';
import {
  cancelledEnd,
  leavesUnknown,
  readStartResponse,
  toEnd,
  toOutcome,
  unknownEnd,
  type StartEnd,
} from './start-response.ts';
import { createTries, MAX_RETRY_MS, type Tries, type TriesContext } from './start-tries.ts';

/** What the request to start a job takes from outside. */
export interface StartContext extends TriesContext {
  readonly provider: Pick<Provider, 'startedId' | 'judge'>;
  readonly session: Pick<Session, 'access'>;
  readonly signal: AbortSignal;
  readonly environment: NodeJS.ProcessEnv;
}

/** A job that was started, or how that ended at once. */
export interface Started {
  /** Empty where it is not known. */
  readonly requestId: string;
  /** Undefined where the job goes on. */
  readonly outcome: Outcome | undefined;
  /** How long that took, in milliseconds. */
  readonly tookMs: number;
  /** Body of the last response. */
  readonly body: string;
}

type EndWith = (part: StartEnd, response?: HttpResponse) => Started;

/**
 * Starts a job, never twice: the request is repeated only where nothing of it can have reached the provider,
 * where the provider says that it has not accepted it, or where a header makes a repeat mean the same job.
 */
export async function startJob(start: StartSettings, context: StartContext): Promise<Started> {
  const { clock, signal, timeoutMs } = context;
  const startMs = clock.now();
  const tries = createTries(context);
  const end: EndWith = (part, response) => ({
    requestId: part.requestId ?? '',
    outcome: toOutcome(part, tries.count(), clock.now() - startMs),
    tookMs: clock.now() - startMs,
    body: cutText(response?.body ?? '', MAX_BODY_LENGTH),
  });
  if (signal.aborted) return end(cancelledEnd(false));
  const limitMs = timeoutMs === 0 ? MAX_RETRY_MS + REQUEST_TIMEOUT_MS : timeoutMs;
  const late = (time: string) => `no response within ${time}`;
  const time = limitTime(limitMs, late, signal);
  try {
    return await sendUntilEnd(start, { ...context, signal: time.signal }, tries, end);
  } catch (error) {
    if (context.signal.aborted) return end(cancelledEnd(tries.mayExist()));
    throw error;
  } finally {
    time.clear();
  }
}

async function sendUntilEnd(
  start: StartSettings,
  context: StartContext,
  tries: Tries,
  end: EndWith,
): Promise<Started> {
  const { session, provider, environment, clock, signal } = context;
  let access: Access | undefined;
  let isRenewed = false;
  for (;;) {
    let response: HttpResponse | undefined;
    let error: PermanentError | TransientError;
    try {
      access ??= await session.access(signal);
      response = await tries.send(toRequest(start, access, environment), signal);
      const read = readStartResponse(response, start, provider);
      if (read.error === undefined) return end(read, response);
      error = read.error;
      if (leavesUnknown(response, error)) tries.noteUnknown();
      if (error instanceof CredentialsRejected && access.renew !== undefined && !isRenewed) {
        access = await access.renew();
        isRenewed = true;
        continue;
      }
    } catch (thrown) {
      const isTyped = thrown instanceof TransientError || thrown instanceof PermanentError;
      if (!isTyped || signal.reason instanceof Cancelled) throw thrown;
      error = thrown;
    }
    const askedMs = response && retryAfterMs(response, clock.now());
    if (mayRepeat(error, tries.mayExist(), start) && (await tries.pause(error, askedMs, signal))) {
      continue;
    }
    return end(tries.mayExist() ? unknownEnd(error.message) : toEnd(error), response);
  }
}

/** Whether another try cannot make a second job. */
function mayRepeat(
  error: PermanentError | TransientError,
  mayExist: boolean,
  { idempotencyHeader }: StartSettings,
): boolean {
  if (!mayExist) return error instanceof TransientError;
  // A conflict with the first try, which is still being worked on.
  const isTransient = error instanceof TransientError || error.problem === 'conflict';
  return isTransient && idempotencyHeader !== '';
}

function toRequest(
  { url, method, headers, body, idempotencyHeader }: StartSettings,
  access: Access,
  environment: NodeJS.ProcessEnv,
): HttpRequest {
  // AWS names each action in a header: `start-headers` wins over a header of the polls with the same name.
  const all = mergeHeaders(access.headers, headers);
  const request = { method, url, headers: all, ...(body !== '' && { body }) };
  if (idempotencyHeader === '') return request;
  const key = { [idempotencyHeader]: idempotencyKey(request, environment) };
  return { ...request, headers: mergeHeaders(request.headers, key) };
}
