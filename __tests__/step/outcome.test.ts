import { readFile, stat } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { jobsOf, root, runAction } from '../support/action.js';
import { signalAfter, stopSignals } from '../support/system.js';
import { providerTest, statuses } from '../support/provider.js';

/** The step as a whole, run from the bundle; one provider stands for all. */
const run = providerTest('unicommerce');
const filePath = 'https://reports.example/a.csv?X-Amz-Signature=sig-in-query';
const complete = { status: 'COMPLETE', filePath };
const afterError = (error: NonNullable<Parameters<typeof run>[0]>['errors']) => ({
  steps: [complete],
  errors: error ?? {},
});

test.each([
  'reset',
  'reset-mid-body',
  'empty',
  'html',
  'truncated-json',
  'bad-gzip',
  'huge-headers',
] as const)(
  'the wait outlives a response that is %s, and tells of it in one line',
  async (error) => {
    const { exitCode, outputs, log, requests } = await run(afterError({ 1: error }));
    expect(exitCode).toBe(0);
    expect(outputs.status).toBe('Successful');
    expect(log.match(/polling again in/g)).toHaveLength(1);
    expect(requests).toHaveLength(2);
  },
);

test.each([408, 425, 429, 500, 502, 503, 504])('the wait outlives HTTP %d', async (status) => {
  const { exitCode, log, requests } = await run(
    afterError({ 1: { status, body: { message: 'later' } } }),
  );
  expect(exitCode).toBe(0);
  expect(log).toContain(`HTTP ${status}: later; polling again in`);
  expect(requests).toHaveLength(2);
});

test.each([
  [400, 'rejected'],
  [403, 'rejected'],
  [405, 'rejected'],
  [422, 'rejected'],
])('HTTP %d ends the wait with one poll and what the provider says', async (status, reason) => {
  const reply = { status, body: { errors: [{ description: 'because I say so' }] } };
  const { exitCode, outputs, log, requests } = await run({ steps: [{ reply }] });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Error',
    reason,
    message: `HTTP ${status}: because I say so`,
  });
  expect(outputs.response).toBe(JSON.stringify(reply.body));
  expect(log).toMatch(/^::error .*because I say so/m);
  expect(requests).toHaveLength(1);
});

test.each([404, 410])('HTTP %d ends the wait at the third poll', async (status) => {
  const reply = { status, body: { message: 'no such job' } };
  const { exitCode, outputs, requests } = await run({ steps: [{ reply }] });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Error',
    reason: 'not-found',
    message: `HTTP ${status}: no such job`,
  });
  expect(requests).toHaveLength(3);
});

test('a redirect ends the wait and names the host it points to', async () => {
  const { exitCode, outputs, requests } = await run(afterError({ 1: 'redirect' }));
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
  expect(outputs.message).toBe(
    'HTTP 302: a redirect to login.elsewhere.example, which is not followed',
  );
  expect(requests).toHaveLength(1);
});

test('an endless body ends the wait', async () => {
  const { exitCode, outputs } = await run(afterError({ 1: 'huge-body' }));
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
  expect(outputs.message).toContain('10 MiB');
});

test.each(['silence', 'trickle'] as const)(
  'a provider of nothing but %s does not outlast the deadline',
  async (error) => {
    const { exitCode, outputs, ms } = await run(afterError({ 1: error }), { timeout: '5s' });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'unreachable', timedOut: 'true' });
    expect(ms).toBeLessThan(9000);
  },
);

test('a host that refuses connections is unreachable', async () => {
  const { exitCode, outputs, log } = await run(
    { steps: [complete] },
    { 'base-url': 'http://127.0.0.1:9', timeout: '0.5s' },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'unreachable', response: '' });
  expect(log).toMatch(/no response from 127.0.0.1:9: connect ECONNREFUSED/);
});

test.each([
  ['seconds', () => '1'],
  ['a date', () => new Date(Date.now() + 2500).toUTCString()],
  [
    'a date that names no zone',
    () => {
      const parts = new Date(Date.now() + 2500).toUTCString().split(' ');
      const [weekday = '', day = '', month = '', year = '', time = ''] = parts;
      return [weekday.slice(0, 3), month, day.padStart(2), time, year].join(' ');
    },
  ],
])('Retry-After as %s is obeyed', async (_, value) => {
  const error = {
    status: 429,
    body: {},
    // Reckoned when it is sent, however long the step took to start.
    get headers() {
      return { 'Retry-After': value() };
    },
  };
  const { exitCode, times } = await run(afterError({ 1: error }));
  expect(exitCode).toBe(0);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
});

