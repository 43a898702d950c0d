import { PROVIDERS } from '../providers/index.ts';
import type { ProviderDefinition, ProviderSettings } from '../providers/provider.ts';
import type { StatusWords } from '../providers/status-words.ts';
import { checkUrls, httpRoot, readHttpSettings } from './http-provider.ts';
import {
  parseChoice,
  parseHeaderValue,
  parseHttpsUrl,
  parsePathSegment,
  parseStatuses,
} from './parse.ts';
import type { InputReader } from './reader.ts';

/** Reads everything that a provider is made from. */
export function readProviderSettings(
  reader: InputReader,
  provider: ProviderDefinition | undefined,
  requestIds: readonly string[],
): ProviderSettings {
  const { get, read } = reader;
  return {
    baseUrl: readBaseUrl(reader, provider, requestIds),
    http: readHttpSettings(reader),
    tokenUrl: read('token-url', (text) => text && parseHttpsUrl(text), ''),
    tokenScheme: read(
      'token-scheme',
      (text) => parseChoice(text || 'basic', ['basic', 'none']),
      'basic',
    ),
    username: get('username'),
    password: get('password'),
    clientId: get('client-id'),
    clientSecret: get('client-secret'),
    audience: get('audience'),
    appKey: read('app-key', parseHeaderValue, ''),
    appName: read('app-name', (text) => parsePathSegment(text || 'insight'), ''),
    tenantId: read('tenant-id', parseHeaderValue, ''),
    participantType: read('participant-type', parsePathSegment, ''),
    pageParameter: get('page-parameter') || 'page',
    statusWords: readStatusWords(reader),
  };
}

function readBaseUrl(
  reader: InputReader,
  provider: ProviderDefinition | undefined,
  requestIds: readonly string[],
): string {
  const { get, read } = reader;
  if (provider !== PROVIDERS.http) {
    return read('base-url', (text) => parseRoot(text, provider), '');
  }
  const parse = (text: string) => {
    const root = httpRoot(text, get('url'));
    return root === '' ? '' : parseRoot(root, provider);
  };
  const baseUrl = read('base-url', parse, '');
  checkUrls(reader, requestIds, baseUrl);
  return baseUrl;
}

function parseRoot(text: string, provider: ProviderDefinition | undefined): string {
  const root = text || (provider?.defaultBaseUrl ?? '');
  if (root !== '') return parseHttpsUrl(root).replace(/\/+$/, '');
  if (provider === undefined) return '';
  throw new Error(`is empty; give the root of your ${provider.title} service, as https://…`);
}

function readStatusWords({ read }: InputReader): StatusWords {
  return {
    successful: read('success-statuses', parseStatuses, []),
    partial: read('partial-statuses', parseStatuses, []),
    failed: read('failure-statuses', parseStatuses, []),
    pending: read('pending-statuses', parseStatuses, []),
  };
}
