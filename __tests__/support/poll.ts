import type { Observation } from '../../src/domain/job.js';
import type { HttpRequest } from '../../src/http/transport.js';
import type {
  HttpSettings,
  ProviderDefinition,
  ProviderSettings,
  Send,
  Token,
} from '../../src/providers/provider.js';

/** A response: a text is sent as it is, all else as JSON. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

type Changes = Partial<Omit<ProviderSettings, 'http'>> & { readonly http?: Partial<HttpSettings> };

const HTTP_SETTINGS: HttpSettings = {
  ...{ url: 'jobs/{id}', method: 'GET', headers: {}, body: '', statusQuery: 'status' },
  ...{ failureQuery: '', messageQuery: '', batchIdQuery: '', filePathQuery: '', linkQuery: '' },
  ...{ progressQuery: '', cancelUrl: '', cancelMethod: 'POST', cancelBody: '', transientQuery: '' },
  httpStatuses: { successful: [], pending: [202], failed: [] },
  ...{ updatedAtQuery: '', notBeforeMs: undefined },
};

/** The settings of a provider, but for what a test changes. */
export const providerSettings = ({ http, ...changes }: Changes = {}): ProviderSettings => ({
  ...{ baseUrl: 'https://acme.example/root', tokenUrl: '', tokenScheme: 'basic' },
  ...{ username: 'jane', password: 'pass-word', clientId: 'client', clientSecret: 'client-secret' },
  ...{ audience: '', scope: '', clientAuthentication: 'header', appKey: 'app-key' },
  ...{ appName: 'insight', tenantId: 'acme', participantType: 'consignees', pageParameter: 'page' },
  statusWords: {},
  ...changes,
  http: { ...HTTP_SETTINGS, ...http },
});

/** A provider that is given responses by a test, one after the other; the last one again and again. */
export function providerOf(definition: ProviderDefinition, changes: Changes = {}) {
  const provider = definition.create(providerSettings(changes));
  const requests: HttpRequest[] = [];
  const sender = (replies: readonly Reply[]): Send => {
    let number = 0;
    return (request) => {
      requests.push(request);
      const { status = 200, headers = {}, body = '' } = replies[number] ?? replies.at(-1) ?? {};
      number += 1;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return Promise.resolve({ url: request.url, status, headers, body: text });
    };
  };
  return {
    provider,
    requests,
    /** What one poll of the job `id` brings: an observation, or the fields of the error. */
    poll: (replies: readonly Reply[], id = 'job-1', nextPollUrl?: URL) =>
      resultOf<Observation>(provider.poll(id, sender(replies), nextPollUrl)),
    /** What a login brings: a token, or the fields of the error. */
    logIn: (replies: readonly Reply[], refreshToken?: string) =>
      resultOf<Token>(
        provider.logIn?.(sender(replies), refreshToken) ?? Promise.reject(new Error('no login')),
      ),
  };
}

/** What a promise brings; of an error its name, its message and those of its fields that say anything. */
export async function resultOf<T>(
  promise: Promise<T>,
): Promise<T | Readonly<Record<string, unknown>>> {
  try {
    return await promise;
  } catch (error) {
    return errorFields(error);
  }
}

/** The name of an error, its message and those of its fields that say anything. */
export function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  const { name, message } = error as Error;
  const fields = Object.entries(error as Error).filter(([, value]) => value !== false);
  return { ...Object.fromEntries(fields), name, message };
}

/** A value with all its keys in capital letters. */
export function withCapitalKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withCapitalKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [
    key.toUpperCase(),
    withCapitalKeys(member),
  ]);
  return Object.fromEntries(entries) as unknown;
}
