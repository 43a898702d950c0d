import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PermanentError, TransientError } from '../../../src/domain/errors.js';
import type { Observation } from '../../../src/domain/job.js';
import type { HttpRequest, HttpResponse } from '../../../src/http/transport.js';
import { PROVIDERS } from '../../../src/providers/index.js';
import type { HttpSettings, ProviderSettings } from '../../../src/providers/provider.js';

const COMMON_SUCCESS = [
  ...['success', 'successful', 'succeeded', 'complete', 'completed', 'done', 'finished'],
  'processed',
];

/** What a provider documents: responses to a poll and to a login, and its words for success. */
interface Documented {
  readonly samples: readonly object[];
  readonly success: readonly string[];
}

const TOKEN = { access_token: 'abc', expires_in: 3600, refresh_token: 'def' };

type Name = 'safetychain' | 'flolive' | 'os1' | 'sei' | 'unicommerce' | 'http';

/** A provider that is not here yet is left alone. */
const DOCUMENTED: Readonly<Record<Name, Documented>> = {
  safetychain: {
    samples: [
      { RequestId: 'job-1', RequestStatus: 'Successful', RequestError: null, Status: true },
      {
        Data: [
          { RequestId: 'job-1', RequestStatus: 'Successful', Errors: [] },
          { RequestId: 'job-2', RequestStatus: 'Failure', Errors: [{ ErrorMessage: 'no' }] },
        ],
        ErrorMsg: '',
      },
      TOKEN,
    ],
    success: ['successful'],
  },
  flolive: {
    samples: [
      { errorCode: '', errorMessage: '', content: [{ requestId: 'a', status: 'SUCCESS' }] },
      {
        content: [
          { requestId: 'a', status: 'SUCCESS' },
          { requestId: 'b', status: 'SUCCESS' },
        ],
        pageable: { page: 0, totalPages: 1, totalElements: 2 },
      },
      { errorCode: '', content: [{ token: 'abc' }] },
    ],
    success: ['success'],
  },
  os1: {
    samples: [
      { data: { status: 'Completed', errors: [], failureDetails: [] }, error: null },
      { data: { meta: { status: 'done', success: 2, failed: 0, total: 2 }, batchId: 'b' } },
      { data: { successCount: 2, failureCount: 0, totalCount: 2 } },
      { data: { accessToken: 'abc', expiresIn: 3600 } },
    ],
    success: COMMON_SUCCESS,
  },
  sei: {
    samples: [
      { status: 'Complete', batchId: 'b', message: 'well', validationMessage: [] },
      { code: 'x', message: 'no', transient: 'true', errors: [{ field: 'a', reason: 'b' }] },
      { jobStatusQueryKey: 'k', status: 'Done' },
      TOKEN,
    ],
    success: COMMON_SUCCESS,
  },
  unicommerce: {
    samples: [
      {
        ...{ successful: true, status: 'COMPLETE', filePath: 'https://a.example/r.csv' },
        ...{ message: '', errors: [] },
      },
      { successful: false, errors: [{ description: 'no' }], jobCode: 'j' },
      TOKEN,
    ],
    success: ['complete', 'successful'],
  },
  http: {
    samples: [
      { status: 'done', error: null, message: '', url: '/r.csv', at: '2026-11-25T10:00:00Z' },
      { job: { status: 'succeeded', url: '/j' }, id: 'job-1' },
      {
        items: [
          { id: 'job-1', status: 'done', state: 'done' },
          { id: 'job-2', status: 'done', state: 'done' },
        ],
        errors: [{ message: 'no' }],
      },
      TOKEN,
    ],
    success: COMMON_SUCCESS,
  },
};

/** Keys that mean something to JavaScript, to logins, or to most APIs. */
const OTHER_KEYS = [
  ...['__proto__', 'constructor', 'toString', 'valueOf', 'toJSON', 'length', 'then'],
  ...['access_token', 'expires_in', 'refresh_token', 'error', 'error_description', 'fault'],
  ...['success', 'errors', 'code', 'detail', 'title', '__type'],
];