test('a job that does not end fails the step as pending at the deadline', async () => {
  const { exitCode, outputs, log } = await run({ steps: statuses('RUNNING') }, { timeout: '1s' });
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Pending',
    reason: 'timed-out',
    timedOut: 'true',
    providerStatus: 'RUNNING',
  });
  expect(outputs.message).toMatch(/^still RUNNING after 1(?:\.\d)?s and \d+ polls$/);
  expect(log).toMatch(
    /^::error .*::Timed out: job \S+ is still RUNNING after 1(?:\.\d)?s and \d+ polls\. Raise `timeout`, or set `on-timeout: continue`$/m,
  );
  expect(jobsOf({ outputs })[0]?.elapsedSeconds).toBeGreaterThanOrEqual(1);
});

test('a job that does not end is let pass where on-timeout is continue', async () => {
  const inputs = { timeout: '0.3s', 'on-timeout': 'continue' };
  const { exitCode, outputs, log } = await run({ steps: statuses('RUNNING') }, inputs);
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Pending', reason: 'timed-out', timedOut: 'true' });
  expect(log).not.toContain('::error');
});

test('on-timeout: continue does not let a provider pass that never responded', async () => {
  const inputs = { timeout: '0.3s', 'on-timeout': 'continue', 'base-url': 'http://127.0.0.1:9' };
  const { exitCode, outputs } = await run({ steps: [complete] }, inputs);
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', timedOut: 'true' });
});

test('timeout: 0 asks once', async () => {
  const { exitCode, outputs, requests } = await run(
    { steps: statuses('RUNNING') },
    { timeout: '0' },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Pending', reason: 'timed-out', timedOut: 'true' });
  expect(requests).toHaveLength(1);
});

test('an unknown status is waited through, warned of once, and named at the deadline', async () => {
  const { exitCode, outputs, log } = await run(
    { steps: statuses('MARINATING') },
    { timeout: '0.5s' },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Pending',
    reason: 'timed-out',
    providerStatus: 'MARINATING',
  });
  expect(
    log.match(
      /^::warning.*`MARINATING` is not classified; add it to `success-statuses`, or whichever list fits$/gm,
    ),
  ).toHaveLength(1);
  expect(outputs.message).toMatch(
    /^status `MARINATING` is not classified; add it to `success-statuses`, or whichever list fits; still so after \S+ and \d+ polls$/,
  );
  expect(log).toMatch(
    /^::error .*::Timed out: status `MARINATING` is not classified; add it to `success-statuses`, or whichever list fits; still so .* polls$/m,
  );
});

test('an unknown status fails the step where on-unknown-status is fail', async () => {
  const { exitCode, outputs, requests } = await run(
    { steps: statuses('MARINATING') },
    { 'on-unknown-status': 'fail' },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'unknown-status' });
  expect(requests).toHaveLength(1);
});

test.each([
  ['success-statuses', 'Baked, well-done', 'Successful', 0],
  ['partial-statuses', 'WELL_DONE', 'PartialSuccess', 1],
  ['failure-statuses', 'wellDone', 'Failure', 1],
])(
  '%s classifies a status without regard to case and separators',
  async (input, text, status, code) => {
    const { exitCode, outputs } = await run(
      { steps: [{ status: 'Well Done', filePath }] },
      { [input]: text },
    );
    expect(outputs.status).toBe(status);
    expect(exitCode).toBe(code);
  },
);

test('statuses of the inputs win over the statuses of the provider', async () => {
  const steps = [
    { status: 'COMPLETE', filePath, forPolls: 2 },
    { status: 'DELIVERED', filePath },
  ];
  const inputs = { 'pending-statuses': 'complete', 'success-statuses': 'delivered' };
  const { outputs, requests } = await run({ steps }, inputs);
  expect(outputs).toMatchObject({ status: 'Successful', providerStatus: 'DELIVERED' });
  expect(requests).toHaveLength(3);
});

test.each(stopSignals)('%s ends the step within a second, with its outputs', async (signal) => {
  const { onLog, sentMs } = signalAfter('RUNNING', signal);
  const inputs = { interval: '30s' };
  const { exitCode, outputs } = await run({ steps: statuses('RUNNING') }, inputs, { onLog });
  expect(performance.now() - sentMs()).toBeLessThan(1000);
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Pending',
    reason: 'cancelled',
    providerStatus: 'RUNNING',
  });
});

