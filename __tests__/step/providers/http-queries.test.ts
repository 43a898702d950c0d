import { describe, expect, test } from '@jest/globals';
import { apiServer, done, running } from '../../support/api-server.js';

const { run, asked, lines, url } = apiServer();
const cancelled = () => asked.filter(({ line }) => line.includes('/stop'));

describe('queries', () => {
  const refreshes = {
    value: [
      { requestId: 'job-0', status: 'Failed' },
      { requestId: 'job-1', status: 'Completed' },
      { requestId: 'job-2', status: 'Running' },
    ],
  };
  const listed = {
    url: '/refreshes',
    'status-query': "value[?requestId == $id].status | [0] || 'pending'",
  };

  test('see the id, so that one job can be found in a list', async () => {
    const inputs = { ...listed, 'base-url': url(), timeout: '0' };
    const { exitCode, outputs } = await run(inputs, [{ body: refreshes }]);
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'Successful', providerStatus: 'Completed' });
    expect(lines()).toEqual(['GET /refreshes']);
  });

  test('may give a default for a job that is not in the list yet', async () => {
    const inputs = { ...listed, 'base-url': url() };
    const { exitCode } = await run(inputs, [{ body: { value: [] } }, { body: refreshes }]);
    expect(exitCode).toBe(0);
    expect(asked).toHaveLength(2);
  });

  test('find nothing in a list without the job, which is no success', async () => {
    const query = { 'status-query': 'value[?requestId == $id].status | [0]', timeout: '0' };
    const { exitCode, outputs } = await run({ ...query, 'request-id': 'job-9' }, [
      { body: refreshes },
    ]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
    expect(asked).toHaveLength(4);
  });

  test('see the HTTP status', async () => {
    const inputs = { 'status-query': "$status == `206` && 'running' || 'done'" };
    const { exitCode } = await run(inputs, [{ status: 206 }, { status: 200 }]);
    expect(exitCode).toBe(0);
    expect(asked).toHaveLength(2);
  });

  test('see the headers by their names in lower case, also beside a body that is not JSON', async () => {
    const inputs = {
      'status-query': '$headers."x-job-state"',
      'file-path-query': '$headers.location',
    };
    const { exitCode, outputs } = await run(inputs, [
      { headers: { 'X-Job-State': 'running', 'Content-Type': 'text/plain' }, body: 'wait' },
      { headers: { 'X-Job-State': 'done', Location: '/files/17' }, body: '' },
    ]);
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ providerStatus: 'done', filePath: '/files/17' });
    expect(asked).toHaveLength(2);
  });
});

describe('a query that can work on no response is a bad input', () => {
  const subtraction = (query: string, key: string) =>
    `“${query}” cannot be evaluated: ${key} is a subtraction; write "${key}" for the key, or spaces around the minus`;
  test.each([
    ['error-message', subtraction('error-message', 'error-message')],
    ['a.b-c', subtraction('a.b-c', 'b-c')],
    ['$headers.x-state', subtraction('$headers.x-state', 'x-state')],
    [
      'job.error-2',
      '“job.error-2” is not a JMESPath query: it cannot be parsed at position 10 (“-2”); write "error-2" for the key',
    ],
    [
      'jobs.0.status',
      '“jobs.0.status” is not a JMESPath query: it cannot be parsed at position 5 (“.0.status”); see https://jmespath.org/tutorial.html',
    ],
    ['size(@)', '“size(@)” cannot be evaluated: Unknown function: size()'],
    [
      '$body.status',
      '“$body.status” cannot be evaluated: Error referencing undefined variable body',
    ],
  ])('%s', async (query, message) => {
    const names = ['status-query', 'failure-query', 'message-query', 'file-path-query'];
    const { exitCode, log, outputs } = await run(
      Object.fromEntries(names.map((name) => [name, query])),
    );
    expect(exitCode).toBe(1);
    for (const name of names) expect(log).toContain(`\`${name}\` ${message}`);
    expect(outputs.reason).toBe('bad-input');
    expect(lines()).toEqual([]);
  });

  test('its quoted form finds what was meant', async () => {
    const { outputs } = await run({ 'message-query': '"error-message"' }, [
      { body: { status: 'failed', 'error-message': 'no rows' } },
    ]);
    expect(outputs).toMatchObject({ status: 'Failure', message: 'no rows' });
  });
});

