import type { Reason } from './job.ts';

/** A fault that may pass: the wait goes on, and the vendor is asked again. */
export class TransientFault extends Error {
  override readonly name: string = 'TransientFault';
  /** What the wait reports if it ends before any useful answer came. */
  readonly reason: 'unreachable' | 'bad-answer';

  /** How long the vendor wants to be left alone, where the fault itself knows. */
  readonly retryAfterMs: number | undefined;
  /** Whether that holds for every job: a limit on how often one may ask is the account's. */
  readonly isLimit: boolean;

  constructor(
    message: string,
    reason: 'unreachable' | 'bad-answer',
    options: ErrorOptions & {
      readonly retryAfterMs?: number | undefined;
      readonly isLimit?: boolean;
    } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
    this.isLimit = options.isLimit ?? false;
  }
}

/**
 * A page for people where JSON was promised: a gateway that is busy, or the log-in page of a vendor
 * whose session has ended.
 */
export class PageInstead extends TransientFault {
  override readonly name = 'PageInstead';

  constructor(message: string) {
    super(message, 'bad-answer');
  }
}

/** A fault that asking again does not cure. */
export class PermanentFault extends Error {
  override readonly name: string = 'PermanentFault';
  readonly reason: Exclude<Reason, ''>;
  /** The fault ends the wait only when it was seen so many times in a row. */
  readonly confirmations: number;

  constructor(
    message: string,
    reason: Exclude<Reason, ''>,
    options: ErrorOptions & { readonly confirmations?: number } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.confirmations = options.confirmations ?? 1;
  }
}

/** The vendor does not accept the token. */
export class CredentialsRejected extends PermanentFault {
  override readonly name = 'CredentialsRejected';

  constructor(message: string) {
    super(message, 'rejected');
  }
}

/** The step was told to stop (SIGINT, SIGTERM or SIGBREAK). */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** Everything that is wrong with the inputs, one line a fault. */
export class BadInputs extends Error {
  override readonly name = 'BadInputs';

  constructor(faults: readonly string[]) {
    super(`These inputs need a change:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  }
}

/**
 * How often an id may be unknown in a row before that is believed: a job is often created in one
 * place and looked up in another a moment later.
 */
export const NOT_FOUND_CONFIRMATIONS = 3;
