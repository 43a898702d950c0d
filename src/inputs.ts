import { BadInputs } from './faults.ts';
import * as values from './input-values.ts';
import { VENDORS, type ProviderName } from './providers/index.ts';
import { NEEDABLE, type Settings, type Vendor, type Words } from './providers/provider.ts';
import type { Secrets } from './secrets.ts';
import { quote } from './text.ts';
import type { WaitSettings } from './wait.ts';

/** What the step was told, checked. */
export interface Inputs extends WaitSettings {
  readonly vendor: Vendor;
  /** Without blanks and duplicates, in the order given. */
  readonly requestIds: readonly string[];
  readonly token: string;
  readonly settings: Settings;
  readonly onTimeout: 'fail' | 'continue';
  readonly onPartialSuccess: 'fail' | 'continue';
}

/** Gives the text of an input without blanks around it, or '' where it was left out. */
export type GetInput = (name: string) => string;

/** Reads one input through `parse`; a fault is noted under its name, and `otherwise` stands in. */
type Read = <T>(name: string, parse: (text: string) => T, otherwise: T) => T;

/**
 * Reads every input of action.yml and checks them all.
 *
 * @throws BadInputs that names each fault, what was given (never a secret) and what is accepted
 */
export function readInputs(getInput: GetInput, secrets: Secrets): Inputs {
  const faults: string[] = [];
  const read: Read = (name, parse, otherwise) => {
    try {
      return parse(getInput(name));
    } catch (error) {
      faults.push(`\`${name}\` ${(error as Error).message}`);
      return otherwise;
    }
  };
  const readSecret = (name: string): string => {
    secrets.add(getInput(name));
    return read(name, values.headerValue, '');
  };

  const token = readSecret('token');
  if (getInput('token') === '')
    faults.push('`token` is empty; give an access token of the provider');
  const vendor = read('provider', vendorOf, undefined);
  const inputs = {
    requestIds: read('request-id', values.requestIds, []),
    token,
    settings: {
      baseUrl: read('base-url', (text) => rootOf(text, vendor), ''),
      appKey: readSecret('app-key'),
      appName: read('app-name', (text) => values.pathSegment(text || 'insight'), ''),
      tenantId: read('tenant-id', values.headerValue, ''),
      participantType: read('participant-type', values.pathSegment, ''),
      pageParameter: getInput('page-parameter') || 'page',
      words: readWords(read),
    },
    ...readWaiting(read, faults, getInput),
    onTimeout: read('on-timeout', failOrContinue, 'fail'),
    onPartialSuccess: read('on-partial-success', failOrContinue, 'fail'),
  };
  for (const name of vendor?.needs ?? []) {
    if (getInput(name) === '') faults.push(`\`${name}\` is empty; give ${NEEDABLE[name]}`);
  }
  if (vendor === undefined || faults.length > 0) throw new BadInputs(faults);
  return { vendor, ...inputs };
}

const failOrContinue = (text: string): 'fail' | 'continue' =>
  values.choice(text || 'fail', ['fail', 'continue']);

const waitOrFail = (text: string): 'wait' | 'fail' =>
  values.choice(text || 'wait', ['wait', 'fail']);

function vendorOf(text: string): Vendor {
  const names = Object.keys(VENDORS) as [ProviderName, ...ProviderName[]];
  if (text === '') throw new Error(`is empty; give one of ${names.join(', ')}`);
  return VENDORS[values.choice(text, names)];
}

function rootOf(text: string, vendor: Vendor | undefined): string {
  const root = text || (vendor?.defaultBaseUrl ?? '');
  if (root !== '') return values.baseUrl(root);
  if (vendor === undefined) return '';
  throw new Error(`is empty; give the root of your ${vendor.title} service, as https://…`);
}

function readWaiting(read: Read, faults: string[], getInput: GetInput): WaitSettings {
  const intervalText = getInput('interval') || '1s';
  const maxIntervalText = getInput('max-interval') || '30s';
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

function readWords(read: Read): Words {
  return {
    successful: read('success-statuses', values.words, []),
    partial: read('partial-statuses', values.words, []),
    failed: read('failure-statuses', values.words, []),
    pending: read('pending-statuses', values.words, []),
  };
}
