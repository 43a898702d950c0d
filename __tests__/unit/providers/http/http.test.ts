import { describe, expect, test } from '@jest/globals';
import { http } from '../../../../src/providers/http/http.js';
import type { HttpSettings } from '../../../../src/providers/provider.js';
import { errorFields, providerOf, providerSettings, type Reply } from '../../../support/poll.js';

const root = 'https://acme.example/root';
const withHttp = (settings: Partial<HttpSettings>) => providerOf(http, { http: settings });
const done: Reply = { body: { status: 'done' } };

test('any API may be polled without a token, and has reports where a query finds them', () => {
  expect(http).toMatchObject({
    title: 'HTTP API',
    requiredInputs: [],
    loginInputs: ['client-id', 'client-secret'],
    allowsAnonymous: true,
    optionalInputs: [
      ...['username', 'password', 'token-url', 'audience', 'scope', 'client-authentication'],
      ...['url', 'method', 'body', 'status-query', 'failure-query', 'transient-query'],
      ...['message-query', 'batch-id-query', 'file-path-query', 'link-query', 'progress-query'],
      ...['success-http-statuses', 'pending-http-statuses', 'failure-http-statuses'],
      ...['updated-at-query', 'not-before', 'cancel-url', 'cancel-method', 'cancel-body'],
    ],
  });
  expect(providerOf(http).provider.isConditional).toBe(true);
  expect(http.hasReports(providerSettings())).toBe(false);
  expect(http.hasReports(providerSettings({ http: { filePathQuery: 'file' } }))).toBe(true);
});

describe('credentials', () => {
  const headersWith = (
    token: string,
    changes: Parameters<typeof providerOf>[1] = {},
    headers: HttpSettings['headers'] = { 'X-Key': 'k', 'content-type': 'text/x' },
  ) => providerOf(http, { ...changes, http: { headers } }).provider.credentials(token);
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

  test('are the token beside the own headers, but for the type of the body', () => {
    expect(headersWith('t')).toEqual({ 'X-Key': 'k', Authorization: 'Bearer t' });
  });

  test('are user and password where there is no token', () => {
    expect(headersWith('')).toEqual({ 'X-Key': 'k', Authorization: basic('jane:pass-word') });
    expect(headersWith('', { password: '' })).toMatchObject({ Authorization: basic('jane:') });
    expect(headersWith('', { username: '' })).toMatchObject({ Authorization: basic(':pass-word') });
  });

  test('are none where there is neither', () => {
    expect(headersWith('', { username: '', password: '' })).toEqual({ 'X-Key': 'k' });
  });

  test('are those that the own headers hold', () => {
    const headers = { authorization: 'Key k' };
    expect(headersWith('t', {}, headers)).toEqual(headers);
  });
});

describe('a poll', () => {
  test('is the request that the workflow describes', async () => {
    const { poll, requests } = withHttp({
      url: 'jobs/{id}/status',
      method: 'POST',
      headers: { 'X-Key': 'k' },
      body: '{"job":"{id}"}',
    });
    expect(await poll([done], 'a"/1')).toMatchObject({ state: 'successful' });
    expect(requests).toEqual([
      {
        method: 'POST',
        url: new URL(`${root}/jobs/a%22%2F1/status`),
        headers: { 'X-Key': 'k' },
        body: '{"job":"a\\"/1"}',
      },
    ]);
  });

  test('has no body where none is described', async () => {
    const { poll, requests } = providerOf(http);
    await poll([done]);
    expect(requests[0]).not.toHaveProperty('body');
  });

  test('goes to the URL that the last response has named', async () => {
    const { poll, requests } = providerOf(http);
    await poll([done], 'job-1', new URL('https://acme.example/next'));
    expect(requests[0]?.url.href).toBe('https://acme.example/next');
  });

  test('goes to no other host than that of base-url', async () => {
    const { poll, requests } = withHttp({ url: '{+id}' });
    expect(await poll([done], 'https://evil.example/jobs/1')).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message:
        'the id of the job leads to evil.example, and credentials go to the host of base-url alone',
    });
    expect(requests).toEqual([]);
  });
});

