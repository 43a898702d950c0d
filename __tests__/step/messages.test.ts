import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { account, startSimulator, type Script } from '../../simulator/simulator.js';
import { runAction } from '../support/action.js';
import { createCa } from '../support/certificates.js';
import { startReportServer, type Responder } from '../support/report-server.js';
import { isWindows, listen, makeFolder, removeFolder } from '../support/system.js';

/**
 * What people read when a step has failed: the last line of the log before the annotation, the annotation, and
 * what the summary says. To be read from top to bottom in __snapshots__/messages.test.ts.snap.
 */

type Inputs = Readonly<Record<string, string>>;
type Options = NonNullable<Parameters<typeof runAction>[1]>;

/** A step that fails. */
interface Step {
  readonly inputs: Inputs;
  readonly options?: Options;
}

/** What is needed to make steps fail. */
interface World {
  readonly simulator: Awaited<ReturnType<typeof startSimulator>>;
  /** Speaks https with a certificate that nobody has signed. */
  readonly selfSigned: { readonly url: string };
  /** A folder that stays for as long as the tests run. */
  readonly workspace: string;
  /** Starts a server of its own, and gives its address. */
  readonly serve: (respond: Responder) => Promise<string>;
  /** Starts a proxy that refuses each connection with this status line, and gives its address. */
  readonly refusingProxy: (status: string) => Promise<string>;
}

