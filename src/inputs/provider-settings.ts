import { PROVIDERS } from '../providers/index.ts';
import type { ProviderDefinition, ProviderSettings } from '../providers/provider.ts';
import { normalizeStatus, type StatusWords } from '../providers/status-words.ts';
import { checkTemplates, httpRoot, readHttpSettings } from './http-provider.ts';
import { parseStatuses } from './lists.ts';
import { parseChoice, parseHeaderValue, parseHttpsUrl, parsePathSegment, quoted } from './parse.ts';
import type { InputReader } from './reader.ts';

/** Reads everything that a provider is made from. */
export function readProviderSettings(
  reader: InputReader,
  provider: ProviderDefinition | undefined,
  requestIds: readonly string[],
): ProviderSettings {
  const { get, read } = reader;
  const http = readHttpSettings(reader);
  const baseUrl = readBaseUrl(reader, provider);
  if (provider === PROVIDERS.http) checkTemplates(reader, requestIds, { baseUrl, http });
  return {
    baseUrl,
    http,
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
    scope: get('scope'),
    clientAuthentication: read(
      'client-authentication',
      (text) => parseChoice(text || 'header', ['header', 'body']),
      'header',
    ),
    appKey: read('app-key', parseHeaderValue, ''),
    appName: read('app-name', (text) => parsePathSegment(text || 'insight'), ''),
    tenantId: read('tenant-id', parseHeaderValue, ''),
    participantType: read('participant-type', parsePathSegment, ''),
    pageParameter: get('page-parameter') || 'page',
    statusWords: readStatusWords(reader),
  };
}

function readBaseUrl({ get, read }: InputReader, provider: ProviderDefinition | undefined): string {
  if (provider !== PROVIDERS.http) {
    return read('base-url', (text) => parseRoot(text, provider), '');
  }
  const parse = (text: string) => {
    const root = httpRoot(text, get('url'));
    return root === '' ? '' : parseRoot(root, provider);
  };
  return read('base-url', parse, '');
}

function parseRoot(text: string, provider: ProviderDefinition | undefined): string {
  const root = text || (provider?.defaultBaseUrl ?? '');
  if (root !== '') return parseHttpsUrl(root).replace(/(?<!\/)\/+$/, '');
  if (provider === undefined) return '';
  throw new Error(`is empty; give the root of your ${provider.title} service, as https://…`);
}

const STATUS_INPUTS = {
  successful: 'success-statuses',
  partial: 'partial-statuses',
  failed: 'failure-statuses',
  pending: 'pending-statuses',
} as const;

/** What the workflow says that statuses mean; one that stands in two lists is a problem. */
function readStatusWords({ read, problems }: InputReader): StatusWords {
  const lists = Object.entries(STATUS_INPUTS).map(
    ([state, name]) => [state, name, read(name, parseStatuses, [])] as const,
  );
  const nameOfStatus = new Map<string, string>();
  for (const [, name, statuses] of lists) {
    for (const status of statuses) {
      const other = nameOfStatus.get(normalizeStatus(status));
      if (other !== undefined && other !== name) {
        problems.push(
          `\`${other}\` and \`${name}\` both list ${quoted(status)}; keep it in one of them`,
        );
      }
      nameOfStatus.set(normalizeStatus(status), name);
    }
  }
  return Object.fromEntries(lists.map(([state, , statuses]) => [state, statuses]));
}
