import { createServer, type IncomingHttpHeaders } from 'node:http';
import { recipeToken } from '../../simulator/services.js';
import { runAction, type Run } from './action.js';
import { send, type Reply } from './bodies.js';
import { listen } from './system.js';

/** A request as the server received it. */
export interface Request {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a service names its jobs: `KEY` stands for the part that is the job's own, `HOST` for the service. */
interface Naming {
  readonly id?: string | undefined;
  readonly numericId?: boolean | undefined;
  /** Variables that the step needs, such as credentials that another step has left. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Puts the names of one job into a text that has `KEY` and `HOST` in their places. */
export type Fill = (text: string) => string;

/** One job of a run. */
export interface PlayedJob {
  readonly fill: Fill;
  readonly requests: readonly Request[];
}

/** A request that starts a job, and what it is answered. */
interface Start {
  /** As `METHOD path`. */
  readonly request: string;
  readonly reply: (fill: Fill) => Reply;
}

/** A run whose step has started its job. */
export interface StartedRun extends Run {
  readonly fill: Fill;
  /** The requests that started the job. */
  readonly starts: readonly Request[];
  readonly polls: readonly Request[];
}

const login = send({ body: { access_token: recipeToken, expires_in: 3600 } });

/** Starts a server that gives each job of each run its own responses; the last one of a job stays. */
export async function startJobServer() {
  /** By the keys of the jobs, which are found anywhere in a request. */
  const played = new Map<string, { readonly replies: readonly Reply[]; requests: Request[] }>();
  /** By the requests that start a job, which have no key yet. */
  const starting = new Map<string, { readonly replies: readonly Reply[]; requests: Request[] }>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const line = `${request.method} ${request.url}`;
      const [key = ''] = /case-\d+|\b77\d{4}\b/.exec(line + body) ?? [];
      const { replies, requests } = played.get(key) ??
        starting.get(line) ?? { replies: [login], requests: [] };
      const reply = replies[Math.min(requests.length, replies.length - 1)];
      requests.push({ line, headers: request.headers, body });
      response.writeHead(reply?.status ?? 500, reply?.headers).end(reply?.body);
    });
  });
  const url = `http://127.0.0.1:${await listen(server)}`;

  function addJob(repliesFor: (fill: Fill) => readonly Reply[], isNumber: boolean) {
    const key = isNumber ? `${770_000 + played.size}` : `case-${played.size}`;
    const fill = (text: string) =>
      text
        .replaceAll(isNumber ? '"KEY"' : 'KEY', key)
        .replaceAll('KEY', key)
        .replaceAll('HOST', url);
    const requests: Request[] = [];
    played.set(key, { replies: repliesFor(fill), requests });
    return { fill, requests };
  }

  return {
    url,
    /** Runs the bundle once for a job with each of `replies`, in short time. */
    run: async (
      inputs: Readonly<Record<string, string>>,
      replies: readonly ((fill: Fill) => readonly Reply[])[],
      { id = 'KEY', numericId = false, environment = {} }: Naming = {},
    ): Promise<Run & { readonly played: readonly PlayedJob[] }> => {
      const jobs = replies.map((repliesFor) => addJob(repliesFor, numericId));
      const own = {
        ...inputs,
        // Some ends take four polls, which have to fit in also where the machine is busy.
        interval: '0.7s',
        timeout: inputs.timeout === '0' ? '0' : '5s',
        'not-found-grace': '0.1s',
        'request-id': jobs.map(({ fill }) => fill(id)).join('\n'),
      };
      const run = await runAction(own, { env: environment });
      return { ...run, played: jobs };
    },
    /** Runs the bundle once with a step that starts its job. No other job may be started by the same request. */
    start: async (
      inputs: Readonly<Record<string, string>>,
      { request, reply }: Start,
      repliesFor: (fill: Fill) => readonly Reply[],
      { numericId = false, environment = {} }: Naming = {},
    ): Promise<StartedRun> => {
      const { fill, requests } = addJob(repliesFor, numericId);
      const starts: Request[] = [];
      starting.set(request, { replies: [reply(fill)], requests: starts });
      const own = { ...inputs, interval: '0.1s', timeout: '30s', 'not-found-grace': '0.1s' };
      const run = await runAction(own, { env: environment });
      return { ...run, fill, starts, polls: requests };
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
