import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { actionFile } from '../support/action.js';
import { runHostile, TOKEN, type Attack } from '../support/hostile.js';
import type { Responder } from '../support/report-server.js';

/**
 * What a red team found that one response of at most 10 MiB can do to the step, and what is like it. Whatever
 * comes: the outputs are written, no secret is, the step is not green, memory is bounded, a signal is heard.
 */
const MAX_PEAK_MIB = 250;
const MAX_HEARD_MS = 1000;

const MIB = 1024 * 1024;
const inJson = JSON.stringify(TOKEN).slice(1, -1);
const fill = (text: string, bytes: number) => text.repeat(Math.floor(bytes / text.length));
const list = (member: string, count: number) => `[${Array<string>(count).fill(member).join(',')}]`;
const numbered = (count: number, name: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => name(index));

/** Gives a body, which is made only once and when it is needed. */
function give(
  make: (number: number) => string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Responder {
  return (_, response, number) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(make(number));
  };
}
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
const json = (make: () => string, status = 200) => give(once(make), {}, status);

/** In turn: a status, a failure, an error, a title and a body of a type that nobody asked for. */
function everywhere(text: string): Attack {
  const escaped = JSON.stringify(text).slice(1, -1);
  const bodies: readonly [status: number, type: string, body: string][] = [
    [200, 'application/json', `{"status":"x${escaped}${inJson}${escaped}","m":"${escaped}"}`],
    [500, 'application/json', `{"error":{"code":"x","message":"${escaped}${inJson}"}}`],
    [200, 'text/html', `<html><title>${text}${TOKEN}</title>${text}${text}`],
    [503, 'text/plain', `${text}${TOKEN}${text}`],
    [404, 'application/xml', `<Error><Code>${text}</Code></Error>`],
  ];
  return {
    inputs: { 'message-query': 'm', 'max-interval': '0.05s' },
    signal: { request: 4, afterMs: 5 },
    respond: (_, response, number) => {
      const [status = 200, type = '', body = ''] = bodies[(number - 1) % bodies.length] ?? [];
      response.writeHead(status, { 'Content-Type': type }).end(body);
    },
  };
}
const slowTexts = [
  '/',
  '\u001B]',
  '\u009B0',
  'http://',
  '?/',
  '<!--',
  '\\',
  '%',
  '&#',
  ' ',
  '::',
  '\u200D',
];

/** A finished job whose report is sent by `respond`. */
const report = (respond: Responder): Attack => ({
  inputs: { 'file-path-query': 'link', 'download-path': 'reports/' },
  signal: { request: 2, afterMs: 200 },
  respond: (request, response, number) => {
    if (request.url !== '/jobs/job-1') {
      respond(request, response, number);
      return;
    }
    give(() => '{"status":"done","link":"/report.csv"}')(request, response, number);
  },
});
const packed = (coding: string, data: () => Buffer, timeout?: string): Attack => ({
  ...report(give(once(data), { 'Content-Type': 'text/csv', 'Content-Encoding': coding })),
  timeout,
});
const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const csv = Buffer.alloc(64 * MIB, 'a,b,c,1234567890\n');

/** A login that issues `token`, and jobs that run. */
const login = (respond: Responder, secrets: readonly string[] = []): Attack => ({
  respond: (request, response, number) => {
    const poll = give(() => JSON.stringify({ status: `running ${secrets.join()}` }));
    (request.url === '/token' ? respond : poll)(request, response, number);
  },
  inputs: (url) => ({
    token: '',
    'client-id': 'me',
    'client-secret': 'my-secret-4711/+',
    'token-url': `${url}/token`,
  }),
  secrets,
});
const issue = (token: string, secrets: readonly string[] = []) =>
  login(
    json(() => JSON.stringify({ access_token: token })),
    secrets,
  );

const query = (statusQuery: string, body: () => string = () => '{"status":"done"}'): Attack => ({
  respond: json(body),
  inputs: { 'status-query': statusQuery },
});
const longText = () => `{"status":"${fill('a', 9 * MIB)}"}`;

