import http from 'node:http';
import net from 'node:net';
import { describe, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import type { Run } from '../support/action.js';
import { apiServer } from '../support/api-server.js';
import { authorizationServer, oidcAudience } from '../support/authorization-server.js';
import { awsEnvironment, awsSecrets, signatureProblem } from '../support/aws-signature.js';
import { createCa, signed } from '../support/certificates.js';
import {
  createService,
  dialectOf,
  play,
  providerNames,
  runStart,
  type Fate,
  type Play,
  type ProviderName,
  type Service,
} from '../support/start-server.js';
import { listen } from '../support/system.js';

/** The request that starts a job, under all that can happen to it, at services that count their jobs. */
const ca = await createCa('Test Authority');
const tls = await signed(ca, 'service.test', { hosts: ['service.test', '127.0.0.1'] });

type Texts = Readonly<Record<string, string>>;
type Cell = (provider: ProviderName, inputs: Texts) => Promise<Run & Service>;
type Fates = NonNullable<Play['fate']>;

const first =
  (fate: Fate): Fates =>
  (number) =>
    number === 1 ? fate : undefined;
const says = (status: number, headers: Texts = {}, body: unknown = { note: 'not now' }): Fate => ({
  starts: false,
  reply: () => ({ status, headers, body }),
});
const at =
  (fate: Fates, more: Texts = {}): Cell =>
  (provider, inputs) =>
    play({ provider, fate }, { ...more, ...inputs });
const atFirst = (fate: Fate) => at(first(fate));
const breaks = (end: NonNullable<Fate['break']>): Fate => ({ starts: true, break: end });
const refusesToken: Fate = {
  starts: false,
  reply: (_, { unauthorized }) => unauthorized,
};
const loggingIn =
  (fate: Fates): Cell =>
  (provider, inputs) =>
    play({ provider, fate }, { token: '', ...dialectOf(provider).login, ...inputs });
const overTls =
  (settings: Partial<Play>): Cell =>
  (provider, inputs) =>
    play({ provider, tls, ...settings }, { 'ca-certificate': ca.cert, ...inputs });

/** Nobody listens at first. */
const refused: Cell = async (provider, inputs) => {
  const [place, service] = [net.createServer(), createService({ provider })];
  const port = await listen(place);
  await new Promise((resolve) => place.close(resolve));
  let isOpen = false;
  const run = await runStart(provider, `http://127.0.0.1:${port}`, inputs, {
    onLog: (log) => {
      if (isOpen || !log.includes('starting again')) return;
      isOpen = true;
      void service.listen(port);
    },
  });
  await service.close();
  return { ...run, ...service };
};

const unknownHost: Cell = async (provider, inputs) => {
  const service = createService({ provider });
  const run = await runStart(provider, 'https://service.invalid', { ...inputs, timeout: '2s' });
  return { ...run, ...service };
};

/** The service is reached through a proxy, which refuses so many tunnels at first. */
const proxied =
  (refusals: number, fate: Fates = () => undefined): Cell =>
  async (provider, inputs) => {
    const service = createService({ provider, tls, fate });
    const port = await service.listen();
    let tunnels = 0;
    const proxy = http.createServer().on('connect', (_, socket) => {
      tunnels += 1;
      socket.on('error', () => undefined);
      if (tunnels <= refusals) {
        socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
        return;
      }
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const far = net.connect(port, '127.0.0.1').on('error', () => socket.destroy());
      socket.pipe(far).pipe(socket);
    });
    const env = { https_proxy: `http://127.0.0.1:${await listen(proxy)}` };
    const all = { 'ca-certificate': ca.cert, ...inputs };
    const run = await runStart(provider, `https://service.test:${port}`, all, { env });
    proxy.close();
    await service.close();
    return { ...run, ...service };
  };

/** The second try goes over the connection of the first. */
const overUsed: Fates = (number) =>
  [says(429, { 'Retry-After': '0' }), breaks('reset')][number - 1];

/** What is expected: how many jobs exist, how often the start was received, and what the step says. */
type Expected = readonly [jobs: number, starts: number, reason: string];
const good = (starts: number): Expected => [1, starts, ''];
const lost: Expected = [1, 1, 'start-unknown'];
const none = (starts: number, reason: string): Expected => [0, starts, reason];

/** By what happens: the cell, then what is expected without and with a header that means the same job. */
const MATRIX: Readonly<Record<string, readonly [Cell, Expected, Expected]>> = {
  'a refused connection': [refused, good(1), good(1)],
  'a host that DNS does not know': [unknownHost, none(0, 'unreachable'), none(0, 'unreachable')],
  'a TLS handshake that fails': [
    overTls({
      onConnection: (socket, number) => number === 1 && Boolean(socket.end('HTTP/1.1 400 Bad\r\n')),
    }),
    good(1),
    good(1),
  ],
  'a TLS handshake that is reset': [
    overTls({
      onConnection: (socket, number) =>
        number === 1 && Boolean(socket.once('data', () => socket.resetAndDestroy())),
    }),
    good(1),
    good(1),
  ],
  'TLS that breaks after the request': [
    overTls({ fate: first(breaks('broken TLS')) }),
    lost,
    good(2),
  ],
  'a proxy that refuses': [proxied(1), good(1), good(1)],
  'a reset before the response': [atFirst(breaks('reset')), lost, good(2)],
  'a response that is cut': [atFirst(breaks('cut')), lost, good(2)],
  'a reset of a connection in use': [at(overUsed), [1, 2, 'start-unknown'], good(3)],
  'a reset of a TLS connection in use': [
    overTls({ fate: overUsed }),
    [1, 2, 'start-unknown'],
    good(3),
  ],
  'a reset of a tunnel in use': [proxied(0, overUsed), [1, 2, 'start-unknown'], good(3)],
  'silence until the end': [at(() => breaks('silence'), { timeout: '1s' }), lost, lost],
  '401, then good': [loggingIn(first(refusesToken)), good(2), good(2)],
  '401 for ever, with a login': [
    loggingIn(() => refusesToken),
    none(2, 'rejected'),
    none(2, 'rejected'),
  ],
  '401 for ever, with a token': [at(() => refusesToken), none(1, 'rejected'), none(1, 'rejected')],
  '429 with Retry-After': [atFirst(says(429, { 'Retry-After': '1' })), good(2), good(2)],
  '429 for longer than there is time': [
    at(() => says(429, { 'Retry-After': '60' })),
    none(1, 'unreachable'),
    none(1, 'unreachable'),
  ],
  '503 with Retry-After': [atFirst(says(503, { 'Retry-After': '1' })), good(2), good(2)],
  '503 after the job was started': [atFirst({ ...says(503), starts: true }), lost, good(2)],
  '500 after the job was started': [atFirst({ ...says(500), starts: true }), lost, good(2)],
  '500 that says failed': [
    atFirst({ ...says(500, {}, { status: 'failed' }), starts: true }),
    lost,
    good(2),
  ],
  '400': [at(() => says(400)), none(1, 'rejected'), none(1, 'rejected')],
  '409': [at(() => says(409)), none(1, 'rejected'), none(1, 'rejected')],
  'a job that failed at once': [
    atFirst({ starts: true, reply: (id, { failed }) => failed(id) }),
    [1, 1, 'job-failed'],
    [1, 1, 'job-failed'],
  ],
  '202 with Location': [
    (provider, inputs) => {
      const fate = first({
        starts: true,
        reply: (id, { started }) => ({
          status: 202,
          headers: { ...started(id).headers, Location: `/jobs/${id}` },
          body: provider === 'http' ? '' : started(id).body,
        }),
      });
      const url = provider === 'http' ? { url: '{+id}' } : {};
      return play({ provider, fate }, { ...url, ...inputs });
    },
    good(1),
    good(1),
  ],
  '201 with an id': [
    atFirst({ starts: true, reply: (id, { started }) => ({ ...started(id), status: 201 }) }),
    good(1),
    good(1),
  ],
  '200 without an id': [
    at(() => ({ starts: true, reply: () => ({ status: 200, body: { fine: true } }) })),
    lost,
    lost,
  ],
  'a redirect to a login page': [
    at(() => says(302, { Location: '/login?next=1' }, '')),
    none(1, 'bad-response'),
    none(1, 'bad-response'),
  ],
  'a redirect that may follow a start': [
    at(() => ({ ...says(303, { Location: '/thanks' }, ''), starts: true })),
    lost,
    lost,
  ],
  'an HTML page after the job was started': [
    atFirst({ ...says(200, { 'Content-Type': 'text/html' }, '<html>Hm</html>'), starts: true }),
    lost,
    good(2),
  ],
};

/** What the transport alone decides, or one response in another form: two providers stand for all. */
const TWO: readonly ProviderName[] = ['flolive', 'http'];
const AT_TWO: readonly string[] = [
  'a TLS handshake that is reset',
  'TLS that breaks after the request',
  'a reset of a connection in use',
  'a reset of a TLS connection in use',
  'a reset of a tunnel in use',
  '429 for longer than there is time',
  '500 that says failed',
  '401 for ever, with a token',
  'a redirect that may follow a start',
];

const limit = pLimit(16);
const KEY: Texts = { 'start-idempotency-header': 'Idempotency-Key' };

/** All cells at once, as they wait more than they work. */
const results = new Map(
  Object.entries(MATRIX).flatMap(([name, [cell]]) =>
    [{}, KEY].map((inputs, index) => [
      `${name} ${index}`,
      Promise.all(
        (AT_TWO.includes(name) ? TWO : providerNames).map(async (provider) => {
          const run = await limit(() => cell(provider, inputs));
          return [provider, run] as const;
        }),
      ),
    ]),
  ),
);

describe.each(Object.entries(MATRIX))('%s', (name, [, without, withKey]) => {
  test.each([
    ['without an idempotency header', 0, without],
    ['with one', 1, withKey],
  ] as const)('%s', async (_, index, expected) => {
    for (const [provider, run] of (await results.get(`${name} ${index}`)) ?? []) {
      const { jobs, starts, outputs, exitCode } = run;
      const found = [provider, jobs.length, starts.length, outputs.reason, exitCode];
      expect(found).toEqual([provider, ...expected, expected[2] === '' ? 0 : 1]);
      const isKnown = ['', 'job-failed'].includes(expected[2]) && outputs.requestId !== '';
      expect(outputs.requestId).toContain(isKnown ? jobs[0] : '');
      expect(new Set(starts.map(({ headers }) => headers['idempotency-key'])).size).toBeLessThan(2);
    }
  });
});

/** Runs the step of `provider: http`, unless another is named, at a service where all goes well. */
const run = (
  inputs: Texts = {},
  settings: Partial<Play> = {},
  options: Parameters<typeof play>[2] = {},
) => play({ provider: 'http', ...settings }, inputs, options);

const running = { status: 200, body: { status: 'running' } };
const cancelling = { 'cancel-url': '{origin}/jobs/{id}/cancel' };

describe('the request that starts the job', () => {
  test.each(providerNames)(
    '%s: it has the credentials and headers of the polls',
    async (provider) => {
      const { starts, polls, logins, exitCode } = await run(
        { headers: 'X-Facility: 7', token: '', ...dialectOf(provider).login },
        { provider },
      );
      expect(exitCode).toBe(0);
      const [start, poll] = [starts[0]?.headers ?? {}, polls[0]?.headers ?? {}];
      const names = ['authorization', 'appkey', 'x-coreos-access', 'x-coreos-tid', 'x-facility'];
      for (const name of names) expect(start[name]).toEqual(poll[name]);
      expect(JSON.stringify(start)).toContain('issued-token-1');
      expect(start['x-facility']).toBe('7');
      expect(start['content-type']).toBe('application/json');
      expect(starts[0]).toMatchObject({ line: 'POST /start-a-job', body: '{"export": "orders"}' });
      // The login is the same for the start and the polls.
      expect(logins).toHaveLength(1);
    },
  );

  test('method, type, headers and body are those of the workflow, whatever the polls have', async () => {
    const { starts } = await run({
      'start-method': 'PUT',
      'start-url': '{origin}/v2/start-a-job?day=1',
      headers: 'X-Action: Describe\nX-Facility: 7\nContent-Type: text/plain',
      'start-headers': 'content-type: application/x-www-form-urlencoded\nx-action: Start',
      'start-body': 'report=orders&x={id}',
    });
    expect(starts).toHaveLength(1);
    expect(starts[0]).toMatchObject({
      line: 'PUT /v2/start-a-job?day=1',
      body: 'report=orders&x={id}',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: 'Bearer a-given-token',
        'x-action': 'Start',
        'x-facility': '7',
      },
    });
  });

  test('without a body it has no type', async () => {
    const { starts } = await run({ 'start-body': '' });
    expect(starts[0]).toMatchObject({ body: '' });
    expect(starts[0]?.headers).not.toHaveProperty('content-type');
  });

  test('its idempotency value is the same in each attempt of a run, and another in another run', async () => {
    const service = createService({ provider: 'http' });
    const origin = `http://127.0.0.1:${await service.listen()}`;
    const inputs = { 'start-idempotency-header': 'Idempotency-Key' };
    for (const env of [{}, { GITHUB_RUN_ATTEMPT: '2' }, { GITHUB_RUN_ID: '4712' }]) {
      await runStart('http', origin, inputs, { env });
    }
    await service.close();
    const [one, again, other] = service.starts.map(({ headers }) => headers['idempotency-key']);
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    expect(service.jobs).toHaveLength(2);
  });

  test('a secret of start-headers shows nowhere, whoever repeats it', async () => {
    const key = 'an-api-key-of-the-start';
    const { stdout, exitCode } = await run(
      { 'start-headers': `X-Api-Key: ${key}` },
      { fate: () => says(400, {}, { message: `the key ${key} is not good` }) },
      { secrets: () => [key] },
    );
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`::add-mask::${key}\n`);
  });
});

