import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { PermanentError, TransientError } from '../../../../src/domain/errors.js';
import type { HttpRequest } from '../../../../src/http/transport.js';
import type { TokenExchange } from '../../../../src/providers/login-method.js';
import { logInByExchange } from '../../../../src/session/logins/token-exchange.js';

const method: TokenExchange = {
  kind: 'token-exchange',
  oidcAudience: 'acme',
  tokenUrl: 'https://login.example/token',
  audience: '',
  scope: '',
  client: { clientId: '', clientSecret: '', clientAuthentication: 'header' },
};

interface Settings {
  readonly method?: Partial<TokenExchange>;
  readonly getIdToken?: (audience: string) => Promise<string>;
  readonly signal?: AbortSignal;
}

/** Logs in at a server that issues a token. */
async function logIn(settings: Settings = {}) {
  const sent: HttpRequest[] = [];
  const secrets: string[] = [];
  const context = {
    getIdToken: (audience: string) => Promise.resolve(`id-token for ${audience}`),
    addSecret: (text: string) => secrets.push(text),
    signal: new AbortController().signal,
    ...settings,
  };
  const token = await logInByExchange({ ...method, ...settings.method }, context)((request) => {
    sent.push(request);
    const body = '{"access_token": "issued"}';
    return Promise.resolve({ status: 200, url: request.url, headers: {}, body });
  }, undefined);
  return { token, secrets, form: Object.fromEntries(new URLSearchParams(sent[0]?.body)), sent };
}

test('the OIDC token for the audience is exchanged for an access token', async () => {
  const { token, sent, form, secrets } = await logIn();
  expect(token.value).toBe('issued');
  expect(sent.map(({ url }) => url.href)).toEqual([method.tokenUrl]);
  expect(secrets).toEqual(['id-token for acme']);
  expect(form).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 'id-token for acme',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  });
});

test('a login that has ended no longer listens for the end of the step', async () => {
  const { signal } = new AbortController();
  await logIn({ signal });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('an audience and a scope are named where they are given', async () => {
  const { form } = await logIn({ method: { audience: 'api', scope: 'read' } });
  expect(form).toMatchObject({ audience: 'api', scope: 'read' });
});

test('an OIDC token of 16 KiB is used, and none that is longer', async () => {
  const ofLength = (length: number) =>
    logIn({ getIdToken: () => Promise.resolve('x'.repeat(length)) });
  await expect(ofLength(16 * 1024)).resolves.toBeDefined();
  await expect(ofLength(16 * 1024 + 1)).rejects.toMatchObject({
    reason: 'bad-response',
    message: 'the OIDC token of GitHub has over 16 KiB',
  });
});

describe('when GitHub issues no OIDC token', () => {
  const failing = (message: string) =>
    logIn({ getIdToken: () => Promise.reject(new Error(message)) });
  /** As `core.getIDToken` throws. */
  const failed = (code: string, why: string) =>
    `Failed to get ID Token. \n \n        Error Code : ${code}\n \n        Error Message: ${why}`;

  test('because the job has no permission, the message names it', async () => {
    const login = failing('Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable');
    await expect(login).rejects.toBeInstanceOf(PermanentError);
    await expect(login).rejects.toMatchObject({
      reason: 'rejected',
      message: 'GitHub offers this job no OIDC token; does it have `permissions: id-token: write`?',
      cause: { message: expect.stringContaining('env variable') as unknown },
    });
  });

  test.each([
    ['400', 'bad audience', 'HTTP 400: bad audience'],
    ['403', 'no', 'HTTP 403: no'],
    ['404', '', 'HTTP 404'],
  ])('HTTP %s is for good', async (code, why, words) => {
    const login = failing(failed(code, why));
    await expect(login).rejects.toBeInstanceOf(PermanentError);
    await expect(login).rejects.toMatchObject({
      reason: 'rejected',
      message: `GitHub issues no OIDC token: ${words}`,
      cause: { message: failed(code, why) },
    });
  });

  test.each([
    ['408', 'too late', 'HTTP 408: too late'],
    ['429', 'slow down', 'HTTP 429: slow down'],
    ['504', 'too late', 'HTTP 504: too late'],
    ['500', '<html>\nno\n</html>', 'HTTP 500: <html>\nno\n</html>'],
    ['undefined', 'socket hang up', 'socket hang up'],
  ])('the error code %s may pass', async (code, why, words) => {
    const login = failing(failed(code, why));
    await expect(login).rejects.toBeInstanceOf(TransientError);
    await expect(login).rejects.toMatchObject({
      reason: 'unreachable',
      message: `GitHub issues no OIDC token: ${words}`,
      cause: { message: failed(code, why) },
    });
  });

  test('for a reason that is told in other words, those are shown', async () => {
    await expect(failing('fetch failed')).rejects.toThrow(
      'GitHub issues no OIDC token: fetch failed',
    );
  });

  test('before the step is cancelled, the login ends with the reason for that', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const login = logIn({
      signal: stop.signal,
      getIdToken: () => {
        queueMicrotask(() => {
          stop.abort(reason);
        });
        return new Promise(() => undefined);
      },
    });
    await expect(login).rejects.toBe(reason);
  });
});
