import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from '@jest/globals';
import { runAction } from './action.js';
import { listen, makeFolder, removeFolder } from './system.js';

/** Responds to one request for a report; `number` counts them from 1. */
export type Responder = (
  request: Parameters<RequestListener>[0],
  response: Parameters<RequestListener>[1],
  number: number,
) => void;

/** A host of reports beside the provider, which responds as each test wants. */
export async function startReportServer() {
  const requests: { path: string; headers: Record<string, unknown> }[] = [];
  let respond: Responder = (_, response) => response.writeHead(500).end();
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: { ...request.headers } });
    respond(request, response, requests.length);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    /** What was asked for since `give` was called. */
    requests,
    give: (next: Responder) => {
      requests.length = 0;
      respond = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

interface FileOptions {
  readonly etag?: string;
  readonly modified?: string;
  /** Whether a part may be asked for. */
  readonly ranges?: boolean;
  /** Cuts the response to this request after so many bytes of its body. */
  readonly cutAfter?: (number: number) => number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly gzip?: boolean;
}

/** Gives `content` as a good server of files does, apart from what `options` say. */
export function file(content: Buffer, options: FileOptions = {}): Responder {
  const { etag, modified, ranges = true, cutAfter, headers, gzip = false } = options;
  return (request, response, number) => {
    const { range, 'if-range': ifRange } = request.headers;
    const isSame = ifRange === undefined || ifRange === etag || ifRange === modified;
    const start = ranges && isSame ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
    const body = gzip ? gzipSync(content) : content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      'Content-Type': 'text/csv',
      'Content-Length': body.length,
      ...(etag && { ETag: etag }),
      ...(modified && { 'Last-Modified': modified }),
      ...(gzip && { 'Content-Encoding': 'gzip' }),
      ...(start > 0 && {
        'Content-Range': `bytes ${start}-${content.length - 1}/${content.length}`,
      }),
      ...headers,
    });
    const cut = cutAfter?.(number);
    if (cut === undefined) response.end(body);
    else {
      response.write(body.subarray(0, cut), () => {
        // What was written is to arrive: a reset would throw it away.
        setTimeout(() => response.socket?.destroy(), 30);
      });
    }
  };
}

/** Gives nothing but a status. */
export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Responder =>
  (_, response) => {
    response.writeHead(code, headers).end();
  };

/** Gives the first responses in turn, then the last one for ever. */
export const inTurn =
  (...responses: readonly Responder[]): Responder =>
  (request, response, number) => {
    responses[Math.min(number, responses.length) - 1]?.(request, response, number);
  };

/** One entry of `jobs[].files`. */
export interface FileOutput {
  readonly filePath: string;
  readonly reportFile: string;
  readonly bytes: number;
  readonly sha256: string;
}

type Texts = Readonly<Record<string, string>>;
type Hosts = Readonly<Record<'provider' | 'storage', string>>;

interface FetchOptions {
  /**
   * What the job names as its report; by default `/Export.csv` at the storage. `poll` counts from 1. Where
   * it gives undefined, the provider never responds.
   */
  readonly links?: (hosts: Hosts, poll: number, id: string) => unknown;
  readonly inputs?: Texts | ((hosts: Hosts) => Texts);
  /** Responds at the provider’s own host, to all but the polls. */
  readonly provider?: Responder;
  readonly env?: Readonly<Record<string, string>>;
  /** Where several runs share one. */
  readonly workspace?: string;
  readonly onLog?: NonNullable<Parameters<typeof runAction>[1]>['onLog'];
}

/**
 * Runs the step for a finished job of the provider `http`, whose report lies on a host of its own. Each
 * run has its own servers, so that several may run at once.
 */