test('the token is masked before anything else is written, and then never appears', async () => {
  const token = 'simulator-token';
  const echo = `your token is ${token}`;
  const steps = [{ status: 'FAILED', message: echo }];
  const { stdout, log, outputs, summary } = await run({ steps });
  expect(stdout.startsWith(`::add-mask::${token}\n`)).toBe(true);
  for (const text of [log, JSON.stringify(outputs), summary]) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(Buffer.from(token).toString('base64'));
  }
  expect(outputs.message).toBe('your token is ***');
  expect(outputs.response).toContain('your token is ***');
});

test('the query of a report link reaches the output, not the log', async () => {
  const steps = [{ status: 'COMPLETE', filePath, message: `fetch ${filePath}` }];
  const { stdout, outputs } = await run({ steps });
  expect(outputs.filePath).toBe(filePath);
  expect(stdout).not.toContain('sig-in-query');
});

test('what a provider sends starts no workflow command and forges no output', async () => {
  const evil = [
    '::error::forged',
    '\r\n::set-output name=status::Successful',
    '##[set-output name=status]Successful',
    'ghadelimiter_x\nstatus<<EOF\nSuccessful\nEOF',
    '%0A::stop-commands::x',
    '\u001b[2J\u202e',
  ].join('\n');
  const { stdout, outputs } = await run(
    { steps: [{ status: `\n${evil}`, message: evil, filePath: evil }] },
    {
      'on-unknown-status': 'fail',
    },
  );
  const commands = stdout.split('\n').filter((line) => line.trimStart().startsWith('::'));
  const names = commands.map((line) => line.split(/[ :]+/)[1]);
  expect(names.filter((name) => name !== 'add-mask')).toEqual(['error']);
  expect(stdout).not.toMatch(/##\[|\p{Bidi_Control}|(?!\n)\p{Cc}/u);
  expect(outputs.status).toBe('Error');
  for (const name of ['providerStatus', 'message', 'filePath']) {
    expect(outputs[name]).not.toMatch(/^\s*::|##\[|\p{Bidi_Control}|\p{Cc}/u);
  }
});

test.each([
  ['cut in the middle', (token: string) => 'x'.repeat(490) + token],
  ['broken up by escapes', (token: string) => `${token.slice(0, 4)}\u001b[0m${token.slice(4)}`],
])('a token that the provider echoes %s leaves no trace', async (_, echo) => {
  const token = 'simulator-token';
  const body = { successful: false, errors: [{ description: echo(token) }] };
  const { log, outputs } = await run({ steps: [{ reply: { status: 200, body } }] });
  expect(log + JSON.stringify({ ...outputs, response: '' })).not.toMatch(/simul/);
});

test.each([
  ['a title', (token: string) => `<html><title>${'x'.repeat(90)} ${token}</title>`],
  ['cut off JSON', (token: string) => `{"t":"${token.replace('-', '\\u002d')}`],
  ['HTML', (token: string) => token],
])('a token in %s of a response leaves no trace', async (_, wrap) => {
  const reply = { status: 403, body: wrap('simulator-token') };
  const { log, outputs } = await run({ steps: [{ reply }] });
  expect(log + JSON.stringify(outputs)).not.toMatch(/simul/);
});

test('a user name is no secret and is written as it is, in a link and elsewhere', async () => {
  const link = 'https://reports.example/acme/a.csv';
  const inputs = { username: 'acme', password: 'some-password' };
  const { outputs, log } = await run(
    { steps: [{ status: 'COMPLETE', filePath: link, message: 'for acme' }] },
    inputs,
    {
      secrets: () => ['some-password'],
    },
  );
  expect(outputs).toMatchObject({ filePath: link, message: 'for acme' });
  expect(log).toContain('COMPLETE”: for acme');
});

test('a token in an error that is not understood leaves no trace, whatever its escapes', async () => {
  const reply = { status: 403, body: '{"what":"simulator\\u002dtoken"}' };
  const { log, outputs } = await run({ steps: [{ reply }] });
  expect(log + JSON.stringify(outputs)).not.toMatch(/simulator(\\u002d|-)token/);
  expect(outputs.response).toBe('{"what":"***"}');
});

test('the response is the last response, also when the last poll got none', async () => {
  const errors = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [n + 2, 'reset' as const]),
  );
  const { outputs } = await run({ steps: [{ status: 'RUNNING' }], errors }, { timeout: '0.4s' });
  expect(outputs.response).toContain('RUNNING');
});

test('the response is cut at 64 KiB', async () => {
  const reply = { status: 403, body: '日'.repeat(50_000) };
  const { outputs } = await run({ steps: [{ reply }] });
  const bytes = Buffer.byteLength(outputs.response ?? '');
  expect(bytes).toBeGreaterThan(64 * 1024 - 4);
  expect(bytes).toBeLessThanOrEqual(64 * 1024);
});