/** Twenty jobs, each with a body of its own. */
function twenty(mib: number, make: (mark: string, size: number) => string, status = 200): Attack {
  const bodies = once(() =>
    numbered(20, (index) => make(`${index} ${inJson}`, mib * MIB - 200)).map((text) =>
      Buffer.from(text),
    ),
  );
  const ids = numbered(20, (index) => `job-${index}`).join('\n');
  return {
    respond: give((number) => bodies()[number % 20] ?? '', {}, status),
    inputs: { 'request-id': ids },
    timeout: '1.5s',
    signal: { request: 15, afterMs: 20 },
  };
}
const asStatus = (mark: string, size: number) => `{"status":"${mark}${fill('x', size)}"}`;
const asError = (mark: string, size: number) => `{"error":"${mark}${fill('x/', size)}"}`;
const asKey = (mark: string, size: number) => `{"${mark}${fill('x', size)}":1}`;

/** So many jobs as fit into an input. */
const thousands = (count: number, respond: Responder, inputs = {}): Attack => ({
  respond,
  inputs: { 'request-id': numbered(count, (index) => index.toString(36)).join('\n'), ...inputs },
  timeout: undefined,
  signal: { request: count / 10, afterMs: 100 },
});

/** The built-in providers, and their responses with a list of errors in each place. */
const builtIn: Readonly<Record<string, readonly [inputs: object, wrap: (list: string) => string]>> =
  {
    safetychain: [{}, (l) => `{"RequestStatus":"Pending","RequestError":${l},"Errors":${l}}`],
    flolive: [{}, (l) => `{"content":${l},"errors":${l}}`],
    os1: [
      { 'tenant-id': 't', 'participant-type': 'p' },
      (l) => `{"data":{"status":"x","errors":${l}},"errors":${l}}`,
    ],
    sei: [
      { 'app-key': 'the-app-key' },
      (l) => `{"status":"x","validationMessage":${l},"errors":${l}}`,
    ],
    unicommerce: [{}, (l) => `{"successful":true,"status":"x","errors":${l}}`],
  };
const errorLists: Readonly<Record<string, string>> = {
  'a list of 60,000 empty errors in two places': list('{}', 60_000),
  'errors in 50,000 lists': `${fill('[', 50_000)}"m"${fill(']', 50_000)}`,
};