describe('an id that stands in a URL as it is', () => {
  const pollOf = async (id: string) => {
    const { poll, requests } = withHttp({ url: '{+id}' });
    return { error: await poll([done], id), requests };
  };

  test.each(['https://jane@acme.example/jobs/1', 'https://:word@acme.example/jobs/1'])(
    'names no user: %s',
    async (id) => {
      const { error, requests } = await pollOf(id);
      expect(error).toMatchObject({
        reason: 'bad-response',
        message: 'the id of the job holds a user name or a password, which are not sent',
      });
      expect(requests).toEqual([]);
    },
  );

  test('has to make one', async () => {
    const { error, requests } = await pollOf('https://');
    expect(error).toMatchObject({
      reason: 'bad-response',
      message: expect.stringMatching(/^the id of the job fits into no request: /) as unknown,
    });
    expect(requests).toEqual([]);
  });
});

describe('the id of a job that was started', () => {
  test.each<[Reply, string]>([
    [{ headers: { location: '/jobs/7' }, body: { id: 8 } }, '/jobs/7'],
    [{ headers: { 'operation-location': '/jobs/7' }, body: { id: 8 } }, '/jobs/7'],
    [{ body: { id: 8 } }, '8'],
    [{ body: {} }, ''],
  ])('of %j is “%s”', ({ headers = {}, body }, id) => {
    const response = { url: new URL(root), status: 201, headers, body: JSON.stringify(body) };
    expect(providerOf(http).provider.startedId?.(response)).toBe(id);
  });
});

describe('a job is cancelled', () => {
  const headers = { 'X-Key': 'k', 'Content-Type': 'text/plain' };

  test('by no request where none is described', () => {
    expect(providerOf(http).provider.cancel).toBeUndefined();
  });

  test('by a request without a body, and so without its type', () => {
    const { provider } = withHttp({ cancelUrl: 'jobs/{id}', cancelMethod: 'DELETE', headers });
    expect(provider.cancel?.('a/1')).toEqual({
      method: 'DELETE',
      url: new URL(`${root}/jobs/a%2F1`),
      headers: { 'X-Key': 'k' },
    });
  });

  test('by a request with a body, which is JSON', () => {
    const { provider } = withHttp({ cancelUrl: 'cancel', cancelBody: '{"id":"{id}"}' });
    expect(provider.cancel?.('a"1')).toEqual({
      method: 'POST',
      url: new URL(`${root}/cancel`),
      headers: { 'Content-Type': 'application/json' },
      body: '{"id":"a\\"1"}',
    });
  });

  test('by a request with a body of the type that the headers say', () => {
    const { provider } = withHttp({ cancelUrl: 'cancel', cancelBody: 'x', headers });
    expect(provider.cancel?.('1').headers).toEqual(headers);
  });

  test('at no other host than that of base-url', () => {
    const { provider } = withHttp({ cancelUrl: '{+id}' });
    expect(() => provider.cancel?.('https://evil.example/')).toThrow('leads to evil.example');
  });
});

describe('a login', () => {
  test('asks for the credentials of a client', async () => {
    const { logIn, requests } = providerOf(http, { tokenUrl: 'https://login.example/t' });
    expect(await logIn([{ body: { access_token: 'a' } }])).toEqual({ value: 'a' });
    expect(requests).toEqual([
      {
        method: 'POST',
        url: new URL('https://login.example/t'),
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          Authorization: `Basic ${Buffer.from('client:client-secret').toString('base64')}`,
        },
        body: 'grant_type=client_credentials',
      },
    ]);
  });

  test('names audience and scope where they are given', async () => {
    const { logIn, requests } = providerOf(http, {
      tokenUrl: 'https://login.example/t',
      audience: 'a',
      scope: 's t',
    });
    await logIn([{ body: { access_token: 'a' } }]);
    expect(requests[0]?.body).toBe('grant_type=client_credentials&audience=a&scope=s+t');
  });
});

