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
  ['HTTP 423 after too many tries', { status: 423, body: '{"message":"limit reached"}' }],
])('%s is tried three times in an hour, with growing pauses', async (_, reply) => {
  const { triedAt, last, again } = await logInForAnHour(() => reply);
  expect(triedAt).toEqual([0, 2, 10]);
  expect(last).toMatchObject({ reason: 'rejected', problem: 'login-refused' });
  expect((last as Error).message).toMatch(/^the login was refused 3 times and is not repeated: /);
  await expect(again()).rejects.toBe(last);
  expect(triedAt).toHaveLength(3);
});

const tooLong = `{"access_token":"${'x'.repeat(16_385)}"}`;
const untrusted = new PermanentError('not trusted', 'unreachable', {
  problem: 'certificate-untrusted',
});
const proxyRefusal = new PermanentError('HTTP 407', 'rejected', { problem: 'proxy-credentials' });

test.each<[string, Reply | Error, string, string]>([
  ['HTTP 400 with an error code', { status: 400, body: invalid }, 'rejected', 'login-refused'],
  ['HTTP 401', { status: 401, body: invalid }, 'rejected', 'login-refused'],
  ['HTTP 403', { status: 403, body: '{"message":"no"}' }, 'rejected', 'login-refused'],
  ['HTTP 404', { status: 404 }, 'rejected', 'login-refused'],
  ['a 200 without a token', { body: '{"error":"invalid_grant"}' }, 'rejected', 'login-refused'],
  ['a token of more than 16 KiB', { body: tooLong }, 'bad-response', 'login-refused'],
  ['a redirect', { status: 302, headers: { location: '/' } }, 'bad-response', 'redirected'],
  ['a host that is not trusted', untrusted, 'unreachable', 'certificate-untrusted'],
  ['a proxy that refuses its user', proxyRefusal, 'rejected', 'proxy-credentials'],
])('%s is tried once', async (_, reply, reason, problem) => {
  const { triedAt, last } = await logInForAnHour(() => reply);
  expect(triedAt).toEqual([0]);
  expect(last).toMatchObject({ reason, problem });
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
  ['HTTP 408 without a code', { status: 408 }],
  ['HTTP 425 without a code', { status: 425 }],
  ['HTTP 429 without a code', { status: 429 }],
  ['HTTP 403 of a rate limit', { status: 403, body: '{"message":"rate limit exceeded"}' }],
  [
    'HTTP 502 with upstream_invalid_token',
    { status: 502, body: '{"error":"upstream_invalid_token"}' },
  ],
  ['HTTP 503 with retry_required_later', { status: 503, body: '{"error":"retry_required_later"}' }],
  ['HTTP 503 with denied_by_overload', { status: 503, body: '{"error":"denied_by_overload"}' }],
  ['HTTP 503 with locked_for_update', { status: 503, body: '{"error":"locked_for_update"}' }],
  ['HTTP 503 with an error in words', { status: 503, body: '{"error":"Service Unavailable"}' }],
  ['no connection', new TransientError('no response', 'unreachable')],
])('%s is an outage, and is tried on in pauses of at most half a minute', async (_, reply) => {
  const { triedAt, last } = await logInForAnHour(() => reply);
  expect(triedAt.slice(0, 6)).toEqual([0, 1, 3, 7, 15, 31]);
  expect(triedAt.length).toBeGreaterThan(110);
  expect(last).toBeInstanceOf(TransientError);
  expect(last).toHaveProperty('retryAfterMs', undefined);
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
  const { triedAt, last } = await logInForAnHour(() => ({
    status: 503,
    headers: { 'retry-after': '600' },
  }));
  expect(triedAt).toEqual([0, 600, 1200, 1800, 2400, 3000]);
  expect(last).toMatchObject({
    ...{ reason: 'unreachable', problem: 'server-error', retryAfterMs: 600_000 },
  });
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

test('a fault of our own is thrown as it is', async () => {
  const fault = new TypeError('x is not a function');
  expect((await logInForAnHour(() => fault)).last).toBe(fault);
});