export async function fetchReport(respond: Responder, options: FetchOptions = {}) {
  const [storage, provider] = await Promise.all([startReportServer(), startReportServer()]);
  const temp = await makeFolder('temp');
  const workspace = options.workspace ?? (await makeFolder('workspace'));
  const hosts = { provider: provider.url, storage: storage.url };
  const { links = ({ storage: url }) => `${url}/Export.csv` } = options;
  let polls = 0;
  storage.give(respond);
  provider.give((request, response, number) => {
    const id = /^\/jobs\/(.*)$/.exec(request.url ?? '')?.[1];
    if (id === undefined) {
      (options.provider ?? status(404))(request, response, number - polls);
      return;
    }
    polls += 1;
    const found = links(hosts, polls, id);
    if (found === undefined) return;
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ status: 'done', links: found }));
  });
  const run = await runAction(
    {
      provider: 'http',
      url: `${provider.url}/jobs/{id}`,
      'request-id': 'job-1',
      'file-path-query': 'links',
      token: 'the-token-of-the-provider',
      interval: '0.05s',
      timeout: '2s',
      'not-found-grace': '0.1s',
      'download-path': 'reports/',
      ...(typeof options.inputs === 'function' ? options.inputs(hosts) : options.inputs),
    },
    {
      env: { GITHUB_WORKSPACE: workspace, RUNNER_TEMP: temp, ...options.env },
      ...(options.onLog && { onLog: options.onLog }),
    },
  );
  const { jobsFile = '', jobs = '' } = run.outputs;
  const jobsInFile = await readFile(jobsFile, 'utf8').catch(() => '');
  const files = (JSON.parse(jobs || '[]') as { files?: FileOutput[] }[]).flatMap(
    (job) => job.files ?? [],
  );
  const ownRequests = provider.requests.filter(({ path }) => !path.startsWith('/jobs/'));
  const folder = join(workspace, 'reports');
  const names = await readdir(folder).catch(() => []);
  const contents = await Promise.all(
    names.map(async (name) => {
      const data = await readFile(join(folder, name)).catch(() => Buffer.from('unreadable'));
      return [name, data] as const;
    }),
  );
  await Promise.all([storage.close(), provider.close(), removeFolder(temp)]);
  if (options.workspace === undefined) await removeFolder(workspace);
  return {
    ...run,
    polls,
    /** What the storage was asked for. */
    requests: storage.requests,
    /** What the provider was asked for, beside the polls. */
    ownRequests,
    files,
    jobsInFile,
    /** What stands in the folder of reports, by name. */
    saved: Object.fromEntries(contents),
    hosts,
    workspace,
  };
}

export type Fetched = Awaited<ReturnType<typeof fetchReport>>;

/** Two reports are compared by it: a difference of thousands of lines helps nobody. */
export const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** Asserts that the step is green, and that disk and outputs agree with what was served, byte by byte. */
export function expectSaved(
  { exitCode, log, outputs, files, jobsInFile, saved, workspace }: Fetched,
  expected: Readonly<Record<string, Buffer>>,
): void {
  const names = Object.keys(expected);
  const digests = names.map((name) => sha256(expected[name] ?? Buffer.alloc(0)));
  const sizes = names.map((name) => expected[name]?.length ?? 0);
  const paths = names.map((name) => join(workspace, 'reports', name));
  expect({ exitCode, reason: outputs.reason, message: outputs.message }).toEqual({
    exitCode: 0,
    reason: '',
    message: '',
  });
  expect(
    Object.fromEntries(Object.entries(saved).map(([name, data]) => [name, sha256(data)])),
  ).toEqual(Object.fromEntries(names.map((name, index) => [name, digests[index]])));
  expect(outputs).toMatchObject({
    status: 'Successful',
    reportFile: paths.join('\n'),
    reportBytes: sizes.join('\n'),
    reportSha256: digests.join('\n'),
  });
  expect(files.map(({ reportFile }) => reportFile)).toEqual(paths);
  expect(files.map(({ bytes }) => bytes)).toEqual(sizes);
  expect(files.map((one) => one.sha256)).toEqual(digests);
  expect(jobsInFile).toBe(outputs.jobs);
  for (const path of paths) expect(log).toContain(` saved: ${path}`);
}

/** Asserts that the step is red, says why, and has left nothing behind. */
export function expectRefused(
  { exitCode, log, outputs, files, jobsInFile, saved }: Fetched,
  why: RegExp,
): void {
  expect(outputs.message).toMatch(why);
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({
    status: 'Error',
    reason: 'download-failed',
    reportFile: '',
    reportBytes: '',
    reportSha256: '',
  });
  expect(files).toEqual([]);
  expect(jobsInFile).toBe(outputs.jobs);
  expect(Object.keys(saved)).toEqual([]);
  // The annotation begins with the same words, and has what it cost behind them.
  const annotation =
    /^::error title=[^:]+::(.*) \(.*\d+ polls? in [\d.ms ]+\)(?:\. .*)?$/m.exec(log)?.[1] ?? '';
  const said = annotation.charAt(0).toLowerCase() + annotation.slice(1);
  expect(said.replaceAll('%25', '%')).toMatch(why);
}

/** Gives `body` with HTTP 200 under a content type, and what else `headers` say. */
export const body =
  (
    content: Buffer | string,
    type = 'application/octet-stream',
    headers: Readonly<Record<string, string>> = {},
  ): Responder =>
  (_, response) => {
    response.writeHead(200, { 'Content-Type': type, ...headers }).end(content);
  };