const attacks: Record<string, Attack> = {
  'a status of 9 MiB': { respond: json(() => `{"status":"${inJson}${fill('x/', 9 * MIB)}"}`) },
  'a list of a million {}': { respond: json(() => `{"status":${list('{}', 1e6)}}`) },
  'a list of 3.4 million {}': { respond: json(() => list('{}', 3.4e6)) },
  'a list of 240,000 statuses': {
    respond: json(() => JSON.stringify({ status: numbered(240_000, (index) => `s${index}`) })),
  },
  'ten thousand unknown statuses, new in each poll': {
    respond: give((n) => JSON.stringify({ status: numbered(10_000, (index) => `${n}-${index}`) })),
  },
  ...Object.fromEntries(
    slowTexts.map((text) => [
      `65,536 times ${JSON.stringify(text)}`,
      everywhere(fill(text, 65_536 * text.length)),
    ]),
  ),
  '28,000 ids': thousands(
    28_000,
    give(() => '{"status":"running"}'),
  ),
  '12,000 ids, each with a long message of its own': thousands(
    12_000,
    give((number) => `{"status":"running","m":"${number}${fill('/x', 16_000)}"}`),
    { 'message-query': 'm' },
  ),
  '1,000 ids with headers of 60 kB and a tag': thousands(
    1000,
    give(() => '{"status":"running"}', { ETag: '"a"', 'X-Filler': fill('a', 60_000) }),
  ),
  'Content-Encoding br, br, br…': {
    respond: give(() => '{"status":"done"}', { 'Content-Encoding': list('br', 2500).slice(1, -1) }),
  },
  'a body packed twice, of 128 MiB': {
    respond: give(
      once(() => brotliCompressSync(brotliCompressSync(Buffer.alloc(128 * MIB), quick), quick)),
      { 'Content-Encoding': 'br, br' },
    ),
  },
  'a report with Content-Encoding br, br, br…': packed(
    list('br', 2500).slice(1, -1),
    () => csv,
    '1s',
  ),
  'a report that unpacks to gigabytes (gzip)': packed('gzip', () =>
    Buffer.concat(Array<Buffer>(40).fill(gzipSync(csv, { level: 1 }))),
  ),
  'a report that unpacks to gigabytes (br)': packed('br', () =>
    brotliCompressSync(Buffer.concat([csv, csv, csv, csv]), quick),
  ),
  'a report of one-byte chunks that begins with a comment': report((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/csv', 'Transfer-Encoding': 'chunked' });
    response.socket?.write(`4\r\n<!--\r\n${fill('1\r\nx\r\n', 4 * MIB)}`);
  }),
  'a query that pads': query("status && length(pad_left('x', `400000000`))"),
  'a query that pads again and again': query(
    `[status, join('', map(&pad_left('x', \`9000000\`), \`[${numbered(40, String).join()}]\`))]`,
  ),
  'a query that joins': query('join(status, l)', () =>
    JSON.stringify({ status: fill('x', 100_000), l: Array(200_000).fill('a') }),
  ),
  'a query that replaces': query(`replace(status, 'a', '${fill('b', 40)}')`, longText),
  'a query that splits': query("split(status, '')", longText),
  'a query that compares each with each': query('let $l = l in l[?$l[?@ < `-1`]] && status', () =>
    JSON.stringify({ status: 'done', l: numbered(9000, String).map(Number) }),
  ),
  'an issued token of 25 kB': issue(fill('ab/+', 25_000)),
  'an issued token of 1 MB': issue(fill('ab/+', 1_000_000)),
  'an issued token of 16 kB that repeats itself': {
    ...issue(fill('a', 16_000), [fill('a', 16_000)]),
  },
  'an issued token of one character': issue('e'),
  'a login of millions of values': login(json(() => list('{}', 3.4e6))),
  'a login of nested lists': login(json(() => fill('[', 5 * MIB) + fill(']', 5 * MIB - 10))),
  '20 jobs with 5 MiB, as statuses': twenty(5, asStatus),
  '20 jobs with 5 MiB, as errors': twenty(5, asError, 500),
  '20 jobs with 10 MiB, as statuses': twenty(10, asStatus),
  '20 jobs with 10 MiB, as errors': twenty(10, asError, 500),
  '20 jobs with 10 MiB, as keys': twenty(10, asKey),
  '10 MiB of [': { respond: json(() => fill('[', 10 * MIB - 10)) },
  '10 MiB of [ and ]': { respond: json(() => fill('[', 5 * MIB) + fill(']', 5 * MIB - 10)) },
  '10 MiB of {"a":': { respond: json(() => fill('{"a":', 10 * MIB - 10)) },
  '200,000 nested lists': {
    respond: json(() => `{"status":${fill('[', 200_000)}${fill(']', 200_000)}}`),
  },
  '10 MiB of numbers of 16 digits': {
    respond: json(() => `{"status":${list('9999999999999999', 600_000)}}`),
  },
  '240,000 numbers of 16 digits': {
    respond: json(() => `{"status":${list('9999999999999999', 240_000)}}`, 500),
  },
  'a number of 10 MiB': { respond: json(() => `{"status":${fill('9', 10 * MIB - 100)}}`) },
  'escapes beside a number of 16 digits': {
    respond: json(() => `{"n":9999999999999999,"status":"${fill('\\\\', 9 * MIB)}"}`),
  },
  'an error of its own in each response': {
    respond: give(
      (n) => JSON.stringify({ error: { code: n, message: fill(`${n}/`, 20_000) } }),
      {},
      500,
    ),
  },
  'headers of 60 kB': {
    respond: give(() => '{"status":"running"}', {
      'X-Filler': fill('a', 50_000),
      'Retry-After': fill('9', 5000),
      'WWW-Authenticate': fill('error=', 5000),
    }),
  },
  '90,000 links': {
    respond: json(() =>
      JSON.stringify({ status: 'done', link: numbered(90_000, (n) => `/r/${n}?sig=${TOKEN}${n}`) }),
    ),
    inputs: { 'file-path-query': 'link' },
  },
  'a link of a thousand values, new in each poll': {
    respond: give((n) =>
      JSON.stringify({
        status: `s${n}`,
        link: `/r?${numbered(1000, (i) => `aaaaaaaa${n}${i}`).join('&')}`,
      }),
    ),
    inputs: { 'file-path-query': 'link', 'max-interval': '0.05s' },
    signal: { request: 15, afterMs: 5 },
  },
  'a response that trickles': {
    respond: (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.once('close', () => {
        clearInterval(timer);
      });
    },
    timeout: undefined,
    signal: { afterMs: 300 },
  },
  'a response of one-byte chunks': {
    respond: (_, response) => {
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Transfer-Encoding': 'chunked',
      });
      response.socket?.write(fill('1\r\n \r\n', 4 * MIB));
    },
    timeout: undefined,
    signal: { afterMs: 100 },
  },
  '10 MiB of line breaks where HTTP 200 is success': {
    respond: json(() => `{${fill('\n', 10 * MIB - 10)}{`),
    inputs: { 'success-http-statuses': '200' },
  },
  'pages without end': {
    respond: (request, response, number) => {
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page') ?? 0);
      const content = numbered(20_000, (n) => `{"requestId":"${page}-${n}","status":"OPEN"}`);
      const pageable = `{"page":${page},"totalPages":900}`;
      give(() => `{"content":[${content.join()}],"pageable":${pageable}}`)(
        request,
        response,
        number,
      );
    },
    inputs: { provider: 'flolive' },
  },
  ...Object.fromEntries(
    Object.entries(builtIn).flatMap(([provider, [inputs, wrap]]) =>
      Object.entries(errorLists).map(([name, errors]) => [
        `${provider}: ${name}`,
        { respond: json(() => wrap(errors)), inputs: { provider, ...inputs } },
      ]),
    ),
  ),
};

