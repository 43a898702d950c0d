import { expect, test } from '@jest/globals';
import { providerTest, statuses, statusesInLog } from '../../support/provider.js';

const run = providerTest('sei');
const trackingId = '5d0c7c6e-0000-4000-8000-000000000000';
const seiError = (status: number, transient: unknown) => ({
  status,
  body: {
    code: 'gateway.limit',
    message: 'Slow down',
    trackingId: 'a-tracking-id',
    transient,
    errors: [{ field: 'key', location: 'path', reason: 'malformed' }],
  },
  headers: { requesttrackingid: trackingId },
});

test('a transaction goes through pending statuses and ends with its batch id', async () => {
  const steps = [
    ...statuses('Received', 'Queued', 'In Progress'),
    { status: 'Completed', batchId: 'B-77' },
  ];
  const key = 'Njas+fsd/gTkkMDcvMjOTowMA==';
  const { exitCode, outputs, log, requests } = await run({ id: key, steps });
  expect(exitCode).toBe(0);
  expect(log).toContain(`Received (requesttrackingid ${trackingId})`);
  expect(log).not.toContain('::warning');
  expect(outputs).toMatchObject({
    status: 'Successful',
    providerStatus: 'Completed',
    batchId: 'B-77',
    filePath: '',
    reason: '',
  });
  expect(requests).toHaveLength(4);
  expect(requests[0]).toMatchObject({
    line: 'GET /v1/jobs/insight/status/Njas%2Bfsd%2FgTkkMDcvMjOTowMA%3D%3D',
    headers: { authorization: 'Bearer simulator-token', appkey: 'simulator-app-key' },
  });
});

test('message and validationMessage of a failed job reach outputs and log', async () => {
  const steps = [
    { status: 'Rejected', message: 'Not booked', errors: ['amount missing', 'date in the past'] },
  ];
  const { exitCode, outputs, log } = await run({ steps });
  const message = 'Not booked; amount missing; date in the past';
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Failure', reason: 'job-failed', message });
  expect(log).toMatch(new RegExp(`^::error title=SEI%3A .*${message}`, 'm'));
});

test('a validationMessage alone does not fail a job', async () => {
  const steps = [{ status: 'Processed', errors: ['settlement date was moved'] }];
  const { exitCode, outputs, log } = await run({ steps });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', message: 'settlement date was moved' });
  expect(log).toContain('settlement date was moved');
});

test('CompletedWithErrors is a partial success', async () => {
  const { outputs } = await run({ steps: statuses('Completed With Errors') });
  expect(outputs).toMatchObject({
    status: 'PartialSuccess',
    providerStatus: 'Completed With Errors',
  });
});

test('the application name can be set', async () => {
  const { requests, id } = await run({ steps: statuses('done') }, { 'app-name': 'end client' });
  expect(requests[0]?.line).toBe(`GET /v1/jobs/end%20client/status/${id}`);
});

test('an error that calls itself transient is asked again under any status', async () => {
  const steps = [
    { reply: seiError(400, 'true'), forPolls: 1 },
    { reply: seiError(200, 'true'), forPolls: 1 },
    { status: 'done' },
  ];
  const { exitCode, log, requests } = await run({ steps });
  expect(exitCode).toBe(0);
  expect(log).toContain(
    `HTTP 400: gateway.limit: Slow down; key path malformed; trackingId a-tracking-id (requesttrackingid ${trackingId}); polling again`,
  );
  expect(requests).toHaveLength(3);
});

test.each([200, 400])(
  'an error that is not transient ends the wait under HTTP %d',
  async (status) => {
    const { exitCode, outputs, requests } = await run({
      steps: [{ reply: seiError(status, 'false') }],
    });
    expect(exitCode).toBe(1);
    expect(outputs.status).toBe('Error');
    expect(outputs.message).toContain('gateway.limit: Slow down; key path malformed');
    expect(requests).toHaveLength(1);
  },
);

test('an unknown key is asked for three times and ends with what SEI says', async () => {
  const { exitCode, outputs, requests } = await run(undefined);
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'not-found' });
  expect(outputs.message).toContain('resource.not.found: The requested resource does not exist');
  expect(requests).toHaveLength(3);
});

test('an empty status is pending, warned once', async () => {
  const { exitCode, log } = await run({ steps: statuses('', '', 'done') });
  expect(exitCode).toBe(0);
  expect(log.match(/^::warning.*status is empty/gm)).toHaveLength(1);
  expect(statusesInLog(log)).toEqual(['done']);
});

test.each([
  ['a code', { code: 'SWP-500', message: 'ledger is locked' }, 'SWP-500: ledger is locked'],
  ['errors', { errors: [{ field: 'date', reason: 'in the past' }] }, 'date in the past'],
  ['errors that are texts', { errors: ['in the past'] }, 'in the past'],
])('completed beside %s is no success and says what contradicts', async (_, fields, told) => {
  const body = { status: 'completed', batchId: '7', ...fields };
  const { exitCode, outputs, requests } = await run({ steps: [{ reply: { status: 200, body } }] });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
  expect(outputs.message).toMatch(/status “completed” contradicts the error in the same response/);
  expect(outputs.message).toContain(told);
  expect(requests).toHaveLength(1);
});

test('keys in another case are understood', async () => {
  const body = { Status: 'completed', BATCHID: '17', Errors: [] };
  const { exitCode, outputs } = await run({ steps: [{ reply: { status: 200, body } }] });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', batchId: '17' });
});
