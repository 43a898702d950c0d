import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jobsOf, root, runAction, type JobOutput, type Run } from '../../support/action.js';
import { builtInProviders } from '../../support/provider.js';
import { listen } from '../../support/system.js';

type Texts = Readonly<Record<string, string>>;

/** A response: a text is sent as it is, all else as JSON. */
interface Told {
  readonly status: number;
  readonly headers?: Texts;
  readonly body: unknown;
}

/** What a provider may respond about a job, and how the wait for it ends; `KEY` is the job's own part of its id. */
interface Entry {
  readonly about: string;
  /** The page or file that says so. */
  readonly source: string;
  readonly certainty: string;
  /** One of these three: the same response to each poll, or one after the other, or one for each page. */
  readonly reply?: Told;
  readonly replies?: readonly Told[];
  readonly pages?: readonly Told[];
  /** The outputs `status` and `reason`. */
  readonly end: string;
  /** Further outputs: the whole text, of `message` a part. */
  readonly outputs?: Partial<Record<'batchId' | 'filePath' | 'providerStatus' | 'message', string>>;
}

/** One file of simulator/services/builtin. */
interface Documented {
  readonly provider: string;
  /** What the step must send, with `sent` as its body. */
  readonly request: string;
  readonly sent?: string;
  /** Headers of that request, names and values in turn; `UUID` is another one in each. */
  readonly credentials: readonly string[];
  readonly inputs?: Texts;
  readonly id?: string;
  readonly statuses: readonly Entry[];
  readonly errors: readonly Entry[];
}

interface Received {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const folder = join(root, 'simulator/services/builtin');
const files = (await readdir(folder)).sort();
const documented = await Promise.all(
  files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Documented),
);

const repliesOf = ({ reply, replies, pages }: Entry): readonly Told[] =>
  replies ?? pages ?? (reply === undefined ? [] : [reply]);

/** Each job of each run has a key of its own, by which the server finds what to send. */
const played = new Map<string, { readonly entry: Entry; readonly requests: Received[] }>();
const fill = (text: string, key: string) => text.replaceAll('KEY', key);
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://localhost');
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const [key = ''] = /case-\d+/.exec(`${request.url} ${body}`) ?? [];
    const job = played.get(key);
    if (job === undefined) return response.writeHead(500).end();
    const { entry, requests } = job;
    const page = Number(url.searchParams.get('page') ?? 0);
    const replies = repliesOf(entry);
    const number = entry.pages === undefined ? requests.length : page;
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    const told = replies[Math.min(number, replies.length - 1)] ?? { status: 500, body: '' };
    const text = typeof told.body === 'string' ? told.body : JSON.stringify(told.body);
    return response
      .writeHead(told.status, { 'Content-Type': 'application/json', ...told.headers })
      .end(fill(text, key));
  });
});
const url = `http://127.0.0.1:${await listen(server)}`;
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

/** What became of an entry: its job, and what was received about it. */
interface Played {
  readonly key: string;
  readonly job: JobOutput | undefined;
  readonly requests: readonly Received[];
}

/** Runs the bundle once, with a job for each entry. */
async function play({ provider, id = 'KEY', inputs }: Documented, entries: readonly Entry[]) {
  const keys = entries.map((entry) => {
    const key = `case-${played.size}`;
    played.set(key, { entry, requests: [] });
    return key;
  });
  const run = await runAction({
    provider,
    'base-url': url,
    token: 'recipe-token',
    interval: '0.2s',
    timeout: '2s',
    'not-found-grace': '0.1s',
    ...inputs,
    'request-id': keys.map((key) => fill(id, key)).join('\n'),
  });
  const jobs = jobsOf(run);
  const results = keys.map((key, index): Played => {
    return { key, job: jobs[index], requests: played.get(key)?.requests ?? [] };
  });
  return { run, results };
}

/** All providers at once: each run mostly waits. */
const plays = new Map(
  documented.map((one) => [one, play(one, [...one.statuses, ...one.errors])] as const),
);

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** How often a job is polled at least and at most: once, where its first response settles it. */
function pollsUntil(end: string, reply: Told | undefined): readonly [number, number] {
  if (end === 'Error not-found') return [3, 3];
  if (/timed-out|unreachable/.test(end)) return [2, Infinity];
  return /^(Failure|PartialSuccess|Error rejected)/.test(end) && reply ? [1, 1] : [1, Infinity];
}

test('each built-in provider has a file', () => {
  expect(files).toEqual(builtInProviders.map((name) => `${name}.json`).sort());
  expect(documented.map(({ provider }) => `${provider}.json`)).toEqual(files);
});

describe.each(documented.map((one) => [one.provider, one] as const))('%s', (_, provider) => {
  const { statuses, errors, request, sent = '', credentials } = provider;
  const entries = [...statuses, ...errors];
  let run: Run;
  let results: readonly Played[] = [];
  beforeAll(async () => {
    const ended = await plays.get(provider);
    if (ended === undefined) throw new Error(provider.provider);
    ({ run, results } = ended);
  });

  test('has statuses and errors, each with a source, how certain it is, and one form of response', () => {
    expect(statuses.length).toBeGreaterThan(0);
    expect(errors.length).toBeGreaterThan(0);
    expect(new Set(entries.map(({ about }) => about)).size).toBe(entries.length);
    for (const entry of entries) {
      expect(entry.source).toMatch(/^https:\/\/[^/ ]+\.[^/ ]+\/\S+$/);
      expect(['documented', 'recorded', 'inferred']).toContain(entry.certainty);
      expect([entry.reply, entry.replies, entry.pages].filter(Boolean)).toHaveLength(1);
    }
  });

  test.each(entries.map((entry, index) => [entry.about, entry.end, entry, index] as const))(
    '%s ends as “%s”',
    (_name, end, { reply, outputs = {} }, index) => {
      const { job, key = '' } = results[index] ?? {};
      expect(`${job?.status} ${job?.reason}`.trim()).toBe(end);
      const { message = '', ...others } = outputs;
      for (const [name, value] of Object.entries(others)) {
        expect([name, job?.[name as keyof typeof others]]).toEqual([name, fill(value, key)]);
      }
      expect(job?.message).toContain(message);
      const [least, most] = pollsUntil(end, reply);
      expect(job?.polls).toBeGreaterThanOrEqual(least);
      expect(job?.polls).toBeLessThanOrEqual(most);
    },
  );

  test('each request is the documented one, with its credentials, and a further page is asked for by its number', () => {
    const names = credentials.filter((_name, index) => index % 2 === 0);
    const all = results.flatMap(({ key, requests }) =>
      requests.map((received) => ({ key, ...received })),
    );
    expect(all.length).toBeGreaterThan(entries.length);
    for (const { key, line, headers, body } of all) {
      expect([line.replace(/\?page=\d+$/, ''), body]).toEqual([
        fill(request, key),
        fill(sent, key),
      ]);
      const values = names.map((name) => String(headers[name]).replace(UUID, 'UUID'));
      expect(names.flatMap((name, index) => [name, values[index]])).toEqual(credentials);
    }
    const ids = all.flatMap(({ headers }) => headers['x-coreos-request-id'] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('what people see names no more successes than the outputs', () => {
    const successes = jobsOf(run).filter(({ status }) => status === 'Successful').length;
    expect(run.exitCode).toBe(1);
    expect(run.summary.match(/✅&nbsp;Successful/g)).toHaveLength(successes);
    expect(run.stderr).toBe('');
  });
});