const WORDS = [
  ...['RUNNING', 'Pending', 'OPEN', 'queued', 'Inprocess', 'AwaitingProcess', 'IN_PROGRESS'],
  ...['FAILED', 'Failure', 'INTERNAL_ERROR', 'error', 'CANCELLED', 'PartialSuccess', 'partial'],
  ...['Booked', 'Shipped', 'true', 'false', 'TRUE', '0', '1', '', ' ', 'job-1', 'JOB-1', 'job-2'],
  ...['GLOBAL_1001', 'GLOBAL_1003', 'AUTH_1', 'Login Timeout', 'invalid_token', 'expired'],
  ...[
    'https://a.example/r.csv',
    '/r.csv',
    '2026-11-25T10:00:00Z',
    '2020-01-01',
    'ThrottlingException',
  ],
];

/** A word in another case, or with blanks, `_` and `-` in it: it means the same. */
const respelt = (word: string) =>
  fc.constantFrom(
    word,
    word,
    word.toUpperCase(),
    `${word.charAt(0).toUpperCase()}${word.slice(1)}`,
    ` ${word}\n`,
    word.split('').join('_'),
  );

/** All objects and lists in JSON, itself among them. */
function containersIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(containersIn)];
}

/** One change to a documented response. */
interface Change {
  readonly kind: 'add' | 'replace' | 'delete';
  /** Which object or list, and which of its members. */
  readonly place: number;
  readonly member: number;
  readonly key: string;
  readonly value: unknown;
}

function changed(sample: object, changes: readonly Change[]): unknown {
  const copy = structuredClone(sample);
  for (const { kind, place, member, key, value } of changes) {
    const containers = containersIn(copy);
    const container = containers[place % containers.length] ?? copy;
    const keys = Object.keys(container);
    const added = Array.isArray(container) ? String(container.length) : key;
    const name = kind === 'add' ? added : (keys[member % keys.length] ?? added);
    if (kind === 'delete') Reflect.deleteProperty(container, name);
    else if (Array.isArray(container)) container[Number(name)] = structuredClone(value);
    else defineMember(container, name, structuredClone(value));
  }
  return copy;
}

/** An assignment to `__proto__` would make no member. */
const defineMember = (object: object, name: string, value: unknown) =>
  Object.defineProperty(object, name, {
    ...{ value, enumerable: true, configurable: true, writable: true },
  });

/** JSON of up to five levels, mostly of the keys and words that a provider knows. */
function jsonOf(name: Name): fc.Arbitrary<unknown> {
  const { samples, success } = DOCUMENTED[name];
  const objects = samples.flatMap(containersIn).filter((one) => !Array.isArray(one));
  const keys = objects.flatMap((one) => Object.keys(one));
  const key = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...keys) },
    { weight: 1, arbitrary: fc.constantFrom(...keys).map((one) => one.toUpperCase()) },
    { weight: 2, arbitrary: fc.constantFrom(...OTHER_KEYS) },
    { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
  );
  const leaf = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...success).chain(respelt) },
    { weight: 5, arbitrary: fc.constantFrom(...WORDS) },
    { weight: 2, arbitrary: fc.boolean() },
    { weight: 2, arbitrary: fc.integer({ min: -1, max: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom(null, { toString: 0, valueOf: 0 }) },
    { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 1, arbitrary: fc.string() },
  );
  const { any } = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 5 }, leaf, tie('object'), tie('list')),
    object: fc
      .array(fc.tuple(key, tie('any')), { maxLength: 6 })
      .map((entries) => Object.fromEntries(entries) as unknown),
    list: fc.array(tie('any'), { maxLength: 3 }),
  }));
  const change = fc.record<Change>({
    kind: fc.constantFrom('add', 'replace', 'replace', 'delete'),
    ...{ place: fc.nat(9), member: fc.nat(9), key, value: fc.oneof(leaf, any) },
  });
  const nearlyDocumented = fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: 4 }))
    .map(([sample, changes]) => changed(sample, changes));
  return fc.oneof({ weight: 3, arbitrary: nearlyDocumented }, { weight: 1, arbitrary: any });
}