/** Two at a time: this machine may have no more processors. */
const limit = pLimit(2);
const runs = new Map<string, ReturnType<typeof runBoth>>();
const rows: string[] = [];

beforeAll(() => {
  for (const [name, attack] of Object.entries(attacks)) {
    const running = limit(() => runBoth(attack));
    running.catch(() => undefined);
    runs.set(name, running);
  }
});

afterAll(() => {
  if (process.env.HOSTILE_TABLE) process.stdout.write(`${rows.join('\n')}\n`);
});

/** How many times longer than on an idle machine work takes now, by a process that only works. */
async function measureSlowness(): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--eval',
    `const startMs = performance.now();
     const cpuMs = () => process.cpuUsage().user / 1000;
     const startCpuMs = cpuMs();
     while (cpuMs() - startCpuMs < 100);
     console.log((performance.now() - startMs) / 100);`,
  ]);
  return Math.max(Number(stdout), 1);
}

/** Runs it without a signal and with one; on a busy machine that again, since only what is always deaf is deaf. */
async function runBoth(attack: Attack) {
  const hasWhole = !('timeout' in attack) || attack.timeout !== undefined;
  const whole = hasWhole ? await runHostile(attack, false) : undefined;
  for (let tries = 1; ; tries += 1) {
    const stopped = await runHostile(attack, true);
    const isSlow = stopped.heardMs >= MAX_HEARD_MS;
    const heardMs = stopped.heardMs / (isSlow ? await measureSlowness() : 1);
    if (heardMs < MAX_HEARD_MS || tries === 3) return { whole, stopped, heardMs };
  }
}

test.each(Object.keys(attacks))(
  '%s: outputs, no secret, red, bounded memory, a signal is heard',
  async (name) => {
    const run = await runs.get(name);
    if (run === undefined) throw new Error('it was not run');
    const { whole, stopped, heardMs } = run;
    const peak = Math.max(stopped.peakMib, whole?.peakMib ?? 0);
    rows.push(
      `| ${name} | ${Math.round(stopped.heardMs)} ms | ${Math.round(peak)} MiB | ${stopped.outputs.status}/${stopped.outputs.reason} | ${whole?.outputs.status}/${whole?.outputs.reason} |`,
    );
    for (const run of [stopped, ...(whole ? [whole] : [])]) {
      // A signal that comes while Node.js ends kills it; a step that heard one ends by itself.
      const endedBefore = run.exitCode === null && run.outputs.reason !== 'cancelled';
      const exitCode = endedBefore ? 1 : run.exitCode;
      expect(Object.keys(run.outputs)).toEqual(
        expect.arrayContaining(Object.keys(actionFile.outputs)),
      );
      expect({ exitCode, stderr: run.stderr }).toEqual({ exitCode: 1, stderr: '' });
      expect(run.outputs.status).not.toBe('Successful');
      expect(run.peakMib).toBeLessThan(MAX_PEAK_MIB);
    }
    if (whole) expect(whole.log.split('\n').length).toBeLessThan(200);
    expect(heardMs).toBeLessThan(MAX_HEARD_MS);
  },
  60_000,
);
