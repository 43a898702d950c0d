import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runAction } from '../../support/action.js';
import { inputReader } from '../../support/inputs.js';

const good = {
  provider: 'unicommerce',
  'request-id': 'job-1',
  'base-url': 'https://acme.unicommerce.com',
  token: 'a-token',
};

const { read, errorFor } = inputReader(good);

test('what is left out has the defaults of the contract', () => {
  expect(read()).toMatchObject({
    timeoutMs: 30 * 60_000,
    intervalMs: 1000,
    maxIntervalMs: 30_000,
    onTimeout: 'fail',
    onPartialSuccess: 'fail',
    onUnknownStatus: 'wait',
    settings: { appName: 'insight', pageParameter: 'page' },
  });
});

test('the provider is recognized in any case', () => {
  expect(read({ provider: 'UniCommerce' }).provider.title).toBe('Unicommerce Uniware');
});

test.each([
  ['90', 90_000],
  ['90s', 90_000],
  ['0.5s', 500],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['1h30m', 5_400_000],
  ['1h 30m 5s', 5_405_000],
  ['1.5H', 5_400_000],
  ['0', 0],
])('timeout %s is %d milliseconds', (timeout, ms) => {
  expect(read({ timeout }).timeoutMs).toBe(ms);
});

test.each([
  'soon',
  '10abc',
  '-5s',
  '1d',
  '30m1h',
  '5 minutes',
  's',
  '1e3',
  '10s10s',
  '600h',
  'NaN',
])('timeout %s is refused with what was given and what is accepted', (timeout) => {
  expect(errorFor({ timeout })).toMatch(
    /`timeout` “.*” is (not a duration; write .*1h30m|too long; the most is 576h)/,
  );
});

test('hours, minutes and seconds add up', () => {
  const part = fc.integer({ min: 0, max: 99 });
  fc.assert(
    fc.property(part, part, part, (h, m, s) => {
      expect(read({ timeout: `${h}h${m}m${s}s` }).timeoutMs).toBe(((h * 60 + m) * 60 + s) * 1000);
    }),
  );
});

test.each([
  ['https://acme.example', 'https://acme.example'],
  ['https://acme.example/', 'https://acme.example'],
  ['https://acme.example/a/b//', 'https://acme.example/a/b'],
  ['http://127.0.0.1:8080/x/', 'http://127.0.0.1:8080/x'],
  ['http://localhost:8080', 'http://localhost:8080'],
  ['http://[::1]:8080', 'http://[::1]:8080'],
])('base-url %s is taken as %s', (text, baseUrl) => {
  expect(read({ 'base-url': text }).settings.baseUrl).toBe(baseUrl);
});

test.each([
  ['', /`base-url` is empty; give the root of your Unicommerce Uniware service/],
  ['acme.example', /“acme.example” is not a URL/],
  [
    'https://user:pa55word@acme.example',
    /“\*\*\*@acme.example” must not hold a user name or password/,
  ],
  ['https://user:pa/55word@acme.example', /“\*\*\*@acme.example”/],
  ['https://user:pa#55word@acme.example', /“\*\*\*@acme.example”/],
  ['user:55word@acme.example', /“\*\*\*@acme.example”/],
  ['https://acme.example/?key=pa55word', /must not hold a query/],
  ['https://acme.example/#top', /must not hold a fragment/],
  ['http://acme.example', /must begin with https:\/\/; http:\/\/ is for loopback hosts alone/],
  ['http://127.0.0.1.evil.example', /must begin with https/],
  ['http://localhost.evil.example', /must begin with https/],
  ['ftp://acme.example', /must begin with https/],
])('base-url “%s” is refused', (text, message) => {
  const error = errorFor({ 'base-url': text });
  expect(error).toMatch(message);
  expect(error).not.toMatch(/55word/);
});

test('floLIVE and SEI have a default root', () => {
  expect(read({ provider: 'flolive', 'base-url': '' }).settings.baseUrl).toBe(
    'https://floportal.flolive.net',
  );
  expect(read({ provider: 'sei', 'base-url': '', 'app-key': 'a-key' }).settings.baseUrl).toBe(
    'https://api.seic.com',
  );
});

test('ids come one a line, without blanks and duplicates', () => {
  expect(read({ 'request-id': ' a \r\n\r\n b\na\n c' }).requestIds).toEqual(['a', 'b', 'c']);
});