const PAGE =
  '<!DOCTYPE html><html><title>Sign in</title><form><input type="password"></form></html>';

function bodyOf(name: Name): fc.Arbitrary<string> {
  const json = jsonOf(name).map((value) => JSON.stringify(value));
  return fc.oneof(
    { weight: 16, arbitrary: json },
    { weight: 1, arbitrary: fc.tuple(json, fc.nat(40)).map(([text, cut]) => text.slice(0, -cut)) },
    { weight: 1, arbitrary: fc.constantFrom(...DOCUMENTED[name].success, ...WORDS, PAGE) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...['{"id":12345678901234567890}', '\uFEFF{}', '{"status":"done"}\n{"status":"done"}'],
        ...[
          '<Error><Code>ExpiredToken</Code><Message>x</Message></Error>',
          '<status>done</status>',
        ],
      ),
    },
    { weight: 1, arbitrary: fc.string() },
  );
}

const HEADERS: fc.Arbitrary<IncomingHttpHeaders> = fc.record(
  {
    'content-type': fc.constantFrom('application/json', 'text/html', 'text/csv; charset=x', ''),
    location: fc.oneof(
      fc.constantFrom('/login', '/jobs/2', 'https://other.example/x', 'http://[', '//x', ''),
      fc.string(),
    ),
    'operation-location': fc.constantFrom('https://api.example/jobs/3', '::'),
    'www-authenticate': fc.constantFrom('Bearer error="invalid_token"', 'Basic', ''),
    'retry-after': fc.constantFrom('5', 'soon', ''),
    'x-ratelimit-remaining': fc.constantFrom('0', '7'),
    'request-id': fc.string(),
    requesttrackingid: fc.string(),
    'set-cookie': fc.constant(['a=b']),
  },
  { requiredKeys: [] },
);

const STATUS = fc.oneof(
  { weight: 9, arbitrary: fc.constant(200) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[201, 202, 204, 206, 302, 303, 304, 400, 401, 403, 404, 405, 408, 409, 410, 422, 429],
      ...[500, 502, 503],
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 599 }) },
);

const responseOf = (name: Name): fc.Arbitrary<HttpResponse> =>
  fc.record({
    url: fc.constant(new URL('https://api.example/jobs/1')),
    status: STATUS,
    headers: HEADERS,
    body: bodyOf(name),
  });

type Responses = readonly [HttpResponse, ...HttpResponse[]];

const responsesOf = (name: Name): fc.Arbitrary<Responses> =>
  fc
    .tuple(responseOf(name), fc.array(responseOf(name), { maxLength: 2 }))
    .map(([first, more]) => [first, ...more]);

/** Gives responses in turn, again and again, and remembers which. */
function replay(responses: Responses) {
  const sent: HttpResponse[] = [];
  const send = () => {
    const response = responses[sent.length % responses.length] ?? responses[0];
    sent.push(response);
    return Promise.resolve(response);
  };
  return { send, sent };
}

const HTTP: HttpSettings = {
  ...{ url: 'https://api.example/jobs/{id}', method: 'GET', headers: {}, body: '' },
  ...{ statusQuery: 'status', failureQuery: '', messageQuery: '', batchIdQuery: '' },
  ...{ filePathQuery: '', linkQuery: '', progressQuery: '', transientQuery: '' },
  ...{ cancelUrl: '', cancelMethod: 'POST', cancelBody: '', updatedAtQuery: '' },
  httpStatuses: { successful: [], pending: [202], failed: [] },
  notBeforeMs: undefined,
};