test.each(['{"a":', '<title', 'http://'])(
  'a response made of %j does not stop the clock',
  async (part) => {
    const reply = { status: 200, body: part.repeat(600_000) };
    const { exitCode, ms } = await run({ steps: [{ reply }] }, { timeout: '1s', interval: '0.5s' });
    expect(exitCode).toBe(1);
    // The deadline, five seconds for the last response, and room for a busy machine; it was minutes once.
    expect(ms).toBeLessThan(15_000);
  },
);

test('the path of base-url stands before every provider path', async () => {
  const { exitCode, requests } = await run(
    { steps: [complete] },
    { 'base-url': `${run.simulator().url}/some/gateway/` },
  );
  expect(exitCode).toBe(0);
  expect(requests[0]?.line).toBe('POST /some/gateway/services/rest/v1/export/job/status');
});

test.each(stopSignals)(
  '%s twice in the middle of a response still writes the outputs',
  async (signal) => {
    let killedMs = 0;
    const job = {
      steps: [{ status: 'RUNNING', forPolls: 1 }, complete],
      errors: { 2: 'trickle' as const },
    };
    const { exitCode, outputs } = await run(
      job,
      { 'on-timeout': 'continue' },
      {
        onLog: (log, kill) => {
          if (killedMs > 0 || !log.includes('RUNNING')) return;
          setTimeout(() => {
            killedMs = performance.now();
            kill(signal);
            // Not by a timer: on a busy machine it would come when the process is already ending.
            while (performance.now() < killedMs + 2);
            kill(signal);
          }, 400);
          killedMs = 1;
        },
      },
    );
    expect(performance.now() - killedMs).toBeLessThan(1000);
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Pending', reason: 'cancelled', timedOut: 'false' });
  },
);

test('a message of a megabyte is shown shortened', async () => {
  const { log, outputs } = await run({
    steps: [{ status: 'FAILED', message: 'x'.repeat(1_000_000) }],
  });
  expect(log.length).toBeLessThan(4000);
  expect(outputs.message?.length).toBeLessThan(9000);
  expect(outputs.response?.length).toBeLessThanOrEqual(64 * 1024);
});

test('several jobs are reported in order, and the worst of them decides', async () => {
  const ids = ['several-1', 'several-2', 'several-3'];
  await run({ id: 'several-1', steps: [{ status: 'COMPLETE', filePath: 'one.csv' }] });
  await run({ id: 'several-2', steps: statuses('QUEUED', 'FAILED') });
  const { exitCode, outputs, log } = await run(
    { id: 'several-3', steps: [{ status: 'COMPLETE', filePath: 'three.csv' }] },
    { 'request-id': [...ids, 'several-1'].join('\n') },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Failure',
    reason: 'job-failed',
    providerStatus: 'COMPLETE\nFAILED\nCOMPLETE',
    filePath: 'one.csv\n\nthree.csv',
  });
  expect(jobsOf({ outputs }).map(({ requestId, status }) => [requestId, status])).toEqual([
    ['several-1', 'Successful'],
    ['several-2', 'Failure'],
    ['several-3', 'Successful'],
  ]);
  expect(log.match(/^::error /gm)).toHaveLength(1);
  expect(log).toContain('::error title=Unicommerce Uniware%3A job several-2::');
});

test('single outputs of several jobs hold a line a job, and each failed job has an annotation', async () => {
  for (const [id, status] of Object.entries({ a1: 'FAILED', a2: 'RUNNING', a3: 'ERROR' })) {
    run
      .simulator()
      .createJob({ provider: 'unicommerce', id, steps: [{ status, message: `says ${id}` }] });
  }
  const { exitCode, outputs, log } = await run(
    { steps: [complete] },
    { 'request-id': 'a1\na2\na3', timeout: '1s' },
  );
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Failure',
    providerStatus: 'FAILED\nRUNNING\nERROR',
    timedOut: 'true',
  });
  expect(outputs.message?.split('\n')).toEqual([
    'says a1',
    expect.stringContaining('says a2'),
    'says a3',
  ]);
  expect(log.match(/^::error title=Unicommerce Uniware%3A job a\d::/gm)).toHaveLength(3);
  expect(log).toMatch(/^ +\d+ms {2}a2: RUNNING \(says a2\)$/m);
  const [first, second] = jobsOf({ outputs });
  expect(first?.elapsedSeconds).toBeLessThan(0.9);
  expect(second?.elapsedSeconds).toBeGreaterThanOrEqual(1);
  expect(outputs.response).toContain('RUNNING');
});

