import { describe, expect, test } from '@jest/globals';
import { flolive } from '../../../src/providers/flolive.js';
import { providerOf, withCapitalKeys, type Reply } from '../../support/poll.js';

const entry = (requestId: string, status: string) => ({ requestId, status });
const entries = (count: number, status: string) =>
  Array.from({ length: count }, (_, index) => entry(`node-${index + 1}`, status));
const listed = (...content: unknown[]): Reply => ({ body: { errorCode: '', content } });
const page = (number: number, totalPages: number, content: unknown, more: object = {}): Reply => ({
  body: { errorCode: '', content, pageable: { page: number, totalPages, ...more } },
});
const refusal = (errorCode: string, errorMessage: string, status = 200): Reply => ({
  status,
  body: { errorCode, errorMessage, content: '', pageable: null },
});
const pathOf = ({ url }: { url: URL }) => url.href.slice('https://acme.example/root'.length);

test('floLIVE has an address of its own, no report, and a login by user and password', () => {
  expect(flolive).toMatchObject({
    title: 'floLIVE',
    defaultBaseUrl: 'https://floportal.flolive.net',
    requiredInputs: [],
    loginInputs: ['username', 'password'],
    optionalInputs: ['token-url', 'page-parameter'],
  });
  expect(providerOf(flolive).provider.credentials('t')).toEqual({ Authorization: 'Bearer t' });
  expect(flolive.hasReports({} as never)).toBe(false);
});

test('a job is polled by a GET of its id, percent-encoded', async () => {
  const { poll, requests } = providerOf(flolive);
  await poll([listed(entry('a', 'OPEN'))], 'a/1');
  expect(requests).toEqual([
    { method: 'GET', url: new URL('https://acme.example/root/api/v3/global/call/a%2F1') },
  ]);
});

test('the id of a job that was started stands in a header', () => {
  const { provider } = providerOf(flolive);
  const started = (headers: Record<string, string>) =>
    provider.startedId?.({ url: new URL('https://x.example'), status: 202, headers, body: '' });
  expect(started({ 'request-id': ' 17 ' })).toBe('17');
  expect(started({})).toBe('');
});

