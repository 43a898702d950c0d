import { describe, expect, test } from '@jest/globals';
import { apiServer, done, running, type Given } from '../../support/api-server.js';
import { makeFolder, removeFolder, signalAfter, stopSignals } from '../../support/system.js';

const { run, asked, lines, url } = apiServer();

describe('the request', () => {
  test('is a GET of url without credentials where none are given', async () => {
    const { exitCode } = await run({});
    expect(exitCode).toBe(0);
    expect(lines()).toEqual(['GET /jobs/job-1']);
    expect(asked[0]?.headers).not.toHaveProperty('authorization');
  });

  test('has the id percent-encoded', async () => {
    await run({ 'request-id': 'a/b c?d#ü' });
    expect(lines()).toEqual(['GET /jobs/a%2Fb%20c%3Fd%23%C3%BC']);
  });

  test('has the id as it is where url says so', async () => {
    await run({ url: `${url()}/v1/{+id}`, 'request-id': 'operations/17' });
    expect(lines()).toEqual(['GET /v1/operations/17']);
  });

  test('goes to an id that is a URL on the host of base-url', async () => {
    await run({ url: '{+id}', 'base-url': url(), 'request-id': `${url()}/operations/17?v=1` });
    expect(lines()).toEqual(['GET /operations/17?v=1']);
  });

  test('has the id escaped in a JSON body', async () => {
    await run({ method: 'post', body: '{"job":"{id}"}', 'request-id': 'a"b\\c' });
    expect(asked[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ job: 'a"b\\c' });
  });

  test('has the id escaped in a form', async () => {
    const headers = 'Content-Type: application/x-www-form-urlencoded';
    await run({ method: 'POST', headers, body: 'job={id}', 'request-id': 'a&b=c d' });
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({ job: 'a&b=c d' });
  });

  test('lies below base-url where url is a path', async () => {
    await run({ url: '/jobs/{id}', 'base-url': `${url()}/prefix/` });
    expect(lines()).toEqual(['GET /prefix/jobs/job-1']);
  });
});

