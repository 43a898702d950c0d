import { describe, expect, test } from '@jest/globals';
import { parseQuery, parseStatusQuery } from '../../../../src/providers/http/check-query.js';
import {
  describeShape,
  findText,
  isTruthy,
  search,
  suggestQuery,
} from '../../../../src/providers/http/jmespath.js';
import { parseJson } from '../../../../src/providers/json.js';

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

test('a query that parses is taken as it is', () => {
  expect(parseQuery("items[?state=='x'] | length(@)")).toBe("items[?state=='x'] | length(@)");
});

test.each([
  ['nosuch(@)', /unknown function: nosuch/i],
  ['items[?nosuch(@)]', /unknown function: nosuch/i],
  ['error && nosuch(@)', /unknown function: nosuch/i],
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
    ['status', { status: null }, undefined],
    ['status', { status: ' ' }, undefined],
    ['status', { state: 'running' }, undefined],
    ['items[0].status', { Status: 'x' }, undefined],
    ['status', [], undefined],
  ])('%s of %j brings the suggestion %s', (query, body, expected) => {
    expect(suggestQuery(body, query)).toBe(expected);
  });
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
