import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { TransientError } from '../../../../src/domain/errors.js';
import type { LoginMethod } from '../../../../src/providers/login-method.js';
import type { Provider } from '../../../../src/providers/provider.js';
import { createLogin } from '../../../../src/session/logins/create-login.js';

const provider = {} as Provider;
const client = { clientId: '', clientSecret: '', clientAuthentication: 'header' } as const;
const common = { tokenUrl: 'https://login.example/token', scope: '', client };

const methods: readonly LoginMethod[] = [
  {
    ...common,
    kind: 'signed-assertion',
    privateKey: generateKeyPairSync('ed25519').privateKey,
    header: { alg: 'EdDSA' },
    claims: { iss: 'app' },
  },
  { ...common, kind: 'token-exchange', oidcAudience: 'example', audience: '' },
];

/** Logs in by `method` at a server that issues a token; gives what was sent, and the secrets known by then. */
async function logIn(method: LoginMethod, getIdToken = () => Promise.resolve('id-token')) {
  const secrets: string[] = [];
  const context = {
    clock: { now: () => 1_790_000_000_000 },
    getIdToken,
    addSecret: (secret: string) => secrets.push(secret),
    signal: new AbortController().signal,
  };
  const sent: { form: URLSearchParams; known: string[] }[] = [];
  const token = await createLogin(
    method,
    provider,
    context,
  )?.((request) => {
    sent.push({ form: new URLSearchParams(request.body), known: [...secrets] });
    const body = '{"access_token": "issued", "expires_in": 60}';
    return Promise.resolve({ status: 200, url: request.url, headers: {}, body });
  }, undefined);
  return { token, sent };
}

test.each(methods)('a $kind is registered as a secret before it is sent', async (method) => {
  const { token, sent } = await logIn(method);
  const parameter = method.kind === 'signed-assertion' ? 'assertion' : 'subject_token';
  expect(token).toEqual({ value: 'issued', lifetimeMs: 60_000, refreshToken: undefined });
  const [{ form, known } = { form: new URLSearchParams(), known: [] }] = sent;
  expect(known).toEqual([form.get(parameter)]);
});

test.each([
  ['connect ECONNREFUSED', 'Error Code : undefined\n \n Error Message: connect ECONNREFUSED'],
  ['HTTP 429: slow down', 'Error Code : 429\n \n Error Message: slow down'],
])('GitHub’s endpoint may recover from “%s”', async (why, message) => {
  const [, exchange] = methods;
  if (exchange === undefined) throw new Error('no exchange');
  const failing = () => Promise.reject(new Error(`Error message: Failed. \n \n ${message}`));
  const login = logIn(exchange, failing);
  await expect(login).rejects.toThrow(new RegExp(`^GitHub issues no OIDC token: ${why}$`));
  await expect(login).rejects.toBeInstanceOf(TransientError);
});

test.each([
  ['HTTP 400', 'Error Code : 400'],
  ['what nobody has foreseen', 'what nobody has foreseen'],
])('GitHub’s endpoint may say no more than “%s”', async (why, message) => {
  const [, exchange] = methods;
  if (exchange === undefined) throw new Error('no exchange');
  const login = logIn(exchange, () => Promise.reject(new Error(message)));
  await expect(login).rejects.toThrow(new RegExp(`^GitHub issues no OIDC token: ${why}$`));
});

test('an OIDC token of over 16 KiB is not sent', async () => {
  const [, exchange] = methods;
  if (exchange === undefined) throw new Error('no exchange');
  const login = logIn(exchange, () => Promise.resolve('x'.repeat(16 * 1024 + 1)));
  await expect(login).rejects.toThrow('the OIDC token of GitHub has over 16 KiB');
});
