import { expect, test } from '@jest/globals';
import { providerTest, statuses, statusesInLog } from '../../support/provider.js';

const run = providerTest('os1');
const id = 'batch:7e0d1c5e-9d55-4a4c-9b70-1c1d3c1f2a00';

test('a batch goes through pending statuses and ends with success', async () => {
  const all = ['QUEUED', 'IN_PROGRESS', 'success'];
  const { exitCode, outputs, log, requests } = await run({ id, steps: statuses(...all) });
  expect(exitCode).toBe(0);
  expect(statusesInLog(log)).toEqual(all);
  expect(log).not.toContain('::warning');
  expect(outputs).toMatchObject({
    status: 'Successful',
    providerStatus: 'success',
    batchId: id,
    filePath: '',
    reason: '',
  });
  expect(requests).toHaveLength(3);
  expect(requests[0]).toMatchObject({
    line: `GET /core/api/v2/participants/consignees/batch/status?batchId=${encodeURIComponent(id)}`,
    headers: { 'x-coreos-access': 'simulator-token', 'x-coreos-tid': 'acme' },
  });
  expect(requests[0]?.headers).not.toHaveProperty('authorization');
});

test('every poll has a request id of its own', async () => {
  const { requests } = await run({ steps: statuses('RUNNING', 'RUNNING', 'DONE') });
  const ids = requests.map(({ headers }) => headers['x-coreos-request-id']);
  expect(new Set(ids).size).toBe(3);
  expect(ids[0]).toMatch(/^[\da-f]{8}-[\da-f-]{27}$/);
});

test('a failed batch fails the step with refID and reason of each error', async () => {
  const steps = [{ status: 'failed', errors: ['duplicate phone', 'no pin code'] }];
  const { exitCode, outputs, log } = await run({ steps });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Failure',
    reason: 'job-failed',
    message: 'ref-1: duplicate phone; ref-2: no pin code',
  });
  expect(log).toMatch(/^::error title=Delhivery OS1%3A .*ref-1: duplicate phone/m);
});

test('PARTIAL_SUCCESS is a partial success', async () => {
  const { exitCode, outputs } = await run({ steps: statuses('PARTIAL_SUCCESS') });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'PartialSuccess', reason: 'partial-success' });
});

test.each([
  [{ success: 0, failed: 10, total: 10 }, 'Failure'],
  [{ success: 1, failed: 9, total: 10 }, 'PartialSuccess'],
])('a status of success is not believed against counts of %j', async (counts, status) => {
  const { exitCode, outputs, requests } = await run({ steps: [{ status: 'completed', counts }] });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status, providerStatus: 'completed' });
  expect(outputs.message).toContain(
    `status “completed” contradicts the counts: ${counts.failed} failed`,
  );
  expect(requests).toHaveLength(1);
});

test('a status of success beside unfinished counts is pending, warned of once', async () => {
  const steps = [
    { status: 'completed', counts: { success: 3, failed: 0, total: 10 }, forPolls: 2 },
    { status: 'completed', counts: { success: 10, failed: 0, total: 10 } },
  ];
  const { exitCode, log, requests } = await run({ steps });
  expect(exitCode).toBe(0);
  expect(log.match(/^::warning.*contradicts the counts: 3 of 10 have ended/gm)).toHaveLength(1);
  expect(requests).toHaveLength(3);
});

test('errors beside a status of success are a failure with their text', async () => {
  const body = {
    data: { id, meta: { status: 'success' }, errors: [{ refID: 'r-7', reason: 'no stock' }] },
  };
  const { exitCode, outputs } = await run({ id, steps: [{ reply: { status: 200, body } }] });
  expect(exitCode).toBe(1);
  expect(outputs.status).toBe('Failure');
  expect(outputs.message).toMatch(/contradicts the counts: 1 failed; r-7: no stock/);
});

test('keys in another case are understood', async () => {
  const body = { DATA: { META: { Status: 'completed', FAILED: 10, Success: 0, total: 10 } } };
  const { exitCode, outputs } = await run({ steps: [{ reply: { status: 200, body } }] });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Failure', providerStatus: 'completed' });
});

test.each([
  [{ success: 10, failed: 0, total: 10 }, 'Successful'],
  [{ success: 0, failed: 10, total: 10 }, 'Failure'],
  [{ success: 8, failed: 2, total: 10 }, 'PartialSuccess'],
])('finished counts %j decide where the status is not known', async (counts, status) => {
  const { outputs, requests } = await run({ steps: [{ status: 'ARCHIVED', counts }] });
  expect(outputs).toMatchObject({ status, providerStatus: 'ARCHIVED' });
  expect(requests).toHaveLength(1);
});

test('unfinished counts without a status are pending', async () => {
  const steps = [
    { counts: { success: 3, failed: 1, total: 10 }, forPolls: 2 },
    { counts: { success: 0, failed: 0, total: 0 }, forPolls: 1 },
    { counts: { success: 10, failed: 0, total: 10 } },
  ];
  const { exitCode, requests } = await run({ steps });
  expect(exitCode).toBe(0);
  expect(requests).toHaveLength(4);
});

test('the flat shape of a sister service is understood', async () => {
  const data = {
    id,
    status: 'partial success',
    successCount: 1,
    failureCount: 1,
    totalCount: 2,
    failureDetails: [{ refID: 'order-2', reason: 'no stock' }],
  };
  const { outputs } = await run({ steps: [{ reply: { status: 200, body: { data } } }] });
  expect(outputs).toMatchObject({ status: 'PartialSuccess', message: 'order-2: no stock' });
});

test('data: {} is pending, warned once', async () => {
  const empty = { status: 200, body: { data: {}, request: {} } };
  const steps = [{ reply: empty, forPolls: 3 }, { status: 'success' }];
  const { exitCode, log, requests } = await run({ steps });
  expect(exitCode).toBe(0);
  expect(log.match(/^::warning.*neither a status nor finished counts/gm)).toHaveLength(1);
  expect(requests).toHaveLength(4);
});

test('an unknown batch is asked for three times and ends with what OS1 says', async () => {
  const { exitCode, outputs, requests } = await run(undefined);
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'not-found' });
  expect(outputs.message).toContain('HTTP 404: PTCBATGET404: Batch not found');
  expect(requests).toHaveLength(3);
});

test.each([['description'], ['message']])(
  'an error inside HTTP 200 ends it with its %s',
  async (field) => {
    const body = { error: { code: 'PTCBATGET400', [field]: 'Bad batch' }, request: {} };
    const { exitCode, outputs, requests } = await run({
      steps: [{ reply: { status: 200, body } }],
    });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
    expect(outputs.message).toContain('PTCBATGET400: Bad batch');
    expect(requests).toHaveLength(1);
  },
);

test('finished counts outweigh a status that is only usually pending', async () => {
  const counts = { success: 10, failed: 0, total: 10 };
  const { outputs, requests } = await run({ steps: [{ status: 'IN_PROGRESS', counts }] });
  expect(outputs.status).toBe('Successful');
  expect(requests).toHaveLength(1);
});

test('a status that the workflow calls pending outweighs finished counts', async () => {
  const counts = { success: 10, failed: 0, total: 10 };
  const steps = [{ status: 'IN_PROGRESS', counts, forPolls: 2 }, { status: 'success' }];
  const { requests } = await run({ steps }, { 'pending-statuses': 'in progress' });
  expect(requests).toHaveLength(3);
});
