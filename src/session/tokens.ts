import type { Clock } from '../domain/clock.ts';
import { PermanentError, TransientError } from '../domain/errors.ts';
import type { Provider, Send, Token } from '../providers/provider.ts';
import { createGuardedLogin } from './guarded-login.ts';

/** A token in use. */
export interface ActiveToken {
  readonly value: string;
  readonly refreshToken: string | undefined;
  /** From then on a new one is fetched before the next poll. */
  readonly renewAtMs: number;
  readonly expiresAtMs: number;
  /** How many tokens before it were issued and never accepted. */
  readonly rejectedInARow: number;
}

/** The tokens of one run: one at a time, shared by all jobs. */
export interface Tokens {
  /** Whether a token that the provider does not accept can be replaced. */
  readonly canRenew: boolean;
  /** Gives a token that has not expired, from a login where there is none. */
  current(send: Send): Promise<ActiveToken>;
  /** Gives another token than `rejected`: the one that was issued since, or one from a new login. */
  replace(rejected: ActiveToken, send: Send): Promise<ActiveToken>;
  /** Whether the provider has accepted a token before; a given one counts as accepted. */
  isAccepted(token: ActiveToken): boolean;
  /** Notes that the provider has accepted a token. */
  noteAccepted(token: ActiveToken): void;
}

interface TokenOptions {
  /** The token that the step was given; '' where none is needed. */
  readonly given: string | undefined;
  /** The provider's login, where the step has what it needs. */
  readonly logIn: Provider['logIn'];
  readonly clock: Clock;
  /** Registers what was issued, before anything else is done with it. */
  readonly addSecret: (secret: string) => void;
  /** Called after each login that has succeeded. */
  readonly onLogIn: () => void;
}

/** A token is renewed when this share of its lifetime is left, but no sooner than this time. */
const RENEWAL_SHARE = 0.1;
const RENEWAL_MS = 60_000;

export function createTokens({ given, logIn, clock, addSecret, onLogIn }: TokenOptions): Tokens {
  let active = given === undefined ? undefined : givenToken(given);
  // A given token counts as accepted: whoever gave it should know.
  let accepted = active;

  const activate = (token: Token): ActiveToken => {
    addSecret(token.value);
    addSecret(token.refreshToken ?? '');
    const rejectedInARow =
      active === undefined || active === accepted ? 0 : active.rejectedInARow + 1;
    active = issuedToken(token, clock.now(), rejectedInARow);
    onLogIn();
    return active;
  };
  const guardedLogIn = createGuardedLogin(logIn, clock);
  const logInOnce = shareRunning(async (send: Send) =>
    activate(await guardedLogIn(send, active?.refreshToken)),
  );

  return {
    canRenew: logIn !== undefined,
    async current(send) {
      if (active === undefined) return logInOnce(send);
      if (clock.now() < active.renewAtMs) return active;
      try {
        return await logInOnce(send);
      } catch (error) {
        // The renewal failed but the current token has not expired: keep using it.
        const isTyped = error instanceof TransientError || error instanceof PermanentError;
        if (isTyped && clock.now() < active.expiresAtMs) return active;
        throw error;
      }
    },
    async replace(rejected, send) {
      if (active !== undefined && active !== rejected) return active;
      // Two tokens in a row that were never accepted: a third would not be either.
      if (rejected !== accepted && rejected.rejectedInARow > 0) {
        throw new PermanentError(
          'the provider does not accept the tokens that it issues',
          'rejected',
        );
      }
      return logInOnce(send);
    },
    isAccepted: (token) => token === accepted,
    noteAccepted(token) {
      if (token === active) accepted = token;
    },
  };
}

/** Gives those who call while the work is running the same result. */
function shareRunning<A, T>(work: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let running: Promise<T> | undefined;
  return (argument) => {
    running ??= work(argument).finally(() => {
      running = undefined;
    });
    return running;
  };
}

function issuedToken(
  { value, refreshToken, lifetimeMs = Infinity }: Token,
  nowMs: number,
  rejectedInARow: number,
): ActiveToken {
  const expiresAtMs = nowMs + lifetimeMs;
  const renewAtMs = expiresAtMs - Math.min(RENEWAL_MS, lifetimeMs * RENEWAL_SHARE);
  return { value, refreshToken, renewAtMs, expiresAtMs, rejectedInARow };
}

const givenToken = (value: string): ActiveToken => ({
  value,
  refreshToken: undefined,
  renewAtMs: Infinity,
  expiresAtMs: Infinity,
  rejectedInARow: 0,
});
