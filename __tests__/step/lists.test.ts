import { expect, test } from '@jest/globals';
import { apiServer, done, running } from '../support/api-server.js';

/** Lists of statuses and ids as people write them, through the bundle. */
const { run, lines } = apiServer();

const booked = { body: { status: 'Booked' } };
const bounced = { body: { status: 'Bounced' } };
const ids = (...names: string[]) => names.map((name) => `GET /jobs/${name}`);

test.each([
  ['by comma', 'Booked, Settled'],
  ['by line', 'Booked\nSettled\n'],
  ['by line and comma', 'Booked,\nSettled,'],
  ['by semicolon', 'Booked; Settled'],
  ['by bar', 'Booked | Settled'],
  ['as a YAML list in a block', '- Booked\n- Settled\n'],
  ['as a quoted YAML list in a block', '- "Booked"\n- \'Settled\'\n'],
  ['as a YAML list that was folded into one line', '- Booked - Settled\n'],
  ['as a JSON array', '["Booked", "Settled"]'],
  ['as a JSON array in several lines', '[\n  "Booked",\n  "Settled"\n]'],
  ['in double quotes', '"Booked", "Settled"'],
  ['in single quotes', "'Booked','Settled'"],
  ['in quotes with blanks between', '"Booked" "Settled"'],
])('statuses %s are understood, and the log shows how', async (_, text) => {
  const { exitCode, log, outputs } = await run({ 'success-statuses': text }, [booked]);
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', providerStatus: 'Booked' });
  const [first, second] = log.split('\n');
  expect(first).toMatch(/^Waiting for job job-1 at HTTP API/);
  expect(second).toBe('success: Booked, Settled');
  expect(lines()).toEqual(ids('job-1'));
});

test('every list that was given is shown in the log, in a line of its own', async () => {
  const { log } = await run({
    'success-statuses': 'A',
    'partial-statuses': 'B',
    'failure-statuses': 'C; D',
    'pending-statuses': 'E',
    'queued-statuses': '["F", 10]',
    'queue-timeout': '1m',
  });
  expect(log.split('\n').slice(1, 6)).toEqual([
    'success: A',
    'partial: B',
    'failure: C, D',
    'pending: E',
    'queued: F, 10',
  ]);
});

test('a quoted failure status fails the step, also where time may run out', async () => {
  const { exitCode, outputs } = await run(
    { 'failure-statuses': '"Bounced"', 'on-timeout': 'continue', timeout: '1s' },
    [bounced],
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Failure',
    reason: 'job-failed',
    providerStatus: 'Bounced',
  });
  expect(lines()).toEqual(ids('job-1'));
});

test.each([
  ['"Booked', '“"Booked”'],
  ['Booked"', '“Booked"”'],
  ["'Booked", "“'Booked”"],
  ['Booked, “Settled”', '“““Settled”””'.slice(1, -1)],
  ['[Booked, Settled]', '“[Booked”'],
  ['["Booked", "Settled"', '“["Booked"”'],
  ['{"a": "Booked"}', '“{"a": "Booked"}”'],
])('a leftover sign in %s is refused, with what to write', async (text, shown) => {
  const { exitCode, log, outputs } = await run({ 'failure-statuses': text });
  expect(exitCode).toBe(1);
  expect(log).toContain(
    `\`failure-statuses\` holds ${shown}, which no provider sends; write Booked, Settled or one status per line`,
  );
  expect(outputs.reason).toBe('bad-input');
  expect(lines()).toEqual([]);
});

test('a JSON array that holds something else than texts is refused', async () => {
  const { exitCode, log } = await run({ 'success-statuses': '["Booked", {"a": 1}]' });
  expect(exitCode).toBe(1);
  expect(log).toContain(
    '`success-statuses` “["Booked", {"a": 1}]” is a JSON array that holds something else than texts; write ["a", "b"], or one element per line',
  );
  expect(lines()).toEqual([]);
});

test.each([
  ['Timed-Out', 'timed out'],
  ['BOUNCED', 'bounced'],
  ['in_progress', 'InProgress'],
])('%s in one list and %s in another are one status, which is refused', async (one, other) => {
  const { exitCode, log, outputs } = await run({
    'success-statuses': one,
    'failure-statuses': other,
  });
  expect(exitCode).toBe(1);
  expect(log).toContain(
    `\`success-statuses\` and \`failure-statuses\` both list “${other}”; keep it in one of them`,
  );
  expect(outputs.reason).toBe('bad-input');
  expect(lines()).toEqual([]);
});

test('a status that stands twice in one list is no problem', async () => {
  const { exitCode } = await run({ 'success-statuses': 'Booked, booked' }, [booked]);
  expect(exitCode).toBe(0);
});

test.each([
  ['by line', 'a\n\n b \na'],
  ['as a YAML list in a block', '- a\n- b'],
  ['as a YAML list that was folded into one line', '- a - b'],
  ['as a JSON array', '["a", "b"]'],
  ['in quotes', '"a"\n"b"'],
  ['in quotes with commas', '"a", "b"'],
])('ids %s are understood and polled once each', async (_, text) => {
  const { exitCode, outputs } = await run({ 'request-id': text });
  expect(exitCode).toBe(0);
  expect([...lines()].sort()).toEqual(ids('a', 'b'));
  expect(outputs.providerStatus).toBe('done\ndone');
});

test('numbers in a JSON array of ids keep all their digits', async () => {
  const { exitCode } = await run({ 'request-id': '[9007199254740993, 7]' });
  expect(exitCode).toBe(0);
  expect([...lines()].sort()).toEqual(ids('7', '9007199254740993'));
});

test('an id that holds commas is polled as it stands', async () => {
  const { exitCode, log, outputs } = await run({ 'request-id': 'a,b,c' });
  expect(exitCode).toBe(0);
  expect(lines()).toEqual(ids('a%2Cb%2Cc'));
  expect(outputs.message).toBe('');
  expect(log).not.toContain('one per line');
});

test.each(['a,b,c', 'a b', 'a;b'])(
  'where the id %s is not found, the message says that ids stand one per line',
  async (id) => {
    const { exitCode, log, outputs } = await run({ 'request-id': id }, [
      { status: 404, body: { message: 'no such job' } },
    ]);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({
      reason: 'not-found',
      message: `HTTP 404: no such job; if “${id}” is several ids, write one per line`,
    });
    expect(log).toContain(`if “${id}” is several ids, write one per line`);
    expect(new Set(lines())).toEqual(new Set(ids(encodeURIComponent(id))));
  },
);

test('where a plain id is not found, nothing is said of lists', async () => {
  const { outputs } = await run({}, [{ status: 404, body: { message: 'no such job' } }]);
  expect(outputs.message).toBe('HTTP 404: no such job');
});

test('a list of nothing is no list', async () => {
  const { exitCode, log } = await run({ 'failure-statuses': '[]' }, [running, done]);
  expect(exitCode).toBe(0);
  expect(log).not.toContain('failure:');
});