test('every secret input is masked before anything else', async () => {
  const secrets = {
    ...{
      token: 'the-token',
      password: 'the-password',
      'app-key': 'the-app-key',
      'client-secret': 'the-client-secret',
    },
    ...{
      'client-certificate': 'the-certificate',
      'client-key': 'the-key',
      'ca-certificate': 'the-ca',
    },
  };
  const names = { username: 'the-user', 'client-id': 'the-client' };
  const { stdout } = await runAction({ provider: 'sei', ...names, ...secrets });
  const head = stdout.slice(0, stdout.indexOf('::error'));
  for (const secret of Object.values(secrets)) {
    expect(head).toContain(`::add-mask::${secret}\n`);
    expect(head).toContain(`::add-mask::${Buffer.from(secret).toString('base64')}\n`);
  }
  for (const pair of [
    'the-user:the-password',
    'the-client:the-client-secret',
    'the-app-key:the-client-secret',
  ]) {
    expect(head).toContain(`::add-mask::${Buffer.from(pair).toString('base64')}\n`);
  }
  for (const name of Object.values(names)) {
    expect(stdout).not.toContain(`::add-mask::${name}\n`);
    expect(stdout).not.toContain(`::add-mask::${Buffer.from(name).toString('base64')}\n`);
  }
});

test('a step without an output file says so and fails', async () => {
  const inputs = { provider: 'sei', 'request-id': 'x', token: 'a-token' };
  const { exitCode, log, stderr } = await runAction(inputs, {
    env: { GITHUB_OUTPUT: '/nowhere/output' },
  });
  expect(exitCode).toBe(1);
  expect(log).toContain('::warning::The outputs could not be written');
  expect(stderr).toBe('');
});

test('one job answering 500 for ever beside 99 good ones does not hold them up', async () => {
  const ids = Array.from({ length: 99 }, (_, index) => `good-${index}`);
  for (const id of ids) {
    const steps = [
      { status: 'RUNNING', forMs: 2000 },
      { status: 'COMPLETE', filePath },
    ];
    run.simulator().createJob({ provider: 'unicommerce', id, steps });
  }
  const { exitCode, outputs } = await run(
    { id: 'bad', steps: [{ reply: { status: 500, body: {} } }] },
    { 'request-id': ['bad', ...ids].join('\n'), timeout: '6s', interval: '0.5s' },
  );
  expect(exitCode).toBe(1);
  const [bad, ...good] = jobsOf({ outputs });
  expect(bad).toMatchObject({ status: 'Error', reason: 'unreachable', timedOut: true });
  for (const { status, elapsedSeconds } of good) {
    expect(status).toBe('Successful');
    expect(elapsedSeconds).toBeLessThan(4);
  }
});

test('1,000 jobs use at most ten connections, and each is asked once where it is finished', async () => {
  const ids = Array.from({ length: 1000 }, (_, index) => `bulk-${index}`);
  for (const id of ids)
    run.simulator().createJob({ provider: 'unicommerce', id, steps: [complete] });
  const { exitCode, outputs, requests, ports } = await run(
    { steps: [complete] },
    { 'request-id': ids.join('\n') },
  );
  expect(exitCode).toBe(0);
  expect(requests).toHaveLength(1000);
  expect(ports.size).toBeLessThanOrEqual(10);
  expect(jobsOf({ outputs }).map(({ requestId }) => requestId)).toEqual(ids);
});

test('the bundle is below 350 kB and holds nothing of undici or @actions/exec', async () => {
  const bundle = `${root}/dist/index.js`;
  expect((await stat(bundle)).size).toBeLessThan(350_000);
  const licenses = await readFile(`${root}/dist/licenses.txt`, 'utf8');
  const named = licenses.split('\n').filter((line) => /undici|@actions\/exec/.test(line));
  expect(named).toEqual([]);
});

test('what stands in for undici fails loudly when it is touched', async () => {
  const { ProxyAgent } = await import('../../stubs/undici.js');
  expect(() => {
    ProxyAgent();
  }).toThrow('this bundle is built without undici');
});

test('what stands in for @actions/exec fails loudly when it is touched', async () => {
  const { getExecOutput } = await import('../../stubs/exec.js');
  expect(() => {
    getExecOutput();
  }).toThrow('this bundle starts no process');
});

test('the bundle cannot start a process', async () => {
  expect(await readFile(`${root}/dist/index.js`, 'utf8')).not.toContain('child_process');
});
