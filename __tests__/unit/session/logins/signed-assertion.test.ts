import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { HttpRequest } from '../../../../src/http/transport.js';
import type { SignedAssertion } from '../../../../src/providers/login-method.js';
import { logInByAssertion } from '../../../../src/session/logins/signed-assertion.js';

const NOW_MS = 1_790_000_000_999;
const tokenUrl = 'https://login.example/token';
const method: SignedAssertion = {
  kind: 'signed-assertion',
  privateKey: generateKeyPairSync('ed25519').privateKey,
  header: { alg: 'EdDSA', kid: 'key-1' },
  claims: { iss: 'app', sub: 'robot' },
  tokenUrl,
  scope: '',
  client: { clientId: '', clientSecret: '', clientAuthentication: 'header' },
};

/** Logs in at a server that issues a token. */
async function logIn(changes: Partial<SignedAssertion> = {}) {
  const secrets: string[] = [];
  const sent: HttpRequest[] = [];
  const context = { clock: { now: () => NOW_MS }, addSecret: (text: string) => secrets.push(text) };
  const token = await logInByAssertion({ ...method, ...changes }, context)((request) => {
    sent.push(request);
    const body = '{"access_token": "issued", "expires_in": 60}';
    return Promise.resolve({ status: 200, url: request.url, headers: {}, body });
  }, undefined);
  return { token, secrets, form: Object.fromEntries(new URLSearchParams(sent[0]?.body)), sent };
}

const verify = (jwt: string, privateKey: KeyObject) =>
  jwtVerify(jwt, createPublicKey(privateKey), { currentDate: new Date(NOW_MS) });

test('an assertion is exchanged for a token at the token-url', async () => {
  const { token, sent, form } = await logIn();
  expect(token).toMatchObject({ value: 'issued', lifetimeMs: 60_000 });
  expect(sent.map(({ url }) => url.href)).toEqual([tokenUrl]);
  expect(form).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: expect.any(String),
  });
});

test('an assertion is valid for three minutes, at the token-url alone, once', async () => {
  const { form } = await logIn();
  const { payload, protectedHeader } = await verify(form.assertion ?? '', method.privateKey);
  expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: 'key-1', typ: 'JWT' });
  expect(payload).toEqual({
    ...{ iss: 'app', sub: 'robot', aud: tokenUrl, jti: expect.stringMatching(/^[\da-f-]{36}$/) },
    ...{ iat: 1_790_000_000, exp: 1_790_000_180 },
  });
  expect((await logIn()).form.assertion).not.toBe(form.assertion);
});

test('claims of the workflow win over the usual ones', async () => {
  const { form } = await logIn({ claims: { aud: 'https://other.example' } });
  const { payload } = await verify(form.assertion ?? '', method.privateKey);
  expect(payload.aud).toBe('https://other.example');
});

test('a scope is asked for where there is one', async () => {
  expect((await logIn({ scope: 'read' })).form.scope).toBe('read');
});

test('without a token-url the assertion itself is the token, for three minutes and for nobody', async () => {
  const { token, secrets, sent } = await logIn({ tokenUrl: '' });
  expect(sent).toEqual([]);
  expect(secrets).toEqual([token.value]);
  expect(token.lifetimeMs).toBe(180_000);
  const { payload } = await verify(token.value, method.privateKey);
  expect(payload).not.toHaveProperty('aud');
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;

test.each<[string, KeyObject]>([
  ['RS256', rsa],
  ['RS512', rsa],
  ['PS256', rsa],
  ['PS384', rsa],
  ['ES256', curve('P-256')],
  ['ES512', curve('P-521')],
  ['EdDSA', method.privateKey],
  ['Ed25519', method.privateKey],
])('a signature by %s is one that others verify', async (alg, privateKey) => {
  const { token } = await logIn({ tokenUrl: '', privateKey, header: { alg } });
  expect(decodeProtectedHeader(token.value)).toEqual({ alg, typ: 'JWT' });
  await expect(verify(token.value, privateKey)).resolves.toBeDefined();
});