describe('the id of the job', () => {
  test('is shown as lost where id-query finds none, with the shape of the response', async () => {
    const { exitCode, outputs, log, jobs, polls } = await run(
      { 'id-query': 'job.number' },
      { fate: () => ({ starts: true, reply: () => ({ status: 200, body: { job: { no: 7 } } }) }) },
    );
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'start-unknown', requestId: '' });
    expect(outputs.message).toBe(
      'the job was started, and its id is lost: there is none at `id-query` “job.number”; the response is {job: {no: number}}',
    );
    expect(log).toMatch(/::error .*its id is lost.*Look at the provider/);
    expect([jobs.length, polls.length]).toEqual([1, 0]);
  });

  test('is lost, not refused, where id-query cannot be evaluated on the response', async () => {
    const { outputs } = await run(
      { 'id-query': "join('-', parts)" },
      { fate: () => ({ starts: true, reply: () => ({ status: 200, body: { parts: 7 } }) }) },
    );
    expect(outputs.reason).toBe('start-unknown');
    expect(outputs.message).toContain('its id is lost: the query “join(');
  });

  test.each(['a/b?c=d&e#f %2F"ü{}', "'; DROP--", '9007199254740993'])(
    'may have strange characters: %s',
    async (id) => {
      const { exitCode, outputs, polls } = await run(
        { body: '{"id": "{id}"}', method: 'POST' },
        { id },
      );
      expect(exitCode).toBe(0);
      expect(polls[0]?.line).toBe(`POST /jobs/${encodeURIComponent(id)}`);
      expect(polls[0]?.body).toBe(JSON.stringify({ id }).replace(':', ': '));
      expect(outputs.requestId).toBe(id);
    },
  );

  test.each(['line\none', '..', ' ', '::error::x'])(
    'cannot make a line or a step of its own: %j',
    async (id) => {
      const { outputs, polls } = await run({}, { id });
      expect(outputs.requestId).not.toMatch(/\n|^::/);
      expect(polls.every(({ line }) => line.startsWith('GET /jobs/'))).toBe(true);
    },
  );

  test('gets no credentials to another host where it is the URL of one', async () => {
    const other = createService({ provider: 'http' });
    const port = await other.listen();
    const id = `http://127.0.0.1:${port}/jobs/7`;
    const { exitCode, outputs, cancels } = await run({ url: '{+id}', ...cancelling }, { id });
    await other.close();
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ reason: 'bad-response', requestId: id });
    expect(outputs.message).toContain('credentials go to the host of base-url alone');
    expect([other.polls.length, other.cancels.length, cancels.length]).toEqual([0, 0, 0]);
  });

  test('is the output of given ids too, one a line, without those that come twice', async () => {
    const { outputs, starts } = await run({
      'request-id': 'b\na\n\nb',
      'start-url': '',
      'start-body': '',
    });
    expect(outputs.requestId).toBe('b\na');
    expect(starts).toHaveLength(0);
  });
});

