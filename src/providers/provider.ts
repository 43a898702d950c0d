import type { Answer, HttpRequest } from '../http/transport.ts';
import type { Observation } from '../domain/job.ts';
import type { Words } from './status-words.ts';

/** Sends one request. In a question it goes with the credentials; in a log-in it goes as it is. */
export type Send = (request: HttpRequest) => Promise<Answer>;

/** An access token as the vendor issued it. */
export interface Token {
  readonly value: string;
  /** How long it is good for, where the vendor says so. */
  readonly lifetimeMs?: number | undefined;
  /** Another secret, which gets a new token without the password. */
  readonly refreshToken?: string | undefined;
}

/** How one vendor is asked about a job. It keeps no state, does not sleep and asks nothing twice. */
export interface Provider {
  /** Headers that carry the access token and whatever else identifies the caller. */
  credentials(token: string): Readonly<Record<string, string>>;
  /**
   * Asks once about the job `id`, in as many requests as the vendor's answer has pages.
   *
   * @throws TransientFault, PermanentFault or CredentialsRejected where the status cannot be told
   */
  ask(id: string, send: Send): Promise<Observation>;
  /**
   * Has a new token issued, by `refreshToken` where one is given and still good.
   *
   * @throws TransientFault where no one has judged the credentials, else PermanentFault
   */
  readonly logIn: (send: Send, refreshToken: string | undefined) => Promise<Token>;
  /** The request that tells the vendor to stop a job, where there is one. */
  readonly cancel?: (id: string) => HttpRequest;
}

/** What a provider is made from: the inputs it may read. */
export interface Settings {
  /** Root of the service without a trailing slash. */
  readonly baseUrl: string;
  /** Where a token is issued; empty for the vendor's own address. */
  readonly tokenUrl: string;
  readonly tokenScheme: 'basic' | 'none';
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly audience: string;
  readonly appKey: string;
  readonly appName: string;
  readonly tenantId: string;
  readonly participantType: string;
  readonly pageParameter: string;
  readonly http: HttpSettings;
  /** Words that the workflow has classified; they win over the provider's own. */
  readonly words: Words;
}

/** What describes an API to the provider `http`, checked. Queries are JMESPath; empty for none. */
export interface HttpSettings {
  /** With `{id}` and `{+id}` for the job's id, as in `body` and `cancelUrl`. */
  readonly url: string;
  readonly method: HttpRequest['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly statusQuery: string;
  readonly failureQuery: string;
  readonly messageQuery: string;
  readonly batchIdQuery: string;
  readonly filePathQuery: string;
  readonly cancelUrl: string;
  readonly cancelMethod: HttpRequest['method'];
}

/** One line in the table of providers. */
export interface Vendor {
  /** The vendor as people call it. */
  readonly title: string;
  readonly defaultBaseUrl?: string;
  /** Whether a finished job names a report. */
  hasReports(settings: Settings): boolean;
  /** Whether it may be asked without a token and without a log-in. */
  readonly isOpen?: boolean;
  /** Inputs that every question needs, beside `provider`, `request-id` and a token. */
  readonly needs: readonly Needable[];
  /** Inputs that a log-in needs beside those, where no token is given or it runs out. */
  readonly logInNeeds: readonly Needable[];
  create(settings: Settings): Provider;
}

/** Inputs that some vendors need, with what they hold there. */
export const NEEDABLE = {
  'app-key': 'the consumer key of the registered application',
  'tenant-id': 'the id of the tenant',
  'participant-type': 'the plural name of the participant type',
  username: 'the name of the user or service account',
  password: 'the password that goes with username',
  'client-id': 'the client id',
  'client-secret': 'the client secret',
  'token-url': 'the address that issues tokens',
} as const;

export type Needable = keyof typeof NEEDABLE;