describe('inner requests', () => {
  const failed = (count: number, of: number, which: string) =>
    `${count} of ${of} inner requests failed: ${which}`;

  test.each<[string, string[], object]>([
    ['a single one that is open', ['OPEN'], { state: 'pending', providerStatus: 'OPEN' }],
    ['all successful', ['SUCCESS', 'SUCCESS'], { state: 'successful', providerStatus: 'SUCCESS' }],
    [
      'some failed',
      ['SUCCESS', 'INTERNAL_ERROR'],
      {
        state: 'partial',
        providerStatus: 'INTERNAL_ERROR, SUCCESS',
        message: failed(1, 2, 'b INTERNAL_ERROR'),
      },
    ],
    [
      'all failed',
      ['FAILURE', 'FAILURE'],
      {
        state: 'failed',
        providerStatus: 'FAILURE',
        message: failed(2, 2, 'a FAILURE, b FAILURE'),
      },
    ],
    [
      'one failed and one open',
      ['FAILURE', 'OPEN'],
      { state: 'pending', providerStatus: 'FAILURE, OPEN', progress: '1 of 2 requests done' },
    ],
    [
      'two with statuses that nobody has classified',
      ['SUCCESS', 'WEIRD'],
      {
        state: 'unknown',
        providerStatus: 'SUCCESS, WEIRD',
        unknownStatuses: ['WEIRD'],
        progress: '1 of 2 requests done',
      },
    ],
  ])('%s', async (_, statuses, expected) => {
    const { poll } = providerOf(flolive);
    const isOpen = statuses.includes('OPEN');
    const done = `${isOpen ? 0 : statuses.length} of ${statuses.length} requests done`;
    expect(
      await poll([listed(...statuses.map((status, at) => entry('abc'.charAt(at), status)))]),
    ).toEqual({ unknownStatuses: [], message: '', progress: done, ...expected });
  });

  test('ten of those that failed are named, the rest is counted', async () => {
    const { poll } = providerOf(flolive);
    const names = (count: number) =>
      Array.from({ length: count }, (_, index) => `node-${index + 1} FAILURE`).join(', ');
    expect(await poll([listed(...entries(10, 'FAILURE'))])).toMatchObject({
      message: failed(10, 10, names(10)),
    });
    expect(await poll([listed(...entries(12, 'FAILURE'))])).toMatchObject({
      message: failed(12, 12, `${names(10)}, 2 more`),
    });
  });

  test('one without an id, as V2 responds, is named by its status', async () => {
    const { poll } = providerOf(flolive);
    expect(await poll([listed({ status: 'FAILURE' })])).toMatchObject({
      message: failed(1, 1, 'FAILURE'),
    });
  });

  test('statuses that the workflow has classified count before those of floLIVE', async () => {
    const { poll } = providerOf(flolive, { statusWords: { partial: ['SUCCESS'] } });
    expect(await poll([listed(entry('a', 'SUCCESS'), entry('b', 'FAILURE'))])).toMatchObject({
      state: 'failed',
    });
  });

  test('keys in another case are understood', async () => {
    const { poll } = providerOf(flolive);
    const replies = [
      page(1, 2, [entry('a', 'FAILURE')], { totalElements: 3 }),
      page(2, 2, [entry('b', 'SUCCESS')], { totalElements: 3 }),
    ].map(({ body }) => ({ body: withCapitalKeys(body) }));
    expect(await poll(replies)).toMatchObject({ warning: expect.stringContaining('not all') });
    const refused = withCapitalKeys(refusal('X_1', 'why').body);
    expect(await poll([{ body: refused }])).toMatchObject({
      message: expect.stringContaining('X_1: why'),
    });
    const single = withCapitalKeys({ content: [entry('a', 'FAILURE')] });
    expect(await poll([{ body: single }])).toMatchObject({ message: failed(1, 1, 'a FAILURE') });
  });

  test('one whose entry tells of an error has failed once it is not open any more', async () => {
    const { poll } = providerOf(flolive);
    const withError = (status: string) => listed({ ...entry('a', status), errorCode: 'X1' });
    expect(await poll([withError('SUCCESS')])).toMatchObject({
      state: 'failed',
      message: failed(1, 1, 'a SUCCESS'),
    });
    expect(await poll([withError('OPEN')])).toMatchObject({ state: 'pending' });
  });

  test.each([
    ['with its text', { errorMessage: 'boom' }, 'boom'],
    ['without a text', { success: false }, 'no message'],
  ])('successes beside an error of the whole are an error %s', async (_, error, said) => {
    const { poll } = providerOf(flolive);
    expect(
      await poll([{ body: { errorCode: '', content: [entry('a', 'SUCCESS')], ...error } }]),
    ).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message: `every status contradicts the error in the same response: ${said}`,
    });
  });

  test('successes beside an error of one page are an error', async () => {
    const { poll } = providerOf(flolive);
    const second = page(1, 2, [entry('b', 'SUCCESS')]);
    const body = { ...(second.body as object), errorMessage: 'boom' };
    expect(await poll([page(0, 2, [entry('a', 'SUCCESS')]), { body }])).toMatchObject({
      message: 'every status contradicts the error in the same response: boom',
    });
  });

  test('an open one beside an error of the whole is pending', async () => {
    const { poll } = providerOf(flolive);
    const body = { errorCode: '', errorMessage: 'boom', content: [entry('a', 'OPEN')] };
    expect(await poll([{ body }])).toMatchObject({ state: 'pending' });
  });
});

describe('a list that lacks some inner requests is pending, with a warning:', () => {
  test.each<[string, Reply]>([
    ['an empty list', listed()],
    ['an empty text', { body: { errorCode: '', content: '' } }],
    ['null', { body: { content: null } }],
    ['fewer than there are in all', page(0, 1, [entry('a', 'SUCCESS')], { totalElements: 2 })],
  ])('%s', async (_, reply) => {
    const { poll, requests } = providerOf(flolive);
    expect(await poll([reply])).toEqual({
      state: 'pending',
      providerStatus: '',
      warning: 'the response lists no or not all inner requests; taken as pending',
    });
    expect(requests).toHaveLength(1);
  });

  test.each([
    ['first', [], entries(10, 'SUCCESS')],
    ['further', entries(10, 'SUCCESS'), []],
  ])('a %s page that is empty', async (_, first, further) => {
    const { poll } = providerOf(flolive);
    expect(await poll([page(0, 2, first), page(1, 2, further)])).toMatchObject({
      state: 'pending',
    });
  });

  test('while as many as there are in all are enough', async () => {
    const { poll } = providerOf(flolive);
    const reply = page(0, 1, entries(2, 'SUCCESS'), { totalElements: '2' });
    expect(await poll([reply])).toMatchObject({ state: 'successful' });
  });
});

