import { describe, expect, test } from '@jest/globals';
import { inputReader } from '../../support/inputs.js';

const { read, errorFor } = inputReader({
  provider: 'unicommerce',
  'base-url': 'https://acme.example/prefix/',
  token: 'a-token',
  'start-url': 'v1/export',
  // As action.yml has them.
  'start-method': 'POST',
  'start-final': 'false',
});
const waiting = { 'start-url': '', 'request-id': 'job-1' };

test('with start-url there is no request-id, and what is left out has its default', () => {
  const { start, requestIds } = read();
  expect(requestIds).toEqual([]);
  expect(start).toEqual({
    url: new URL('https://acme.example/prefix/v1/export'),
    method: 'POST',
    headers: {},
    body: '',
    idQuery: '',
    idempotencyHeader: '',
    isFinal: false,
  });
});

test('without start-url there is no start, whatever defaults the runner gives', () => {
  const { start, requestIds } = read(waiting);
  expect([start, requestIds]).toEqual([undefined, ['job-1']]);
});

describe('start-url', () => {
  test.each([
    ['/v1/export', 'https://acme.example/prefix/v1/export'],
    ['v1/export?a=b', 'https://acme.example/prefix/v1/export?a=b'],
    ['https://acme.example/other', 'https://acme.example/other'],
    ['https://ACME.example:443/other', 'https://acme.example/other'],
    ['//evil.example/x', 'https://acme.example/prefix//evil.example/x'],
    ['\\\\evil.example', 'https://acme.example/prefix///evil.example'],
  ])('%s leads to %s', (text, href) => {
    expect(read({ 'start-url': text }).start?.url.href).toBe(href);
  });

  test.each([
    ['https://evil.example/x', 'leads to evil.example; credentials go to the host of base-url'],
    ['https://acme.example:8443/x', 'leads to acme.example:8443; credentials go to'],
    ['https://acme.example.evil.example/x', 'leads to acme.example.evil.example'],
    ['http://acme.example/x', '“http://acme.example/x” must be https'],
    ['ftp://acme.example/x', 'must be https'],
    ['javascript:alert(1)', 'must be https'],
    ['https://user:pass@acme.example/x', '“***@acme.example/x” must be https, without a user name'],
    ['jobs/{id}', 'has braces; the job has no id yet'],
    ['{+id}', 'has braces'],
    ['https://', 'is not a URL; give a path below base-url'],
  ])('%s is refused: %s', (text, why) => {
    const message = errorFor({ 'start-url': text });
    expect(message).toContain('`start-url` ');
    expect(message).toContain(why);
    expect(message).not.toContain('user:pass');
  });

  test('and request-id are refused together, by both names', () => {
    expect(errorFor({ 'request-id': 'job-1' })).toContain(
      '`start-url` and `request-id` are two ways to name the job; give one of them',
    );
  });

  test('or request-id is needed', () => {
    expect(errorFor({ 'start-url': '' })).toMatch(
      /`request-id` is empty;.*`start-url` to start it/,
    );
  });

  test('takes its host from url where http has no base-url', () => {
    const inputs = { provider: 'http', 'base-url': '', url: 'https://api.example/jobs/{id}' };
    expect(read({ ...inputs, 'start-url': '/jobs' }).start?.url.href).toBe(
      'https://api.example/jobs',
    );
    expect(errorFor({ ...inputs, 'start-url': 'https://x.example/' })).toContain('api.example');
  });
});

test.each([
  ['start-method', 'PUT'],
  ['start-headers', 'A: b'],
  ['start-body', '{}'],
  ['id-query', 'id'],
  ['start-idempotency-header', 'Idempotency-Key'],
  ['start-final', 'true'],
])('%s means nothing without start-url', (name, value) => {
  expect(errorFor({ ...waiting, [name]: value })).toContain(
    `\`${name}\` is not used without \`start-url\`; give both or neither`,
  );
});

test.each([
  ['start-method', 'BREW', /`start-method` “BREW”/],
  ['start-headers', 'no colon', /`start-headers` has a line, number 1/],
  ['start-headers', 'Host: evil.example', /`start-headers` must not set Host/],
  ['id-query', 'job[', /`id-query` “job\[” is not a JMESPath query/],
  ['id-query', 'job-id', /`id-query` “job-id” cannot be evaluated: job-id is a subtraction/],
  ['id-query', 'nope(id)', /`id-query` .*cannot be evaluated/],
  ['start-idempotency-header', 'Two Words', /`start-idempotency-header` “Two Words” is no name/],
  ['start-idempotency-header', 'A: b', /`start-idempotency-header` “A: b” is no name/],
  ['start-idempotency-header', 'Host', /`start-idempotency-header` must not set Host/],
  ['start-final', 'yes', /`start-final` “yes” is none of true, false/],
])('%s may not be %s', (name, value, message) => {
  expect(errorFor({ [name]: value })).toMatch(message);
});

test('a body is JSON unless start-headers says otherwise', () => {
  expect(read({ 'start-body': '{}' }).start?.headers).toEqual({
    'Content-Type': 'application/json',
  });
  const typed = { 'start-body': 'a=b', 'start-headers': 'content-type: text/plain' };
  expect(read(typed).start?.headers).toEqual({ 'content-type': 'text/plain' });
});

test('secrets in start-headers are masked', () => {
  const masked: string[] = [];
  read({ 'start-headers': 'X-Api-Key: a-secret-key\nX-Plain: not-secret' }, masked);
  expect(masked).toContain('a-secret-key');
  expect(masked).not.toContain('not-secret');
});
