import type { Observation } from '../domain/job.ts';
import type { Headers } from '../http/headers.ts';
import type { HttpRequest, HttpResponse } from '../http/transport.ts';
import type { StatusWords } from './status-words.ts';

/** Sends one request. In a poll it goes with the credentials; in a login it goes as it is. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** An access token as it was issued. */
export interface Token {
  readonly value: string;
  /** How long it is valid, where the provider says so. */
  readonly lifetimeMs?: number | undefined;
  /** Another secret, which gets a new token without the password. */
  readonly refreshToken?: string | undefined;
}

/** How jobs are polled at one provider. It keeps no state, does not sleep and sends nothing twice. */
export interface Provider {
  /** Headers that carry the access token and whatever else identifies the caller. */
  credentials(token: string): Readonly<Record<string, string>>;
  /**
   * Polls the job `id` once, in as many requests as the provider's response has pages.
   *
   * @param nextPollUrl what the last observation of this job has named
   * @throws TransientError, PermanentError or CredentialsRejected where the status cannot be told;
   *   CredentialsRejected too where a 200 says that the session has ended, which brings a new login
   */
  poll(id: string, send: Send, nextPollUrl?: URL): Promise<Observation>;
  /**
   * Has a new token issued, by `refreshToken` where one is given and still valid. Left out where there is no
   * login, such as for an API with a key.
   *
   * @throws TransientError where nobody has judged the credentials, else PermanentError
   */
  readonly logIn?: (send: Send, refreshToken: string | undefined) => Promise<Token>;
  /** The id of a job in the response to the request that started it, '' where it has none; left out where its place is not known. */
  readonly startedId?: (response: HttpResponse) => string;
  /**
   * What a response says about a job.
   *
   * @throws as `poll`
   */
  readonly judge?: (response: HttpResponse, id: string) => Observation;
  /** The request that cancels a remote job, where there is one. */
  readonly cancel?: (id: string) => HttpRequest;
  /** Whether a GET may be sent with the ETag of its last response (`If-None-Match`). */
  readonly isConditional?: boolean;
}

/** What a provider is made from: the inputs it may read. */
export interface ProviderSettings {
  /** Root of the service without a trailing slash. */
  readonly baseUrl: string;
  /** Where a token is issued; empty for the provider's own address. */
  readonly tokenUrl: string;
  readonly tokenScheme: 'basic' | 'none';
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly audience: string;
  readonly scope: string;
  /** Where client id and secret stand in a login, https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
  readonly clientAuthentication: 'header' | 'body';
  readonly appKey: string;
  readonly appName: string;
  readonly tenantId: string;
  readonly participantType: string;
  readonly pageParameter: string;
  readonly http: HttpSettings;
  /** Statuses that the workflow has classified; they win over the provider's own. */
  readonly statusWords: StatusWords;
}

/** What describes an API to the provider `http`, checked. Queries are JMESPath; empty for none. */
export interface HttpSettings {
  /** With `{id}` and `{+id}` for the job's id, as in `body` and `cancelUrl`. */
  readonly url: string;
  readonly method: HttpRequest['method'];
  readonly headers: Headers;
  readonly body: string;
  readonly statusQuery: string;
  readonly failureQuery: string;
  readonly messageQuery: string;
  readonly batchIdQuery: string;
  readonly filePathQuery: string;
  readonly linkQuery: string;
  readonly progressQuery: string;
  readonly cancelUrl: string;
  readonly cancelMethod: HttpRequest['method'];
  readonly cancelBody: string;
  /** Truthy means that the response says nothing of the job, and is to be polled again. */
  readonly transientQuery: string;
  /** What an HTTP status means where the response carries no status. */
  readonly httpStatuses: HttpStatuses;
  readonly updatedAtQuery: string;
  /** A status that was updated earlier is not this job's, in milliseconds since the epoch. */
  readonly notBeforeMs: number | undefined;
}

/** The request that starts a job, checked. */
export interface StartSettings {
  readonly url: URL;
  readonly method: HttpRequest['method'];
  readonly headers: Headers;
  readonly body: string;
  /** Where the id stands in the response; empty for the provider's own place. */
  readonly idQuery: string;
  /** Header whose value makes a repeated request mean the same job; empty for none. */
  readonly idempotencyHeader: string;
  /** Whether the response may itself be the end. */
  readonly isFinal: boolean;
}

/** HTTP status codes by what they mean for a job. */
export interface HttpStatuses {
  readonly successful: readonly number[];
  readonly pending: readonly number[];
  readonly failed: readonly number[];
}

/** One line in the table of providers. */
export interface ProviderDefinition {
  /** The provider as people call it. */
  readonly title: string;
  readonly defaultBaseUrl?: string;
  /** Whether a finished job names a report. */
  hasReports(settings: ProviderSettings): boolean;
  /** Whether it may be polled without a token and without a login, by a key in its required inputs for instance. */
  readonly allowsAnonymous?: boolean;
  /** Inputs that every poll needs, beside `provider`, `request-id` and a token. */
  readonly requiredInputs: readonly RequiredInput[];
  /** Inputs that a login needs beside those, where no token is given or it expires; empty without a login. */
  readonly loginInputs: readonly RequiredInput[];
  /** Further inputs that it reads. */
  readonly optionalInputs?: readonly string[];
  create(settings: ProviderSettings): Provider;
}

/** Inputs that some providers need, with what they hold there. */
export const REQUIRED_INPUT_HINTS = {
  'app-key': 'the consumer key of the registered application',
  'tenant-id': 'the id of the tenant',
  'participant-type': 'the plural name of the participant type',
  username: 'the name of the user or service account',
  password: 'the password that goes with username',
  'client-id': 'the client id',
  'client-secret': 'the client secret',
  'token-url': 'the address that issues tokens',
} as const;

export type RequiredInput = keyof typeof REQUIRED_INPUT_HINTS;