describe('a step that is cancelled', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s between the start and the first poll: the id is in the outputs, and cancel-url is told once',
    async (signal) => {
      let isKilled = false;
      const { exitCode, outputs, cancels, jobs } = await run(
        cancelling,
        { poll: () => running },
        {
          onLog: (log, kill) => {
            if (isKilled || !log.includes('has started job')) return;
            isKilled = true;
            kill(signal);
          },
        },
      );
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ reason: 'cancelled', requestId: jobs[0] });
      expect(cancels.map(({ line }) => line)).toEqual([`POST /jobs/${jobs[0]}/cancel`]);
    },
  );

  test('and killed at once has the id in its outputs all the same', async () => {
    const { outputs, jobs } = await run(
      {},
      { poll: () => running },
      {
        onLog: (log, kill) => {
          if (log.includes('has started job')) kill('SIGKILL');
        },
      },
    );
    expect(outputs.requestId).toBe(jobs[0]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s while the start is under way: it says that the job may run',
    async (signal) => {
      let kill: (name: NodeJS.Signals) => void = () => undefined;
      const { exitCode, outputs, cancels, ms } = await run(
        cancelling,
        {
          fate: () => {
            kill(signal);
            return breaks('silence');
          },
        },
        { onLog: (_, end) => (kill = end) },
      );
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ status: 'Error', reason: 'cancelled', requestId: '' });
      expect(outputs.message).toContain('while it started the job, which may run now');
      // Nobody knows what there is to cancel.
      expect(cancels).toHaveLength(0);
      expect(ms).toBeLessThan(6000);
    },
  );
});