/** APIs as workflows describe them. */
const HTTP_SETTINGS: Readonly<Record<string, Partial<HttpSettings>>> = {
  'a status': {},
  'a status inside': { statusQuery: 'job.status', failureQuery: 'error', messageQuery: 'message' },
  'a list of statuses': {
    statusQuery: 'items[].status',
    messageQuery: "join('; ', errors[].message)",
    progressQuery: 'length(items)',
  },
  'a status that may be missing': {
    statusQuery: "status || 'pending'",
    filePathQuery: 'url',
    linkQuery: 'job.url',
    batchIdQuery: 'items && sort_by(items, &id)[0].id',
  },
  'listed HTTP statuses': {
    httpStatuses: { successful: [200, 303, 404], pending: [202], failed: [410, 422] },
    filePathQuery: 'to_array(url)',
  },
  'a query that fits few responses': {
    statusQuery: "items[?starts_with(id, 'job')] | [0].state",
    failureQuery: 'length(errors || `[]`) > `1`',
    transientQuery: "contains(message, 'RUNNING')",
  },
  'a time': {
    updatedAtQuery: 'at',
    notBeforeMs: Date.parse('2026-01-01'),
    transientQuery: 'error.code',
  },
};

const WORD_LISTS = [{}, { successful: ['Booked'], failed: ['done'], pending: ['Successful'] }];

function settingsOf(http: Partial<HttpSettings>, statusWords = {}): ProviderSettings {
  return {
    ...{ baseUrl: 'https://api.example', tokenUrl: 'https://api.example/token' },
    ...{ tokenScheme: 'basic', username: 'user', password: 'pass', clientId: 'id' },
    ...{ clientSecret: 'secret', audience: '', scope: '', clientAuthentication: 'header' },
    ...{ appKey: 'key', appName: 'insight', tenantId: 'tenant', participantType: 'drivers' },
    pageParameter: 'page',
    http: { ...HTTP, ...http },
    statusWords,
  };
}

/** All that stands in JSON: its texts, numbers and flags, with the keys under which they stand. */
function leavesOf(value: unknown, key = ''): (readonly [key: string, leaf: unknown])[] {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, member]) =>
        leavesOf(member, Array.isArray(value) ? key : name),
      )
    : [[key, value]];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether a status that means success stands anywhere in the bodies. */
function hasEvidence(
  name: Name,
  responses: readonly HttpResponse[],
  words: (typeof WORD_LISTS)[number],
): boolean {
  const { successful = [], failed = [], pending = [] } = words;
  const plain = (word: unknown) =>
    String(word)
      .replace(/[\s_-]+/g, '')
      .toLowerCase();
  const others = [...failed, ...pending].map(plain);
  const success = [...DOCUMENTED[name].success, ...successful].map(plain);
  const leaves = responses.flatMap(({ body }) => leavesOf(parse(body)));
  const byWord = leaves.some(
    ([, leaf]) => success.includes(plain(leaf)) && !others.includes(plain(leaf)),
  );
  // OS1 counts the members of a batch.
  const counts = (pattern: RegExp) =>
    leaves.filter(([key]) => pattern.test(key)).map(([, leaf]) => Number(leaf));
  const byCounts = counts(/^total/i).some((total) => total > 0);
  return (
    byWord ||
    (name === 'os1' && byCounts) ||
    (name === 'http' && leaves.some(([, leaf]) => leaf === true))
  );
}

/** What a promise or a function gives, or the error that it throws, which must be a typed one. */
async function typed<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TransientError || error instanceof PermanentError)) throw error;
    return undefined;
  }
}

type Case = readonly [title: string, name: Name, http: Partial<HttpSettings>];

const CASES = (Object.keys(DOCUMENTED) as Name[]).flatMap((name): Case[] =>
  name === 'http'
    ? Object.entries(HTTP_SETTINGS).map(([what, http]) => [`http with ${what}`, name, http])
    : [[name, name, {}]],
);

