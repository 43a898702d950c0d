import { expect, test } from '@jest/globals';
import { providerTest, statuses, statusesInLog } from '../../support/provider.js';

const run = providerTest('flolive');
const replies = (...bodies: unknown[]) => ({
  steps: bodies.map((body) => ({ reply: { status: 200, body }, forPolls: 1 })),
});
const entries = (count: number, status: string) =>
  Array.from({ length: count }, (_, index) => ({ requestId: `node-${index + 1}`, status }));
const page = (page: number, totalPages: number, content: unknown) => ({
  errorCode: '',
  errorMessage: '',
  content,
  pageable: { page, size: 10, totalPages, totalElements: 1 },
});

test('a job is OPEN, then SUCCESS', async () => {
  const { exitCode, outputs, log, requests, id } = await run({
    steps: statuses('OPEN', 'OPEN', 'SUCCESS'),
  });
  expect(exitCode).toBe(0);
  expect(statusesInLog(log)).toEqual(['OPEN', 'SUCCESS']);
  expect(outputs).toMatchObject({
    status: 'Successful',
    providerStatus: 'SUCCESS',
    reason: '',
    batchId: '',
    filePath: '',
  });
  expect(requests).toHaveLength(3);
  expect(requests[0]).toMatchObject({
    line: `GET /api/v3/global/call/${id}`,
    headers: { authorization: 'Bearer simulator-token' },
    body: '',
  });
});

test.each(['FAILURE', 'INTERNAL_ERROR'])(
  'a job that ends with %s fails the step',
  async (status) => {
    const { exitCode, outputs, log } = await run({ steps: statuses('OPEN', status) });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({
      status: 'Failure',
      reason: 'job-failed',
      providerStatus: status,
    });
    expect(log).toMatch(
      new RegExp(`^::error title=floLIVE%3A .*1 of 1 inner requests failed: .*${status}`, 'm'),
    );
  },
);

test('every page is read before a bulk job is judged', async () => {
  const steps = [
    {
      entries: [...entries(24, 'SUCCESS'), { requestId: 'node-25', status: 'OPEN' }],
      forPolls: 3,
    },
    { entries: entries(25, 'SUCCESS') },
  ];
  const { exitCode, outputs, log, requests, id } = await run({ steps });
  expect(exitCode).toBe(0);
  expect(outputs.status).toBe('Successful');
  expect(statusesInLog(log)).toEqual(['OPEN, SUCCESS', 'SUCCESS']);
  const path = `GET /api/v3/global/call/${id}`;
  const round = [path, `${path}?page=1`, `${path}?page=2`];
  expect(requests.map(({ line }) => line)).toEqual([...round, ...round]);
});

test('mixed results are a partial success that names what failed', async () => {
  const bulk = [...entries(11, 'SUCCESS'), { requestId: 'node-12', status: 'FAILURE' }];
  const { exitCode, outputs } = await run({ steps: [{ entries: bulk }] });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'PartialSuccess',
    reason: 'partial-success',
    providerStatus: 'FAILURE, SUCCESS',
    message: '1 of 12 inner requests failed: node-12 FAILURE',
  });
});

test('mixed results are not judged while one inner request is OPEN', async () => {
  const steps = [
    { entries: [{ status: 'FAILURE' }, { status: 'OPEN' }], forPolls: 2 },
    { entries: [{ status: 'FAILURE' }, { status: 'FAILURE' }] },
  ];
  const { outputs, requests } = await run({ steps });
  expect(outputs.status).toBe('Failure');
  expect(requests).toHaveLength(3);
});

test('a response of V2, without requestId and pageable, is understood', async () => {
  const body = { errorCode: '', errorMessage: '', content: [{ status: 'SUCCESS' }] };
  const { exitCode, outputs } = await run(replies(body));
  expect(exitCode).toBe(0);
  expect(outputs.status).toBe('Successful');
});

test.each([[[]], [''], [null]])('an empty list (%j) is pending, warned once', async (empty) => {
  const { exitCode, log, requests } = await run(
    replies(page(0, 0, empty), page(0, 0, empty), page(0, 1, [{ status: 'SUCCESS' }])),
  );
  expect(exitCode).toBe(0);
  expect(log.match(/^::warning.*lists no/gm)).toHaveLength(1);
  expect(requests).toHaveLength(3);
});

test('a further page that is empty is pending', async () => {
  const first = page(0, 2, entries(10, 'SUCCESS'));
  const { exitCode, requests } = await run(
    replies(first, page(1, 2, []), first, page(1, 2, [{ requestId: 'last', status: 'SUCCESS' }])),
  );
  expect(exitCode).toBe(0);
  expect(requests).toHaveLength(4);
});

test('a further page that repeats the first is a clear error', async () => {
  const first = page(0, 3, entries(10, 'OPEN'));
  const { exitCode, outputs, requests } = await run(replies(first));
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
  expect(outputs.message).toMatch(/page 1 of 3 repeats an earlier one.*“page”.*page-parameter/);
  expect(requests).toHaveLength(2);
});

test('pages of alike entries without ids are told apart by their number', async () => {
  const alike = Array.from({ length: 10 }, () => ({ status: 'SUCCESS' }));
  const { exitCode, requests } = await run(replies(page(0, 2, alike), page(1, 2, alike)));
  expect(exitCode).toBe(0);
  expect(requests).toHaveLength(2);
});

test('the page parameter can be named', async () => {
  const { requests, id } = await run(
    replies(
      page(1, 2, entries(10, 'SUCCESS')),
      page(2, 2, [{ requestId: 'last', status: 'SUCCESS' }]),
    ),
    { 'page-parameter': 'pageNo' },
  );
  expect(requests[1]?.line).toBe(`GET /api/v3/global/call/${id}?pageNo=2`);
});