describe('time', () => {
  test('timeout 0 starts, and asks once', async () => {
    const { exitCode, outputs, starts, polls, cancels } = await run(
      { timeout: '0', ...cancelling },
      { poll: () => running },
    );
    expect([starts.length, polls.length, cancels.length]).toEqual([1, 1, 0]);
    expect(outputs).toMatchObject({ status: 'Pending', timedOut: 'true' });
    expect(exitCode).toBe(1);
  });

  test('on-timeout: continue hands the job over to another step by its id', async () => {
    const inputs = { timeout: '0.3s', 'on-timeout': 'continue', ...cancelling };
    const { exitCode, outputs, cancels } = await run(inputs, { poll: () => running });
    expect([exitCode, cancels.length]).toEqual([0, 0]);
    expect(outputs).toMatchObject({ status: 'Pending', timedOut: 'true' });
    const { requestId = '' } = outputs;
    const later = await run({ 'request-id': requestId, 'start-url': '', 'start-body': '' });
    expect(later.outputs).toMatchObject({ status: 'Successful', requestId });
    expect(later.starts).toHaveLength(0);
  });

  test('a start that is never answered does not outlast timeout', async () => {
    const { outputs, log } = await run({ timeout: '1s' }, { fate: () => breaks('silence') });
    expect(outputs.message).toBe('no response within 1s; whether the job was started is not known');
    const [job] = JSON.parse(outputs.jobs ?? '[]') as { elapsedSeconds: number }[];
    expect(job?.elapsedSeconds).toBeLessThan(3);
    expect(log).not.toContain('starting again');
  });
});