describe('digits above 2^53', () => {
  const id = '9007199254740993';
  const near = '9007199254740992';
  const json = (text: string) => [{ body: text }];

  test('are kept in a status', async () => {
    const inputs = { 'success-statuses': id, 'failure-statuses': near, timeout: '0' };
    const { exitCode, outputs } = await run(inputs, json(`{"status":${id}}`));
    expect(exitCode).toBe(0);
    expect(outputs.providerStatus).toBe(id);
  });

  test('are kept in the outputs and in a link', async () => {
    const inputs = {
      'batch-id-query': 'batch',
      'message-query': 'note.count',
      'file-path-query': "join('/', ['/files', to_string(file)])",
    };
    const { outputs } = await run(
      inputs,
      json(
        `{"status":"done","batch":${id},"file":-${id},"note":{"count":123456789012345678901234567890}}`,
      ),
    );
    expect(outputs).toMatchObject({
      batchId: id,
      filePath: `/files/-${id}`,
      message: '123456789012345678901234567890',
    });
    expect(outputs.response).toContain(`"batch":${id}`);
  });

  test.each(['$id', `\`${id}\``, `'${id}'`])('are compared with %s', async (wanted) => {
    const inputs = {
      'request-id': id,
      'status-query': `jobs[?id == ${wanted}].status | [0]`,
      timeout: '0',
    };
    const { exitCode, outputs } = await run(
      inputs,
      json(`{"jobs":[{"id":${near},"status":"failed"},{"id":${id},"status":"done"}]}`),
    );
    expect(exitCode).toBe(0);
    expect(outputs.status).toBe('Successful');
    expect(lines()).toEqual([`GET /jobs/${id}`]);
  });

  test('are left alone inside a text', async () => {
    const inputs = { 'message-query': 'note', timeout: '0' };
    const { outputs } = await run(inputs, json(`{"status":"done","note":"\\"n\\": ${id}, x"}`));
    expect(outputs.message).toBe(`"n": ${id}, x`);
  });
});

describe('{+id} directly behind the host', () => {
  test('stands for an id that begins with a slash', async () => {
    const { exitCode } = await run({ url: `${url()}{+id}`, 'request-id': '/operations/17?v=1' });
    expect(exitCode).toBe(0);
    expect(lines()).toEqual(['GET /operations/17?v=1']);
  });

  test.each([
    ['.evil.example/x', 'api.example.evil.example'],
    ['@evil.example/x', 'evil.example'],
    [':8443/x', 'api.example:8443'],
    ['x', 'api.examplex'],
  ])('is refused for the id %s with the host to which it leads', async (requestId, host) => {
    const inputs = { url: 'https://api.example{+id}', 'request-id': requestId, token: 'a-token' };
    const { exitCode, outputs, log } = await run(inputs);
    expect(exitCode).toBe(1);
    expect(outputs.reason).toBe('bad-input');
    expect(log).toContain(
      `\`url\` leads to ${host} for the job “${requestId}”; credentials go to the host of base-url (api.example) alone`,
    );
    expect(log).not.toContain('`base-url` is empty');
    expect(asked).toEqual([]);
  });
});

describe('cancel-body', () => {
  const inputs = () => ({
    'cancel-url': `${url()}/stop`,
    'cancel-body': '{"run_id": "{id}"}',
    'request-id': 'a"b\\c',
    timeout: '0.2s',
  });

  test('is sent as JSON with the id escaped', async () => {
    const { outputs } = await run({ ...inputs(), token: 'a-token' }, [running]);
    expect(outputs.reason).toBe('timed-out');
    expect(cancelled()).toHaveLength(1);
    expect(cancelled()[0]).toMatchObject({
      line: 'POST /stop',
      headers: { 'content-type': 'application/json', authorization: 'Bearer a-token' },
    });
    expect(JSON.parse(cancelled()[0]?.body ?? '')).toEqual({ run_id: 'a"b\\c' });
  });

  test('is sent as a form where headers say so', async () => {
    const form = {
      headers: 'content-type: application/x-www-form-urlencoded\nX-Key: key-5ca1ab1e',
      'cancel-body': 'run={id}',
      'request-id': 'a&b=c d',
    };
    await run({ ...inputs(), ...form }, [running]);
    expect(cancelled()[0]?.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'x-key': 'key-5ca1ab1e',
    });
    expect([...new URLSearchParams(cancelled()[0]?.body)]).toEqual([['run', 'a&b=c d']]);
  });

  test('is not sent where the job has ended', async () => {
    const { exitCode } = await run({ ...inputs(), timeout: '20s' }, [running, done]);
    expect(exitCode).toBe(0);
    expect(cancelled()).toEqual([]);
  });
});
