import type { Problem, Reason } from './job.ts';

/** An error that may pass: the wait goes on and polls again. */
export class TransientError extends Error {
  override readonly name: string = 'TransientError';
  /** What the wait reports if it ends before any useful response came. */
  readonly reason: 'unreachable' | 'bad-response';
  /** How long the provider asks us to pause, where the error itself knows. */
  readonly retryAfterMs: number | undefined;
  /** Whether the pause holds for every job: a rate limit counts the requests of an account. */
  readonly isRateLimit: boolean;
  /** How to mend what causes it, where that is known: shown once per wait. */
  hint: string | undefined;
  /** What went wrong, where there is advice for it. */
  readonly problem: Problem | undefined;
  /** Whether nothing of the request can have reached the provider. */
  readonly isUnsent: boolean;

  constructor(
    message: string,
    reason: 'unreachable' | 'bad-response',
    options: ErrorOptions & {
      readonly retryAfterMs?: number | undefined;
      readonly isRateLimit?: boolean;
      readonly hint?: string | undefined;
      readonly problem?: Problem | undefined;
      readonly isUnsent?: boolean;
    } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
    this.isRateLimit = options.isRateLimit ?? false;
    this.hint = options.hint;
    this.isUnsent = options.isUnsent ?? false;
    this.problem = options.problem ?? (this.isRateLimit ? 'rate-limited' : undefined);
  }
}

/**
 * An HTML page where JSON was expected: from a gateway that is busy, or the login page of a provider
 * whose session has ended.
 */
export class HtmlInsteadOfJson extends TransientError {
  override readonly name = 'HtmlInsteadOfJson';

  constructor(message: string) {
    super(message, 'bad-response', { problem: 'html-page' });
  }
}

/** An error that polling again does not cure. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';
  readonly reason: Exclude<Reason, ''>;
  /** Whether it ends the wait only after a grace period: the job may have been created a moment ago. */
  readonly needsGrace: boolean;
  /** Whether the response says that a token has ended which was good before. */
  readonly tokenEnded: boolean;
  /** What went wrong, where there is advice for it. */
  readonly problem: Problem | undefined;
  /** Whether nothing of the request can have reached the provider. */
  readonly isUnsent: boolean;

  constructor(
    message: string,
    reason: Exclude<Reason, ''>,
    options: ErrorOptions & {
      readonly needsGrace?: boolean;
      readonly tokenEnded?: boolean;
      readonly problem?: Problem | undefined;
      readonly isUnsent?: boolean;
    } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.problem = options.problem ?? (reason === 'not-found' ? 'unknown-id' : undefined);
    this.needsGrace = options.needsGrace ?? false;
    this.tokenEnded = options.tokenEnded ?? false;
    this.isUnsent = options.isUnsent ?? false;
  }
}

/** The provider does not accept the token. */
export class CredentialsRejected extends PermanentError {
  override readonly name = 'CredentialsRejected';

  constructor(message: string) {
    super(message, 'rejected', { problem: 'token-rejected' });
  }
}

/** The step was told to stop (SIGINT, SIGTERM or SIGBREAK). */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';

  constructor() {
    super('the step was cancelled');
  }
}

/** Everything that is wrong with the inputs, one line per problem. */
export class BadInputs extends Error {
  override readonly name = 'BadInputs';

  constructor(problems: readonly string[]) {
    super(`These inputs need a change:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  }
}
