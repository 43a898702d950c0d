import { describe, expect, test } from '@jest/globals';
import { noEvidence, requireResult } from '../../../../src/providers/http/unusable-response.js';
import { parseBody } from '../../../../src/providers/response.js';
import { errorFields } from '../../../support/poll.js';

const JSON_TYPE = 'application/json';
const response = (body: string, type = JSON_TYPE) => ({
  url: new URL('https://api.example/jobs/1'),
  status: 200,
  headers: type === '' ? {} : { 'content-type': type },
  body,
});

describe('a result', () => {
  const judge = (body: string, type?: string) => {
    const one = response(body, type);
    try {
      requireResult(one, parseBody(one));
      return undefined;
    } catch (error) {
      return errorFields(error);
    }
  };
  const cut = {
    name: 'TransientError',
    reason: 'bad-response',
    message: 'the response is cut: its JSON does not end',
  };

  test.each<[string, string, string]>([
    ['nothing', ' \n', JSON_TYPE],
    ['nothing, of the type HTML', '', 'text/html'],
    ['JSON', '{"a":1}', JSON_TYPE],
    ['JSON, of the type HTML', '{"a":1}', 'text/html'],
    ['one JSON text a line', '{"a":1}\n{"a":2}\n', JSON_TYPE],
    ['many JSON texts a line', '[1]\n[2]\n[3]', JSON_TYPE],
    ['a text that does not begin like JSON', 'done [1', JSON_TYPE],
    ['a text of another type that begins like JSON', '[cut', 'text/plain'],
    ['a text without a type that begins like JSON', '[cut', ''],
    ['CSV', 'a,b\n1,2', 'text/csv'],
  ])('may be %s', (_, body, type) => {
    expect(judge(body, type)).toBeUndefined();
  });

  test.each<[string, string, string]>([
    ['an HTML page', ' <html><title>Hi</title>', JSON_TYPE],
    ['an HTML page of another type', '<!-- x --><html><title>Hi</title>', 'application/xml'],
    ['a text of the type HTML', 'Please sign in', 'text/html; charset=utf-8'],
  ])('is never %s', (_, body, type) => {
    expect(judge(body, type)).toMatchObject({ name: 'HtmlInsteadOfJson' });
  });

  test('says which page it is', () => {
    expect(judge('<html><title>Hi</title>')).toMatchObject({
      message: 'HTTP 200 with an HTML page “Hi”',
    });
  });

  test.each<[string, string, string]>([
    ['an object', ' {"a":', JSON_TYPE],
    ['a list and what is left of another', '[1]1', JSON_TYPE],
    ['a list', '[1,', 'application/problem+json'],
    ['the last of some lines', '{"a":1}\n{"a":', JSON_TYPE],
    ['the first of some lines', '{"a":\n{"a":1}', JSON_TYPE],
    ['JSON in many lines', '{\n "a": [\n', JSON_TYPE],
  ])('is never JSON that is cut: %s', (_, body, type) => {
    expect(judge(body, type)).toEqual(cut);
  });
});

describe('a response without evidence', () => {
  const describeEvidence = (body: string, query = 'status') =>
    errorFields(noEvidence(response(body), parseBody(response(body)), query));

  test('says so, with its shape and how to go on', () => {
    expect(describeEvidence('{"phase":"x"}')).toEqual({
      name: 'TransientError',
      reason: 'bad-response',
      message: 'HTTP 200 has no status at `status-query` “status”',
      hint: "The response is {phase: string}. Write the query that finds the status; if a response without one means that the job still runs, write `status || 'pending'`",
    });
  });

  test('says what it holds in words', () => {
    expect(describeEvidence('{"message":"no such job"}')).toMatchObject({
      message: 'HTTP 200 has no status at `status-query` “status”; it says “no such job”',
    });
  });

  test('suggests the query that finds a status', () => {
    expect(describeEvidence('{"job":{"Status":"x"}}')).toMatchObject({
      hint: 'The response is {job: {Status: string}}. Is `job.Status` the status? Then set `status-query: job.Status`',
    });
  });

  test('is not JSON where it is none', () => {
    expect(describeEvidence('hello')).toMatchObject({
      problem: 'not-json',
      message: 'the response is not JSON: application/json, hello',
    });
  });
});
