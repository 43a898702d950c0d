import { describe, expect, test } from '@jest/globals';
import {
  CredentialsRejected,
  HtmlInsteadOfJson,
  PermanentError,
  TransientError,
} from '../../../src/domain/errors.js';
import type { Observation } from '../../../src/domain/job.js';
import type { HttpRequest, HttpResponse } from '../../../src/http/transport.js';
import type { Provider, Send } from '../../../src/providers/provider.js';
import { createSession } from '../../../src/session/session.js';
import { createTokens } from '../../../src/session/tokens.js';
import { virtualClock } from '../../support/clock.js';
import { see } from '../../support/wait.js';

const url = new URL('https://acme.example/jobs/1');
const running = see('pending', 'RUNNING');
const rejected = new CredentialsRejected('HTTP 401');
const ended = new PermanentError('HTTP 403: expired', 'rejected', { tokenEnded: true });
const page = new HtmlInsteadOfJson('HTTP 200 with an HTML page');

/** When the tests begin. */
const START_MS = Date.UTC(2026, 0, 1);

type Reply = Partial<HttpResponse> | Error;

interface Settings {
  readonly given?: string;
  /** What each login brings. */
  readonly logIns?: readonly (string | Error)[];
  readonly replies?: readonly Reply[];
  /** What the provider makes of the token of each poll. */
  readonly judge?: (token: string) => Observation | Error;
  readonly provider?: Partial<Provider>;
}

/** A session with a provider that sends one request a poll, and with a service that gives `replies`. */
function sessionWith({ given, logIns, replies = [], judge, provider }: Settings) {
  const clock = virtualClock(START_MS);
  const sent: { request: HttpRequest; timeoutMs: number }[] = [];
  let logins = 0;
  const logIn = async (send: Send) => {
    const value = logIns?.[logins] ?? new Error('no further login is expected');
    logins += 1;
    await send({ method: 'POST', url: new URL('https://acme.example/token') });
    if (value instanceof Error) throw value;
    return { value };
  };
  const tokens = createTokens({
    given,
    logIn: logIns === undefined ? undefined : logIn,
    clock,
    addSecret: () => undefined,
    onLogIn: () => undefined,
  });
  const session = createSession(
    {
      credentials: (token) => ({ Authorization: token }),
      async poll(_, send) {
        await send({ method: 'GET', url });
        const judged = judge?.(sent.at(-1)?.request.headers?.Authorization ?? '') ?? running;
        if (judged instanceof Error) throw judged;
        return judged;
      },
      ...provider,
    },
    tokens,
    {
      send(request, timeoutMs) {
        sent.push({ request, timeoutMs });
        const reply = replies[sent.length - 1] ?? replies.at(-1) ?? {};
        if (reply instanceof Error) return Promise.reject(reply);
        return Promise.resolve({ url: request.url, status: 200, headers: {}, body: '', ...reply });
      },
      stream: () => Promise.reject(new Error('nothing is streamed')),
    },
    clock,
  );
  const { signal } = new AbortController();
  return {
    session,
    sent,
    signal,
    poll: (id = 'job-1', leftMs = 60_000) => session.poll(id, clock.now() + leftMs, signal),
    pass: (ms: number) => clock.run(clock.sleep(ms, signal)),
    tokensSent: () => sent.map(({ request }) => request.headers?.Authorization),
  };
}

test('a poll gives the observation, the body and the pause that was asked for', async () => {
  const replies = [{ headers: { 'retry-after': '7' }, body: '{"status":"RUNNING"}' }];
  const { poll, tokensSent } = sessionWith({ given: 'given', replies });
  expect(await poll()).toEqual({
    observation: running,
    retryAfterMs: 7000,
    body: '{"status":"RUNNING"}',
  });
  expect(tokensSent()).toEqual(['given']);
});

test('a poll without a response has neither a body nor a pause', async () => {
  const down = new TransientError('refused', 'unreachable');
  const { poll } = sessionWith({ given: '', replies: [down] });
  expect(await poll()).toEqual({ error: down, retryAfterMs: undefined, body: '' });
});

