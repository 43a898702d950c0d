import type { Clock } from '../domain/clock.ts';
import { PermanentError, TransientError } from '../domain/errors.ts';
import { isRateLimit, retryAfterMs } from '../http/retry-after.ts';
import type { HttpResponse } from '../http/transport.ts';
import { errorCodes, saysRateLimit } from '../providers/error-message.ts';
import type { Provider, Send, Token } from '../providers/provider.ts';
import { parseBody } from '../providers/response.ts';

/** Providers lock accounts after a few logins that they have refused. */
const MAX_REFUSALS = 3;
/** How long the first refusal or failure is waited after; each further one is waited after longer. */
const REFUSAL_PAUSE_MS = 2000;
const FAILURE_PAUSE_MS = 1000;
const MAX_FAILURE_PAUSE_MS = 30_000;

type LogIn = (send: Send, refreshToken: string | undefined) => Promise<Token>;

/**
 * A login that is not repeated once it was refused for good, that is refused at most three times in a wait
 * however that is said, and that is not tried again at once after it failed for now.
 */
export function createGuardedLogin(logIn: Provider['logIn'], clock: Clock): LogIn {
  let [refusals, failures] = [0, 0];
  let lastError: PermanentError | undefined;
  let backoff: { readonly error: TransientError; readonly untilMs: number } | undefined;

  const noteFailure = (cause: TransientError, response: HttpResponse | undefined): Error => {
    const isRefused = response !== undefined && saysRefused(response);
    if (isRefused) refusals += 1;
    else failures += 1;
    if (refusals >= MAX_REFUSALS) {
      const text = `the login was refused ${MAX_REFUSALS} times and is not repeated: ${cause.message}`;
      return (lastError = new PermanentError(text, 'rejected', {
        cause,
        problem: 'login-refused',
      }));
    }
    const requestedMs = response && retryAfterMs(response, clock.now());
    const pauseMs = isRefused
      ? Math.max(requestedMs ?? 0, REFUSAL_PAUSE_MS * 4 ** (refusals - 1))
      : (requestedMs ?? Math.min(FAILURE_PAUSE_MS * 2 ** (failures - 1), MAX_FAILURE_PAUSE_MS));
    const retryAfter = requestedMs === undefined ? undefined : pauseMs;
    const options = { cause, retryAfterMs: retryAfter, problem: cause.problem };
    const error = new TransientError(`login: ${cause.message}`, cause.reason, options);
    backoff = { error, untilMs: clock.now() + pauseMs };
    return error;
  };

  return async (send, refreshToken) => {
    if (logIn === undefined) throw new PermanentError('no token', 'rejected');
    if (lastError !== undefined) throw lastError;
    if (backoff !== undefined && clock.now() < backoff.untilMs) throw backoff.error;
    let response: HttpResponse | undefined;
    try {
      const token = await logIn(async (request) => {
        response = undefined;
        response = await send(request);
        return response;
      }, refreshToken);
      failures = 0;
      return token;
    } catch (cause) {
      if (cause instanceof TransientError) throw noteFailure(cause, response);
      if (!(cause instanceof PermanentError)) throw cause;
      const reason = cause.reason === 'not-found' ? 'rejected' : cause.reason;
      const text = `the login failed and is not repeated: ${cause.message}`;
      const problem = isAboutTheWay(cause) ? cause.problem : 'login-refused';
      throw (lastError = new PermanentError(text, reason, { cause, problem }));
    }
  };
}

/** Whether no other credentials would help: the login did not get as far as those. */
const isAboutTheWay = ({ reason, problem }: PermanentError): boolean =>
  reason === 'unreachable' || problem === 'redirected' || problem === 'proxy-credentials';

/** Whether a response tells of an outage or of too many requests, and nothing of the credentials. */
const saysUnavailable = (response: HttpResponse): boolean =>
  response.status >= 500 ||
  [408, 425, 429].includes(response.status) ||
  isRateLimit(response) ||
  (response.status === 403 && saysRateLimit(response.body));

/** See https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
const REFUSAL_CODE = /^(invalid|unauthorized|unsupported)_|_required$|denied$|locked$/i;

/**
 * Whether somebody may have judged the credentials: an error code of OAuth under any status, and whatever else
 * is no token and no outage, such as a page or an empty 200.
 */
const saysRefused = (response: HttpResponse): boolean =>
  errorCodes(parseBody(response)).some((code) => REFUSAL_CODE.test(code)) ||
  !saysUnavailable(response);
