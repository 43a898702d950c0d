import { BadInputs } from '../domain/errors.ts';
import { parseDestination } from '../download/destination.ts';
import { PROVIDERS, type ProviderName } from '../providers/index.ts';
import { normalizeStatus } from '../providers/status-words.ts';
import type { ProviderDefinition } from '../providers/provider.ts';
import { quote } from '../text/inert.ts';
import type { Secrets } from '../text/secrets.ts';
import type { WaitSettings } from '../wait/wait.ts';
import { readAwsSigning } from './aws-signing.ts';
import { readCertificates } from './certificates.ts';
import { parseHeaders } from './headers.ts';
import type { Inputs, ReportLimits } from './inputs.ts';
import { parseRequestIds, parseStatuses } from './lists.ts';
import { readLogin, readLoginMethod } from './login.ts';
import { parseChoice, parseDurationMs, parseSize, parseSwitch, parseToken } from './parse.ts';
import { readProviderSettings } from './provider-settings.ts';
import { readStart } from './start.ts';
import { createReader, type GetInput, type InputReader } from './reader.ts';
import { checkSecrets, registerSecrets } from './register-secrets.ts';
import { findUnusedInputs } from './unused-inputs.ts';

/** What reading the inputs takes from outside. */
interface InputContext {
  readonly secrets: Secrets;
  /** Names the folders of the runner, and holds the credentials of AWS. */
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
  registerSecrets(get, environment, secrets);
  const reader = createReader(get);
  checkSecrets(reader, environment);
  const { problems, read } = reader;
  const provider = read('provider', parseProvider, undefined);
  const isStarted = reader.get('start-url') !== '';
  const requestIds = isStarted ? [] : read('request-id', parseRequestIds, []);
  const settings = readProviderSettings(reader, provider, requestIds);
  const start = readStart(reader, settings.baseUrl);
  const login = readLoginMethod(reader, settings);
  const canLogIn = provider !== undefined && readLogin(reader, provider, login);
  const token = read('token', parseToken, '');
  const inputs = {
    requestIds,
    start,
    token: token === '' && (canLogIn || !provider?.allowsAnonymous) ? undefined : token,
    settings,
    login,
    aws: readAwsSigning(reader, provider, environment),
    destination: read('download-path', (text) => parseDestination(text, environment), undefined),
    reportLimits: readReportLimits(reader),
    ...readWaitSettings(reader),
    onTimeout: read('on-timeout', failOrContinue, 'fail'),
    onPartialSuccess: read('on-partial-success', failOrContinue, 'fail'),
    canLogIn,
    unusedInputs: provider === undefined ? [] : findUnusedInputs(get, provider, login),
    // Last, since it waits for the CAs that Node.js reads meanwhile.
    secureContexts: readCertificates(reader, nowMs),
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

function readWaitSettings({
  get,
  problems,
  read,
}: InputReader): WaitSettings & Pick<Inputs, 'queuedStatuses'> {
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
  const queued = read('queued-statuses', parseStatuses, []);
  if ((get('queue-timeout') === '') !== (queued.length === 0)) {
    problems.push('`queue-timeout` and `queued-statuses` go together; give both or neither');
  }
  const isQueued = new Set(queued.map(normalizeStatus));
  const optional = (text: string) =>
    text === '' ? undefined : parseDurationMs(text, 'above zero');
  return {
    failFast: read('fail-fast', parseSwitch, false),
    queueTimeoutMs: read('queue-timeout', optional, undefined),
    queuedStatuses: queued,
    isQueued: (status) => isQueued.has(normalizeStatus(status)),
    warnAfterMs: read('warn-after', optional, undefined),
    timeoutMs: read('timeout', (text) => parseDurationMs(text || '30m', 'zero'), 0),
    intervalMs,
    maxIntervalMs,
    onUnknownStatus: read('on-unknown-status', waitOrFail, 'wait'),
    notFoundGraceMs: read('not-found-grace', (text) => parseDurationMs(text || '15s', 'zero'), 0),
  };
}
