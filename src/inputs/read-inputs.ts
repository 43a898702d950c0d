import { destinationOf, type Destination } from '../download/destination.ts';
import { BadInputs } from '../domain/errors.ts';
import { readLogIn, readTls, registerSecrets, type SecureContexts } from './login.ts';
import { checkAddresses, httpRoot, readHttp } from './http-provider.ts';
import * as values from './parse.ts';
import { VENDORS, type ProviderName } from '../providers/index.ts';
import type { Settings, Vendor } from '../providers/provider.ts';
import type { Words } from '../providers/status-words.ts';
import type { Secrets } from '../text/secrets.ts';
import { quote } from '../text/inert.ts';
import type { WaitSettings } from '../wait/wait-for-jobs.ts';

/** What the step was told, checked. */
export interface Inputs extends WaitSettings {
  readonly vendor: Vendor;
  /** Without blanks and duplicates, in the order given. */
  readonly requestIds: readonly string[];
  /** The token that was given, '' where none is needed, undefined where a log-in has to get one. */
  readonly token: string | undefined;
  /** Whether everything is there that the vendor's log-in needs. */
  readonly canLogIn: boolean;
  readonly secureContexts: SecureContexts;
  /** Where the report is saved, if it is. */
  readonly destination: Destination | undefined;
  /** Whether a finished job names a report. */
  readonly hasReports: boolean;
  readonly settings: Settings;
  readonly onTimeout: 'fail' | 'continue';
  readonly onPartialSuccess: 'fail' | 'continue';
}

/** Gives the text of an input without blanks around it, or '' where it was left out. */
export type GetInput = (name: string) => string;

/** The inputs of one step, and what was found wrong with them. */
export interface Reading {
  readonly get: GetInput;
  readonly faults: string[];
  /** Reads one input; a fault is noted under its name, and `otherwise` stands in. */
  readonly read: <T>(name: string, parse: (text: string) => T, otherwise: T) => T;
}

/**
 * Reads every input of action.yml and checks them all.
 *
 * @param environment names the folders of the runner
 * @throws BadInputs that names each fault, what was given (never a secret) and what is accepted
 */
export function readInputs(
  get: GetInput,
  secrets: Secrets,
  environment: NodeJS.ProcessEnv,
): Inputs {
  registerSecrets(get, secrets);
  const faults: string[] = [];
  const reading: Reading = {
    get,
    faults,
    read: (name, parse, otherwise) => {
      try {
        return parse(get(name));
      } catch (error) {
        faults.push(`\`${name}\` ${(error as Error).message}`);
        return otherwise;
      }
    },
  };
  const { read } = reading;
  const vendor = read('provider', vendorOf, undefined);
  const requestIds = read('request-id', values.requestIds, []);
  const canLogIn = vendor !== undefined && readLogIn(reading, vendor);
  const token = read('token', values.headerValue, '');
  const inputs = {
    requestIds,
    token: token === '' && (canLogIn || !vendor?.isOpen) ? undefined : token,
    settings: readSettings(reading, vendor, requestIds),
    secureContexts: readTls(reading),
    destination: read('download-path', (text) => destinationOf(text, environment), undefined),
    ...readWaiting(reading),
    onTimeout: read('on-timeout', failOrContinue, 'fail'),
    onPartialSuccess: read('on-partial-success', failOrContinue, 'fail'),
    canLogIn,
  };
  if (vendor === undefined || faults.length > 0) throw new BadInputs(faults);
  return { vendor, ...inputs, hasReports: vendor.hasReports(inputs.settings) };
}

function vendorOf(text: string): Vendor {
  const names = Object.keys(VENDORS) as [ProviderName, ...ProviderName[]];
  if (text === '') throw new Error(`is empty; give one of ${names.join(', ')}`);
  return VENDORS[values.choice(text, names)];
}

function readSettings(
  reading: Reading,
  vendor: Vendor | undefined,
  requestIds: readonly string[],
): Settings {
  const { get, read } = reading;
  return {
    baseUrl: readBaseUrl(reading, vendor, requestIds),
    http: readHttp(reading),
    tokenUrl: read('token-url', (text) => text && values.httpsUrl(text), ''),
    tokenScheme: read(
      'token-scheme',
      (text) => values.choice(text || 'basic', ['basic', 'none']),
      'basic',
    ),
    username: get('username'),
    password: get('password'),
    clientId: get('client-id'),
    clientSecret: get('client-secret'),
    audience: get('audience'),
    appKey: read('app-key', values.headerValue, ''),
    appName: read('app-name', (text) => values.pathSegment(text || 'insight'), ''),
    tenantId: read('tenant-id', values.headerValue, ''),
    participantType: read('participant-type', values.pathSegment, ''),
    pageParameter: get('page-parameter') || 'page',
    words: readWords(read),
  };
}

function readBaseUrl(
  { get, read }: Reading,
  vendor: Vendor | undefined,
  requestIds: readonly string[],
): string {
  if (vendor !== VENDORS.http) return read('base-url', (text) => rootOf(text, vendor), '');
  const root = (text: string) => {
    const origin = httpRoot(text, get('url'));
    return origin === '' ? '' : rootOf(origin, vendor);
  };
  const baseUrl = read('base-url', root, '');
  const check = (text: string) => {
    checkAddresses(text, requestIds, baseUrl);
  };
  const checkUrl = (text: string) => {
    check(values.needed(text, 'the address that tells the status'));
    if (requestIds.length > 1 && !/\{\+?id\}/.test(text + get('body'))) {
      throw new Error('has no {id}, so all jobs would be the same one; write it there or in body');
    }
  };
  read('url', checkUrl, undefined);
  read('cancel-url', check, undefined);
  return baseUrl;
}

function rootOf(text: string, vendor: Vendor | undefined): string {
  const root = text || (vendor?.defaultBaseUrl ?? '');
  if (root !== '') return values.httpsUrl(root).replace(/\/+$/, '');
  if (vendor === undefined) return '';
  throw new Error(`is empty; give the root of your ${vendor.title} service, as https://…`);
}

const failOrContinue = (text: string): 'fail' | 'continue' =>
  values.choice(text || 'fail', ['fail', 'continue']);

const waitOrFail = (text: string): 'wait' | 'fail' =>
  values.choice(text || 'wait', ['wait', 'fail']);

function readWaiting({ get, faults, read }: Reading): WaitSettings {
  const intervalText = get('interval') || '1s';
  const maxIntervalText = get('max-interval') || '30s';
  const intervalMs = read('interval', () => values.durationMs(intervalText, 'above zero'), 0);
  const maxIntervalMs = read(
    'max-interval',
    () => values.durationMs(maxIntervalText, 'above zero'),
    Infinity,
  );
  if (intervalMs > maxIntervalMs) {
    faults.push(
      `\`interval\` (${quote(intervalText)}) is over \`max-interval\` (${quote(maxIntervalText)}); ` +
        'lower the one or raise the other',
    );
  }
  return {
    timeoutMs: read('timeout', (text) => values.durationMs(text || '30m', 'zero'), 0),
    intervalMs,
    maxIntervalMs,
    onUnknownStatus: read('on-unknown-status', waitOrFail, 'wait'),
  };
}

function readWords(read: Reading['read']): Words {
  return {
    successful: read('success-statuses', values.words, []),
    partial: read('partial-statuses', values.words, []),
    failed: read('failure-statuses', values.words, []),
    pending: read('pending-statuses', values.words, []),
  };
}
