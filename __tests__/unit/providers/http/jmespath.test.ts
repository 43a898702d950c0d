import { describe, expect, test } from '@jest/globals';
import { parseQuery, parseStatusQuery } from '../../../../src/providers/http/check-query.js';
import {
  describeShape,
  findId,
  findLinks,
  findText,
  isTruthy,
  search,
  suggestQuery,
} from '../../../../src/providers/http/jmespath.js';
import { parseJson } from '../../../../src/providers/json.js';
import { errorFields } from '../../../support/poll.js';

const context = (body: unknown) => ({
  body,
  id: 'job-1',
  status: 202,
  headers: { 'x-state': 'on' },
});

test('a shape holds keys and types, and no value', () => {
  expect(describeShape({ a: 'secret', b: [1, 2], c: { d: { e: { f: 1 } } }, g: [], h: true })).toBe(
    '{a: string, b: [number × 2], c: {d: {e: {…}}}, g: [], h: boolean}',
  );
});

test.each<[unknown, string]>([
  [null, 'null'],
  [undefined, 'null'],
  ['text', 'string'],
  [[[1]], '[[number × 1] × 1]'],
  [{ a: { b: { c: 1 } } }, '{a: {b: {c: number}}}'],
  [{ a: [{ b: {} }] }, '{a: [{b: {…}} × 1]}'],
  [{}, '{}'],
  [{ ['k'.repeat(60)]: 1 }, `{${'k'.repeat(60)}: number}`],
  [{ ['k'.repeat(61)]: 1 }, '{…: number}'],
])('the shape of %j is %s', (value, shape) => {
  expect(describeShape(value)).toBe(shape);
});

test('a shape has twelve keys at most', () => {
  const shapeOf = (count: number) =>
    describeShape(Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 1])));
  expect(shapeOf(12)).toMatch(/, k11: number\}$/);
  expect(shapeOf(13)).toMatch(/, k11: number, …\}$/);
});

const thrownBy = (action: () => unknown) => {
  try {
    return action();
  } catch (error) {
    return errorFields(error);
  }
};

test('a query that cannot work on a response is an error that says why', () => {
  const failing = () => search(context({ a: 'x' }), 'abs(a)');
  expect(thrownBy(failing)).toEqual({
    name: 'PermanentError',
    reason: 'bad-response',
    message:
      'the query “abs(a)” cannot be evaluated: Invalid type: abs() expected argument 1 to be type (number) but received type string instead',
  });
  expect(failing).toThrow(expect.objectContaining({ cause: expect.any(Error) }));
});

test('a query that is empty finds nothing', () => {
  expect(search(context({ a: 7 }), '')).toBeNull();
  expect(isTruthy(context({ a: 7 }), '')).toBe(false);
  expect(findText(context({ a: 7 }), '')).toBe('');
});

test.each<[unknown, boolean]>([
  [0, true],
  ['x', true],
  [true, true],
  [{ a: 1 }, true],
  [false, false],
  [null, false],
  ['', false],
  [[], false],
  [{}, false],
])('%j is truthy: %s', (a, truthy) => {
  expect(isTruthy(context({ a }), 'a')).toBe(truthy);
});

test.each<[unknown, string]>([
  [' x ', 'x'],
  [7, '7'],
  [true, ''],
  [{ b: 1 }, '{"b":1}'],
  [['x', '', null, [1], { b: 1 }], 'x; [1]; {"b":1}'],
])('%j is found as the text “%s”', (a, text) => {
  expect(findText(context({ a }), 'a')).toBe(text);
});

test('of a list a thousand texts are found, and no more links', () => {
  const list = (count: number) => context({ a: Array.from({ length: count }, () => 'x') });
  expect(findText(list(1001), 'a').split('; ')).toHaveLength(1000);
  expect(findLinks(list(999), 'a')).toHaveLength(999);
  expect(thrownBy(() => findLinks(list(1000), 'a'))).toEqual({
    name: 'PermanentError',
    reason: 'bad-response',
    message: 'the query “a” finds more links than a job can have',
  });
});

test('links have 256 KiB in all', () => {
  // The last link has what the others and their commas leave; a text has no more than 16 KiB.
  const others = Array.from({ length: 16 }, () => 'x'.repeat(16_000));
  const room = 256 * 1024 - 16 * 16_001;
  const list = (length: number) => context({ a: [...others, 'x'.repeat(length)] });
  expect(findLinks(list(room), 'a').join()).toHaveLength(256 * 1024);
  expect(() => findLinks(list(room + 1), 'a')).toThrow('more links than a job can have');
});

test('the id of a job that was started is found in its response', () => {
  const response = { url: new URL('https://x.example'), status: 201, headers: { location: '/7' } };
  expect(findId({ ...response, body: '{"id":7}' }, 'id')).toBe('7');
  expect(findId({ ...response, body: '' }, '$headers.location')).toBe('/7');
  expect(findId({ ...response, body: '' }, '$status')).toBe('201');
  expect(findId({ ...response, body: '' }, '$id')).toBe('');
});