test.each(['.', '..', '\ud800'])('an id that would change the path (%j) is refused', (id) => {
  expect(errorFor({ 'request-id': id })).toMatch(
    /`request-id` .* cannot be a part of a URL's path/,
  );
});

test('extra statuses come by comma or line', () => {
  expect(
    read({ 'success-statuses': 'Baked, Well Done\nServed' }).settings.statusWords.successful,
  ).toEqual(['Baked', 'Well Done', 'Served']);
});

test('a token that no header can carry is refused without being shown', () => {
  const error = errorFor({ token: 'top\u00e9secret' });
  expect(error).toContain('`token` has at position 4 a character that a header cannot carry');
  expect(error).not.toContain('secret');
});

test('interval over max-interval is refused with both values', () => {
  expect(errorFor({ interval: '1m' })).toContain('`interval` (1m) is over `max-interval` (30s)');
});

test('everything that is wrong is said in one message, and nothing is asked', async () => {
  const run = await runAction({
    provider: 'os1',
    'request-id': ' \n ',
    'base-url': 'https://me:pa55word@acme.example/?a=1#b',
    timeout: 'soon',
    interval: '2m',
    'max-interval': '1m',
    'on-timeout': 'explode',
    'on-partial-success': 'maybe',
    'on-unknown-status': 'guess',
  });
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toBe('');
  expect(run.log.match(/^::error/gm)).toHaveLength(1);
  const message = run.log.replaceAll('%0A', '\n').replaceAll('%25', '%');
  for (const error of [
    '`token` is empty; give an access token of Delhivery OS1, or `client-id` and `client-secret` to log in (a secret that is not set is empty too)',
    '`request-id` is empty; give the id of the job, one id per line',
    '`base-url` “***@acme.example/?…” must not hold a user name or password and a query and a fragment',
    '`tenant-id` is empty; give the id of the tenant',
    '`participant-type` is empty; give the plural name of the participant type',
    '`timeout` “soon” is not a duration',
    '`interval` (2m) is over `max-interval` (1m)',
    '`on-timeout` “explode” is none of fail, continue',
    '`on-partial-success` “maybe” is none of fail, continue',
    '`on-unknown-status` “guess” is none of wait, fail',
  ]) {
    expect(message).toContain(error);
  }
  expect(run.stdout).not.toContain('pa55word');
  expect(run.outputs).toMatchObject({
    status: 'Error',
    reason: 'bad-input',
    timedOut: 'false',
    jobs: '[]',
    batchId: '',
    filePath: '',
    providerStatus: '',
    response: '',
  });
  expect(run.outputs.message).toContain('`timeout` “soon”');
});

test('an unknown provider is refused with the names that exist', () => {
  expect(errorFor({ provider: 'fedex' })).toContain(
    '`provider` “fedex” is none of safetychain, flolive, os1, sei, unicommerce',
  );
});

test('SEI needs app-key', () => {
  expect(errorFor({ provider: 'sei' })).toContain('`app-key` is empty; give the consumer key');
});

const { errorFor: httpErrorFor } = inputReader({
  provider: 'http',
  url: 'https://api.example/jobs/{id}',
  'request-id': 'job-1',
  token: 'a-token',
});

test.each([
  [
    { url: 'https://api.example/jobs', 'request-id': 'job-1\njob-2' },
    '`url` has no {id}, so all jobs would be the same one; write it there or in body',
  ],
  [
    { url: 'https://api.example/jobs/{job}' },
    '`url` has braces around something else than id; write {id} or {+id}',
  ],
  [
    { url: '{+id}', 'base-url': 'https://api.example', 'request-id': 'https://[' },
    '`url` “{+id}” is not a URL for the job “https://[”',
  ],
  [
    { 'cancel-url': 'https://me:pw@api.example/jobs/{id}' },
    'must be https, without a user name or password',
  ],
  [
    { url: '{+id}', 'base-url': 'https://api.example', 'request-id': 'data:,x' },
    '`url` leads to data: for the job “data:,x”; credentials go to the host of base-url (api.example) alone',
  ],
  [
    { headers: 'Authorization: Bearer ""' },
    '`headers` has a value in Authorization that no secret has; is its secret set?',
  ],
  [
    { 'minimum-report-size': '2 kB', 'max-report-size': '1 kB' },
    '`minimum-report-size` (2 kB) is over `max-report-size` (1 kB); lower the one or raise the other',
  ],
])('%j is refused, and why', (changes, message) => {
  expect(httpErrorFor(changes)).toContain(message);
});
