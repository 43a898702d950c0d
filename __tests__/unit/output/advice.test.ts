import { describe, expect, test } from '@jest/globals';
import type { Problem } from '../../../src/domain/job.js';
import { adviceFor, type AdviceContext } from '../../../src/output/advice.js';
import { actionFile } from '../../support/action.js';
import { adviceContext, outcome } from '../../support/outcome.js';

const builtIn = adviceContext();

const adviceOn = (problem: Problem, context: Partial<AdviceContext> = {}) =>
  adviceFor(outcome({ problem }), adviceContext(context));

/** The advice at a provider that is built in, and at `http` where that differs. */
const EXPECTED: Readonly<Record<Problem, readonly [builtIn: string, http?: string]>> = {
  'bad-request': [
    'Check `request-id` and the other inputs of this provider',
    'Check `url`, `method`, `body` and `request-id`',
  ],
  'certificate-untrusted': [
    'If you trust it, put it or the CA that signed it into `ca-certificate`',
  ],
  'connection-closed': [''],
  'connection-refused': [
    'Check host and port in `base-url`, and that this runner may reach them',
    'Check host and port in `url`, and that this runner may reach them',
  ],
  conflict: [
    'The provider is busy with this job, or somebody has locked it; look at the job there',
  ],
  'host-unknown': [
    'Check the host in `base-url`; a name that exists only inside your network needs a runner there',
    'Check the host in `url`; a name that exists only inside your network needs a runner there',
  ],
  'html-page': [
    'Check `base-url`: a login page or a gateway responds in place of the API',
    'Check `url`: a login page or a gateway responds in place of the API',
  ],
  'link-expired': [
    'Start the job again, and wait for it at once: such links last only for a while',
  ],
  'login-refused': ['Check the credentials of the login, and whether the account is locked'],
  'not-allowed': ['The credentials are known but may not do this; ask for that permission'],
  'not-json': ['Check that `base-url` is that of the API', 'Check that `url` is that of the API'],
  'no-response': [
    'Check that this runner may reach the host in `base-url`: a firewall drops packets like this',
    'Check that this runner may reach the host in `url`: a firewall drops packets like this',
  ],
  'partial-success': ['If that is good enough, set `on-partial-success: continue`'],
  'proxy-credentials': ['Correct user and password in `https_proxy` of the runner'],
  'proxy-refused': ["Ask whether the provider's host is on the allow list of the proxy"],
  'proxy-unreachable': ['Check `https_proxy` of the runner, or add the host to `no_proxy`'],
  'rate-limited': ['Raise `interval`'],
  redirected: [
    'If the API has moved there, correct `base-url`; if that is a login page, check the credentials',
    'If the API has moved there, correct `url`; if that is a login page, check the credentials',
  ],
  'server-error': ['The provider is out of order; run the step again later'],
  'start-unknown': [
    'Look at the provider whether the job exists before you start it again; `start-idempotency-header` makes a repeat safe where the provider knows such a header',
  ],
  'timed-out': ['Raise `timeout`, or set `on-timeout: continue`'],
  'token-rejected': ['Store a fresh token, or give `username` and `password`'],
  'unknown-id': [
    'Check `request-id`, and that `base-url` is the service where the job was started',
    'Check `request-id`, and that `url` is the service where the job was started',
  ],
  'unknown-status': [''],
  'wrong-method': ['Check `base-url`', 'Check `method` and `url`'],
  'wrong-type': ['Check `base-url`', 'Check `Accept` and `Content-Type` in `headers`'],
};

const problems = Object.entries(EXPECTED) as [Problem, readonly [string, string?]][];

test.each(problems)('on %s, the advice fits the provider', (problem, [ofBuiltIn, ofHttp]) => {
  expect(adviceOn(problem)).toBe(ofBuiltIn);
  expect(adviceOn(problem, { isHttp: true })).toBe(ofHttp ?? ofBuiltIn);
});

test('without a problem there is none', () => {
  expect(adviceFor(outcome(), builtIn)).toBe('');
});

test('what fits the outcome alone goes before what fits its problem', () => {
  const hint = 'Set `message-query` to show why';
  expect(adviceFor(outcome({ problem: 'timed-out', hint }), builtIn)).toBe(hint);
});

describe('what is set already is not advised', () => {
  test('timeout: 0 is not raised', () => {
    expect(adviceOn('timed-out', { pollsOnce: true })).toBe(
      'Raise `timeout` above 0 to wait, or set `on-timeout: continue`',
    );
  });

  test.each([true, false])('on-timeout: continue (timeout: 0 is %s)', (pollsOnce) => {
    expect(adviceOn('timed-out', { pollsOnce, continuesOnTimeout: true })).toBe('');
  });

  test('ca-certificate', () => {
    expect(adviceOn('certificate-untrusted', { hasCa: true })).toBe(
      '`ca-certificate` holds neither it nor the CA that signed it',
    );
  });

  test('on-partial-success: continue', () => {
    expect(adviceOn('partial-success', { continuesOnPartialSuccess: true })).toBe('');
  });

  test.each([
    [{ canLogIn: true }, 'Check whether this account may read the job'],
    [{ canLogIn: true, hasToken: false }, 'Check whether this account may read the job'],
    [{ hasToken: false }, 'Check the credentials in `headers`'],
    [{ hasToken: false, otherCredentials: 'of AWS' }, 'Check the credentials of AWS'],
  ])('a login or a token (%j)', (context, advice) => {
    expect(adviceOn('token-rejected', context)).toBe(advice);
    expect(adviceOn('token-rejected', { ...context, isHttp: true })).toBe(advice);
  });
});

test.each(['token-rejected', 'not-allowed'] as const)(
  'credentials that are not sent are not to be checked (%s)',
  (problem) => {
    expect(adviceOn(problem, { hasToken: false, sendsCredentials: false, isHttp: true })).toBe(
      'This step sends no credentials; give `token`, or a header in `headers`',
    );
  },
);

test('token-url is corrected only where a login goes there', () => {
  expect(adviceOn('redirected', { canLogIn: true })).toBe(
    'If the API has moved there, correct `base-url` or `token-url`; if that is a login page, check the credentials',
  );
});

test('fewer jobs at once are advised only where there are several', () => {
  expect(adviceOn('rate-limited', { jobs: 2 })).toBe(
    'Raise `interval`, or wait for fewer jobs at once',
  );
});

test('each input that is advised is one of the action, or a variable of the runner, or a header', () => {
  const contexts = [true, false].flatMap((isHttp) =>
    [true, false].flatMap((canLogIn) => [
      { isHttp, canLogIn },
      { isHttp, canLogIn, sendsCredentials: false },
    ]),
  );
  const all = problems.flatMap(([problem]) => contexts.map((one) => adviceOn(problem, one)));
  const names = all.flatMap((text) =>
    [...text.matchAll(/`([^`:]+)(?::[^`]*)?`/g)].map(([, name = '']) => name),
  );
  const known = [...Object.keys(actionFile.inputs), 'https_proxy', 'no_proxy'];
  const unknown = names.filter((name) => !known.includes(name));
  expect([...new Set(unknown)].sort()).toEqual(['Accept', 'Content-Type']);
});