describe('pages', () => {
  test('are all read, counted on from the number of the first', async () => {
    const { poll, requests } = providerOf(flolive, { pageParameter: 'pageNo' });
    const replies = [
      page(1, 3, [entry('a', 'SUCCESS')]),
      page(2, 3, [entry('b', 'SUCCESS')]),
      page(3, 3, [entry('c', 'FAILURE')]),
    ];
    expect(await poll(replies)).toMatchObject({
      state: 'partial',
      message: '1 of 3 inner requests failed: c FAILURE',
    });
    expect(requests.map(pathOf)).toEqual([
      '/api/v3/global/call/job-1',
      '/api/v3/global/call/job-1?pageNo=2',
      '/api/v3/global/call/job-1?pageNo=3',
    ]);
  });

  test('without numbers are counted from 0', async () => {
    const { poll, requests } = providerOf(flolive);
    const unnumbered = (id: string): Reply => ({
      body: { content: [entry(id, 'SUCCESS')], pageable: { totalPages: 2 } },
    });
    expect(await poll([unnumbered('a'), unnumbered('b')])).toMatchObject({ state: 'successful' });
    expect(requests.map(({ url }) => url.search)).toEqual(['', '?page=1']);
  });

  test('that become more while they are read are read too', async () => {
    const { poll, requests } = providerOf(flolive);
    const replies = [
      page(0, 2, [entry('a', 'SUCCESS')]),
      page(1, 3, [entry('b', 'SUCCESS')]),
      page(2, 3, [entry('c', 'OPEN')]),
    ];
    expect(await poll(replies)).toMatchObject({ state: 'pending' });
    expect(requests).toHaveLength(3);
  });

  test('of which one counts more entries than have come are not all of them', async () => {
    const { poll } = providerOf(flolive);
    const replies = [
      page(0, 2, [entry('a', 'SUCCESS')], { totalElements: 3 }),
      page(1, 2, [entry('b', 'SUCCESS')], { totalElements: 2 }),
    ];
    expect(await poll(replies)).toMatchObject({ state: 'pending' });
  });

  test('of alike entries without ids are told apart by their numbers', async () => {
    const { poll } = providerOf(flolive);
    const alike = [{ status: 'SUCCESS' }];
    expect(await poll([page(0, 2, alike), page(1, 2, alike)])).toMatchObject({
      state: 'successful',
      progress: '2 of 2 requests done',
    });
  });

  test.each<[string, Reply]>([
    ['with the number of another one', page(0, 2, [entry('z', 'SUCCESS')])],
    ['with ids that are known', { body: { content: entries(2, 'SUCCESS') } }],
  ])('a further one %s is an error', async (_, further) => {
    const { poll } = providerOf(flolive);
    expect(await poll([page(0, 2, entries(3, 'SUCCESS')), further])).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message:
        'page 1 of 2 repeats an earlier one: floLIVE does not understand the query parameter “page”; name the right one in page-parameter',
    });
  });

  test('a further one with some ids that are known is read', async () => {
    const { poll } = providerOf(flolive);
    const further = { body: { content: [entry('node-1', 'SUCCESS'), entry('z', 'SUCCESS')] } };
    expect(await poll([page(0, 2, entries(3, 'SUCCESS')), further])).toMatchObject({
      state: 'successful',
    });
  });

  test('more than 1,000 are an error', async () => {
    const { poll, requests } = providerOf(flolive);
    expect(await poll([page(0, 1001, entries(1, 'OPEN'))])).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message: 'the response has 1001 pages, more than 1000',
    });
    expect(requests).toHaveLength(1);
  });

  test('that never end are read 1,000 times', async () => {
    const { provider } = providerOf(flolive);
    let number = -1;
    const observation = await provider.poll('job-1', ({ url }) => {
      number += 1;
      const content = [entry(`node-${number}`, 'SUCCESS')];
      const pageable = { page: number, totalPages: number === 0 ? 1000 : number + 2 };
      return Promise.resolve({
        url,
        status: 200,
        headers: {},
        body: JSON.stringify({ content, pageable }),
      });
    });
    expect(number + 1).toBe(1000);
    expect(observation.state).toBe('successful');
  });
});

