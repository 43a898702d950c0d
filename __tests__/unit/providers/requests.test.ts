import { expect, test } from '@jest/globals';
import { formRequest, jsonRequest, tokenRequest } from '../../../src/providers/requests.js';

const url = 'https://login.example/token';
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const grant = { grant_type: 'x' };

test('JSON is posted with its type, and further headers', () => {
  expect(jsonRequest(new URL(url), { a: '"' })).toEqual({
    method: 'POST',
    url: new URL(url),
    headers: { 'Content-Type': 'application/json' },
    body: '{"a":"\\""}',
  });
  expect(jsonRequest(new URL(url), {}, { A: 'b' }).headers).toEqual({
    'Content-Type': 'application/json',
    A: 'b',
  });
});

test('a form is posted with its type, and further headers', () => {
  expect(formRequest(url, { a: 'b c', d: '&' })).toEqual({
    method: 'POST',
    url: new URL(url),
    headers: form,
    body: 'a=b+c&d=%26',
  });
  expect(formRequest(url, {}, { A: 'b' }).headers).toEqual({ ...form, A: 'b' });
});

test.each([
  ['nobody', { clientId: '', clientSecret: 's' }, form, 'grant_type=x'],
  [
    'a client without a secret',
    { clientId: 'c', clientSecret: '' },
    form,
    'grant_type=x&client_id=c',
  ],
  [
    'a client with a secret',
    { clientId: 'c:1', clientSecret: 's/2' },
    { ...form, Authorization: `Basic ${Buffer.from('c%3A1:s%2F2').toString('base64')}` },
    'grant_type=x',
  ],
])('a token is requested by %s', (_, client, headers, body) => {
  expect(tokenRequest(url, grant, { ...client, clientAuthentication: 'header' })).toEqual({
    method: 'POST',
    url: new URL(url),
    headers,
    body,
  });
});

test('a token is requested by a client whose secret stands in the body', () => {
  const client = { clientId: 'c', clientSecret: 's', clientAuthentication: 'body' } as const;
  expect(tokenRequest(url, grant, client)).toMatchObject({
    headers: form,
    body: 'grant_type=x&client_id=c&client_secret=s',
  });
  expect(tokenRequest(url, grant, client).headers).toEqual(form);
});