describe.each(CASES)('whatever is sent to %s,', (_, name, http) => {
  const words = fc.constantFrom(...WORD_LISTS);
  const responses = responsesOf(name);
  const { successful: listed = [] } = http.httpStatuses ?? {};

  /** Checks an observation against all that was sent for it. */
  const check = (
    observation: Observation | undefined,
    sent: readonly HttpResponse[],
    statusWords: (typeof WORD_LISTS)[number],
  ) => {
    if (observation?.state !== 'successful') return;
    if (sent.some(({ status }) => listed.includes(status))) return;
    expect(sent.every(({ status }) => status >= 200 && status < 300)).toBe(true);
    expect(hasEvidence(name, sent, statusWords)).toBe(true);
  };

  test('a poll ends in a typed error or an observation, which is successful on evidence alone', async () => {
    await fc.assert(
      fc.asyncProperty(responses, words, async (all, statusWords) => {
        const provider = PROVIDERS[name].create(settingsOf(http, statusWords));
        const { send, sent } = replay(all);
        check(await typed(() => provider.poll('job-1', send)), sent, statusWords);
      }),
      { numRuns: 250 },
    );
  });

  test('a response to a start is judged like one to a poll, and its id is a text', async () => {
    await fc.assert(
      fc.asyncProperty(responseOf(name), words, async (response, statusWords) => {
        const provider = PROVIDERS[name].create(settingsOf(http, statusWords));
        check(await typed(() => provider.judge?.(response, 'job-1')), [response], statusWords);
        expect(typeof (await typed(() => provider.startedId?.(response) ?? ''))).toBe('string');
      }),
      { numRuns: 250 },
    );
  });
});

describe.each(Object.keys(DOCUMENTED) as Name[])('whatever is sent to %s,', (name) => {
  test('a login ends in a typed error, or in a token of a 2xx that a header can carry', async () => {
    const { logIn } = PROVIDERS[name].create(settingsOf({}));
    const refreshToken = fc.constantFrom(undefined, 'refresh');
    await fc.assert(
      fc.asyncProperty(responsesOf(name), refreshToken, async (all, refresh) => {
        const { send, sent } = replay(all);
        const token = await typed(() => logIn?.(send, refresh));
        const last = sent.at(-1);
        if (token === undefined) return;
        expect(last?.status).toBeGreaterThanOrEqual(200);
        expect(last?.status).toBeLessThan(300);
        expect(token.value).toMatch(/^[\x20-\x7E]+$/);
        expect(leavesOf(parse(last?.body ?? '')).map(([, leaf]) => String(leaf).trim())).toContain(
          token.value,
        );
        expect(token.lifetimeMs ?? 1000).toBeGreaterThanOrEqual(1000);
        expect(Number.isFinite(token.lifetimeMs ?? 1000)).toBe(true);
      }),
      { numRuns: 250 },
    );
  });
});

describe('any other word in place of the one that means success', () => {
  test.each(Object.entries(DOCUMENTED))('is none at %s', async (name, { samples, success }) => {
    const provider = PROVIDERS[name as Name].create(settingsOf({}));
    const word = new RegExp(`"(${success.join('|')})"`, 'gi');
    const texts = samples.map((sample) => JSON.stringify(sample)).filter((text) => word.test(text));
    const other = fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom(...OTHER_KEYS), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...texts), other, async (text, one) => {
        const plain = one.toLowerCase().replace(/[\s_-]/g, '');
        fc.pre(!success.includes(plain));
        const body = text.replace(word, () => JSON.stringify(one));
        const response = { url: new URL('https://api.example/'), status: 200, headers: {}, body };
        const observation = await typed(() => provider.judge?.(response, 'job-1'));
        expect(observation?.state).not.toBe('successful');
      }),
      { numRuns: 300 },
    );
  });
});