describe('credentials', () => {
  test('are the token as a bearer token', async () => {
    await run({ token: 'a-token' });
    expect(asked[0]?.headers.authorization).toBe('Bearer a-token');
  });

  test('are what headers say, if they say anything', async () => {
    await run({ token: 'a-token', headers: 'authorization: SSWS an-api-key' });
    expect(asked[0]?.headers.authorization).toBe('SSWS an-api-key');
  });

  test('are a user name and a password where no token-url is given', async () => {
    await run({ username: 'agent', password: 'pass status' });
    const pair = Buffer.from('agent:pass status').toString('base64');
    expect(asked[0]?.headers.authorization).toBe(`Basic ${pair}`);
  });

  test('are a token of OAuth 2 where token-url is given, renewed after a 401', async () => {
    const { exitCode } = await run(
      { 'token-url': `${url()}/token`, 'client-id': 'client:1', 'client-secret': 'se cret' },
      ({ line }, number) =>
        line === 'POST /token'
          ? { body: { access_token: `issued-${number}`, expires_in: 3600 } }
          : number < 3
            ? { status: 401 }
            : done,
    );
    expect(exitCode).toBe(0);
    expect(lines()).toEqual(['POST /token', 'GET /jobs/job-1', 'POST /token', 'GET /jobs/job-1']);
    const pair = Buffer.from('client%3A1:se%20cret').toString('base64');
    expect(asked[0]).toMatchObject({
      headers: { authorization: `Basic ${pair}` },
      body: 'grant_type=client_credentials',
    });
    expect(asked[3]?.headers.authorization).toBe('Bearer issued-3');
  });

  test('that are refused end the wait', async () => {
    const { exitCode, outputs } = await run({ token: 'a-token' }, [{ status: 401 }]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
    expect(asked).toHaveLength(1);
  });

  test('in headers open the report at the same host as well', async () => {
    const workspace = await makeFolder('http');
    const { exitCode } = await run(
      {
        headers: 'X-Api-Key: key-5ca1ab1e\nContent-Type: application/json',
        'file-path-query': 'file',
        'download-path': 'report.csv',
      },
      ({ line }) => ({
        body: line.includes('/files/') ? 'a,b' : { status: 'done', file: '/files/1' },
      }),
      { env: { GITHUB_WORKSPACE: workspace } },
    );
    await removeFolder(workspace);
    expect(exitCode).toBe(0);
    expect(lines()).toEqual(['GET /jobs/job-1', 'GET /files/1']);
    expect(asked[1]?.headers['x-api-key']).toBe('key-5ca1ab1e');
    expect(asked[1]?.headers).not.toHaveProperty('content-type');
  });

  test('may be a password alone', async () => {
    await run({ password: 'personal-token' });
    const pair = Buffer.from(':personal-token').toString('base64');
    expect(asked[0]?.headers.authorization).toBe(`Basic ${pair}`);
  });

  test('in headers are hidden in their parts, too', async () => {
    const headers = 'Authorization: Zoho-oauthtoken 1000.5ca1ab1e\nCookie: sid=top5ca1ab1e; a=b';
    const { outputs } = await run({ headers }, [
      { status: 400, body: { message: 'sid top5ca1ab1e of 1000.5ca1ab1e has ended' } },
    ]);
    expect(outputs.message).toBe('HTTP 400: sid *** of *** has ended');
  });

  test('in headers that are too short to be any leave the outputs alone', async () => {
    const headers = 'X-Partition-Key: a\nX-Api-Key-Version: 2';
    const { outputs } = await run({ headers, 'file-path-query': 'file' }, [
      { body: { status: 'done', file: '/reports/data-2.csv' } },
    ]);
    expect(outputs.filePath).toBe('/reports/data-2.csv');
  });

  test('in headers are hidden, with and without the status before them', async () => {
    const headers = 'X-Api-Key: key-5ca1ab1e\nAuthorization: Token tok-5ca1ab1e\nX-Plain: plain';
    const { stdout, outputs } = await run({ headers }, [
      { body: { status: 'done', echo: ['key-5ca1ab1e', 'tok-5ca1ab1e', 'plain'] } },
    ]);
    expect(stdout).toContain('::add-mask::key-5ca1ab1e\n');
    expect(stdout).toContain('::add-mask::tok-5ca1ab1e\n');
    expect(stdout).not.toContain('::add-mask::plain');
    expect(outputs.response).not.toContain('5ca1ab1e');
    expect(outputs.response).toContain('plain');
  });
});

describe('bad inputs are named before any request:', () => {
  test.each([
    ['no url', { url: '' }, '`url` is empty'],
    ['a url that is none', { url: 'https://' }, '`base-url` is empty'],
    ['a url over plain http', { url: 'http://api.example/{id}' }, 'must begin with https://'],
    [
      'an id that is a URL, without base-url',
      { url: '{+id}', 'request-id': 'https://api.example/1' },
      '`base-url` is empty',
    ],
    [
      'an id that is a URL elsewhere',
      { url: '{+id}', 'base-url': 'https://api.example', 'request-id': 'https://evil.example/1' },
      '`url` leads to evil.example for the job “https://evil.example/1”; credentials go to the host of base-url (api.example) alone',
    ],
    [
      'an id that takes over the host',
      {
        url: 'https://api.example{+id}',
        'base-url': 'https://api.example',
        'request-id': '.evil.example/1',
      },
      '`url` leads to api.example.evil.example',
    ],
    [
      'a cancel-url elsewhere',
      { 'cancel-url': 'https://evil.example/{id}' },
      '`cancel-url` leads to evil.example',
    ],
    ['an unknown method', { method: 'BREW' }, '`method` “BREW” is none of GET, POST'],
    [
      'a query that ends too early',
      { 'status-query': 'data.status[' },
      '`status-query` “data.status[” is not a JMESPath query: it cannot be parsed at position 12 (“[”)',
    ],
    [
      'a query with an odd sign',
      { 'failure-query': 'errors && %' },
      'is not a JMESPath query: it cannot be parsed at position 8 (“',
    ],
    [
      'a header that is none',
      { headers: 'X-One: 1\nno colon' },
      '`headers` has a line, number 2, that is not “Name: value”',
    ],
    ['a header with a bad name', { headers: 'X One: 1' }, 'that is not “Name: value”'],
    [
      'a hop-by-hop header',
      { headers: 'Transfer-Encoding: chunked' },
      'must not set Transfer-Encoding',
    ],
    ['the host', { headers: 'Host: evil.example' }, 'must not set Host'],
    ['a header that comes twice', { headers: 'X-A: 1\nx-a: 2' }, 'sets x-a twice'],
    ['a header with an odd sign', { headers: 'X-Key: geheimes-ü' }, 'has in X-Key a character'],
    [
      'a client without token-url',
      { 'client-id': 'client-17', 'client-secret': 'client-secret-17' },
      '`token-url` is empty',
    ],
    ['a token-url without a client', { 'token-url': 'https://t.example' }, '`client-id` is empty'],
  ])('%s', async (_, inputs: Record<string, string>, message) => {
    const { exitCode, outputs, log } = await run(inputs);
    expect(exitCode).toBe(1);
    expect(outputs.reason).toBe('bad-input');
    expect(log).toContain(message);
    expect(log).not.toMatch(/geheimes|hunter2pw/);
    expect(asked).toEqual([]);
  });
});

describe('the response', () => {
  const judge = (body: unknown, inputs: Record<string, string> = {}, given: Given = {}) =>
    run({ timeout: '0', ...inputs }, [{ ...given, body }]);

  test.each([
    ['a known status', { status: 'DONE' }, {}, 'Successful'],
    ['a known status of failure', { status: 'timed_out' }, {}, 'Failure'],
    ['a known status of both', { status: 'Completed with errors' }, {}, 'PartialSuccess'],
    ['a number', { status: 3 }, { 'success-statuses': '3' }, 'Successful'],
    ['true', { ready: true }, { 'status-query': 'ready' }, 'Successful'],
    ['false', { ready: false }, { 'status-query': 'ready' }, 'Pending'],
    [
      'a list that has finished',
      { s: ['done', 'ok'] },
      { 'status-query': 's', 'success-statuses': 'ok' },
      'Successful',
    ],
    [
      'a list with one that goes on',
      { s: ['done', 'running'] },
      { 'status-query': 's' },
      'Pending',
    ],
    [
      'a list with mixed ends',
      { s: ['done', 'failed'] },
      { 'status-query': 's' },
      'PartialSuccess',
    ],
    ['a list of failures', { s: ['failed', 'error'] }, { 'status-query': 's' }, 'Failure'],
    ['a list with a gap', { a: 'running' }, { 'status-query': '[a, b]' }, 'Pending'],
    ['a negative number', { status: -1 }, { 'success-statuses': '1' }, 'Pending'],
    [
      'a failure beside a good status',
      { status: 'done', error: 'x' },
      { 'failure-query': 'error' },
      'Failure',
    ],
    [
      'an empty failure',
      { status: 'done', errors: [] },
      { 'failure-query': 'errors' },
      'Successful',
    ],
  ])('with %s', async (_, body, inputs: Record<string, string>, status) => {
    const { outputs } = await judge(body, inputs);
    expect(outputs.status).toBe(status);
  });

  test('gives what the queries find', async () => {
    const body = {
      job: {
        phase: 'done',
        note: ['one', { two: 2 }],
        batch: 17,
        links: [{ href: 'https://x.example/a?b=c' }],
      },
    };
    const { outputs } = await judge(body, {
      'status-query': 'job.phase',
      'message-query': 'job.note',
      'batch-id-query': 'job.batch',
      'file-path-query': 'job.links[0].href',
    });
    expect(outputs).toMatchObject({
      providerStatus: 'done',
      message: 'one; {"two":2}',
      batchId: '17',
      filePath: 'https://x.example/a?b=c',
    });
  });

  test.each([
    ['empty', ''],
    ['cut off', '{"status":"do'],
    ['a page', '<html><title>Sign in</title></html>'],
    ['plain text', 'RUNNING'],
  ])('that is %s is asked for again, whatever its HTTP status', async (_, body) => {
    const { exitCode, outputs, log } = await run({}, [{ body }, done]);
    expect(exitCode).toBe(0);
    expect(outputs.status).toBe('Successful');
    expect(asked).toHaveLength(2);
    expect(log).toMatch(/the response is not JSON: .*; polling again in/);
  });

  test('with an object for a status ends the wait and says what was found', async () => {
    const { exitCode, outputs } = await judge({ status: { phase: 'Running' } });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
    expect(outputs.message).toMatch(/status-query “status” finds \{phase: string\}/);
  });

  test.each([
    ['status-query', "length(jobs[?state!='done']) == `0`"],
    ['message-query', "join(', ', errors)"],
  ])('with an HTTP error is not judged by %s', async (name, query) => {
    const { exitCode } = await run({ [name]: query, 'success-statuses': 'done' }, [
      { status: 503, body: { error: 'hiccup' } },
      { body: { status: 'done', jobs: [{ state: 'done' }], errors: [] } },
    ]);
    expect(exitCode).toBe(0);
    expect(asked).toHaveLength(2);
  });

  test('that is a list of other things than statuses is not told at length', async () => {
    const items = Array.from({ length: 5000 }, (_, index) => `id-${index}`);
    const { log } = await judge({ items }, { 'status-query': 'items' });
    expect(log.split('\n').length).toBeLessThan(40);
  });

  test('HTTP 304 that was not asked for is asked for again', async () => {
    const { exitCode } = await run({}, [{ status: 304 }, done]);
    expect(exitCode).toBe(0);
    expect(asked).toHaveLength(2);
  });

  test('that is a redirect is not followed', async () => {
    const { exitCode, outputs } = await run({ token: 'a-token' }, [
      { status: 302, headers: { Location: '/elsewhere' } },
    ]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
    expect(lines()).toEqual(['GET /jobs/job-1']);
  });

  test('with an HTTP error is an error of the poll, with the statuses of the API', async () => {
    const { outputs } = await judge({ error: { message: 'no such job' } }, {}, { status: 400 });
    expect(outputs).toMatchObject({
      status: 'Error',
      reason: 'rejected',
      message: 'HTTP 400: no such job',
    });
  });

  test('tells its status with debug on, each time', async () => {
    const { log } = await run({}, [running, running, done], { env: { RUNNER_DEBUG: '1' } });
    expect(log.match(/^::debug::The status is .*/gm)).toEqual([
      '::debug::The status is “running”',
      '::debug::The status is “running”',
      '::debug::The status is “done”',
    ]);
  });
});

describe('a response with a tag', () => {
  const tagged = { headers: { ETag: '"v1"' }, body: { status: 'running', note: 'half' } };

  test('is asked whether it still holds, and 304 means that it does', async () => {
    const { exitCode, outputs } = await run({ 'message-query': 'note' }, [
      tagged,
      { status: 304 },
      { status: 304 },
      done,
    ]);
    expect(exitCode).toBe(0);
    expect(outputs.status).toBe('Successful');
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([
      undefined,
      '"v1"',
      '"v1"',
      '"v1"',
    ]);
  });

  test('keeps its status and its body in the outputs over a 304', async () => {
    const { outputs } = await run({ timeout: '0.2s' }, [tagged, { status: 304 }]);
    expect(outputs).toMatchObject({ status: 'Pending', providerStatus: 'running' });
    expect(JSON.parse(outputs.response ?? '')).toEqual(tagged.body);
  });

  test('is not asked so by POST', async () => {
    await run({ method: 'POST', body: '{}' }, [tagged, done]);
    expect(asked[1]?.headers).not.toHaveProperty('if-none-match');
  });
});

describe('cancel-url', () => {
  const cancel = () => ({ 'cancel-url': `${url()}/jobs/{id}/stop`, token: 'a-token' });
  const cancelled = () => asked.filter(({ line }) => line.includes('/stop'));

  test('is sent once, with the credentials, when time runs out', async () => {
    const { exitCode, outputs, log } = await run({ ...cancel(), timeout: '0.3s' }, [running]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Pending', reason: 'timed-out' });
    expect(cancelled().map(({ line }) => line)).toEqual(['POST /jobs/job-1/stop']);
    expect(cancelled()[0]?.headers.authorization).toBe('Bearer a-token');
    expect(log).toMatch(/the provider was asked to cancel the job: HTTP 200/);
  });

  test.each(stopSignals)('is sent on %s', async (signal) => {
    const { onLog } = signalAfter('running', signal);
    const inputs = { ...cancel(), 'cancel-method': 'DELETE' };
    const { exitCode, outputs } = await run(inputs, [running], { onLog });
    expect(exitCode).toBe(1);
    expect(outputs.reason).toBe('cancelled');
    expect(cancelled().map(({ line }) => line)).toEqual(['DELETE /jobs/job-1/stop']);
  });

  test.each([
    ['on-timeout: continue', { timeout: '0.2s', 'on-timeout': 'continue' }, [running]],
    ['timeout: 0', { timeout: '0' }, [running]],
    ['a job that has finished', {}, [done]],
    ['a job that has failed', {}, [{ body: { status: 'failed' } }]],
    ['credentials that are refused', {}, [{ status: 403 }]],
  ])('is not sent for %s', async (_, inputs: Record<string, string>, responses: Given[]) => {
    await run({ ...cancel(), ...inputs }, responses);
    expect(asked.length).toBeGreaterThan(0);
    expect(cancelled()).toEqual([]);
  });

  test('is sent for the unfinished jobs alone', async () => {
    await run({ ...cancel(), 'request-id': 'one\ntwo', timeout: '0.3s' }, ({ line }) =>
      line.includes('one') ? done : running,
    );
    expect(cancelled().map(({ line }) => line)).toEqual(['POST /jobs/two/stop']);
  });

  test('has neither body nor type of the poll', async () => {
    await run({ ...cancel(), method: 'POST', body: '{"job":"{id}"}', timeout: '0.2s' }, [running]);
    expect(cancelled()[0]?.headers).not.toHaveProperty('content-type');
    expect(cancelled()[0]?.body).toBe('');
  });

  test('that is not responded is given up after three seconds', async () => {
    const { outputs, log, ms } = await run({ ...cancel(), timeout: '0.2s' }, ({ line }) =>
      line.includes('/stop') ? { status: 0 } : running,
    );
    expect(outputs.reason).toBe('timed-out');
    expect(log).toMatch(
      /could not be asked to cancel the job: no complete response from .* within/,
    );
    expect(ms).toBeLessThan(6000);
  });

  test('that fails changes nothing but a line in the log', async () => {
    const { exitCode, outputs, log } = await run({ ...cancel(), timeout: '0.2s' }, ({ line }) =>
      line.includes('/stop') ? { status: 500 } : running,
    );
    expect(exitCode).toBe(1);
    expect(outputs.reason).toBe('timed-out');
    expect(log).toMatch(/the provider did not accept the cancel request: HTTP 500/);
  });
});
