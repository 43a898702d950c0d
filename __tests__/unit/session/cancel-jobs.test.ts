import { describe, expect, test } from '@jest/globals';
import type { HttpRequest, HttpResponse } from '../../../src/http/transport.js';
import { cancelJobs } from '../../../src/session/cancel-jobs.js';
import type { Session } from '../../../src/session/session.js';
import { virtualClock } from '../../support/clock.js';

interface Settings {
  readonly ids?: readonly string[];
  readonly hasRequest?: boolean;
  readonly access?: Session['access'];
  readonly reply?: (id: string) => Partial<HttpResponse> | Error;
  readonly takesMs?: number;
}

const access: Session['access'] = () =>
  Promise.resolve({ headers: { Authorization: 'Bearer token' }, renew: undefined });

/** Cancels jobs, at a service that gives `reply`; gives what was sent, and what was told of each. */
async function cancel(settings: Settings) {
  const { ids = ['job-1'], hasRequest = true, reply = () => ({}), takesMs = 0 } = settings;
  const clock = virtualClock();
  const never = new AbortController().signal;
  const sent: { request: HttpRequest; timeoutMs: number; atMs: number }[] = [];
  const results: [string, string][] = [];
  const requestFor = (id: string): HttpRequest => ({
    method: 'DELETE',
    url: new URL(`https://acme.example/jobs/${id}`),
    headers: { 'X-Reason': 'given up', Authorization: 'none' },
    body: '{}',
  });
  await clock.run(
    cancelJobs(ids, hasRequest ? requestFor : undefined, {
      session: { access: settings.access ?? access },
      transport: {
        async send(request, timeoutMs) {
          sent.push({ request, timeoutMs, atMs: clock.now() });
          await clock.sleep(takesMs, never);
          const given = reply(request.url.pathname.split('/').at(-1) ?? '');
          if (given instanceof Error) throw given;
          return { url: request.url, status: 200, headers: {}, body: '', ...given };
        },
        stream: () => Promise.reject(new Error('nothing is streamed')),
      },
      clock,
      onCancelResult: (id, result) => results.push([id, result]),
    }),
  );
  return { sent, results };
}

test('a job is cancelled by the request of its provider, with the credentials of the polls', async () => {
  const { sent } = await cancel({});
  expect(sent).toMatchObject([
    {
      request: {
        method: 'DELETE',
        url: new URL('https://acme.example/jobs/job-1'),
        headers: { 'X-Reason': 'given up', Authorization: 'Bearer token' },
        body: '{}',
      },
      timeoutMs: 3000,
    },
  ]);
});

test('a provider that cancels nothing is sent nothing', async () => {
  expect(await cancel({ hasRequest: false })).toEqual({ sent: [], results: [] });
});

describe('what became of the request is told', () => {
  test.each([
    [199, 'did not accept the cancel request'],
    [200, 'was asked to cancel the job'],
    [204, 'was asked to cancel the job'],
    [299, 'was asked to cancel the job'],
    [300, 'did not accept the cancel request'],
    [404, 'did not accept the cancel request'],
  ])('after HTTP %d', async (status, verb) => {
    const { results } = await cancel({ reply: () => ({ status }) });
    expect(results).toEqual([['job-1', `the provider ${verb}: HTTP ${status}`]]);
  });

  test('for each job, though another one cannot be cancelled', async () => {
    const reply = (id: string) => (id === 'a' ? new Error('refused') : {});
    const { results } = await cancel({ ids: ['a', 'b'], reply });
    expect(results).toEqual([
      ['a', 'the provider could not be asked to cancel the job: refused'],
      ['b', 'the provider was asked to cancel the job: HTTP 200'],
    ]);
  });

  test('where there is no token', async () => {
    const { results, sent } = await cancel({
      access: () => Promise.reject(new Error('login: HTTP 503')),
    });
    expect(sent).toEqual([]);
    expect(results).toEqual([
      ['job-1', 'the provider could not be asked to cancel the job: login: HTTP 503'],
    ]);
  });
});

test('ten requests are sent at once, and the later ones have the time that is left', async () => {
  const ids = Array.from({ length: 31 }, (_, index) => `job-${index}`);
  const { sent } = await cancel({ ids, takesMs: 1200 });
  const waves = [0, 10, 20, 30].map((index) => sent[index]);
  expect(waves.map((one) => [one?.atMs, one?.timeoutMs])).toEqual([
    [0, 3000],
    [1200, 1800],
    [2400, 600],
    [3600, 1],
  ]);
  expect(sent).toHaveLength(31);
});
