import { describe, expect, test } from '@jest/globals';
import { judgeResponse } from '../../../../src/providers/http/evidence.js';
import type { HttpSettings } from '../../../../src/providers/provider.js';
import type { StatusWords } from '../../../../src/providers/status-words.js';
import { errorFields, providerSettings, type Reply } from '../../../support/poll.js';

type Changes = Partial<Omit<HttpSettings, 'httpStatuses'>> & {
  readonly listed?: Partial<HttpSettings['httpStatuses']>;
  readonly statusWords?: StatusWords;
};

/** What a response proves: an observation, or the fields of the error. */
function judge({ status = 200, headers = {}, body = '' }: Reply, changes: Changes = {}) {
  const { listed, statusWords = {}, ...settings } = changes;
  const httpStatuses = { successful: [], pending: [202], failed: [], ...listed };
  const { http } = providerSettings({ http: { ...settings, httpStatuses } });
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = { url: new URL('https://api.example/jobs/1'), status, headers, body: text };
  try {
    return judgeResponse(response, 'job-1', http, statusWords);
  } catch (error) {
    return errorFields(error);
  }
}

const fields = {
  ...{ providerStatus: '', batchId: '', filePath: '', message: '', link: '', progress: '' },
};
const noEvidence = { name: 'TransientError', reason: 'bad-response' };

describe('a status in a 2xx response', () => {
  test.each<[unknown, string, string, string[]]>([
    ['done', 'successful', 'done', []],
    [' done ', 'successful', 'done', []],
    ['failed', 'failed', 'failed', []],
    ['odd', 'unknown', 'odd', ['odd']],
    [17, 'unknown', '17', ['17']],
    [true, 'successful', '', []],
    [false, 'pending', '', []],
    [['done', 'failed'], 'partial', 'done, failed', []],
    [['done', ''], 'pending', 'done', []],
    [['done', null], 'pending', 'done', []],
    [['done', 'odd', 'odd'], 'unknown', 'done, odd', ['odd']],
  ])('that is %j is %s', (status, state, providerStatus, unknownStatuses) => {
    const observation = judge({ body: { status } }, { messageQuery: 'message' });
    expect(observation).toMatchObject({ ...fields, state, providerStatus, unknownStatuses });
  });

  test('counts under every 2xx', () => {
    for (const status of [200, 202, 299])
      expect(judge({ status, body: { status: 'done' } })).toMatchObject({ state: 'successful' });
  });

  test('that the workflow has classified counts before the common ones', () => {
    const statusWords = { pending: ['DONE'] };
    expect(judge({ body: { status: 'done' } }, { statusWords })).toMatchObject({
      state: 'pending',
    });
  });

  test('of failure does not depend on the HTTP status being listed as success', () => {
    const listed = { successful: [200] };
    expect(judge({ body: { status: 'failed' } }, { listed })).toMatchObject({ state: 'failed' });
    expect(judge({ body: { status: 'running' } }, { listed })).toMatchObject({ state: 'pending' });
  });

  test('wins over an HTTP status that is listed as failure', () => {
    const listed = { failed: [200] };
    expect(judge({ body: { status: 'done' } }, { listed })).toMatchObject({ state: 'successful' });
    expect(judge({ body: {} }, { listed, messageQuery: 'm' })).toEqual({
      ...fields,
      state: 'failed',
    });
  });

  test.each([[{ a: 1 }], [[{ a: 1 }]], [[['done']]]])('that is %j is no status', (status) => {
    const shape =
      Array.isArray(status) && Array.isArray(status[0]) ? '[string × 1]' : '{a: number}';
    expect(judge({ body: { status } })).toEqual({
      name: 'PermanentError',
      reason: 'bad-response',
      message: `status-query “status” finds ${shape}; it must find a text, true, false, or a list of these`,
    });
  });

  test.each<[string, Reply]>([
    ['no key', { body: {} }],
    ['null', { body: { status: null } }],
    ['a blank', { body: { status: ' ' } }],
    ['an empty list', { body: { status: [] } }],
    ['a list of nothing', { body: { status: [null, ''] } }],
  ])('that is %s proves nothing', (_, reply) => {
    expect(judge(reply)).toMatchObject(noEvidence);
  });

  test('that is not there is pending where the HTTP status is listed so', () => {
    expect(judge({ status: 202 })).toEqual({ ...fields, state: 'pending' });
    expect(judge({ status: 202 }, { listed: { pending: [] } })).toMatchObject(noEvidence);
  });
});

test('the fields of an observation come from their queries', () => {
  const body = { status: 'done', b: 7, m: ['a', 'b'], f: '/r.csv', l: '/page', p: 0.5 };
  const queries = {
    ...{ batchIdQuery: 'b', messageQuery: 'm', filePathQuery: 'f', linkQuery: 'l' },
    progressQuery: 'p',
  };
  expect(judge({ body }, queries)).toEqual({
    ...{ state: 'successful', providerStatus: 'done', unknownStatuses: [], batchId: '7' },
    ...{ message: 'a; b', filePath: '/r.csv', link: '/page', progress: '0.5' },
  });
});