test('a pause that the error knows counts more than the headers', async () => {
  const busy = new TransientError('busy', 'unreachable', { retryAfterMs: 2000 });
  const replies = [{ headers: { 'retry-after': '7' } }];
  const { poll } = sessionWith({ given: '', replies, judge: () => busy });
  expect((await poll()).retryAfterMs).toBe(2000);
});

test('of a long body the first 128 Ki characters are kept', async () => {
  const { poll } = sessionWith({ given: '', replies: [{ body: 'x'.repeat(200_000) }] });
  expect((await poll()).body).toHaveLength(128 * 1024);
});

test.each([
  [100_000, 30_000],
  [10_000, 10_000],
  [0, 1],
  [-5000, 1],
])('with %d ms left, a request may take %d ms', async (leftMs, timeoutMs) => {
  const { poll, sent } = sessionWith({ given: '' });
  await poll('job-1', leftMs);
  expect(sent[0]?.timeoutMs).toBe(timeoutMs);
});

test('a poll whose step was cancelled meanwhile throws the reason', async () => {
  const { session } = sessionWith({ given: '' });
  const reason = new Error('enough');
  await expect(session.poll('job-1', 1000, AbortSignal.abort(reason))).rejects.toBe(reason);
});

describe('a token', () => {
  /** A provider that accepts the tokens that begin with `good`. */
  const judgedBy = (error: Error) => (token: string) =>
    token.startsWith('good') ? running : error;

  test('that is not accepted is replaced once, within the poll', async () => {
    const judge = judgedBy(rejected);
    const { poll, tokensSent } = sessionWith({ given: 'old', logIns: ['good'], judge });
    expect((await poll()).observation).toEqual(running);
    expect(tokensSent()).toEqual(['old', undefined, 'good']);
  });

  test('that is not accepted either after a login ends the poll', async () => {
    const judge = judgedBy(rejected);
    const { poll } = sessionWith({ given: 'old', logIns: ['bad'], judge });
    expect((await poll()).error).toBe(rejected);
  });

  test('that has ended is replaced where it was accepted before', async () => {
    const judge = judgedBy(ended);
    const { poll, tokensSent } = sessionWith({ given: 'old', logIns: ['good'], judge });
    expect((await poll()).observation).toEqual(running);
    expect(tokensSent()).toHaveLength(3);
  });

  test('that is said to have ended before it was ever accepted is not replaced', async () => {
    const { poll } = sessionWith({ logIns: ['new', 'good'], judge: judgedBy(ended) });
    expect((await poll()).error).toBe(ended);
  });

  test('that was issued counts as accepted after one good poll', async () => {
    const answers = [running, ended, running];
    const judge = () => answers.shift() ?? running;
    const { poll, tokensSent } = sessionWith({ logIns: ['one', 'two'], judge });
    await poll();
    expect((await poll()).observation).toEqual(running);
    expect(tokensSent()).toEqual([undefined, 'one', 'one', undefined, 'two']);
  });

  test('stays where the error is about something else', async () => {
    const error = new PermanentError('HTTP 400', 'bad-response');
    const { poll, tokensSent } = sessionWith({
      given: 'old',
      logIns: ['good'],
      judge: () => error,
    });
    expect((await poll()).error).toBe(error);
    expect(tokensSent()).toEqual(['old']);
  });

  test.each([
    ['rejected', rejected],
    ['ended', ended],
    ['answered by a page', page],
  ])('that is %s stays where there is no login', async (_, error) => {
    const { poll } = sessionWith({ given: 'old', judge: () => error });
    expect((await poll()).error).toBe(error);
  });
});

describe('an HTML page in place of JSON', () => {
  const logIns = ['one', 'two', 'three'];

  test('may be a login page, and is worth one login in ten minutes', async () => {
    const { poll, pass, tokensSent } = sessionWith({ given: 'old', logIns, judge: () => page });
    expect((await poll()).error).toBe(page);
    expect(tokensSent()).toEqual(['old', undefined, 'one']);
    await pass(599_999);
    await poll();
    expect(tokensSent().slice(3)).toEqual(['one']);
    await pass(1);
    await poll();
    expect(tokensSent().slice(4)).toEqual(['one', undefined, 'two']);
  });

  test('is gone after a login where the session had ended', async () => {
    const judge = (token: string) => (token === 'old' ? page : running);
    expect((await sessionWith({ given: 'old', logIns, judge }).poll()).observation).toEqual(
      running,
    );
  });

  test('is the error where the login fails as well', async () => {
    const failing = [new TransientError('HTTP 503', 'unreachable')];
    const { poll } = sessionWith({ given: 'old', logIns: failing, judge: () => page });
    expect((await poll()).error).toBe(page);
  });
});