describe('start-final', () => {
  const bare = (): Fate => ({
    starts: true,
    reply: (id) => ({
      status: 200,
      body: { status: 'success', id, file: `${id}.csv` },
    }),
  });
  const inputs = { 'file-path-query': 'file' };

  test('true: a success in the response to the start is the end', async () => {
    const { exitCode, outputs, polls, jobs } = await run(
      { ...inputs, 'start-final': 'true' },
      { fate: bare },
    );
    expect(exitCode).toBe(0);
    expect(polls).toHaveLength(0);
    expect(outputs).toMatchObject({
      status: 'Successful',
      requestId: jobs[0],
      filePath: `${jobs[0]}.csv`,
      providerStatus: 'success',
    });
  });

  test('true: its report is downloaded too', async () => {
    const fate = (): Fate => ({
      starts: true,
      reply: (id, _, origin) => ({
        status: 200,
        body: { id, status: 'success', file: `${origin}/report.csv` },
      }),
    });
    const { outputs, exitCode } = await run(
      { 'file-path-query': 'file', 'start-final': 'true', 'download-path': 'reports/' },
      {
        fate,
        poll: () => ({ status: 200, headers: { 'Content-Type': 'text/csv' }, body: 'a,b\n' }),
      },
    );
    expect(exitCode).toBe(0);
    expect(outputs.reportFile).toMatch(/report\.csv$/);
    expect(outputs.reportBytes).toBe('4');
  });

  test.each(['false', ''])('%s: it is an acknowledgement', async (value) => {
    const { polls, outputs } = await run({ 'start-final': value }, { fate: bare });
    expect(polls).toHaveLength(1);
    expect(outputs.providerStatus).toBe('done');
  });
});

