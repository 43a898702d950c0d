import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { jobsOf, runAction, type JobOutput } from '../support/action.js';
import { apiServer, done } from '../support/api-server.js';
import { isWindows, makeFolder, removeFolder } from '../support/system.js';

/** The file of jobs, and what becomes of many jobs in outputs, log and annotations. */
const { run, lines } = apiServer();

const jobsIn = (text: string) => JSON.parse(text) as JobOutput[];

test('the file holds the same as the output, in the folder of the runner, for its user alone', async () => {
  const temp = await makeFolder('temp');
  const { exitCode, outputs, jobsFileText } = await run(
    { 'request-id': 'a\nb' },
    ({ line }) => (line.endsWith('/a') ? done : { body: { status: 'failed' } }),
    { env: { RUNNER_TEMP: temp } },
  );
  expect(exitCode).toBe(1);
  const { jobsFile = '' } = outputs;
  expect(isAbsolute(jobsFile)).toBe(true);
  expect(jobsFile.startsWith(join(temp, 'await-job-'))).toBe(true);
  if (!isWindows) expect((await stat(jobsFile)).mode & 0o777).toBe(0o600);
  expect(jobsFileText).toBe(outputs.jobs);
  expect(jobsIn(jobsFileText).map(({ requestId, status }) => [requestId, status])).toEqual([
    ['a', 'Successful'],
    ['b', 'Failure'],
  ]);
  await removeFolder(temp);
});

test('two steps that share a folder have a file each', async () => {
  const temp = await makeFolder('temp');
  const options = { env: { RUNNER_TEMP: temp } };
  const first = await run({ 'request-id': 'a' }, [done], options);
  const second = await run({ 'request-id': 'b' }, [done], options);
  expect(first.outputs.jobsFile).not.toBe(second.outputs.jobsFile);
  expect(jobsIn(first.jobsFileText)[0]?.requestId).toBe('a');
  expect(jobsIn(second.jobsFileText)[0]?.requestId).toBe('b');
  await removeFolder(temp);
});

test('bad inputs leave a file of no jobs', async () => {
  const { exitCode, outputs, jobsFileText } = await runAction({});
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ reason: 'bad-input', jobs: '[]' });
  expect(jobsFileText).toBe('[]');
});

test('a secret in a message is not in the file', async () => {
  const { jobsFileText } = await run(
    { token: 'a-secret-token', 'message-query': 'why' },
    [{ body: { status: 'failed', why: 'no right for a-secret-token' } }],
    { secrets: () => ['a-secret-token'] },
  );
  expect(jobsIn(jobsFileText)[0]?.message).toBe('no right for ***');
});

test('where the file cannot be written, a warning says so and the outcome stays', async () => {
  const { exitCode, log, outputs } = await run({}, [done], {
    env: { RUNNER_TEMP: join('/nowhere', 'at-all') },
  });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', jobsFile: '' });
  expect(log).toMatch(/^::warning::The file of jobs could not be written in RUNNER_TEMP: ENOENT$/m);
});

test('2,000 failed jobs: the file has all messages whole, the outputs fit, the log names each job', async () => {
  const temp = await makeFolder('temp');
  const ids = Array.from({ length: 2000 }, (_, index) => `job-${index}`);
  const messageOf = (id: string) => `no rows for ${id}: ${'x'.repeat(400)} end`;
  const { exitCode, log, outputs, jobsFileText } = await run(
    { 'request-id': ids.join('\n'), timeout: '0', 'message-query': 'why' },
    ({ line }) => ({
      body: { status: 'failed', why: messageOf(line.split('/').at(-1) ?? '') },
    }),
    { env: { RUNNER_TEMP: temp } },
  );
  expect(exitCode).toBe(1);
  expect(lines()).toHaveLength(2000);

  const all = jobsIn(jobsFileText);
  expect(all.map(({ requestId }) => requestId)).toEqual(ids);
  expect(all.every(({ requestId, message }) => message === messageOf(requestId))).toBe(true);

  const { jobs = '', response = '' } = outputs;
  expect(Buffer.byteLength(jobs) + Buffer.byteLength(response)).toBeLessThan(900_000);
  expect(jobsOf({ outputs })).toHaveLength(2000);
  expect(jobsOf({ outputs })[7]?.message).toMatch(/^no rows for job-7: x+… \(\d+ characters\)$/);
  expect(log).toContain(
    '::warning::Messages in the outputs are cut at 128 characters; jobsFile has them whole',
  );

  // Nine jobs have an annotation, the tenth says how many more failed; the log has each message.
  const errors = log.match(/^::error.*$/gm) ?? [];
  expect(errors).toHaveLength(10);
  expect(errors[9]).toMatch(
    /^::error title=1991 more jobs failed::1991 more jobs failed; the log names them all%0A/,
  );
  // So many ways of failing have their message there.
  expect(errors[9]?.match(/%0AHTTP API job job-\d+ failed: no rows for job-\d+: x+/g)).toHaveLength(
    50,
  );
  const group = log.split('::group::2000 of 2000 jobs failed\n')[1]?.split('::endgroup::')[0] ?? '';
  for (const id of ids) {
    expect(group).toContain(`${id}: failed: ${messageOf(id)} (status \`failed\`, 1 poll in`);
  }

  // As a later step reads it: by its path, with nothing of it in the environment.
  const script = 'tr "{" "\\n" < "$1" | grep -c "\\"status\\":\\"Failure\\""';
  if (!isWindows) {
    const read = await promisify(execFile)('sh', ['-c', script, 'sh', outputs.jobsFile ?? '']);
    expect(read.stdout.trim()).toBe('2000');
  }
  await removeFolder(temp);
});