test('several links are kept apart, too', () => {
  const body = { status: 'done', f: ['/1.csv', '/2.csv'] };
  expect(judge({ body }, { filePathQuery: 'f' })).toMatchObject({
    filePath: '/1.csv; /2.csv',
    filePaths: ['/1.csv', '/2.csv'],
  });
  expect(judge({ body: { ...body, f: ['/1.csv'] } }, { filePathQuery: 'f' })).not.toHaveProperty(
    'filePaths',
  );
});

describe('failure-query', () => {
  const settings = { failureQuery: 'errors', messageQuery: 'errors[0]' };

  test('wins over every status of a 2xx', () => {
    const reply = { body: { status: 'done', errors: ['x'] } };
    expect(judge(reply, settings)).toEqual({ ...fields, state: 'failed', message: 'x' });
    expect(judge(reply, { ...settings, listed: { successful: [200] } })).toMatchObject({
      state: 'failed',
    });
  });

  test('that finds nothing decides nothing', () => {
    expect(judge({ body: { status: 'done', errors: [] } }, settings)).toMatchObject({
      state: 'successful',
    });
  });

  test('is asked of a listed HTTP status beyond 2xx', () => {
    const reply = { status: 404, body: { errors: ['x'] } };
    expect(judge(reply, { ...settings, listed: { successful: [404] } })).toEqual({
      ...fields,
      state: 'failed',
      message: 'x',
    });
  });

  test('is not asked of other errors', () => {
    expect(judge({ status: 400, body: { errors: ['x'] } }, settings)).toMatchObject({
      name: 'PermanentError',
      reason: 'rejected',
      message: 'HTTP 400: x',
    });
  });
});

describe('transient-query', () => {
  const settings = { transientQuery: 'busy' };

  test.each<[string, Reply, string]>([
    [
      'with its message',
      { body: { status: 'done', busy: 1, message: 'm' } },
      'HTTP 200, which may pass: m',
    ],
    [
      'with its body',
      { status: 400, body: { busy: 1 } },
      'HTTP 400, which may pass: no content type, {"busy":1}',
    ],
  ])('has any response polled again, %s', (_, reply, message) => {
    expect(judge(reply, settings)).toEqual({
      name: 'TransientError',
      reason: 'unreachable',
      message,
    });
  });

  test('is not asked of a 401', () => {
    expect(judge({ status: 401, body: { busy: 1 } }, settings)).toMatchObject({
      name: 'CredentialsRejected',
    });
  });

  test('that cannot be evaluated decides nothing', () => {
    const transientQuery = "contains(a, 'b')";
    expect(judge({ body: { status: 'done', a: 7 } }, { transientQuery })).toMatchObject({
      state: 'successful',
    });
  });
});

describe('an HTTP status that is listed as success', () => {
  const listed = { successful: [200, 300, 302, 303, 399, 404] };

  test('makes a success of any body', () => {
    expect(judge({ body: 'a,b\n1,2' }, { listed })).toEqual({ ...fields, state: 'successful' });
    expect(judge({ status: 404, body: { message: 'gone' } }, { listed })).toEqual({
      ...fields,
      state: 'successful',
    });
  });

  test('does not outweigh a status in the body', () => {
    expect(judge({ status: 404, body: { status: 'failed' } }, { listed })).toMatchObject({
      state: 'failed',
      providerStatus: 'failed',
    });
  });

  test('makes none of an HTML page', () => {
    expect(judge({ body: '<!doctype html><title>Hi</title>' }, { listed })).toMatchObject({
      name: 'HtmlInsteadOfJson',
      message: 'HTTP 200 with an HTML page “Hi”',
    });
  });

  test.each([
    [300, '/results/17', 'https://api.example/results/17'],
    [303, '/results/17?a=b', 'https://api.example/results/17?a=b'],
    [302, '../17', 'https://api.example/17'],
    [399, 'https://api.example/17', 'https://api.example/17'],
  ])('takes the target of a %d on the same host as the report', (status, location, filePath) => {
    expect(judge({ status, headers: { location } }, { listed })).toEqual({
      ...fields,
      state: 'successful',
      filePath,
    });
  });

  test('takes no target of a response that is no redirect, nor before a link that is found', () => {
    const headers = { location: '/results/17' };
    expect(judge({ headers, body: {} }, { listed })).toMatchObject({ filePath: '' });
    expect(judge({ status: 404, headers }, { listed })).toMatchObject({ filePath: '' });
    const reply = { status: 303, headers, body: { f: '/r.csv' } };
    expect(judge(reply, { listed, filePathQuery: 'f' })).toMatchObject({ filePath: '/r.csv' });
  });

  test.each([[undefined], ['https://other.example/17'], ['https://'], ['/login?next=/jobs/1']])(
    'proves nothing for a redirect to %s',
    (location) => {
      const headers = location === undefined ? {} : { location };
      expect(judge({ status: 302, headers: headers }, { listed })).toMatchObject({
        name: 'PermanentError',
        problem: 'redirected',
      });
    },
  );
});

