import { expect, test } from '@jest/globals';
import { PermanentError, TransientError } from '../../../src/domain/errors.js';
import type { HttpResponse } from '../../../src/http/transport.js';
import { readOAuthToken } from '../../../src/providers/token.js';
import { createGuardedLogin } from '../../../src/session/guarded-login.js';
import { virtualClock } from '../../support/clock.js';

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;

type Reply = Partial<Pick<HttpResponse, 'status' | 'body' | 'headers'>>;

/** Logs in every half second for an hour, as long as there is hope, at a service that gives `reply`. */
async function logInForAnHour(reply: (number: number) => Reply | Error) {
  const clock = virtualClock();
  const triedAt: number[] = [];
  const logIn = createGuardedLogin(async (send) => readOAuthToken(await send(request)), clock);
  const request = { method: 'POST', url: new URL('https://login.example/token') } as const;
  const send = () => {
    triedAt.push(clock.now() / 1000);
    const given = reply(triedAt.length);
    if (given instanceof Error) return Promise.reject(given);
    return Promise.resolve({ url: request.url, status: 200, headers: {}, body: '', ...given });
  };
  let last: unknown;
  while (clock.now() < HOUR_MS && !(last instanceof PermanentError)) {
    last = await logIn(send, undefined).catch((error: unknown) => error);
    await clock.run(clock.sleep(500, never));
  }
  return { triedAt, last, again: () => logIn(send, undefined) };
}

const page = '<!doctype html><html><head><title>Sign in</title></head>';
const invalid = '{"error":"invalid_client","error_description":"no such client"}';

test.each<[string, Reply]>([
  ['HTTP 503 with an error code of OAuth', { status: 503, body: invalid }],
  ['HTTP 429 with an error code of OAuth', { status: 429, body: invalid }],
  ['HTTP 500 with access_denied', { status: 500, body: '{"error":"access_denied"}' }],
  ['HTTP 500 with invalid_grant', { status: 500, body: '{"error":"invalid_grant"}' }],
  ['HTTP 503 with unauthorized_client', { status: 503, body: '{"error":"unauthorized_client"}' }],
  ['HTTP 408 with invalid_scope', { status: 408, body: '{"error":"invalid_scope"}' }],
  ['a code whose key is in upper case', { status: 503, body: '{"ERROR":"invalid_grant"}' }],
  ['an HTML page', { status: 200, body: page }],
  ['an empty 200', { status: 200 }],
  ['an empty 204', { status: 204 }],
  ['a 200 that is no JSON', { status: 200, body: 'not today' }],
  ['a 200 that is a list', { status: 200, body: '[]' }],
  ['HTTP 423, an account that is locked', { status: 423, body: '{"message":"locked"}' }],
])('%s is tried three times in an hour, with growing pauses', async (_, reply) => {
  const { triedAt, last, again } = await logInForAnHour(() => reply);
  expect(triedAt).toEqual([0, 2, 10]);
  expect(last).toMatchObject({ reason: 'rejected' });
  expect((last as Error).message).toMatch(/^the login was refused 3 times and is not repeated: /);
  await expect(again()).rejects.toBe(last);
  expect(triedAt).toHaveLength(3);
});

test.each<[string, Reply]>([
  ['HTTP 400 with an error code', { status: 400, body: invalid }],
  ['HTTP 401', { status: 401, body: invalid }],
  ['HTTP 403', { status: 403, body: '{"message":"no"}' }],
  ['HTTP 404', { status: 404 }],
  ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' } }],
  ['a 200 without a token', { status: 200, body: '{"error":"invalid_grant"}' }],
  ['a token of more than 16 KiB', { body: `{"access_token":"${'x'.repeat(16_385)}"}` }],
])('%s is tried once', async (_, reply) => {
  const { triedAt, last } = await logInForAnHour(() => reply);
  expect(triedAt).toEqual([0]);
  expect((last as Error).message).toMatch(/^the login failed and is not repeated: /);
});

test.each<[string, Reply | Error]>([
  ['HTTP 503 that is empty', { status: 503 }],
  ['HTTP 502 with the page of a gateway', { status: 502, body: page }],
  [
    'HTTP 503 with temporarily_unavailable',
    { status: 503, body: '{"error":"temporarily_unavailable"}' },
  ],
  ['HTTP 500 with server_error', { status: 500, body: '{"error":"server_error"}' }],
  ['HTTP 429 without a code', { status: 429 }],
  ['HTTP 503 with an error in words', { status: 503, body: '{"error":"Service Unavailable"}' }],
  ['no connection', new TransientError('no response', 'unreachable')],
])('%s is an outage, and is tried on in pauses of at most half a minute', async (_, reply) => {
  const { triedAt, last } = await logInForAnHour(() => reply);
  expect(triedAt.slice(0, 6)).toEqual([0, 1, 3, 7, 15, 31]);
  expect(triedAt.length).toBeGreaterThan(110);
  expect(last).toBeInstanceOf(TransientError);
});

test('an outage between two refusals does not give the account more tries', async () => {
  const { triedAt, last } = await logInForAnHour((number) =>
    number % 2 === 0 ? { status: 503 } : { status: 200, body: page },
  );
  expect(triedAt).toHaveLength(5);
  expect(last).toMatchObject({ reason: 'rejected' });
});

test('an outage that ends gives a token', async () => {
  const { last } = await logInForAnHour((number) =>
    number < 5 ? { status: 503 } : { body: '{"access_token":"issued"}' },
  );
  expect(last).toMatchObject({ value: 'issued' });
});

test.each<[string, Reply, readonly number[]]>([
  ['longer than the own pause', { headers: { 'retry-after': '60' } }, [0, 60, 120]],
  ['shorter than the own pause', { headers: { 'retry-after': '0' } }, [0, 2, 10]],
])('Retry-After of a refusal counts where it is %s', async (_, reply, seconds) => {
  const { triedAt } = await logInForAnHour(() => ({ status: 429, body: invalid, ...reply }));
  expect(triedAt).toEqual(seconds);
});

test('Retry-After of an outage counts', async () => {
  const { triedAt } = await logInForAnHour(() => ({
    status: 503,
    headers: { 'retry-after': '600' },
  }));
  expect(triedAt).toEqual([0, 600, 1200, 1800, 2400, 3000]);
});

test('a provider without a login has no token', async () => {
  const logIn = createGuardedLogin(undefined, virtualClock());
  const send = () => Promise.reject(new Error('nothing is sent'));
  await expect(logIn(send, undefined)).rejects.toMatchObject({
    ...{ name: 'PermanentError', reason: 'rejected', message: 'no token' },
  });
});

test('while a pause lasts nothing is sent, whoever asks', async () => {
  const clock = virtualClock();
  let sent = 0;
  const logIn = createGuardedLogin(async (send) => readOAuthToken(await send(request)), clock);
  const request = { method: 'POST', url: new URL('https://login.example/token') } as const;
  const send = () => {
    sent += 1;
    return Promise.resolve({ url: request.url, status: 200, headers: {}, body: page });
  };
  for (let i = 0; i < 50; i += 1) await logIn(send, undefined).catch(() => undefined);
  expect(sent).toBe(1);
});

test('a provider without a login gives no token', async () => {
  const logIn = createGuardedLogin(undefined, virtualClock());
  const send = () => Promise.reject(new Error('nothing is sent'));
  await expect(logIn(send, undefined)).rejects.toThrow(new PermanentError('no token', 'rejected'));
});