test('more than 1,000 pages are a clear error', async () => {
  const { exitCode, outputs, requests } = await run(replies(page(0, 1001, entries(10, 'OPEN'))));
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
  expect(outputs.message).toContain('1001 pages, more than 1000');
  expect(requests).toHaveLength(1);
});

const refusal = (errorCode: string, errorMessage: string) => ({
  errorCode,
  errorMessage,
  content: '',
  pageable: null,
});

test('GLOBAL_1001 is asked again', async () => {
  const unavailable = refusal('GLOBAL_1001', 'Service unavailable. Please try again');
  const { exitCode, log, requests } = await run(
    replies(unavailable, unavailable, page(0, 1, [{ status: 'SUCCESS' }])),
  );
  expect(exitCode).toBe(0);
  expect(log.match(/GLOBAL_1001: Service unavailable.*polling again/g)).toHaveLength(2);
  expect(requests).toHaveLength(3);
});

test('GLOBAL_1003 is an unknown id after three polls', async () => {
  const { exitCode, outputs, requests } = await run(undefined);
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'not-found' });
  expect(outputs.message).toContain('GLOBAL_1003');
  expect(requests).toHaveLength(3);
});

test('GLOBAL_1003 within the grace is forgotten once the id is known', async () => {
  const unknown = refusal('GLOBAL_1003', 'Provided request ID does not exist for your account');
  const { exitCode, requests } = await run(
    replies(
      unknown,
      unknown,
      page(0, 1, [{ status: 'OPEN' }]),
      unknown,
      unknown,
      page(0, 1, [{ status: 'SUCCESS' }]),
    ),
  );
  expect(exitCode).toBe(0);
  expect(requests).toHaveLength(6);
});

test('a refusal is understood under any HTTP status', async () => {
  const body = refusal('GLOBAL_1001', 'Service unavailable. Please try again');
  const steps = [{ reply: { status: 400, body }, forPolls: 1 }, { status: 'SUCCESS' }];
  const { exitCode } = await run({ steps });
  expect(exitCode).toBe(0);
});

test('any other code inside HTTP 200 fails with its text', async () => {
  const { exitCode, outputs, requests } = await run(
    replies(refusal('SUBSCRIBER_1002', 'No such subscriber')),
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Failure', reason: 'job-failed' });
  expect(outputs.message).toContain('SUBSCRIBER_1002: No such subscriber');
  expect(requests).toHaveLength(1);
});

test('an AUTH code is a token that is not accepted', async () => {
  const { exitCode, outputs, requests } = await run(replies(refusal('AUTH_1002', 'Token expired')));
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
  expect(requests).toHaveLength(1);
});

test('a further page with a number nobody asked for is a clear error, whatever it lists', async () => {
  const shuffled = page(0, 2, entries(10, 'SUCCESS').reverse());
  const { outputs } = await run(replies(page(0, 2, entries(10, 'SUCCESS')), shuffled));
  expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
});

test('page numbers that come as text are understood', async () => {
  const texts = (number: number, content: unknown) => ({
    ...page(0, 2, content),
    pageable: { page: String(number), totalPages: '2' },
  });
  const { exitCode, requests } = await run(
    replies(texts(0, entries(10, 'SUCCESS')), texts(1, [{ requestId: 'last', status: 'FAILURE' }])),
  );
  expect(exitCode).toBe(1);
  expect(requests).toHaveLength(2);
});

test.each([
  [503, 2, 'Successful'],
  [429, 2, 'Successful'],
  [404, 3, 'Error'],
  [401, 1, 'Error'],
])('another code under HTTP %d means what the HTTP status means', async (status, asked, end) => {
  const reply = { status, body: refusal('GENERAL_500', 'Oops') };
  const again = status === 404 ? {} : { forPolls: 1 };
  const { outputs, requests } = await run({ steps: [{ reply, ...again }, { status: 'SUCCESS' }] });
  expect(outputs.status).toBe(end);
  expect(requests).toHaveLength(asked);
});

test('an unknown status among others is named alone and once', async () => {
  const mixed = (status: string) => page(0, 1, [{ status: 'WEIRD' }, { status: status }]);
  const { log } = await run(
    replies(mixed('OPEN'), mixed('SUCCESS'), page(0, 1, [{ status: 'SUCCESS' }])),
  );
  expect(log.match(/^::warning/gm)).toHaveLength(1);
  expect(log).toContain('status `WEIRD` is not classified');
});

test('keys in another case are understood', async () => {
  const body = {
    ErrorCode: null,
    CONTENT: [
      { RequestID: 'a', Status: 'SUCCESS' },
      { RequestID: 'b', STATUS: 'FAILURE' },
    ],
  };
  const { exitCode, outputs } = await run({ steps: [{ reply: { status: 200, body } }] });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'PartialSuccess' });
  expect(outputs.message).toContain('1 of 2 inner requests failed: b FAILURE');
});

test('inner requests that the workflow calls partial, beside failed ones, are a failure', async () => {
  const body = {
    content: [
      { requestId: 'a', status: 'PARTLY' },
      { requestId: 'b', status: 'FAILURE' },
    ],
  };
  const steps = [{ reply: { status: 200, body } }];
  const { exitCode, outputs } = await run({ steps }, { 'partial-statuses': 'PARTLY' });
  expect(exitCode).toBe(1);
  expect(outputs.status).toBe('Failure');
});