describe('an HTTP status that is listed as pending', () => {
  const listed = { pending: [404, 200] };

  test('is pending whatever else the body says, but failure', () => {
    expect(judge({ status: 404, body: { status: 'done' } }, { listed })).toEqual({
      ...fields,
      state: 'pending',
    });
    expect(judge({ status: 404, body: { status: 'failed' } }, { listed })).toMatchObject({
      state: 'failed',
      providerStatus: 'failed',
    });
    expect(judge({ body: {} }, { listed })).toMatchObject({ state: 'pending' });
  });
});

describe('an HTTP status that is listed as failure', () => {
  const listed = { failed: [422] };

  test('makes a failure with the fields, the status and the message of the response', () => {
    const body = { status: 'done', message: 'bad rows', b: 7 };
    expect(judge({ status: 422, body }, { listed, batchIdQuery: 'b' })).toEqual({
      ...fields,
      state: 'failed',
      providerStatus: 'done',
      batchId: '7',
      message: 'bad rows',
    });
    expect(judge({ status: 422, body }, { listed, messageQuery: 'status' })).toMatchObject({
      message: 'done',
    });
  });

  test('makes a failure where a query cannot work on the response', () => {
    const changes = { listed, messageQuery: "join(', ', b)", statusQuery: "join('', b)" };
    const body = { message: 'bad rows', b: 7 };
    expect(judge({ status: 422, body }, changes)).toEqual({
      state: 'failed',
      providerStatus: '',
      filePath: '',
      message: 'bad rows',
    });
  });
});

describe('an error response', () => {
  test.each([400, 409, 422, 500])('of HTTP %d whose status is failure is one', (status) => {
    const body = { status: 'failed', message: 'no' };
    expect(judge({ status, body })).toEqual({
      state: 'failed',
      providerStatus: 'failed',
      unknownStatuses: [],
      message: 'no',
    });
    expect(judge({ status, body }, { messageQuery: 'status' })).toMatchObject({
      message: 'failed',
    });
  });

  test.each([401, 403, 404, 408, 425, 429, 502, 503, 504, 199, 300, 304])(
    'of HTTP %d speaks of the request, whatever its status',
    (status) => {
      expect(judge({ status, body: { status: 'failed' } })).toHaveProperty('reason');
    },
  );

  test.each(['done', 'running', 'odd'])('whose status is %s proves nothing', (status) => {
    expect(judge({ status: 400, body: { status } })).toMatchObject({ reason: 'rejected' });
  });

  test('is explained by message-query', () => {
    const reply = { status: 400, body: { why: 'no', message: 'generic' } };
    expect(judge(reply, { messageQuery: 'why' })).toMatchObject({ message: 'HTTP 400: no' });
    expect(judge(reply, { messageQuery: "join('', why)" })).toMatchObject({
      message: 'HTTP 400: generic',
    });
  });

  test('on which the status query cannot work is an error', () => {
    expect(judge({ status: 400, body: { a: 7 } }, { statusQuery: "join('', a)" })).toMatchObject({
      reason: 'rejected',
    });
  });
});

describe('a failure without a message', () => {
  test('takes it from where most APIs put it', () => {
    expect(judge({ body: { status: 'failed', error: 'boom' } })).toMatchObject({
      state: 'failed',
      message: 'boom',
    });
  });

  test('shows the shape of the response where there is none', () => {
    expect(judge({ body: { status: 'failed', at: 7 } })).toMatchObject({
      message: '',
      hint: 'Set `message-query` to show why; the response has {status: string, at: number}',
    });
  });

  test('is left alone where message-query is set, or the job has not failed', () => {
    const body = { status: 'failed', error: 'boom' };
    expect(judge({ body }, { messageQuery: 'why' })).toMatchObject({ message: '' });
    expect(judge({ body: { ...body, status: 'done' } })).toMatchObject({ message: '' });
    expect(judge({ body: { status: 'done' } })).not.toHaveProperty('hint');
  });
});

describe('not-before', () => {
  const settings = { notBeforeMs: Date.parse('2026-11-25T10:00:00Z'), updatedAtQuery: 'at' };

  test.each(['2026-11-25T10:00:00Z', '2026-11-25T11:00:00Z'])('lets an end of %s be', (at) => {
    expect(judge({ body: { status: 'done', at } }, settings)).toEqual({
      ...fields,
      ...{ state: 'successful', providerStatus: 'done', unknownStatuses: [] },
    });
  });

  test('makes an end that is older pending', () => {
    const at = '2026-11-25T09:59:59Z';
    expect(judge({ body: { status: 'done', at } }, settings)).toMatchObject({
      state: 'pending',
      providerStatus: 'done',
      note: `updated ${at}, before not-before`,
    });
  });

  test('makes an end without a time pending, with a warning', () => {
    expect(judge({ body: { status: 'done', at: 'a while ago' } }, settings)).toMatchObject({
      state: 'pending',
      warning:
        'updated-at-query “at” finds no time, so the status may be that of an earlier run: taken as pending',
    });
  });

  test('says nothing of a job that has not ended', () => {
    expect(judge({ body: { status: 'running' } }, settings)).not.toHaveProperty('warning');
  });
});