describe('a response that is not what floLIVE documents is polled again:', () => {
  test.each<[string, unknown, string]>([
    ['without content', { errorCode: '' }, 'content'],
    ['a list in place of an object', [], 'content'],
    ['with a text as content', { content: 'none' }, 'list of inner requests'],
    ['with a number as content', { content: 7 }, 'list of inner requests'],
    ['with an entry without a status', { content: [{}] }, 'status in one inner request'],
    ['with an entry that is a text', { content: ['SUCCESS'] }, 'status in one inner request'],
  ])('%s', async (_, body, lacks) => {
    const { poll } = providerOf(flolive);
    expect(await poll([{ body }])).toEqual({
      name: 'TransientError',
      reason: 'bad-response',
      message: `the response has no ${lacks}: no content type, ${JSON.stringify(body)}`,
    });
  });
});

describe('an error code', () => {
  test.each<[string, string, object]>([
    ['GLOBAL_1001', 'busy', { name: 'TransientError', reason: 'unreachable' }],
    [
      'GLOBAL_1003',
      'unknown id',
      { name: 'PermanentError', reason: 'not-found', needsGrace: true, problem: 'unknown-id' },
    ],
    [
      'AUTH_1002',
      'expired',
      { name: 'CredentialsRejected', reason: 'rejected', problem: 'token-rejected' },
    ],
    ['SUBSCRIBER_1002', 'none', { name: 'PermanentError', reason: 'job-failed' }],
  ])('%s inside HTTP 200 is an error with its text', async (code, text, expected) => {
    const { poll } = providerOf(flolive);
    const message = `floLIVE refused with ${code}: ${text}`;
    expect(await poll([refusal(code, text)])).toEqual({ ...expected, message });
  });

  test('that is documented counts under any HTTP status', async () => {
    const { poll } = providerOf(flolive);
    expect(await poll([refusal('GLOBAL_1001', 'busy', 400)])).toMatchObject({
      name: 'TransientError',
      message: 'floLIVE refused with GLOBAL_1001: busy',
    });
  });

  test('that is not documented means what its HTTP status means', async () => {
    const { poll } = providerOf(flolive);
    expect(await poll([refusal('GENERAL_500', 'Oops', 503)])).toMatchObject({
      name: 'TransientError',
      message: 'HTTP 503: GENERAL_500: Oops',
    });
  });

  test('without a text stands alone', async () => {
    const { poll } = providerOf(flolive);
    expect(await poll([refusal('X_1', '')])).toMatchObject({
      message: 'floLIVE refused with X_1',
    });
  });
});

test('a started job can be judged by the response to its start', () => {
  const { provider } = providerOf(flolive);
  const body = JSON.stringify({ content: [entry('a', 'SUCCESS')] });
  const response = { url: new URL('https://x.example'), status: 200, headers: {}, body };
  expect(provider.judge?.(response, 'job-1')).toMatchObject({ state: 'successful' });
});

describe('a login', () => {
  test('posts user and password as JSON and finds the token in a list', async () => {
    const { logIn, requests } = providerOf(flolive);
    expect(await logIn([{ body: { content: [{ token: 'issued' }] } }])).toEqual({
      value: 'issued',
    });
    expect(requests).toEqual([
      {
        method: 'POST',
        url: new URL('https://acme.example/root/api/v2/auth/token'),
        headers: { 'Content-Type': 'application/json' },
        body: '{"username":"jane","password":"pass-word"}',
      },
    ]);
  });

  test('goes to token-url where one is given', async () => {
    const { logIn, requests } = providerOf(flolive, { tokenUrl: 'https://login.example/t' });
    await logIn([{ body: { content: [{ token: 'issued' }] } }]);
    expect(requests[0]?.url.href).toBe('https://login.example/t');
  });

  test('that finds the service busy is tried again', async () => {
    const { logIn } = providerOf(flolive);
    expect(await logIn([refusal('GLOBAL_1001', 'busy', 400)])).toEqual({
      name: 'TransientError',
      reason: 'unreachable',
      message: 'GLOBAL_1001: busy',
    });
  });

  test('that is refused says why', async () => {
    const { logIn } = providerOf(flolive);
    expect(await logIn([refusal('AUTH_1', 'wrong password')])).toEqual({
      name: 'PermanentError',
      reason: 'rejected',
      message: 'HTTP 200 without a token: AUTH_1: wrong password',
    });
    expect(await logIn([{ body: { content: [] } }])).toMatchObject({ name: 'PermanentError' });
  });
});
