import { BadInputs } from '../domain/errors.ts';
import { parseDestination } from '../download/destination.ts';
import { PROVIDERS, type ProviderName } from '../providers/index.ts';
import type { ProviderDefinition } from '../providers/provider.ts';
import { quote } from '../text/inert.ts';
import type { Secrets } from '../text/secrets.ts';
import type { WaitSettings } from '../wait/wait-for-jobs.ts';
import { readCertificates } from './certificates.ts';
import { parseHeaders } from './http-provider.ts';
import type { Inputs, ReportLimits } from './inputs.ts';
import { readLogin } from './login.ts';
import {
  parseChoice,
  parseDurationMs,
  parseHeaderValue,
  parseRequestIds,
  parseSize,
} from './parse.ts';
import { readProviderSettings } from './provider-settings.ts';
import { createReader, type GetInput, type InputReader } from './reader.ts';
import { registerSecrets } from './register-secrets.ts';

/** What reading the inputs takes from outside. */
interface InputContext {
  readonly secrets: Secrets;
  /** Names the folders of the runner. */
  readonly environment: NodeJS.ProcessEnv;
  /** The time at which certificates must be valid. */
  readonly nowMs: number;
}

/**
 * Reads every input of action.yml and checks them all.
 *
 * @throws BadInputs that names each problem, what was given (never a secret) and what is accepted
 */
export function readInputs(get: GetInput, { secrets, environment, nowMs }: InputContext): Inputs {
  registerSecrets(get, secrets);
  const reader = createReader(get);
  const { problems, read } = reader;
  const provider = read('provider', parseProvider, undefined);
  const requestIds = read('request-id', parseRequestIds, []);
  const canLogIn = provider !== undefined && readLogin(reader, provider);
  const token = read('token', parseHeaderValue, '');
  const inputs = {
    requestIds,
    token: token === '' && (canLogIn || !provider?.allowsAnonymous) ? undefined : token,
    settings: readProviderSettings(reader, provider, requestIds),
    secureContexts: readCertificates(reader, nowMs),
    destination: read('download-path', (text) => parseDestination(text, environment), undefined),
    reportLimits: readReportLimits(reader),
    ...readWaitSettings(reader),
    onTimeout: read('on-timeout', failOrContinue, 'fail'),
    onPartialSuccess: read('on-partial-success', failOrContinue, 'fail'),
    canLogIn,
  };
  if (provider === undefined || problems.length > 0) throw new BadInputs(problems);
  return { provider, ...inputs, hasReports: provider.hasReports(inputs.settings) };
}

function parseProvider(text: string): ProviderDefinition {
  const names = Object.keys(PROVIDERS) as [ProviderName, ...ProviderName[]];
  if (text === '') throw new Error(`is empty; give one of ${names.join(', ')}`);
  return PROVIDERS[parseChoice(text, names)];
}

function readReportLimits({ read, get, problems }: InputReader): ReportLimits {
  const minReportBytes = read('minimum-report-size', (text) => parseSize(text || '1'), 1);
  const maxReportBytes = read('max-report-size', (text) => parseSize(text || '10 GB'), Infinity);
  if (minReportBytes > maxReportBytes) {
    problems.push(
      `\`minimum-report-size\` (${quote(get('minimum-report-size'))}) is over \`max-report-size\` (${quote(get('max-report-size'))}); lower the one or raise the other`,
    );
  }
  return {
    reportHeaders: read('report-headers', parseHeaders, {}),
    minReportBytes,
    maxReportBytes,
  };
}

const failOrContinue = (text: string): 'fail' | 'continue' =>
  parseChoice(text || 'fail', ['fail', 'continue']);

const waitOrFail = (text: string): 'wait' | 'fail' => parseChoice(text || 'wait', ['wait', 'fail']);

function readWaitSettings({ get, problems, read }: InputReader): WaitSettings {
  const intervalText = get('interval') || '1s';
  const maxIntervalText = get('max-interval') || '30s';
  const intervalMs = read('interval', () => parseDurationMs(intervalText, 'above zero'), 0);
  const maxIntervalMs = read(
    'max-interval',
    () => parseDurationMs(maxIntervalText, 'above zero'),
    Infinity,
  );
  if (intervalMs > maxIntervalMs) {
    problems.push(
      `\`interval\` (${quote(intervalText)}) is over \`max-interval\` (${quote(maxIntervalText)}); ` +
        'lower the one or raise the other',
    );
  }
  return {
    timeoutMs: read('timeout', (text) => parseDurationMs(text || '30m', 'zero'), 0),
    intervalMs,
    maxIntervalMs,
    onUnknownStatus: read('on-unknown-status', waitOrFail, 'wait'),
    notFoundGraceMs: read('not-found-grace', (text) => parseDurationMs(text || '15s', 'zero'), 0),
  };
}
