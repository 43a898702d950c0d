import { expect, test } from '@jest/globals';
import { providerTest, statuses, statusesInLog } from '../../support/provider.js';

const run = providerTest('safetychain');
const replies = (body: unknown) => ({ steps: [{ reply: { status: 200, body } }] });

test('a job goes through every pending status and ends Successful', async () => {
  const all = ['AwaitingProcess', 'Pending', 'Inprocess', 'Successful'];
  const { exitCode, outputs, log, requests, id } = await run({ steps: statuses(...all) });
  expect(exitCode).toBe(0);
  expect(statusesInLog(log)).toEqual(all);
  expect(outputs).toMatchObject({
    status: 'Successful',
    reason: '',
    providerStatus: 'Successful',
    batchId: id,
    filePath: '',
    message: '',
  });
  expect(requests).toHaveLength(4);
  expect(requests[3]).toMatchObject({
    line: 'POST /api/integration/GetBatchStatus',
    headers: { authorization: 'Bearer simulator-token', 'content-type': 'application/json' },
    body: JSON.stringify({ RequestId: id }),
  });
});

test('a job that ends with Failure fails the step', async () => {
  const { exitCode, outputs, log } = await run({ steps: statuses('Pending', 'Failure') });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Failure',
    reason: 'job-failed',
    providerStatus: 'Failure',
  });
  expect(log).toMatch(/^::error title=SafetyChain%3A job /m);
});

test('PartialSuccess fails the step', async () => {
  const { exitCode, outputs, log } = await run({ steps: statuses('PartialSuccess') });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'PartialSuccess', reason: 'partial-success' });
  expect(log).toMatch(/^::error /m);
});

test('PartialSuccess that is let pass warns and keeps the errors as its message', async () => {
  const steps = [{ status: 'PartialSuccess', errors: ['2 of 5 records failed'] }];
  const { exitCode, outputs, log } = await run({ steps }, { 'on-partial-success': 'continue' });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({
    status: 'PartialSuccess',
    reason: 'partial-success',
    message: '2 of 5 records failed',
  });
  expect(log).toMatch(/^::warning .*2 of 5 records failed/m);
  expect(log).not.toContain('::error');
});

test('a RequestError decides where there is no RequestStatus', async () => {
  const { exitCode, outputs, log, requests, id } = await run({
    steps: [{ errors: ['Invalid Request'] }],
  });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Failure',
    reason: 'job-failed',
    providerStatus: '',
    batchId: id,
    message: 'Invalid Request',
  });
  expect(log).toMatch(/^::error .*Invalid Request/m);
  expect(requests).toHaveLength(1);
});

test.each([
  ['an object', { ErrorMessage: 'Object Reference Error' }, 'Object Reference Error'],
  ['a list', [{ FieldName: 'Path', ErrorMessage: 'not found' }], 'Path: not found'],
  ['a text', 'Object Reference Error', 'Object Reference Error'],
])('Errors decides against a RequestStatus of success, being %s', async (_, Errors, message) => {
  const body = {
    RequestId: 'x',
    RequestStatus: 'Successful',
    RequestError: null,
    Status: true,
    Errors,
  };
  const { exitCode, outputs } = await run(replies(body));
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Failure', reason: 'job-failed', message });
});

test.each([[[]], [{}], ['']])('an empty error field (%j) is no error', async (empty) => {
  const body = {
    RequestId: 'the-id',
    RequestStatus: 'Successful',
    RequestError: empty,
    Errors: empty,
    Status: true,
  };
  const { exitCode, outputs } = await run({ id: 'the-id', ...replies(body) });
  expect(exitCode).toBe(0);
  expect(outputs.status).toBe('Successful');
});

test('Status: false is an id that SafetyChain does not know', async () => {
  const { exitCode, outputs, log, requests } = await run(undefined);
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'not-found' });
  expect(log).toMatch(/^::error .*does not know this RequestId/m);
  expect(requests).toHaveLength(3);
});

test.each([false, 'false', 'False'])(
  'a Status of %j is no success, whatever RequestStatus says',
  async (Status) => {
    const body = { RequestId: 'the-id', RequestStatus: 'Successful', Status };
    const { exitCode, outputs, requests } = await run({ id: 'the-id', ...replies(body) });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'not-found' });
    expect(requests).toHaveLength(3);
  },
);

test('a response about another RequestId is believed by nobody', async () => {
  const body = { RequestId: 'another', RequestStatus: 'Successful', Status: true };
  const { exitCode, outputs, requests } = await run({ id: 'the-id', ...replies(body) });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
  expect(outputs.message).toContain(
    'the response is about the RequestId “another”, while “the-id” was polled',
  );
  expect(requests).toHaveLength(1);
});

test('keys in another case are understood', async () => {
  const body = { requestid: 'THE-ID', requeststatus: 'Successful', STATUS: true, errors: ['odd'] };
  const { exitCode, outputs } = await run({ id: 'the-id', ...replies(body) });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Failure', batchId: 'THE-ID', message: 'odd' });
});

test.each([
  ['an array', (list: unknown[]) => list],
  ['a Data envelope', (list: unknown[]) => ({ Data: list })],
])('a response that is %s is searched for the id', async (_, wrap) => {
  const body = wrap([
    { RequestId: 'another', RequestStatus: 'Pending', Status: true },
    { RequestID: 'THE-ID', RequestStatus: 'Failure', Status: true },
  ]);
  const { exitCode, outputs } = await run({ id: 'the-id', ...replies(body) });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Failure', batchId: 'THE-ID' });
});

test.each([
  ['errors', { Status: false, Errors: ['gateway down'] }, 'Failure', 'gateway down'],
  ['a number as error', { Errors: [500] }, 'Failure', '500'],
  ['true as error', { Errors: true }, 'Failure', 'true'],
])('an envelope with %s decides against what is in it', async (_, envelope, status, message) => {
  const Data = [{ RequestId: 'the-id', RequestStatus: 'Successful', Status: true }];
  const { exitCode, outputs } = await run({ id: 'the-id', ...replies({ ...envelope, Data }) });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status, message });
});

test('an envelope whose Status is false does not know the id', async () => {
  const { outputs } = await run(replies({ Status: false, Data: null }));
  expect(outputs).toMatchObject({ status: 'Error', reason: 'not-found' });
});

test('a list without the id is asked for three times', async () => {
  const body = [{ RequestId: 'another', RequestStatus: 'Successful', Status: true }];
  const { exitCode, outputs, requests } = await run(replies(body));
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'not-found' });
  expect(requests).toHaveLength(3);
});

test('“Login Timeout” is a token that has run out, not a failed job', async () => {
  const { exitCode, outputs } = await run({ steps: [{ errors: ['Login Timeout'] }] });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
});

test('RefreshToken is neither masked nor taken for a token', async () => {
  const body = { RequestId: 'x', RequestStatus: 'Successful', Status: true, RefreshToken: true };
  const { stdout, outputs } = await run(replies(body));
  expect(stdout).not.toContain('::add-mask::true');
  expect(outputs.response).toBe(JSON.stringify(body));
});
