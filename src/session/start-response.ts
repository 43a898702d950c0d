import { HtmlInsteadOfJson, PermanentError, TransientError } from '../domain/errors.ts';
import { observedFields, type Observation, type Outcome, type Problem } from '../domain/job.ts';
import { isRateLimit } from '../http/retry-after.ts';
import type { HttpResponse } from '../http/transport.ts';
import { findErrorMessage } from '../providers/error-message.ts';
import { describeShape, findId } from '../providers/http/jmespath.ts';
import { refuseEndlessJson } from '../providers/json.ts';
import type { Provider, StartSettings } from '../providers/provider.ts';
import { httpError, parseBody } from '../providers/response.ts';

/** How a start ended, as far as it did; without a status the job goes on. */
export interface StartEnd {
  readonly requestId?: string;
  readonly status?: Outcome['status'];
  readonly reason?: Outcome['reason'];
  readonly message?: string;
  readonly problem?: Problem | undefined;
  readonly observation?: Observation | undefined;
  readonly error?: undefined;
}

type Judge = Pick<Provider, 'startedId' | 'judge'>;

/** What the response to a start means, or the error that it stands for. */
export function readStartResponse(
  response: HttpResponse,
  start: StartSettings,
  provider: Judge,
): StartEnd | { readonly error: PermanentError | TransientError } {
  const isAccepted = response.status >= 200 && response.status < 300;
  const { requestId, why } = findStartedId(response, start, provider);
  const { observation, error } = judge(response, requestId, provider);
  // A 5xx speaks of the server, whatever word it uses: the job may be there.
  if (observation?.state === 'failed' && response.status < 500) {
    const own = observation.message ?? '';
    const message = own === '' ? findErrorMessage(parseBody(response), response.body) : own;
    return { requestId, status: 'Failure', reason: 'job-failed', message, observation };
  }
  if (!isAccepted) return { error: refusalError(response, error) };
  if (error instanceof PermanentError && error.reason !== 'bad-response') {
    return error.reason === 'job-failed' ? { ...toEnd(error), requestId } : { error };
  }
  if (requestId === '') {
    const saysAgain = error instanceof TransientError && error.reason === 'unreachable';
    return saysAgain || error instanceof HtmlInsteadOfJson ? { error } : lostEnd(response, why);
  }
  const hasEnded = observation?.state === 'successful' && observation.providerStatus !== '';
  if (!start.isFinal || !hasEnded || observation.needsGrace) return { requestId, observation };
  return {
    requestId,
    status: 'Successful',
    reason: '',
    message: observation.message ?? '',
    observation,
  };
}

/** The id in a response, or why there is none. Dots alone would lead to another place, half a character to none. */
function findStartedId(response: HttpResponse, { idQuery }: StartSettings, provider: Judge) {
  const where = idQuery === '' ? 'where the provider puts it' : `at \`id-query\` “${idQuery}”`;
  try {
    refuseEndlessJson(response.body);
    const own = provider.startedId ?? (() => '');
    const id = idQuery === '' ? own(response) : findId(response, idQuery);
    const requestId = id.trim();
    return {
      requestId: /^\.{1,2}$/.test(requestId) || !requestId.isWellFormed() ? '' : requestId,
      why: `there is none ${where}`,
    };
  } catch (error) {
    return { requestId: '', why: (error as Error).message };
  }
}

function lostEnd(response: HttpResponse, why: string): StartEnd {
  const shape = describeShape(parseBody(response));
  const message = `the job was started, and its id is lost: ${why}; the response is ${shape}`;
  return { status: 'Error', reason: 'start-unknown', message, problem: 'start-unknown' };
}

/** A 4xx has not accepted the request, whatever it means for a poll. */
function refusalError(response: HttpResponse, judged: unknown): PermanentError | TransientError {
  const isTyped = judged instanceof TransientError || judged instanceof PermanentError;
  const error = isTyped ? judged : (httpError(response, '') as PermanentError | TransientError);
  const isRefused = response.status >= 400 && response.status < 500;
  return error instanceof TransientError && isRefused && !isUnaccepted(response, error)
    ? new PermanentError(error.message, 'rejected', { problem: error.problem })
    : error;
}

/** What the response says of the job itself; most say nothing yet, which the provider takes for an error. */
function judge(response: HttpResponse, id: string, provider: Judge) {
  try {
    refuseEndlessJson(response.body);
    return { observation: provider.judge?.(response, id) };
  } catch (error) {
    return { error };
  }
}

/** Whether a response says that the request was not accepted, and may be repeated. */
const isUnaccepted = (response: HttpResponse, error: PermanentError | TransientError): boolean =>
  (error instanceof TransientError && error.isRateLimit) ||
  isRateLimit(response) ||
  (response.status === 503 && response.headers['retry-after'] !== undefined);

/** Redirects that may follow a request which was carried out; a login page follows none. */
const REDIRECTS_AFTER = [302, 303];

/** Whether a job may exist after a response that is an error. */
export const leavesUnknown = (
  response: HttpResponse,
  error: PermanentError | TransientError,
): boolean =>
  error instanceof TransientError
    ? !isUnaccepted(response, error)
    : REDIRECTS_AFTER.includes(response.status) && !error.tokenEnded;

/** The end by an error after which no job can exist. */
export const toEnd = (error: PermanentError | TransientError): StartEnd => ({
  status: error.reason === 'job-failed' ? 'Failure' : 'Error',
  reason: error.reason === 'not-found' ? 'rejected' : error.reason,
  message: error.message,
  problem: error.problem === 'unknown-id' ? 'bad-request' : error.problem,
});

/** The end by an error after which a job may exist or not. */
export const unknownEnd = (message: string): StartEnd => ({
  status: 'Error',
  reason: 'start-unknown',
  message: `${message}; whether the job was started is not known`,
  problem: 'start-unknown',
});

export const cancelledEnd = (mayExist: boolean): StartEnd => ({
  status: 'Error',
  reason: 'cancelled',
  message: mayExist
    ? 'the step was cancelled while it started the job, which may run now'
    : 'the step was cancelled before it started the job',
});

export function toOutcome(end: StartEnd, polls: number, elapsedMs: number): Outcome | undefined {
  const { requestId = '', status, reason = '', message = '', problem, observation } = end;
  if (status === undefined) return undefined;
  const ended = { requestId, status, reason, message, problem, timedOut: false };
  return { ...ended, ...observedFields(observation), polls, elapsedMs, changes: [] };
}