describe('a provider', () => {
  test('that is conditional is asked with the tag of its last response, whose body counts', async () => {
    const { poll, sent } = sessionWith({
      given: '',
      provider: { isConditional: true },
      replies: [{ headers: { etag: '"v1"' }, body: 'whole' }, { status: 304 }],
    });
    await poll();
    expect((await poll()).body).toBe('whole');
    expect(sent.map(({ request }) => request.headers?.['If-None-Match'])).toEqual([
      undefined,
      '"v1"',
    ]);
  });

  test('that is not conditional is never asked with a tag', async () => {
    const { poll, sent } = sessionWith({ given: '', replies: [{ headers: { etag: '"v1"' } }] });
    await poll();
    await poll();
    expect(sent[1]?.request.headers).not.toHaveProperty('If-None-Match');
  });

  test('that names another URL for a job is polled there from then on, for that job', async () => {
    const nextPollUrl = new URL('https://acme.example/operations/7');
    const polled: [string, URL | undefined][] = [];
    const { poll } = sessionWith({
      given: '',
      provider: {
        poll(id, _, next) {
          polled.push([id, next]);
          return Promise.resolve(polled.length === 1 ? { ...running, nextPollUrl } : running);
        },
      },
    });
    for (const id of ['a', 'a', 'b', 'a']) await poll(id);
    expect(polled).toEqual([
      ['a', undefined],
      ['a', nextPollUrl],
      ['b', undefined],
      ['a', nextPollUrl],
    ]);
  });
});

describe('a response without end', () => {
  const endless = { body: `[${'1,'.repeat(1_500_000)}1]` };
  const tooMany = expect.stringContaining('values, which is no status') as unknown;

  test('is a bad response to a poll', async () => {
    const { poll } = sessionWith({ given: '', replies: [endless] });
    expect((await poll()).error).toMatchObject({ reason: 'bad-response', message: tooMany });
  });

  test('is a bad response to a login', async () => {
    const { poll, session, signal } = sessionWith({ logIns: ['one', 'two'], replies: [endless] });
    expect((await poll()).error?.message).toEqual(tooMany);
    await expect(session.access(signal)).rejects.toMatchObject({ message: tooMany });
  });

  const pages = (count: number): Partial<Provider> => ({
    async poll(_, send) {
      for (let sent = 0; sent < count; sent += 1) await send({ method: 'GET', url });
      return running;
    },
  });

  test.each([
    [10, true],
    [11, false],
  ])('is one of %d pages of a megabyte each: read to the end: %s', async (count, isRead) => {
    const replies = [{ body: 'x'.repeat(1024 * 1024) }];
    const { poll } = sessionWith({ given: '', replies, provider: pages(count) });
    const message = 'the responses to one poll have over 10 MiB';
    const expected = isRead
      ? { observation: running }
      : { error: { reason: 'bad-response', message } };
    expect(await poll()).toMatchObject(expected);
  });
});

describe('access to the host of the provider', () => {
  test('is opened by the credentials of the polls', async () => {
    const { session, signal } = sessionWith({ given: 'given' });
    expect(await session.access(signal)).toEqual({
      headers: { Authorization: 'given' },
      renew: undefined,
    });
  });

  test('is opened anew by a login, as often as it is asked for', async () => {
    const { session, signal, sent } = sessionWith({ given: 'old', logIns: ['one', 'two'] });
    const renewed = await (await session.access(signal)).renew?.();
    expect(renewed?.headers).toEqual({ Authorization: 'one' });
    expect((await renewed?.renew?.())?.headers).toEqual({ Authorization: 'two' });
    expect(sent.map(({ timeoutMs }) => timeoutMs)).toEqual([30_000, 30_000]);
  });

  test('throws what the login throws', async () => {
    const failing = new PermanentError('wrong password', 'rejected');
    const { session, signal } = sessionWith({ logIns: [failing] });
    await expect(session.access(signal)).rejects.toThrow('wrong password');
  });
});
