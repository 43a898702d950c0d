import { expect, test } from '@jest/globals';
import { CredentialsRejected, PermanentError, TransientError } from '../../../src/domain/errors.js';
import type { Token } from '../../../src/providers/provider.js';
import { createSecrets } from '../../../src/text/secrets.js';
import { createTokens } from '../../../src/session/tokens.js';
import { virtualClock } from '../../support/clock.js';

const never = new AbortController().signal;
const send = () => Promise.reject(new Error('nothing is sent here'));
const busy = new TransientError('HTTP 503: busy', 'unreachable');
const refused = new PermanentError('HTTP 400: no', 'rejected');
const minute = 60_000;

/** Tokens from a provider whose logins end one after the other as `ends` say, and then well. */
function tokensFrom(given: string | undefined, ...ends: (Token | Error)[]) {
  const clock = virtualClock();
  const masked: string[] = [];
  const offered: (string | undefined)[] = [];
  const logIn = (_: unknown, refreshToken: string | undefined): Promise<Token> => {
    offered.push(refreshToken);
    const end = ends[offered.length - 1] ?? { value: `issued-${offered.length}` };
    return end instanceof Error ? Promise.reject(end) : Promise.resolve(end);
  };
  const secrets = createSecrets((value) => masked.push(value));
  const tokens = createTokens({
    given,
    logIn,
    clock,
    addSecret: secrets.add,
    onLogIn: () => undefined,
  });
  const pass = (ms: number) => clock.run(clock.sleep(ms, never));
  return { tokens, masked, offered, pass };
}

test('a given token is used without a login', async () => {
  const { tokens, offered } = tokensFrom('given');
  expect((await tokens.current(send)).value).toBe('given');
  expect(offered).toEqual([]);
});

test('what a login issues is masked at birth, the refresh token too', async () => {
  const { tokens, masked } = tokensFrom(undefined, { value: 'issued', refreshToken: 'refreshing' });
  await tokens.current(send);
  expect(masked).toEqual(expect.arrayContaining(['issued', 'refreshing']));
});

test('of a login without a refresh token its token alone is masked', async () => {
  const { tokens, masked } = tokensFrom(undefined, { value: 'issued' });
  await tokens.current(send);
  const alone: string[] = [];
  createSecrets((value) => alone.push(value)).add('issued');
  expect(masked).toEqual(alone);
});

test('a token is renewed a minute before it runs out, by its refresh token', async () => {
  const first = { value: 'first', lifetimeMs: 60 * minute, refreshToken: 'refreshing' };
  const { tokens, offered, pass } = tokensFrom(undefined, first);
  await tokens.current(send);
  await pass(59 * minute - 1);
  expect((await tokens.current(send)).value).toBe('first');
  await pass(1);
  expect((await tokens.current(send)).value).toBe('issued-2');
  expect(offered).toEqual([undefined, 'refreshing']);
});

test('a short-lived token is renewed when a tenth of its lifetime is left', async () => {
  const { tokens, pass } = tokensFrom(undefined, { value: 'first', lifetimeMs: 10_000 });
  await tokens.current(send);
  await pass(8999);
  expect((await tokens.current(send)).value).toBe('first');
  await pass(1);
  expect((await tokens.current(send)).value).toBe('issued-2');
});

test.each([
  ['for now', busy],
  ['for good', refused],
])('a renewal that fails %s leaves the token in use until it runs out', async (_, error) => {
  const first = { value: 'first', lifetimeMs: 10 * minute };
  const { tokens, pass } = tokensFrom(undefined, first, error, error);
  await tokens.current(send);
  await pass(10 * minute - 1);
  expect((await tokens.current(send)).value).toBe('first');
  await pass(1);
  await expect(tokens.current(send)).rejects.toThrow(error.message);
});

test('a renewal that fails by a fault of our own is no reason to use the old token', async () => {
  const fault = new TypeError('x is not a function');
  const { tokens, pass } = tokensFrom(undefined, { value: 'first', lifetimeMs: minute }, fault);
  await tokens.current(send);
  await pass(0.95 * minute);
  await expect(tokens.current(send)).rejects.toBe(fault);
});

test('a refused login is not repeated, whoever asks', async () => {
  const { tokens, offered } = tokensFrom(undefined, refused);
  for (let i = 0; i < 5; i++) await expect(tokens.current(send)).rejects.toThrow('is not repeated');
  expect(offered).toHaveLength(1);
});

test('a login that fails for now is not repeated within a second', async () => {
  const { tokens, offered, pass } = tokensFrom(undefined, busy);
  for (let i = 0; i < 5; i++) await expect(tokens.current(send)).rejects.toThrow(TransientError);
  expect(offered).toHaveLength(1);
  await pass(1000);
  expect((await tokens.current(send)).value).toBe('issued-2');
});

test('those who ask at the same time share one login', async () => {
  const { tokens, offered } = tokensFrom(undefined);
  const all = await Promise.all(Array.from({ length: 20 }, () => tokens.current(send)));
  expect(new Set(all.map(({ value }) => value))).toEqual(new Set(['issued-1']));
  expect(offered).toHaveLength(1);
});

test('a token that was replaced meanwhile is not replaced again', async () => {
  const { tokens, offered } = tokensFrom('given');
  const given = await tokens.current(send);
  const next = await tokens.replace(given, send);
  expect(await tokens.replace(given, send)).toBe(next);
  expect(offered).toHaveLength(1);
});

test('a provider that accepts none of its own tokens gets a second chance and no third', async () => {
  const { tokens, offered } = tokensFrom('given');
  const first = await tokens.replace(await tokens.current(send), send);
  const second = await tokens.replace(first, send);
  await expect(tokens.replace(second, send)).rejects.toMatchObject({
    ...{ name: 'PermanentError', reason: 'rejected' },
    message: 'the provider does not accept the tokens that it issues',
  });
  expect(offered).toHaveLength(2);
});

test('a token that is accepted after one that was not is replaced when it is refused', async () => {
  const { tokens } = tokensFrom('given');
  const first = await tokens.replace(await tokens.current(send), send);
  const second = await tokens.replace(first, send);
  tokens.noteAccepted(second);
  expect((await tokens.replace(second, send)).value).toBe('issued-3');
});

test('a late response to a token that was replaced leaves the new one accepted', async () => {
  const { tokens } = tokensFrom('given');
  const given = await tokens.current(send);
  const next = await tokens.replace(given, send);
  tokens.noteAccepted(next);
  tokens.noteAccepted(given);
  expect(tokens.isAccepted(next)).toBe(true);
});

test('a token that was accepted once is replaced as often as it is refused', async () => {
  const { tokens, offered } = tokensFrom(undefined);
  let token = await tokens.current(send);
  for (let i = 0; i < 5; i++) {
    tokens.noteAccepted(token);
    token = await tokens.replace(token, send);
  }
  expect(offered).toHaveLength(6);
});

test('a refused login says so and is no refused token', async () => {
  const { tokens } = tokensFrom(undefined, new CredentialsRejected('HTTP 401: wrong password'));
  const error: unknown = await tokens.current(send).catch((error: unknown) => error);
  expect(error).toMatchObject({
    reason: 'rejected',
    message: expect.stringContaining('HTTP 401: wrong password'),
  });
  expect(error).not.toBeInstanceOf(CredentialsRejected);
});
