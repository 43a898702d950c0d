import { expect, test } from '@jest/globals';
import { jobsOf } from '../../support/action.js';
import { providerTest, statuses, statusesInLog } from '../../support/provider.js';

const run = providerTest('unicommerce');
const filePath = 'https://reports.example/acme/Export-Orders_31082023181337.csv';

test('a job goes through every pending status and ends COMPLETE with its report', async () => {
  const pending = ['SCHEDULED', 'QUEUED', 'RUNNING', 'IN_PROGRESS', 'PROCESSING'];
  const steps = [...statuses(...pending), { status: 'COMPLETE', filePath }];
  const { exitCode, outputs, log, requests, id, ...rest } = await run({ steps });

  expect(exitCode).toBe(0);
  expect(rest.stderr).toBe('');
  expect(statusesInLog(log)).toEqual([...pending, 'COMPLETE']);
  expect(log).not.toContain('::warning');
  expect(outputs).toMatchObject({
    status: 'Successful',
    reason: '',
    providerStatus: 'COMPLETE',
    filePath,
    batchId: '',
    message: '',
    timedOut: 'false',
  });
  expect(JSON.parse(outputs.response ?? '')).toMatchObject({ status: 'COMPLETE', filePath });
  expect(jobsOf({ outputs })).toEqual([
    {
      requestId: id,
      status: 'Successful',
      reason: '',
      providerStatus: 'COMPLETE',
      batchId: '',
      filePath,
      message: '',
      timedOut: false,
      polls: 6,
      elapsedSeconds: expect.any(Number),
      reportFile: '',
    },
  ]);
  expect(requests).toHaveLength(6);
  for (const request of requests) {
    expect(request).toMatchObject({
      line: 'POST /services/rest/v1/export/job/status',
      headers: { authorization: 'bearer simulator-token', 'content-type': 'application/json' },
      body: JSON.stringify({ jobCode: id }),
    });
  }
});

test('the documented status SUCCESSFUL is success too', async () => {
  const { exitCode, outputs } = await run({ steps: [{ status: 'SUCCESSFUL', filePath }] });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', providerStatus: 'SUCCESSFUL', filePath });
});

test.each(['FAILED', 'ERROR', 'CANCELLED'])('a job that is %s fails the step', async (status) => {
  const steps = [{ status, message: 'Too many rows' }];
  const { exitCode, outputs, log, requests, id } = await run({ steps });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Failure',
    reason: 'job-failed',
    providerStatus: status,
    message: 'Too many rows',
  });
  expect(log).toMatch(
    new RegExp(
      `^::error title=Unicommerce Uniware%3A job ${id}::Job ${id} failed: Too many rows \\(status \`${status}\`, 1 poll in`,
      'm',
    ),
  );
  expect(requests).toHaveLength(1);
});

test('success without a link is asked for again until the link is there', async () => {
  const inputs = { 'not-found-grace': '2s' };
  const steps = [
    { status: 'COMPLETE', forPolls: 3 },
    { status: 'COMPLETE', filePath },
  ];
  const { exitCode, outputs, log, requests } = await run({ steps }, inputs);
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', filePath });
  expect(log).not.toContain('::warning');
  expect(requests).toHaveLength(4);
});

test('success whose link never comes is a success with a warning once not-found-grace is over', async () => {
  const { exitCode, outputs, log, requests } = await run({ steps: [{ status: 'COMPLETE' }] });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', filePath: '' });
  expect(log.match(/^::warning.*has no filePath/gm)).toHaveLength(1);
  expect(requests.length).toBeGreaterThanOrEqual(3);
});

test('success whose link does not come before the deadline is still a success', async () => {
  const inputs = { timeout: '0.1s' };
  const { exitCode, outputs, log } = await run({ steps: [{ status: 'COMPLETE' }] }, inputs);
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', timedOut: 'false' });
  expect(log).toMatch(/^::warning.*has no filePath/m);
});

test('successful: false fails with the description, or else the message, of each error', async () => {
  const body = {
    successful: false,
    message: null,
    errors: [
      { code: 60003, fieldName: null, description: 'No such export', message: 'NOT_FOUND' },
      { code: 60004, fieldName: null, description: null, message: 'ACCESS_DENIED' },
    ],
    warnings: null,
  };
  const { exitCode, outputs, log, requests } = await run({
    steps: [{ reply: { status: 200, body } }],
  });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Failure',
    reason: 'job-failed',
    message: 'No such export; ACCESS_DENIED',
  });
  expect(log).toMatch(/^::error .*No such export; ACCESS_DENIED/m);
  expect(requests).toHaveLength(1);
});

test('an unknown job code fails with what Uniware says', async () => {
  const { exitCode, outputs, requests } = await run(undefined);
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Failure', message: 'No export job with this code' });
  expect(requests).toHaveLength(1);
});

test('a response without a status is pending, warned once', async () => {
  const wordless = { status: 200, body: { successful: true, errors: null, status: null } };
  const steps = [
    { reply: wordless, forPolls: 3 },
    { status: 'COMPLETE', filePath },
  ];
  const { exitCode, log, requests } = await run({ steps });
  expect(exitCode).toBe(0);
  expect(log.match(/^::warning.*status is empty/gm)).toHaveLength(1);
  expect(requests).toHaveLength(4);
});

test('a token that is not accepted ends the wait with one poll', async () => {
  const inputs = { token: 'wrong-token' };
  const { exitCode, outputs, requests } = await run({ steps: statuses('RUNNING') }, inputs);
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
  expect(outputs.message).toContain('HTTP 401');
  expect(requests).toHaveLength(1);
});

test.each([
  ['successful as the text “False”', { successful: 'False' }, '`successful`: "False"'],
  ['successful as 0', { successful: 0 }, '`successful`: 0'],
  ['successful as null', { successful: null }, '`successful`: null'],
  ['successful as false', { successful: false }, '`successful`: false'],
  ['errors', { successful: true, errors: [{ description: 'No rows' }] }, '`errors`'],
])('COMPLETE beside %s is a failure that says what contradicts', async (_, fields, told) => {
  const body = { status: 'COMPLETE', filePath, ...fields };
  const { exitCode, outputs, requests } = await run({ steps: [{ reply: { status: 200, body } }] });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Failure', reason: 'job-failed' });
  expect(outputs.message).toContain(`status “COMPLETE” contradicts ${told}`);
  expect(requests).toHaveLength(1);
});

test('a status that the workflow calls success is held against successful, too', async () => {
  const body = { successful: null, status: 'MAILED', filePath };
  const steps = [{ reply: { status: 200, body } }];
  const { exitCode, outputs } = await run({ steps }, { 'success-statuses': 'MAILED' });
  expect(exitCode).toBe(1);
  expect(outputs.message).toContain('status “MAILED” contradicts `successful`: null');
});

test('successful as the text “true” and empty errors agree with COMPLETE', async () => {
  const body = { successful: 'True', status: 'COMPLETE', filePath, errors: [] };
  const { exitCode } = await run({ steps: [{ reply: { status: 200, body } }] });
  expect(exitCode).toBe(0);
});

test('keys in another case are understood', async () => {
  const body = { Successful: true, STATUS: 'COMPLETE', filepath: filePath };
  const { exitCode, outputs } = await run({ steps: [{ reply: { status: 200, body } }] });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', filePath });
});
