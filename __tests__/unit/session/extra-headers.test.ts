import { expect, test } from '@jest/globals';
import type { Provider } from '../../../src/providers/provider.js';
import { withHeaders } from '../../../src/session/extra-headers.js';

const provider: Provider = {
  credentials: (token) => ({ Authorization: `Bearer ${token}` }),
  poll: () => Promise.reject(new Error('nothing is polled')),
};

test('a provider without further headers is left as it is', () => {
  expect(withHeaders(provider, {})).toBe(provider);
});

test('further headers go with the credentials, which they do not replace', () => {
  const headers = { 'X-Tenant': 'acme', authorization: 'Basic other' };
  expect(withHeaders(provider, headers).credentials('token')).toEqual({
    'X-Tenant': 'acme',
    Authorization: 'Bearer token',
  });
});

test('a type of content describes the body of the polls, and goes with no other request', () => {
  const headers = { 'content-type': 'text/xml', 'X-Tenant': 'acme' };
  expect(withHeaders(provider, headers).credentials('token')).toEqual({
    'X-Tenant': 'acme',
    Authorization: 'Bearer token',
  });
});

test('a provider with further headers polls as before', async () => {
  const send = () => Promise.reject(new Error('nothing is sent'));
  const polled = withHeaders(provider, { 'X-Tenant': 'acme' }).poll('job-1', send);
  await expect(polled).rejects.toThrow('nothing is polled');
});