describe('a query that does not parse says where, and what to do', () => {
  test.each([
    ['items[', 'it cannot be parsed at position 6 (“[”); see https://jmespath.org/tutorial.html'],
    ['.status', 'it cannot be parsed at position 1; JMESPath has no leading dot'],
    ['items]', 'it cannot be parsed at position 6 (“]”); see https://jmespath.org/tutorial.html'],
    ['error-2', 'it cannot be parsed at position 6 (“-2”); write "error-2" for the key'],
    ['error-22-x', 'write "error-22-x" for the key'],
    ['a) || (b', 'it cannot be parsed at position 2 (“) || (b”)'],
    ["'error-2' x", 'see https://jmespath.org/tutorial.html'],
    ['"a', 'it cannot be parsed at'],
    ['  ]', 'it cannot be parsed at position 3; see'],
  ])('%s', (query, message) => {
    expect(() => parseQuery(query)).toThrow(message);
    expect(() => parseQuery(query)).toThrow(`“${query.trim()}” is not a JMESPath query: `);
  });

  test('searching its first 500 characters', () => {
    const query = `${'a'.repeat(600)} ]`;
    expect(() => parseQuery(query)).toThrow('it cannot be parsed at position 501 (“aaa');
  });

  test('and an empty one is none', () => {
    expect(parseQuery('')).toBe('');
    expect(parseStatusQuery('')).toBe('');
  });
});

test('a query that parses is taken as it is', () => {
  expect(parseQuery("items[?state=='x'] | length(@)")).toBe("items[?state=='x'] | length(@)");
});

test.each([
  ['nosuch(@)', /unknown function: nosuch/i],
  ['items[?nosuch(@)]', /unknown function: nosuch/i],
  ['error && nosuch(@)', /unknown function: nosuch/i],
  ['error && [nosuch(@)]', /unknown function: nosuch/i],
  ['error && length(nosuch(@))', /unknown function: nosuch/i],
  ['error && length(a, b)', /takes 1 argument/],
  ['length()', /takes 1 argument/],
  ['items[?length(a, b)]', /takes 1 argument/],
  ['$run', /undefined variable/],
  ['error-message', /error-message is a subtraction; write "error-message" for the key/],
  ['a || job.last-run-state', /last-run-state is a subtraction/],
])('%s can work on no response, which its error says', (query, message) => {
  expect(() => parseQuery(query)).toThrow(message);
});

test.each([
  '"error-message"',
  "status == 'not-found'",
  '`{"a-b": 1}`.x',
  '`{"type": "Function", "name": "nosuch", "children": []}`.x',
  'total - finished',
  'total-`1`',
  '$headers."x-state"',
  'sort_by(items, &at)[-1].state',
  "contains(['a-b'], state)",
  'sum(counts)',
])('%s can be evaluated', (query) => {
  expect(parseQuery(query)).toBe(query);
});

test('queries see the id, the HTTP status and the headers', () => {
  expect(search(context({}), '[$id, $status, $headers."x-state"]')).toEqual(['job-1', 202, 'on']);
  expect(search(context(undefined), '$headers."x-state"')).toBe('on');
});

test('a function that has no body to work on finds nothing', () => {
  expect(search(context(undefined), 'length(items)')).toBeNull();
  expect(isTruthy(context(undefined), 'length(items)')).toBe(false);
});

test.each([
  ['items[?id == `9007199254740993`].state | [0]', 'right'],
  ['items[?id == ` 9007199254740993 `].state | [0]', 'right'],
  ['items[?contains(`[9007199254740993]`, id)].state | [0]', 'right'],
  ["items[?id == '9007199254740993'].state | [0]", 'right'],
  ['items[?id == `9007199254740992`].state | [0]', 'wrong'],
  ["'`9007199254740993`'", '`9007199254740993`'],
])('%s compares every digit', (query, expected) => {
  const body = parseJson(
    '{"items":[{"id":9007199254740992,"state":"wrong"},{"id":9007199254740993,"state":"right"}]}',
  );
  expect(findText(context(body), query)).toBe(expected);
});

describe('a query that finds nothing', () => {
  test.each([
    ['status', { State: 'x', Status: 'running' }, 'Status'],
    ['status', { data: { job: { status: 'running' } } }, 'data.job.status'],
    ['job.state', { Job: { State: 'x' } }, 'Job.State'],
    ['jobStatus', { job_status: 'x' }, 'job_status'],
    ['status', { 'my job': { status: 'x' } }, '"my job".status'],
    ['status', { a: { b: { c: { status: 'x' } } } }, 'a.b.c.status'],
    ['status', { a: { b: { c: { d: { status: 'x' } } } } }, undefined],
    ['status', { status: null }, undefined],
    ['status', { status: ' ' }, undefined],
    ['status', { state: 'running' }, undefined],
    ['items[0].status', { Status: 'x' }, undefined],
    ['status', [], undefined],
  ])('%s of %j brings the suggestion %s', (query, body, expected) => {
    expect(suggestQuery(body, query)).toBe(expected);
  });
});

test('the first thousand keys are looked at for a suggestion', () => {
  const keys = (count: number) => Array.from({ length: count }, (_, at) => [`k${at}`, 1]);
  const body = (count: number) => Object.fromEntries([...keys(count), ['Status', 'x']]) as object;
  expect(suggestQuery(body(999), 'status')).toBe('Status');
  expect(suggestQuery(body(1000), 'status')).toBeUndefined();
});

test.each(["'done'", '`"done"`', '`true`', "join('', ['do', 'ne'])"])(
  'the constant %s is no query of a status',
  (query) => {
    expect(() => parseStatusQuery(query)).toThrow('is a constant, which proves nothing');
  },
);

test.each(['status', '@', '$status', "status || 'pending'", '[*]', '`null`', '$headers.state'])(
  '%s is a query of a status',
  (query) => {
    expect(parseStatusQuery(query)).toBe(query);
  },
);

test.each(["pad_right('x', `20000000`)", "pad_left('x', `20000000`)", 'reverse(text)'])(
  '%s would make too much of little',
  (query) => {
    expect(() => search(context({ text: 'x'.repeat(300_000) }), query)).toThrow(
      /would make over 10 MiB/,
    );
  },
);

test('a list is reversed whatever its length', () => {
  expect(search(context({ items: [1, 2] }), 'reverse(items)[0]')).toBe(2);
});