test('a bad start-url costs no request', async () => {
  const { exitCode, outputs, starts, log } = await run({
    'start-url': 'https://elsewhere.example/jobs',
    'request-id': 'job-1',
  });
  expect([exitCode, starts.length, outputs.reason]).toEqual([1, 0, 'bad-input']);
  expect(log).toMatch(/`start-url` leads to elsewhere\.example/);
  expect(log).toMatch(/`start-url` and `request-id` are two ways/);
});

describe('other ways to prove who asks', () => {
  const api = apiServer();
  const authorization = authorizationServer();
  const start = { 'request-id': '', 'start-url': '/start', 'start-body': '{"a": "ü"}' };

  test('a start at AWS is signed, its idempotency header included', async () => {
    const scope = { region: 'eu-west-1', service: 'states' };
    const problems: string[] = [];
    const { exitCode } = await api.run(
      {
        ...start,
        'start-headers': 'Content-Type: application/x-amz-json-1.0\nX-Amz-Target: States.Start',
        'start-idempotency-header': 'X-Amz-Once',
        'aws-region': scope.region,
        'aws-service': scope.service,
      },
      (request, number) => {
        problems.push(signatureProblem(request, scope));
        // AWS tells of too many requests with a 400.
        if (number === 1) return { status: 400, body: { __type: 'ThrottlingException' } };
        return { body: number === 2 ? { id: 'arn:aws:7' } : { status: 'done' } };
      },
      { env: awsEnvironment, secrets: awsSecrets },
    );
    expect(exitCode).toBe(0);
    expect(problems).toEqual(['', '', '']);
    expect(api.lines()).toEqual(['POST /start', 'POST /start', 'GET /jobs/arn%3Aaws%3A7']);
  });

  test('a start with the OIDC token of the workflow logs in once', async () => {
    const { exitCode } = await authorization.run(
      {
        ...start,
        'id-query': '$status',
        'token-url': authorization.tokenUrl(),
        'oidc-audience': oidcAudience,
      },
      { env: authorization.permission() },
    );
    const { logins, polls, idTokenRequests } = authorization.state;
    expect(exitCode).toBe(0);
    expect([logins.length, idTokenRequests.length]).toEqual([1, 1]);
    expect(polls.map(({ line }) => line.split(' ')[0])).toEqual(['POST', 'GET']);
    expect(polls[0]?.headers.authorization).toBe(polls[1]?.headers.authorization);
  });
});
