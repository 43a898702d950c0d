import type { Outcome, Problem } from '../domain/job.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { listInputs } from '../text/format.ts';

/** What the step was given, as far as advice depends on it. */
export interface AdviceContext {
  /** Whether the provider is described by the workflow itself (`http`). */
  readonly isHttp: boolean;
  readonly hasToken: boolean;
  readonly canLogIn: boolean;
  /** The inputs that a login lacks, as a text. */
  readonly loginInputs: string;
  /** Where credentials stand that are neither a token nor a login. */
  readonly otherCredentials: string;
  /** Whether the step was given a CA. */
  readonly hasCa: boolean;
  /** Whether polls carry anything that could identify the caller. */
  readonly sendsCredentials: boolean;
  /** `timeout: 0`: the job is polled once. */
  readonly pollsOnce: boolean;
  readonly continuesOnTimeout: boolean;
  readonly continuesOnPartialSuccess: boolean;
  readonly jobs: number;
}

/** What advice depends on, from the inputs. */
export function adviceContextFrom(inputs: Inputs): AdviceContext {
  const { provider, token, canLogIn, settings, timeoutMs, requestIds } = inputs;
  const hasToken = token !== undefined && token !== '';
  const { http, username } = settings;
  const isHttp = provider.allowsAnonymous ?? false;
  const hasOwn =
    username !== '' || Object.keys(http.headers).some((name) => !/^(accept|content)/i.test(name));
  return {
    isHttp,
    hasToken,
    canLogIn,
    loginInputs: listInputs(findLoginInputs(inputs)),
    otherCredentials: inputs.aws
      ? 'of AWS'
      : username === ''
        ? 'in `headers`'
        : 'in `username` and `password`',
    hasCa: inputs.secureContexts.others !== undefined,
    sendsCredentials: hasToken || canLogIn || hasOwn || inputs.aws !== undefined,
    pollsOnce: timeoutMs === 0,
    continuesOnTimeout: inputs.onTimeout === 'continue',
    continuesOnPartialSuccess: inputs.onPartialSuccess === 'continue',
    jobs: Math.max(requestIds.length, 1),
  };
}

/** The inputs that would let the step log in, without those that it was given. */
function findLoginInputs({ provider, settings }: Inputs): string[] {
  const { tokenUrl, tenantId } = settings;
  const given: Readonly<Record<string, string>> = { 'token-url': tokenUrl, 'tenant-id': tenantId };
  const all = [...(provider.allowsAnonymous ? ['token-url'] : []), ...provider.loginInputs];
  return all.filter((name) => (given[name] ?? '') === '');
}

/** The next step after each problem, as a sentence; empty where none fits. */
const ADVICE: Readonly<Record<Problem, (context: AdviceContext) => string>> = {
  'bad-request': ({ isHttp }) =>
    isHttp
      ? 'Check `url`, `method`, `body` and `request-id`'
      : 'Check `request-id` and the other inputs of this provider',
  'certificate-untrusted': ({ hasCa }) =>
    hasCa
      ? '`ca-certificate` holds neither it nor the CA that signed it'
      : 'If you trust it, put it or the CA that signed it into `ca-certificate`',
  'connection-closed': () => '',
  'connection-refused': ({ isHttp }) =>
    `Check host and port in ${urlInputs(isHttp)}, and that this runner may reach them`,
  conflict: () =>
    'The provider is busy with this job, or somebody has locked it; look at the job there',
  'host-unknown': ({ isHttp }) =>
    `Check the host in ${urlInputs(isHttp)}; a name that exists only inside your network needs a runner there`,
  'html-page': ({ isHttp }) =>
    `Check ${urlInputs(isHttp)}: a login page or a gateway responds in place of the API`,
  'link-expired': () =>
    'Start the job again, and wait for it at once: such links last only for a while',
  'login-refused': () => 'Check the credentials of the login, and whether the account is locked',
  'not-allowed': ({ sendsCredentials }) =>
    sendsCredentials
      ? 'The credentials are known but may not do this; ask for that permission'
      : NO_CREDENTIALS,
  'not-json': ({ isHttp }) => `Check that ${urlInputs(isHttp)} is that of the API`,
  'no-response': ({ isHttp }) =>
    `Check that this runner may reach the host in ${urlInputs(isHttp)}: a firewall drops packets like this`,
  'partial-success': ({ continuesOnPartialSuccess }) =>
    continuesOnPartialSuccess ? '' : 'If that is good enough, set `on-partial-success: continue`',
  'proxy-credentials': () => 'Correct user and password in `https_proxy` of the runner',
  'proxy-refused': () => "Ask whether the provider's host is on the allow list of the proxy",
  'proxy-unreachable': () => 'Check `https_proxy` of the runner, or add the host to `no_proxy`',
  'rate-limited': ({ jobs }) =>
    jobs > 1 ? 'Raise `interval`, or wait for fewer jobs at once' : 'Raise `interval`',
  redirected: ({ isHttp, canLogIn }) =>
    `If the API has moved there, correct ${urlInputs(isHttp)}${canLogIn ? ' or `token-url`' : ''}; if that is a login page, check the credentials`,
  'server-error': () => 'The provider is out of order; run the step again later',
  'start-unknown': () =>
    'Look at the provider whether the job exists before you start it again; `start-idempotency-header` makes a repeat safe where the provider knows such a header',
  'timed-out': ({ pollsOnce, continuesOnTimeout }) => {
    const raise = pollsOnce ? 'Raise `timeout` above 0 to wait' : 'Raise `timeout`';
    return continuesOnTimeout ? '' : `${raise}, or set \`on-timeout: continue\``;
  },
  'token-rejected': ({ hasToken, canLogIn, sendsCredentials, ...context }) => {
    if (!sendsCredentials) return NO_CREDENTIALS;
    if (canLogIn) return 'Check whether this account may read the job';
    return hasToken
      ? `Store a fresh token, or give ${context.loginInputs}`
      : `Check the credentials ${context.otherCredentials}`;
  },
  'unknown-id': ({ isHttp }) =>
    `Check \`request-id\`, and that ${urlInputs(isHttp)} is the service where the job was started`,
  // Its message says so itself: a later step reads that, and no advice.
  'unknown-status': () => '',
  'wrong-method': ({ isHttp }) => (isHttp ? 'Check `method` and `url`' : 'Check `base-url`'),
  'wrong-type': ({ isHttp }) =>
    isHttp ? 'Check `Accept` and `Content-Type` in `headers`' : 'Check `base-url`',
};

const NO_CREDENTIALS = 'This step sends no credentials; give `token`, or a header in `headers`';

const urlInputs = (isHttp: boolean): string => (isHttp ? '`url`' : '`base-url`');

/** What to do after an outcome; empty where nothing fits. */
export function adviceFor({ problem, hint }: Outcome, context: AdviceContext): string {
  return hint ?? (problem === undefined ? '' : ADVICE[problem](context));
}