describe('a success without a link', () => {
  const settings = { filePathQuery: 'file' };

  test('waits for the link within the grace', async () => {
    expect(await withHttp(settings).poll([done])).toMatchObject({
      state: 'successful',
      needsGrace: true,
      note: '`file-path-query` finds no link yet',
      warning: 'done, but `file-path-query` finds no link',
      hint: 'Check `file-path-query`; the response is {status: string}',
    });
  });

  test('is called finished where the response has no status', async () => {
    const httpStatuses = { successful: [200], pending: [], failed: [] };
    expect(await withHttp({ ...settings, httpStatuses }).poll([{ body: {} }])).toMatchObject({
      warning: 'finished, but `file-path-query` finds no link',
    });
  });

  test.each<[string, Partial<HttpSettings>, unknown]>([
    ['there is a link', settings, { status: 'done', file: '/r.csv' }],
    ['nothing finds links', {}, { status: 'done' }],
    ['the job has failed', settings, { status: 'failed' }],
    ['the job is pending', settings, { status: 'running' }],
  ])('waits for nothing where %s', async (_, changes, body) => {
    expect(await withHttp(changes).poll([{ body }])).not.toHaveProperty('needsGrace');
  });

  test('waits for the link where the response to the start is judged, too', () => {
    const { provider } = withHttp(settings);
    const body = JSON.stringify({ status: 'done' });
    const response = { url: new URL(root), status: 200, headers: {}, body };
    expect(provider.judge?.(response, 'job-1')).toMatchObject({ needsGrace: true });
  });
});

describe('a pending response that names another URL', () => {
  const httpStatuses = { successful: [200], pending: [202], failed: [] };
  const moved = (location: string, name = 'location'): Reply => ({
    status: 202,
    headers: { [name]: location },
  });
  const nextUrl = async (reply: Reply, changes: Partial<HttpSettings> = {}) => {
    const result = await withHttp({ httpStatuses, ...changes }).poll([reply]);
    expect(result).toHaveProperty('state');
    return (result as { nextPollUrl?: URL }).nextPollUrl?.href;
  };

  test.each(['location', 'operation-location'])('by %s is followed', async (name) => {
    expect(await nextUrl(moved('../2?v=1', name))).toBe('https://acme.example/root/2?v=1');
  });

  test('of 8,000 characters is followed, a longer one is not', async () => {
    expect(await nextUrl(moved(`/${'a'.repeat(7999)}`))).toHaveLength(8020);
    expect(await nextUrl(moved(`/${'a'.repeat(8000)}`))).toBeUndefined();
  });

  test.each<[string, Reply, Partial<HttpSettings>]>([
    ['to another host', moved('https://evil.example/2'), {}],
    ['with a user', moved('https://user@acme.example/2'), {}],
    ['with a password', moved('https://:word@acme.example/2'), {}],
    ['that is no URL', moved('https://'), {}],
    ['under another HTTP status', { ...moved('/2'), status: 200, body: { status: 'running' } }, {}],
    ['to a POST', moved('/2'), { method: 'POST' }],
    [
      'where no HTTP status means success',
      moved('/2'),
      { httpStatuses: { ...httpStatuses, successful: [] } },
    ],
    ['which is none', { status: 202 }, {}],
    ['of a job that has ended', { ...moved('/2'), body: { status: 'done' } }, {}],
  ])('%s is not followed', async (_, reply, changes) => {
    expect(await nextUrl(reply, changes)).toBeUndefined();
  });
});

test('an id that could change a body of an unknown type is refused', async () => {
  const { provider } = withHttp({ body: 'id={id}', headers: { 'Content-Type': 'text/x' } });
  const error: unknown = await provider
    .poll('a"b', () => Promise.reject(new Error('sent')))
    .catch((thrown: unknown) => thrown);
  expect(errorFields(error).message).toContain('neither JSON, form nor XML');
});
