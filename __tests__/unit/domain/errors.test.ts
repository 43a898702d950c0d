import { expect, test } from '@jest/globals';
import {
  BadInputs,
  Cancelled,
  CredentialsRejected,
  HtmlInsteadOfJson,
  PermanentError,
  TransientError,
} from '../../../src/domain/errors.js';

const cause = new Error('socket hang up');

test('a transient error claims nothing that it was not told', () => {
  expect(new TransientError('HTTP 503', 'unreachable')).toMatchObject({
    name: 'TransientError',
    message: 'HTTP 503',
    reason: 'unreachable',
    retryAfterMs: undefined,
    isRateLimit: false,
    hint: undefined,
    problem: undefined,
    isUnsent: false,
  });
});

test('a transient error keeps what it was told', () => {
  const flags = { isRateLimit: true, isUnsent: true };
  const texts = { hint: 'look at `url`', problem: 'no-response' } as const;
  const options = { cause, retryAfterMs: 2000, ...flags, ...texts };
  expect(new TransientError('no connection', 'unreachable', options)).toMatchObject(options);
});

test('a rate limit is a problem of its own', () => {
  const error = new TransientError('HTTP 429', 'unreachable', { isRateLimit: true });
  expect(error.problem).toBe('rate-limited');
});

test('an HTML page is a bad response that may pass', () => {
  const error = new HtmlInsteadOfJson('HTTP 200 with an HTML page');
  expect(error).toBeInstanceOf(TransientError);
  expect(error).toMatchObject({
    name: 'HtmlInsteadOfJson',
    message: 'HTTP 200 with an HTML page',
    reason: 'bad-response',
    problem: 'html-page',
  });
});

test('a permanent error claims nothing that it was not told', () => {
  expect(new PermanentError('HTTP 400', 'bad-response')).toMatchObject({
    name: 'PermanentError',
    message: 'HTTP 400',
    reason: 'bad-response',
    needsGrace: false,
    tokenEnded: false,
    problem: undefined,
    isUnsent: false,
  });
});

test('a permanent error keeps what it was told', () => {
  const flags = { needsGrace: true, tokenEnded: true, isUnsent: true };
  const options = { cause, ...flags, problem: 'bad-request' } as const;
  expect(new PermanentError('HTTP 404', 'not-found', options)).toMatchObject(options);
});

test('what is not found is an unknown id, unless something else is to blame', () => {
  expect(new PermanentError('HTTP 404', 'not-found').problem).toBe('unknown-id');
});

test('a token that is not accepted ends the wait as rejected', () => {
  const error = new CredentialsRejected('HTTP 401');
  expect(error).toBeInstanceOf(PermanentError);
  expect(error).toMatchObject({
    name: 'CredentialsRejected',
    message: 'HTTP 401',
    reason: 'rejected',
    problem: 'token-rejected',
  });
});

test('a step that was told to stop says so', () => {
  expect(new Cancelled()).toMatchObject({
    name: 'Cancelled',
    message: 'the step was cancelled',
  });
});

test('everything that is wrong with the inputs is one message with a line for each', () => {
  expect(new BadInputs(['`timeout` is no time', '`provider` is missing'])).toMatchObject({
    name: 'BadInputs',
    message: 'These inputs need a change:\n- `timeout` is no time\n- `provider` is missing',
  });
});
