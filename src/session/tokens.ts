import type { Clock } from '../domain/clock.ts';
import { Cancelled, PermanentFault, TransientFault } from '../domain/errors.ts';
import { retryAfterMs } from '../http/body.ts';
import type { Answer } from '../http/transport.ts';
import type { Provider, Send } from '../providers/provider.ts';
import type { Secrets } from '../text/secrets.ts';

/** A token in use. */
export interface HeldToken {
  readonly value: string;
  readonly refreshToken: string | undefined;
  /** From then on a new one is fetched before the next question. */
  readonly renewAtMs: number;
  readonly expiresAtMs: number;
  /** Whether the vendor has accepted it, or someone gave it who should know. */
  proven: boolean;
  /** How many tokens before it were issued and never accepted. */
  readonly unprovenBefore: number;
}

/** The tokens of one run: one at a time, shared by all jobs. */
export interface Tokens {
  /** Whether a token that the vendor does not accept can be replaced. */
  readonly canRenew: boolean;
  /** Gives a token that has not run out, from a log-in where there is none. */
  current(send: Send): Promise<HeldToken>;
  /** Gives another token than `rejected`: the one that was issued since, or one from a new log-in. */
  another(rejected: HeldToken, send: Send): Promise<HeldToken>;
}

/** A token is renewed when this part of its lifetime is left, but no sooner than this time. */
const RENEWAL_PART = 0.1;
const RENEWAL_MS = 60_000;

/** After a log-in that failed for now, the other jobs do not each try it anew at once. */
const LOG_IN_PAUSE_MS = 1000;

/**
 * @param given the token that the step was given; '' where none is needed
 * @param logIn the provider's log-in, where the step has what it needs
 * @param onLogIn is told of each log-in that has succeeded
 */
export function createTokens(
  given: string | undefined,
  logIn: Provider['logIn'] | undefined,
  clock: Clock,
  secrets: Secrets,
  onLogIn: () => void,
): Tokens {
  let held = given === undefined ? undefined : neverEnding(given);
  let refused: PermanentFault | undefined;
  let resting: { readonly fault: TransientFault; readonly untilMs: number } | undefined;
  let underWay: Promise<HeldToken> | undefined;

  const obtain = async (send: Send): Promise<HeldToken> => {
    if (logIn === undefined) throw new PermanentFault('no token', 'rejected');
    // Vendors lock accounts: what was refused once is not tried again, whoever asks.
    if (refused !== undefined) throw refused;
    if (resting !== undefined && clock.now() < resting.untilMs) throw resting.fault;
    let answer: Answer | undefined;
    try {
      const token = await logIn(async (request) => {
        answer = await send(request);
        return answer;
      }, held?.refreshToken);
      secrets.add(token.value);
      secrets.add(token.refreshToken ?? '');
      const { value, refreshToken, lifetimeMs = Infinity } = token;
      const expiresAtMs = clock.now() + lifetimeMs;
      const renewAtMs = expiresAtMs - Math.min(RENEWAL_MS, lifetimeMs * RENEWAL_PART);
      const unprovenBefore = held === undefined || held.proven ? 0 : held.unprovenBefore + 1;
      held = { value, refreshToken, renewAtMs, expiresAtMs, proven: false, unprovenBefore };
      onLogIn();
      return held;
    } catch (error) {
      if (error instanceof TransientFault) {
        const pauseMs = answer && retryAfterMs(answer, clock.now());
        const options = { cause: error, retryAfterMs: pauseMs };
        const fault = new TransientFault(`log-in: ${error.message}`, error.reason, options);
        resting = { fault, untilMs: clock.now() + (pauseMs ?? LOG_IN_PAUSE_MS) };
        throw fault;
      }
      if (!(error instanceof PermanentFault)) throw error;
      const reason = error.reason === 'not-found' ? 'rejected' : error.reason;
      const text = `the log-in failed and is not repeated: ${error.message}`;
      refused = new PermanentFault(text, reason, { cause: error });
      throw refused;
    }
  };

  const logInOnce = (send: Send): Promise<HeldToken> => {
    underWay ??= obtain(send).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };

  return {
    canRenew: logIn !== undefined,
    async current(send) {
      if (held === undefined) return logInOnce(send);
      if (clock.now() < held.renewAtMs) return held;
      try {
        return await logInOnce(send);
      } catch (error) {
        // What is held is good until the vendor or the clock says otherwise.
        if (!(error instanceof Cancelled) && clock.now() < held.expiresAtMs) return held;
        throw error;
      }
    },
    async another(rejected, send) {
      if (held !== undefined && held !== rejected) return held;
      // Two tokens in a row that were never accepted: a third would not be either.
      if (!rejected.proven && rejected.unprovenBefore > 0) {
        throw new PermanentFault(
          'the vendor does not accept the tokens that it issues',
          'rejected',
        );
      }
      return logInOnce(send);
    },
  };
}

const neverEnding = (value: string): HeldToken => ({
  value,
  refreshToken: undefined,
  renewAtMs: Infinity,
  expiresAtMs: Infinity,
  proven: true,
  unprovenBefore: 0,
});