describe('among any number of statuses of one job', () => {
  const bodies: Readonly<Partial<Record<Name, (statuses: readonly string[]) => object>>> = {
    safetychain: (all) => ({
      Data: all.map((RequestStatus) => ({ RequestId: 'job-1', RequestStatus })),
    }),
    flolive: (all) => ({ content: all.map((status, requestId) => ({ requestId, status })) }),
    http: (all) => ({ items: all.map((status) => ({ status })) }),
  };

  test.each(Object.entries(bodies))('one without success is enough at %s', async (name, toBody) => {
    const { success } = DOCUMENTED[name as Name];
    const word = fc
      .constantFrom(...success)
      .chain((one) =>
        fc.tuple(...Array.from(one, (letter) => fc.constantFrom(letter, letter.toUpperCase()))),
      )
      .map((letters) => letters.join(''));
    const other = fc.constantFrom('Failure', 'PartialSuccess', 'Pending', 'Booked');
    const provider = PROVIDERS[name as Name].create(settingsOf({ statusQuery: 'items[].status' }));
    const judge = (statuses: readonly string[]) =>
      typed(() =>
        provider.judge?.(
          {
            url: new URL('https://api.example/'),
            status: 200,
            headers: {},
            body: JSON.stringify(toBody(statuses)),
          },
          'job-1',
        ),
      );
    await fc.assert(
      fc.asyncProperty(
        fc.array(word, { minLength: 1, maxLength: 30 }),
        other,
        async (words, one) => {
          expect(await judge(words)).toMatchObject({ state: 'successful' });
          expect((await judge([...words, one]))?.state).not.toBe('successful');
          expect((await judge([one, ...words]))?.state).not.toBe('successful');
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('any id of a job', () => {
  const id = fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.string({ unit: fc.constantFrom(...Array.from('/?#%&=+.;:@\\{}"\n \0')), minLength: 1 }),
    )
    .filter((text) => !/^\.{1,2}$/.test(text));

  /** What one poll requests. */
  async function requestFor(name: Name, http: Partial<HttpSettings>, any: string) {
    let request: HttpRequest | undefined;
    await typed(() =>
      PROVIDERS[name].create(settingsOf(http)).poll(any, (one) => {
        request = one;
        return Promise.reject(new TransientError('cut', 'unreachable'));
      }),
    );
    return request;
  }

  /** All places at which an id can stand in a request, decoded. */
  const placesOf = ({ url, body = '' }: HttpRequest) => [
    ...url.pathname.split('/').map(decodeURIComponent),
    ...[...url.searchParams].flat(),
    ...leavesOf(parse(body)).map(([, leaf]) => leaf),
  ];

  test.each(Object.keys(DOCUMENTED) as Name[])('has one place in the poll of %s', async (name) => {
    await fc.assert(
      fc.asyncProperty(id, async (any) => {
        const [request, plain] = [await requestFor(name, {}, any), await requestFor(name, {}, 'x')];
        if (request === undefined || plain === undefined) throw new Error('nothing was requested');
        expect(request.url.origin).toBe('https://api.example');
        expect(placesOf(request)).toEqual(placesOf(plain).map((one) => (one === 'x' ? any : one)));
      }),
      { numRuns: 100 },
    );
  });

  test('that stands in a URL as it is leads to the host of base-url, or to no request', async () => {
    const templates = fc.constantFrom(
      '{+id}',
      'https://api.example{+id}',
      'https://api.example/{+id}',
    );
    const link = fc.oneof(
      id,
      fc.constantFrom(
        'https://other.example/x',
        '//other.example',
        'https://user:pass@api.example/x',
        ':pass@api.example/',
        '@other.example',
        '.other.example',
        ':9/x',
        '\\\\other.example',
      ),
      fc.webUrl(),
    );
    await fc.assert(
      fc.asyncProperty(link, templates, async (any, url) => {
        const request = await requestFor('http', { url }, any);
        expect(request?.url.origin ?? 'https://api.example').toBe('https://api.example');
        expect(request?.url.username ?? '').toBe('');
      }),
      { numRuns: 300 },
    );
  });
});