const json =
  (body: unknown, status = 200, headers: Inputs = {}): Responder =>
  (_, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

const xmlError = (code: string, message: string): Responder =>
  json(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    403,
    {
      'Content-Type': 'application/xml',
    },
  );

/** A step at an API that responds like this. */
const atApi = async (
  { serve }: World,
  respond: Responder,
  inputs: Inputs = {},
  options: Options = {},
): Promise<Step> => ({
  inputs: { provider: 'http', url: `${await serve(respond)}/jobs/{id}`, ...inputs },
  options,
});

/** A step at Uniware, with the job that the simulator plays. */
const atUniware = (
  { simulator }: World,
  job: Omit<Script, 'provider'> = { steps: [{ status: 'RUNNING' }] },
  inputs: Inputs = {},
  options: Options = {},
): Step => ({
  inputs: {
    provider: 'unicommerce',
    'base-url': simulator.url,
    'request-id': simulator.createJob({ provider: 'unicommerce', ...job }),
    ...inputs,
  },
  options,
});

/** Four exports, of which the second has failed. */
const fourJobs = ({ simulator }: World): string =>
  ['orders', 'returns', 'stock', 'tax']
    .map((name) => {
      const end =
        name === 'returns'
          ? { status: 'FAILED', message: 'settlementDate is in the past' }
          : { status: 'COMPLETE', filePath: 'https://reports.example/a.csv' };
      const id = `${name}-${randomUUID().slice(0, 8)}`;
      return simulator.createJob({ provider: 'unicommerce', id, steps: [end] });
    })
    .join('\n');

const longMessage = [
  'Export failed: column <sku> is not known',
  ...Array.from({ length: 300 }, (_, line) => `line ${line + 1} is left out`),
].join('; ');

const loginPage: Responder = (_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end('<!doctype html><html><head><title>Sign in – Acme</title></head></html>');
};

/** A finished job with a report at a store, which responds like this. */
const withReport = async (world: World, store: Responder, query = ''): Promise<Step> => {
  const link = `${await world.serve(store)}/Export.csv${query}`;
  return atApi(
    world,
    json({ status: 'done', link }),
    { 'file-path-query': 'link', 'download-path': 'reports/' },
    { env: { GITHUB_WORKSPACE: world.workspace } },
  );
};

/** A finished job with a report that is larger than any file may be. */
const withFullDisk = async (world: World): Promise<Step> => {
  const step = await withReport(world, json('x'.repeat(500_000), 200));
  return { ...step, options: { ...step.options, maxFileKib: 100 } };
};

/** Each failure, with what must stand at the beginning of its annotation. */
const failures: Readonly<
  Record<string, readonly [cause: string, step: (world: World) => Step | Promise<Step>]>
> = {
  'wrong token': ['HTTP 401', (world) => atUniware(world, undefined, { token: 'mistyped-token' })],
  'expired token': [
    'HTTP 401: The access token expired',
    (world) =>
      atApi(
        world,
        json({ error: 'invalid_token', error_description: 'The access token expired' }, 401),
      ),
  ],
  'no credentials': [
    'HTTP 401: Missing API key',
    (world) => atApi(world, json({ message: 'Missing API key' }, 401), { token: '' }),
  ],
  'wrong password': [
    'Bad credentials',
    (world) =>
      atUniware(world, undefined, {
        token: '',
        username: account.username,
        password: 'not-the-right-one',
      }),
  ],
  'wrong id': [
    'HTTP 404: Job not found',
    (world) => atApi(world, json({ detail: 'Job not found' }, 404)),
  ],
  'wrong id, reported as a failed job': [
    'No export job with this code',
    (world) => ({ inputs: { ...atUniware(world).inputs, 'request-id': 'no-such-job' } }),
  ],
  'wrong base-url': [
    'HTTP 404',
    ({ simulator }) => ({
      inputs: { provider: 'sei', 'app-key': account.appKey, 'base-url': `${simulator.url}/api` },
    }),
  ],
  'HTML login page': ['Sign in – Acme', (world) => atApi(world, loginPage)],
  'host that does not exist': [
    'acme.invalid',
    () => ({ inputs: { provider: 'http', url: 'https://acme.invalid/jobs/{id}' } }),
  ],
  'nothing listens at the port': [
    'ECONNREFUSED',
    (world) => atUniware(world, undefined, { 'base-url': 'https://127.0.0.1:1' }),
  ],
  'HTTP 429 for ever': [
    'HTTP 429',
    (world) =>
      atApi(world, json({ message: 'Too many requests' }, 429, { 'Retry-After': '3600' }), {
        timeout: '2s',
      }),
  ],
  'HTTP 500 for ever': [
    'HTTP 500: database is down',
    (world) => atApi(world, json({ error: { message: 'database is down' } }, 500)),
  ],
  'HTTP 500 after some progress': [
    'still running',
    (world) =>
      atApi(world, (request, response, number) => {
        const given = number === 1 ? json({ status: 'running' }) : json({ message: 'down' }, 500);
        given(request, response, number);
      }),
  ],
  'failure with a long message': [
    'Export failed: column',
    (world) => atUniware(world, { steps: [{ status: 'FAILED', message: longMessage }] }),
  ],
  'failure without a known message': [
    'failed',
    (world) => atApi(world, json({ status: 'failed', result: { code: 17, text: 'not booked' } })),
  ],
  'partial success': [
    'succeeded only in part',
    ({ simulator }) => ({
      inputs: {
        provider: 'flolive',
        'base-url': simulator.url,
        'request-id': simulator.createJob({
          provider: 'flolive',
          id: 'bulk-7',
          steps: [{ entries: [{ status: 'SUCCESS' }, { status: 'FAILURE' }] }],
        }),
      },
    }),
  ],
  timeout: ['still RUNNING', (world) => atUniware(world)],
  'timeout: 0': ['still RUNNING', (world) => atUniware(world, undefined, { timeout: '0' })],
  'four timeouts': [
    '4 jobs',
    (world) => atApi(world, json({ status: 'running' }), { 'request-id': 'a\nb\nc\nd' }),
  ],
  'stuck in its queue': [
    'Stuck in its queue',
    (world) =>
      atUniware(
        world,
        { steps: [{ status: 'SCHEDULED' }] },
        {
          'queue-timeout': '0.5s',
          'queued-statuses': 'SCHEDULED',
        },
      ),
  ],
  'unknown status': ['Booked', (world) => atApi(world, json({ status: 'Booked' }))],
  'unknown status that ends the wait': [
    'Booked',
    (world) => atApi(world, json({ status: 'Booked' }), { 'on-unknown-status': 'fail' }),
  ],
  'status-query that finds nothing': [
    'no status at `status-query`',
    (world) => atApi(world, json({ job: { state: 'running', id: 7 } })),
  ],
  'missing report': [
    'no link to a report',
    (world) =>
      atApi(
        world,
        json({ status: 'done' }),
        { 'file-path-query': 'link', 'download-path': 'reports/' },
        { env: { GITHUB_WORKSPACE: world.workspace } },
      ),
  ],
  'expired link': [
    'the link has expired',
    (world) =>
      withReport(world, xmlError('AccessDenied', 'Request has expired'), '?Expires=1700000000'),
  ],
  'link that may not be read': [
    'HTTP 403 (Access Denied)',
    (world) => withReport(world, xmlError('AccessDenied', 'Access Denied')),
  ],
  'report that is not there': ['HTTP 404', (world) => withReport(world, json('', 404))],
  // Windows has no `ulimit` to provoke it with.
  ...(!isWindows && { 'disk full': ['EFBIG', withFullDisk] }),
  'query that cannot be parsed': [
    '`status-query`',
    (world) => atApi(world, json({}), { 'status-query': '.result.phase' }),
  ],
  'query that cannot be evaluated': [
    'lower',
    (world) => atApi(world, json({ status: 7 }), { 'status-query': 'lower(status)' }),
  ],
  'missing secret': ['`token` is empty', (world) => atUniware(world, undefined, { token: '' })],
  'secret that stands for nothing': [
    '`token`',
    (world) => atUniware(world, undefined, { token: 'null' }),
  ],
  'empty list of jobs': [
    '`request-id` is empty',
    (world) => atApi(world, json({}), { 'request-id': '[]' }),
  ],
  'empty list of statuses': [
    'no status at `status-query`',
    (world) => atApi(world, json({ jobs: [] }), { 'status-query': 'jobs[].status' }),
  ],
  'contradicting lists': [
    '`success-statuses` and `failure-statuses`',
    (world) =>
      atApi(world, json({}), {
        'success-statuses': 'Booked, Settled',
        'failure-statuses': 'booked',
      }),
  ],
  'four jobs, one failed': [
    'settlementDate is in the past',
    (world) => atUniware(world, undefined, { 'request-id': fourJobs(world) }),
  ],
  'four jobs, HTTP 401': [
    'HTTP 401',
    (world) => atUniware(world, undefined, { 'request-id': 'a\nb\nc\nd', token: 'an-old-token' }),
  ],
  'proxy that refuses': [
    'refused to connect to',
    async (world) => ({
      inputs: { provider: 'http', url: 'https://provider.invalid/jobs/{id}' },
      options: { env: { https_proxy: await world.refusingProxy('403 Forbidden') } },
    }),
  ],
  'proxy that wants credentials': [
    'HTTP 407',
    async (world) => ({
      inputs: { provider: 'http', url: 'https://provider.invalid/jobs/{id}' },
      options: {
        env: { https_proxy: await world.refusingProxy('407 Proxy Authentication Required') },
      },
    }),
  ],
  'proxy that is down': [
    'Proxy 127.0.0.1:1',
    () => ({
      inputs: { provider: 'http', url: 'https://provider.invalid/jobs/{id}' },
      options: { env: { https_proxy: 'http://127.0.0.1:1' } },
    }),
  ],
  'self-signed certificate': [
    'not trusted: self-signed certificate',
    (world) => atUniware(world, undefined, { 'base-url': world.selfSigned.url }),
  ],
  'certificate of another CA': [
    'not trusted',
    async (world) =>
      atUniware(world, undefined, {
        'base-url': world.selfSigned.url,
        'ca-certificate': (await createCa('Another')).cert,
      }),
  ],
  'https at a port of http': [
    'TLS handshake failed',
    (world) =>
      atUniware(world, undefined, { 'base-url': world.simulator.url.replace('http', 'https') }),
  ],
  redirect: [
    'a redirect to sso.example',
    (world) => atApi(world, json('', 302, { Location: 'https://sso.example/login?next=/jobs' })),
  ],
  cancelled: [
    'The step was cancelled',
    (world) => {
      let isKilled = false;
      return atUniware(
        world,
        undefined,
        { timeout: '30s', interval: '10s' },
        {
          onLog: (log, kill) => {
            if (isKilled || !log.includes('RUNNING')) return;
            isKilled = true;
            kill('SIGTERM');
          },
        },
      );
    },
  ],
};

/** What an annotation says, and what stands above it. */
interface Annotation {
  readonly kind: string;
  readonly title: string;
  readonly text: string;
}

let world: World;
const closers: (() => unknown)[] = [];
beforeAll(async () => {
  const simulator = await startSimulator();
  // Nobody but itself has signed it.
  const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  const secure = await startSimulator({ tls: { cert, key } });
  const workspace = await makeFolder('messages');
  closers.push(simulator.close, secure.close, () => removeFolder(workspace));
  world = {
    simulator,
    selfSigned: secure,
    workspace,
    async serve(respond) {
      const server = await startReportServer();
      closers.push(server.close);
      server.give(respond);
      return server.url;
    },
    async refusingProxy(status) {
      const server: Server = createServer().on('connect', (_, socket) => {
        socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
      });
      const port = await listen(server);
      closers.push(() => server.close());
      return `http://127.0.0.1:${port}`;
    },
  };
});
afterAll(() => Promise.all(closers.map((close) => close())));

/** Runs a step that fails, in a short time. */
async function fail({ inputs: own, options = {} }: Step) {
  const inputs: Inputs = {
    'request-id': 'job-1',
    token: 'simulator-token',
    interval: '0.2s',
    timeout: '1s',
    'not-found-grace': '0.1s',
    ...own,
  };
  const run = await runAction(inputs, options);
  expect(run.exitCode).toBe(1);
  return { ...run, inputs, annotations: annotationsIn(run.log) };
}

const decode = (text: string): string =>
  text
    .replaceAll('%0A', '\n')
    .replaceAll('%0D', '\r')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');

const annotationsIn = (log: string): Annotation[] =>
  [...log.matchAll(/^::(error|warning)(?: title=([^:]*))?::(.*)$/gm)].map(
    ([, kind = '', title = '', text = '']) => ({ kind, title: decode(title), text: decode(text) }),
  );

/** The lines of the log that are no commands of the runner. */
const linesOf = (log: string): string[] =>
  log.split('\n').filter((line) => line !== '' && !line.startsWith('::'));

/** What people read in a summary, without its table and its chart. */
const textOfSummary = (summary: string): string[] =>
  [...summary.matchAll(/<(?:h3|li|pre)>([\s\S]*?)<\/(?:h3|li|pre)>/g)].map(([, html = '']) =>
    html
      .replace(/<\/?code>/g, '`')
      .replace(/<[^>]*>/g, '')
      .replace(/&(lt|gt|quot|#39|#96);/g, (_, name: string) => SIGNS[name] ?? '')
      .replaceAll('&amp;', '&'),
  );

const SIGNS: Inputs = { lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' };

/** Takes out what differs from run to run. */
const normalize = (text: string, { workspace }: World): string =>
  text
    .replaceAll(workspace, 'WORKSPACE')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'TIME')
    .replaceAll(/127\.0\.0\.1:(?!1\b)\d+/g, 'HOST')
    .replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, 'UUID')
    .replaceAll(/(?<=orders|returns|stock|tax)-[\da-f]{8}/g, '-7')
    .replaceAll(/\b\d+(\.\d+)?m?s\b/g, 'Ns')
    // How often there is time for a poll depends on the machine.
    .replaceAll(/\b\d+ polls?\b/g, 'N polls')
    .replaceAll(/ \(\d+ times so far\)/g, '')
    // A resolver without a network says that it cannot tell.
    .replaceAll('EAI_AGAIN', 'ENOTFOUND');

/** Parts of a text that say something by themselves. */
const clausesOf = (text: string): string[] =>
  text
    .split(/[;:.,]\s|[()“”\n]/)
    .map((clause) => clause.trim().toLowerCase())
    .filter((clause) => clause.split(' ').length > 1);

/** The inputs that a text tells the reader to give, with the value where it says one. */
const advisedInputs = (text: string): { name: string; value: string | undefined }[] =>
  [
    ...text.matchAll(/\b(?:give|set|into|to)((?:,? (?:or |and |an? )?`[a-z-]+(?:: [^`]*)?`)+)/gi),
  ].flatMap(([, list = '']) =>
    [...list.matchAll(/`([a-z-]+)(?:: ([^`]*))?`/g)].map(([, name = '', value]) => ({
      name,
      value,
    })),
  );

describe.each(Object.entries(failures))('%s', (_, [cause, makeStep]) => {
  test('is plain from what people read', async () => {
    const { log, summary, inputs, annotations } = await fail(await makeStep(world));
    const [first] = annotations.filter(({ kind }) => kind === 'error');
    const read = [
      `last line   ${linesOf(log).at(-1)?.trim() ?? '(none)'}`,
      ...annotations.map(
        ({ kind, title, text }) => `${kind.padEnd(11)} ${title && `[${title}] `}${text}`,
      ),
      ...textOfSummary(summary).map((text) => `summary     ${text}`),
    ];
    expect(normalize(`\n${read.join('\n')}\n`, world)).toMatchSnapshot();
    for (const { text } of annotations) {
      const clauses = clausesOf(text);
      expect(clauses).toEqual([...new Set(clauses)]);
      for (const advised of advisedInputs(text)) {
        const given = inputs[advised.name] ?? '';
        const isSet = advised.value === undefined ? given !== '' : given === advised.value;
        expect({ ...advised, isSet }).toEqual({ ...advised, isSet: false });
      }
    }
    expect(normalize(first?.text ?? '', world).slice(0, 80)).toContain(cause);
  });
});
