import { describe, expect, test } from '@jest/globals';
import { apiServer, done, running, type Given } from '../../support/api-server.js';

const { run, asked, lines, url } = apiServer();
const elsewhere = apiServer();

type Inputs = Record<string, string>;
const accepted: Given = { status: 202, body: '' };
const html = { 'Content-Type': 'text/html; charset=utf-8' };
const page = '<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Hi</body></html>';

describe('a 2xx response without a status', () => {
  const bodies: [string, unknown][] = [
    ['an empty object', {}],
    ['an empty list', []],
    ['null', null],
    ['a status of null', { status: null }],
    ['an empty status', { status: ' ' }],
    ['an empty list of statuses', { status: [] }],
    ['a list of nothing', { status: [null, ''] }],
    ['the status under another key', { State: 'done', Status: 'done' }],
    ['an error', { error: { code: 17, message: 'no such job' } }],
    ['a failure in words', { success: false, message: 'session expired' }],
    ['nothing found', { data: { node: null } }],
    ['JSON inside a text', JSON.stringify('{"status":"done"}')],
  ];

  test.each(bodies)('is no success: %s', async (_, body) => {
    const text = body === null ? 'null' : body;
    const { exitCode, outputs } = await run({ timeout: '0' }, [{ body: text }]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response', providerStatus: '' });
    expect(outputs.message).toContain('HTTP 200 has no status at `status-query` “status”');
    expect(asked).toHaveLength(4);
  });

  test.each(bodies.slice(0, 5))('is no success after a pending one: %s', async (_, body) => {
    const { exitCode, outputs } = await run({ timeout: '1.5s' }, [
      running,
      { body: body === null ? 'null' : body },
    ]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({
      status: 'Pending',
      reason: 'timed-out',
      providerStatus: 'running',
    });
    expect(asked.length).toBeGreaterThan(2);
  });

  test.each(bodies.slice(0, 5))(
    'is no unknown status for on-unknown-status: fail: %s',
    async (_, body) => {
      const inputs = { timeout: '0', 'on-unknown-status': 'fail' };
      const { exitCode, outputs } = await run(inputs, [{ body: body === null ? 'null' : body }]);
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
      expect(asked).toHaveLength(4);
    },
  );

  test.each([
    ['a projection that finds nothing', { jobs: [] }, { 'status-query': 'jobs[].state' }],
    [
      'a build that has no result yet',
      { building: false, result: null },
      { 'status-query': "building && 'running' || result" },
    ],
    ['the old word for no status', {}, { 'status-query': '`null`' }],
  ])('is no success: %s', async (_, body, inputs: Inputs) => {
    const { exitCode, outputs } = await run({ timeout: '0', ...inputs }, [{ body }]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
  });

  test('is polled again, and the status that comes then counts', async () => {
    const { exitCode, log } = await run({}, [{ body: {} }, running, { body: {} }, done]);
    expect(exitCode).toBe(0);
    expect(log.match(/has no status at .*; polling again in/g)).toHaveLength(2);
    expect(asked).toHaveLength(4);
  });

  test('is pending where it is HTTP 202', async () => {
    const { outputs, log } = await run({ timeout: '0' }, [{ status: 202, body: { id: 17 } }]);
    expect(outputs).toMatchObject({ status: 'Pending', reason: 'timed-out' });
    expect(log).not.toContain('has no status');
    expect(asked).toHaveLength(1);
  });

  test('is pending where the query says so', async () => {
    const inputs = { 'status-query': "status || 'pending'" };
    const { exitCode, log } = await run(inputs, [{ body: {} }, { body: {} }, done]);
    expect(exitCode).toBe(0);
    expect(log).not.toContain('::warning');
    expect(asked).toHaveLength(3);
  });

  test('shows its shape once, none of its values, and how to go on', async () => {
    const body = { phase: 'value-1', items: [{ id: 7 }], at: null };
    const { log } = await run({}, [{ body }, { body }, { body: { ...body, more: 1 } }, done]);
    expect(log.match(/^::warning.*The response is .*$/gm)).toEqual([
      expect.stringMatching(
        /The response is \{phase: string, items: \[\{id: number\} × 1\], at: null\}\..*`status \|\| 'pending'`/,
      ),
    ]);
    expect(log).not.toContain('value-1');
  });

  test.each([
    ['state', { State: 'running' }, 'State'],
    ['status', { data: { Job: { Status: 'running' } } }, 'data.Job.Status'],
    ['jobState', { 'job-state': 'running' }, '"job-state"'],
  ])('suggests where %s is found in %j', async (query, body, suggestion) => {
    const inputs = { timeout: '0', 'status-query': query };
    const { outputs, log } = await run(inputs, [{ body }]);
    const hint = `Is \`${suggestion}\` the status? Then set \`status-query: ${suggestion}\``;
    expect(outputs.message).toContain(hint);
    expect(log.split('\n').filter((line) => line.startsWith('::warning'))).toEqual([
      expect.stringContaining(hint),
    ]);
    const mended = await run({ timeout: '0', 'status-query': suggestion }, [{ body }]);
    expect(mended.outputs.status).toBe('Pending');
  });
});

test.each([
  ['a number', { status: 0 }, { 'success-statuses': '0' }],
  ['true', { status: true }, {}],
  ['padded', { status: '  done ' }, {}],
  ['nested', { a: [{ b: { c: 'done' } }] }, { 'status-query': 'a[0].b.c' }],
])('a status that is %s is evidence', async (_, body, inputs: Inputs) => {
  const { exitCode, outputs } = await run({ timeout: '0', ...inputs }, [{ body }]);
  expect(exitCode).toBe(0);
  expect(outputs.status).toBe('Successful');
  expect(asked).toHaveLength(1);
});

describe('success-http-statuses', () => {
  const listed = { 'success-http-statuses': '200, 201\n204' };

  test.each<[string, Given]>([
    ['an empty 200 that claims to be HTML', { status: 200, headers: html, body: '' }],
    ['an empty 201 that claims to be JSON', { status: 201, body: '' }],
    ['a 204', { status: 204, body: '' }],
    ['XML', { headers: { 'Content-Type': 'application/xml' }, body: '<report><a/></report>' }],
    ['NDJSON', { body: '{"a":1}\n{"a":2}\n' }],
    ['CSV', { headers: { 'Content-Type': 'text/csv' }, body: 'a,b\n1,2\n' }],
    ['PDF', { headers: { 'Content-Type': 'application/pdf' }, body: Buffer.from('%PDF-1.7\xff') }],
    ['any JSON', { body: { rows: [1, 2] } }],
    ['JSON null', { body: 'null' }],
  ])('make a success of %s', async (_, response) => {
    const { exitCode, outputs, log } = await run(listed, [accepted, accepted, response]);
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'Successful', reason: '', providerStatus: '' });
    expect(log).not.toContain('::warning');
    expect(lines()).toEqual(Array.from({ length: 3 }, () => 'GET /jobs/job-1'));
  });

  test.each<[string, Given]>([
    ['an HTML page', { headers: html, body: page }],
    ['an HTML page that claims to be JSON', { body: page }],
    [
      'an XHTML page that claims to be XML',
      {
        headers: { 'Content-Type': 'application/xml' },
        body: `<?xml version="1.0"?>\n<!-- generated -->\n${page}`,
      },
    ],
    ['any text of the type HTML', { headers: html, body: 'Please sign in' }],
    ['JSON that is cut', { body: '{"rows":[1,' }],
    ['JSON in many lines that is cut', { body: '{\n  "rows": [\n    1,\n' }],
    ['NDJSON that is cut', { body: '{"a":1}\n{"a":' }],
  ])('make no success of %s', async (_, response) => {
    const { exitCode, outputs } = await run({ ...listed, timeout: '0' }, [response]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
    expect(asked).toHaveLength(4);
  });

  test('that are not set make nothing of an empty 200', async () => {
    const { exitCode, outputs } = await run({ timeout: '0' }, [
      { headers: { 'Content-Type': 'text/plain' }, body: '' },
    ]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
    expect(asked).toHaveLength(4);
  });

  test.each([
    ['a status of failure', { status: 'Failed' }, {}, 'Failure'],
    ['a pending status', { status: 'InProgress' }, {}, 'Pending'],
    ['a failure', { errors: ['x'] }, { 'failure-query': 'errors' }, 'Failure'],
    ['a status of success', { status: 'Succeeded' }, {}, 'Successful'],
  ])('do not outweigh %s in the body', async (_, body, inputs: Inputs, status) => {
    const { outputs } = await run({ ...listed, timeout: '0', ...inputs }, [{ body }]);
    expect(outputs.status).toBe(status);
    expect(asked).toHaveLength(1);
  });

  test('with timeout: 0 ask once', async () => {
    const { exitCode } = await run({ ...listed, timeout: '0' }, [{ status: 204, body: '' }]);
    expect(exitCode).toBe(0);
    expect(asked).toHaveLength(1);
  });

  test.each([404, 410])('with %i see the end of a deletion', async (status) => {
    const inputs = { 'success-http-statuses': '404, 410' };
    const { exitCode, outputs } = await run(inputs, [
      running,
      { status, body: { error: 'not found' } },
    ]);
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'Successful', reason: '' });
    expect(asked).toHaveLength(2);
  });

  test.each([
    [303, '/results/17?format=csv'],
    [302, '../results/17?format=csv'],
  ])('with %i take the Location on the same host as the report', async (status, location) => {
    const inputs = { 'success-http-statuses': String(status), token: 'a-token' };
    const { exitCode, outputs } = await run(inputs, [
      accepted,
      { status, headers: { Location: location }, body: '' },
    ]);
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({
      status: 'Successful',
      filePath: `${url()}/results/17?format=csv`,
    });
    expect(lines()).toEqual(['GET /jobs/job-1', 'GET /jobs/job-1']);
  });

  test.each<[string, () => string | undefined]>([
    ['to another host', () => `${elsewhere.url()}/results/17`],
    ['to a login page', () => '/accounts/login?next=/jobs/1'],
    ['that leads nowhere', () => undefined],
  ])('with 302 are no evidence for a redirect %s', async (_, location) => {
    const target = location();
    const { exitCode, outputs } = await run({ 'success-http-statuses': '302, 303' }, [
      { status: 302, headers: target === undefined ? {} : { Location: target }, body: '' },
    ]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response', filePath: '' });
    expect(asked).toHaveLength(1);
    expect(elsewhere.asked).toEqual([]);
  });
});

describe('pending-http-statuses', () => {
  test('make a 404 go on until the job is there', async () => {
    const inputs = { 'pending-http-statuses': '404', 'not-found-grace': '0' };
    const gone = { status: 404, body: { message: 'not yet' } };
    const { exitCode } = await run(inputs, [gone, gone, gone, gone, done]);
    expect(exitCode).toBe(0);
    expect(asked).toHaveLength(5);
  });

  test('replace the default', async () => {
    const inputs = { 'pending-http-statuses': '200', timeout: '0' };
    const { outputs } = await run(inputs, [{ body: {} }]);
    expect(outputs.status).toBe('Pending');
    const of202 = await run(inputs, [accepted]);
    expect(of202.outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
  });

  test('do not outweigh a status in the body', async () => {
    const { exitCode, outputs } = await run({}, [{ status: 202, body: { status: 'done' } }]);
    expect(exitCode).toBe(0);
    expect(outputs.providerStatus).toBe('done');
  });

  test('list 202 unless another list does', async () => {
    const { exitCode } = await run({ 'success-http-statuses': '202', timeout: '0' }, [accepted]);
    expect(exitCode).toBe(0);
    const failed = await run({ 'failure-http-statuses': '202', timeout: '0' }, [accepted]);
    expect(failed.outputs).toMatchObject({ status: 'Failure', reason: 'job-failed' });
  });
});

describe('failure-http-statuses', () => {
  test.each([408, 422, 404, 500])('make a failure of %i, with its message', async (status) => {
    const inputs = { 'failure-http-statuses': '408, 422, 404, 500' };
    const { exitCode, outputs } = await run(inputs, [
      running,
      { status, body: { message: 'statement timed out' } },
    ]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({
      status: 'Failure',
      reason: 'job-failed',
      message: 'statement timed out',
    });
    expect(asked).toHaveLength(2);
  });

  test('decide where a query cannot work on the body', async () => {
    const inputs = { 'failure-http-statuses': '422', 'message-query': "join(', ', errors)" };
    const { outputs } = await run(inputs, [{ status: 422, body: { message: 'bad rows' } }]);
    expect(outputs).toMatchObject({ status: 'Failure', message: 'bad rows' });
  });

  test('that list a 2xx do not outweigh a status in the body', async () => {
    const { exitCode } = await run({ 'failure-http-statuses': '200' }, [done]);
    expect(exitCode).toBe(0);
  });
});

describe('bad inputs are named before any request:', () => {
  test.each([
    [
      'a code in two lists',
      { 'success-http-statuses': '200, 404', 'failure-http-statuses': '404' },
      '`success-http-statuses` and `failure-http-statuses` both list 404',
    ],
    [
      'a code in two lists, one of them with more than the default',
      { 'success-http-statuses': '202', 'pending-http-statuses': '202, 404' },
      '`success-http-statuses` and `pending-http-statuses` both list 202',
    ],
    ['a code that is none', { 'success-http-statuses': '2xx' }, '“2xx” is not an HTTP status'],
    ['a code beyond 599', { 'pending-http-statuses': '600' }, '“600” is not an HTTP status'],
    [
      'not-before without updated-at-query',
      { 'not-before': '2026-11-25T10:00:00Z' },
      '`updated-at-query` and `not-before` go together',
    ],
    [
      'updated-at-query without not-before',
      { 'updated-at-query': 'updated' },
      '`updated-at-query` and `not-before` go together',
    ],
    [
      'a time that is none',
      { 'not-before': 'yesterday', 'updated-at-query': 'updated' },
      '`not-before` “yesterday” is not a time',
    ],
    ['cancel-body without cancel-url', { 'cancel-body': '{}' }, '`cancel-body` is not used'],
    [
      'a key that is read as a subtraction',
      { 'failure-query': 'error-message' },
      '`failure-query` “error-message” cannot be evaluated: error-message is a subtraction',
    ],
    [
      'a function that does not exist',
      { 'transient-query': 'errors[?starts(code)]' },
      '`transient-query` “errors[?starts(code)]” cannot be evaluated: Unknown function: starts()',
    ],
  ])('%s', async (_, inputs: Inputs, message) => {
    const { exitCode, outputs, log } = await run(inputs);
    expect(exitCode).toBe(1);
    expect(outputs.reason).toBe('bad-input');
    expect(log).toContain(message);
    expect(asked).toEqual([]);
  });
});

describe('a 202 that names another URL', () => {
  const listed = { 'success-http-statuses': '200', token: 'a-token' };
  const moved = (location: string, name = 'Location') => ({
    status: 202,
    headers: { [name]: location },
    body: '',
  });

  test.each(['Location', 'Operation-Location'])('by %s is followed', async (name) => {
    const { exitCode } = await run(listed, [
      moved('/operations/1', name),
      moved('2?v=1', name),
      accepted,
      { body: { rows: 1 } },
    ]);
    expect(exitCode).toBe(0);
    expect(lines()).toEqual([
      'GET /jobs/job-1',
      'GET /operations/1',
      'GET /operations/2?v=1',
      'GET /operations/2?v=1',
    ]);
    expect(asked[3]?.headers.authorization).toBe('Bearer a-token');
  });

  test('is not followed where success-http-statuses is not set', async () => {
    const { exitCode } = await run({}, [moved('/operations/1'), done]);
    expect(exitCode).toBe(0);
    expect(lines()).toEqual(['GET /jobs/job-1', 'GET /jobs/job-1']);
  });

  test('is not followed to another host', async () => {
    const { exitCode } = await run(listed, [moved(`${elsewhere.url()}/operations/1`), done]);
    expect(exitCode).toBe(0);
    expect(lines()).toEqual(['GET /jobs/job-1', 'GET /jobs/job-1']);
    expect(elsewhere.asked).toEqual([]);
  });

  test('is not followed by POST', async () => {
    await run({ ...listed, method: 'POST', body: '{}' }, [moved('/operations/1'), done]);
    expect(lines()).toEqual(['POST /jobs/job-1', 'POST /jobs/job-1']);
  });

  test('is followed for the job that it was given to alone', async () => {
    await run({ ...listed, 'request-id': 'one\ntwo' }, ({ line }) => {
      if (line === 'GET /jobs/one') return moved('/operations/1');
      return line === 'GET /jobs/two' && asked.length < 4 ? accepted : done;
    });
    expect(lines().filter((line) => line.includes('operations'))).toEqual(['GET /operations/1']);
    expect(lines().filter((line) => line.includes('one'))).toHaveLength(1);
  });

  test('does not give its tag to the response that follows', async () => {
    const tag = { ETag: 'W/"0-2jmj7l5rSw0yVb"' };
    const { exitCode } = await run({ 'success-http-statuses': '200' }, ({ headers }, number) => {
      if (headers['if-none-match'] !== undefined) return { status: 304 };
      return number < 3 ? { ...accepted, headers: tag } : { headers: tag, body: '' };
    });
    expect(exitCode).toBe(0);
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a list of statuses', () => {
  test.each([
    ['failed and partial', ['failed', 'partial'], 'Failure'],
    ['partial and successful', ['partial', 'done'], 'PartialSuccess'],
    ['failed, partial and successful', ['failed', 'partial', 'done'], 'PartialSuccess'],
    ['partial alone', ['partial', 'partial'], 'PartialSuccess'],
  ])('of %s', async (_, status, expected) => {
    const { exitCode, outputs } = await run({ timeout: '0' }, [{ body: { status } }]);
    expect(exitCode).toBe(1);
    expect(outputs.status).toBe(expected);
    expect(asked).toHaveLength(1);
  });
});

describe('not-before', () => {
  const body = (status: string, updated?: unknown) => ({ body: { status, updated } });
  const inputs = { 'updated-at-query': 'updated', 'not-before': '2026-11-25T10:00:00Z' };

  test('makes an end that is older pending, and lets a newer one be', async () => {
    const { exitCode, outputs, log } = await run(inputs, [
      body('failed', '2026-11-24T10:00:00Z'),
      body('running', '2026-11-25T10:00:01Z'),
      body('done', '2026-11-25T12:00:00+01:00'),
    ]);
    expect(exitCode).toBe(0);
    expect(outputs.providerStatus).toBe('done');
    expect(log).toContain('updated 2026-11-24T10:00:00Z, before not-before');
    expect(asked).toHaveLength(3);
  });

  test.each([
    ['seconds', 1_795_600_800, 'Successful'],
    ['milliseconds', 1_795_600_800_000, 'Successful'],
    ['old seconds', 1_600_000_000, 'Pending'],
  ])('understands %s since the epoch', async (_, updated, status) => {
    const { outputs } = await run({ ...inputs, timeout: '0' }, [body('done', updated)]);
    expect(outputs.status).toBe(status);
  });

  test('takes an end without a time as pending, warned of once', async () => {
    const { exitCode, log } = await run(inputs, [
      body('done'),
      body('done', 'a while ago'),
      body('done', '2026-11-25T10:00:00Z'),
    ]);
    expect(exitCode).toBe(0);
    expect(log.match(/^::warning.*“updated” finds no time/gm)).toHaveLength(1);
    expect(asked).toHaveLength(3);
  });

  test('holds for an HTTP status that is listed, too', async () => {
    const listed = { ...inputs, 'success-http-statuses': '200', timeout: '0' };
    const { outputs } = await run(listed, [{ body: { updated: '2026-11-24' } }]);
    expect(outputs.status).toBe('Pending');
  });
});

describe('a link that comes after the status', () => {
  const withLink = { body: { status: 'done', file: 'https://x.example/r.csv' } };
  const inputs = { 'file-path-query': 'file' };

  test('is waited for within not-found-grace', async () => {
    const { exitCode, outputs, log } = await run({ ...inputs, 'not-found-grace': '2s' }, [
      ...[done, done, done, done],
      withLink,
    ]);
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'Successful', filePath: 'https://x.example/r.csv' });
    expect(log).not.toContain('::warning');
    expect(asked).toHaveLength(5);
  });

  test('that never comes leaves a success with a warning, after three polls at least', async () => {
    const { exitCode, outputs, log } = await run({ ...inputs, interval: '0.2s' }, [done]);
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'Successful', filePath: '' });
    expect(log.match(/^::warning.*`file-path-query` finds no link/gm)).toHaveLength(1);
    expect(asked).toHaveLength(3);
  });

  test('is not waited for where the job has failed', async () => {
    const { outputs } = await run(inputs, [{ body: { status: 'failed' } }]);
    expect(outputs.status).toBe('Failure');
    expect(asked).toHaveLength(1);
  });
});
