import http, {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { account } from '../../simulator/simulator.js';
import { runAction, type Run } from './action.js';
import type { Material } from './certificates.js';
import { loginInputs, requiredInputs, simulated } from './provider.js';
import { listen } from './system.js';

/** A request as the service received it. */
export interface Received {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a service responds. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** What happens to a request that starts a job. */
export interface Fate {
  /** Whether the job exists afterwards. */
  readonly starts: boolean;
  /** Gives the response for the id of the job and the origin of the service; left out for the usual one. */
  readonly reply?: (id: string, dialect: Dialect, origin: string) => Reply;
  /** What happens in place of a response. */
  readonly break?: 'reset' | 'cut' | 'silence' | 'broken TLS';
}

/** How a provider speaks of the jobs that it starts. */
export interface Dialect {
  readonly started: (id: string) => Reply;
  /** Its response where the job failed at once. */
  readonly failed: (id: string) => Reply;
  readonly done: (id: string) => Reply;
  readonly unauthorized: Reply;
  /** What the step needs to log in, and how the service issues a token. */
  readonly login: Readonly<Record<string, string>>;
  readonly loginPath: string;
  readonly issued: (token: string) => Reply;
}

const ok = (body: unknown): Reply => ({ status: 200, body });

const jobs = {
  safetychain: {
    started: (id: string) => ok({ RequestId: id }),
    failed: (id: string) =>
      ok({ RequestId: id, RequestStatus: 'Failure', RequestError: [{ ErrorMessage: 'no form' }] }),
    done: (id: string) => ok({ RequestId: id, RequestStatus: 'Successful', Status: true }),
  },
  flolive: {
    started: (id: string) => ({
      status: 202,
      headers: { 'Request-Id': id },
      body: { content: '' },
    }),
    failed: (id: string) => ({
      status: 200,
      headers: { 'Request-Id': id },
      body: { errorCode: 'SIM_1', errorMessage: 'no form', content: '' },
    }),
    done: (id: string) => ok({ errorCode: '', content: [{ requestId: id, status: 'SUCCESS' }] }),
  },
  os1: {
    started: (id: string) => ({ status: 202, body: { data: { batchId: id } } }),
    failed: (id: string) =>
      ok({ data: { batchId: id, status: 'FAILED', errors: [{ reason: 'no form' }] } }),
    done: () => ok({ data: { status: 'COMPLETED' } }),
  },
  sei: {
    started: (id: string) => ({ status: 202, body: { jobStatusQueryKey: id } }),
    failed: (id: string) => ok({ jobStatusQueryKey: id, status: 'Failed', message: 'no form' }),
    done: () => ok({ status: 'Completed', message: '' }),
  },
  unicommerce: {
    started: (id: string) => ok({ successful: true, jobCode: id }),
    failed: () => ok({ successful: false, errors: [{ code: 1, description: 'no form' }] }),
    done: () => ok({ successful: true, status: 'COMPLETE', filePath: 'https://r.example/a.csv' }),
  },
  http: {
    started: (id: string) => ({ status: 202, body: { id } }),
    failed: (id: string) => ok({ id, status: 'failed', message: 'no form' }),
    done: () => ok({ status: 'done' }),
  },
} as const;

export type ProviderName = keyof typeof jobs;
export const providerNames = Object.keys(jobs) as ProviderName[];

export function dialectOf(provider: ProviderName): Dialect {
  if (provider === 'http') {
    return {
      ...jobs.http,
      unauthorized: { status: 401, body: { message: 'who are you?' } },
      login: {
        'client-id': account.clientId,
        'client-secret': account.clientSecret,
        'token-url': '{origin}/oauth/token',
      },
      loginPath: '/oauth/token',
      issued: (token) => ok({ access_token: token, expires_in: 3600 }),
    };
  }
  const { login, issued, unauthorized } = simulated(provider);
  const loginPath = login(account).path;
  const tokenUrl = provider === 'safetychain' ? { 'token-url': `{origin}${loginPath}` } : {};
  return {
    ...jobs[provider],
    unauthorized,
    login: { ...loginInputs[provider], ...tokenUrl },
    loginPath,
    issued: (token) => issued(token, 3_600_000),
  };
}

export interface Service {
  /** The ids of the jobs that exist, in the order in which they were started. */
  readonly jobs: readonly string[];
  readonly starts: readonly Received[];
  readonly polls: readonly Received[];
  readonly cancels: readonly Received[];
  readonly logins: readonly Received[];
}

/** What a test says about its service. */
export interface Play {
  readonly provider: ProviderName;
  /** What happens to the start number `number`, from 1 on; undefined for the usual. */
  readonly fate?: (number: number) => Fate | undefined;
  readonly id?: string;
  readonly poll?: (id: string, number: number) => Reply | undefined;
  readonly tls?: Material;
  /** What becomes of a connection before it is spoken on; true where it goes no further. */
  readonly onConnection?: (socket: Socket, number: number) => boolean;
}

export const START_PATH = '/start-a-job';
const KEY = 'idempotency-key';

/** A service that starts jobs and counts them; a repeated `Idempotency-Key` means the same job. */
export function createService(play: Play) {
  const {
    provider,
    fate = () => undefined,
    poll = () => undefined,
    id = 'job-of-the-service',
  } = play;
  const dialect = dialectOf(provider);
  const ids: string[] = [];
  const idsByKey = new Map<string, string>();
  const log = { starts: [], polls: [], cancels: [], logins: [] } as Record<string, Received[]>;
  const sockets = new Set<Socket>();
  const { starts = [], polls = [], cancels = [], logins = [] } = log;

  const start = (received: Received, response: ServerResponse) => {
    const {
      starts: isStarted,
      reply,
      break: end,
    } = fate(starts.push(received)) ?? { starts: true };
    const key = received.headers[KEY]?.toString();
    const known = key === undefined ? undefined : idsByKey.get(key);
    const own = known ?? (ids.length === 0 ? id : `${id}-${ids.length + 1}`);
    if (isStarted && known === undefined) {
      ids.push(own);
      if (key !== undefined) idsByKey.set(key, own);
    }
    if (end !== undefined) breakOff(end, response, sockets);
    else
      send(response, (reply ?? dialect.started)(own, dialect, `http://${received.headers.host}`));
  };
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const line = `${request.method} ${request.url}`;
    const received = { line, headers: request.headers, body: await text(request) };
    const { pathname } = new URL(request.url ?? '', 'http://service');
    if (pathname.endsWith(START_PATH)) start(received, response);
    else if (pathname.endsWith(dialect.loginPath)) {
      send(response, dialect.issued(`issued-token-${logins.push(received)}`));
    } else if (pathname.includes('/cancel')) {
      cancels.push(received);
      send(response, ok({}));
    } else {
      send(response, poll(ids[0] ?? '', polls.push(received)) ?? dialect.done(ids[0] ?? ''));
    }
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    void respond(request, response);
  };
  const inner = play.tls ? https.createServer(play.tls, listener) : http.createServer(listener);
  let connections = 0;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    connections += 1;
    if (!play.onConnection?.(socket, connections)) inner.emit('connection', socket);
  });
  const service: Service = { jobs: ids, starts, polls, cancels, logins };
  return {
    ...service,
    listen: (port = 0) => listen(server, port),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, { status, headers, body = '' }: Reply): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}

function breakOff(end: NonNullable<Fate['break']>, response: ServerResponse, raw: Set<Socket>) {
  const { socket } = response;
  if (end === 'reset') [...raw].at(-1)?.resetAndDestroy();
  if (end === 'cut') {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1000 });
    response.write('{"id": "job', () => socket?.destroy());
  }
  // What is written beside TLS makes no sense to the other side.
  if (end === 'broken TLS') [...raw].at(-1)?.end('this is not TLS '.repeat(10));
}

/** Runs the step that starts a job at `origin`, for which `{origin}` stands in an input. */
export async function runStart(
  provider: ProviderName,
  origin: string,
  inputs: Readonly<Record<string, string>> = {},
  options: Parameters<typeof runAction>[1] = {},
): Promise<Run> {
  const texts = Object.entries(inputs).map(([name, value]) => [
    name,
    value.replaceAll('{origin}', origin),
  ]);
  return runAction(
    {
      provider,
      'base-url': origin,
      token: 'a-given-token',
      'start-url': START_PATH,
      'start-body': '{"export": "orders"}',
      timeout: '8s',
      interval: '0.05s',
      'not-found-grace': '0.1s',
      ...(provider === 'http' ? { url: `${origin}/jobs/{id}` } : requiredInputs[provider]),
      ...(Object.fromEntries(texts) as Record<string, string>),
    },
    { ...options, env: { ...RUN, ...options.env } },
  );
}

/** What the runner says about the run. */
const RUN = {
  GITHUB_REPOSITORY: 'acme/exports',
  GITHUB_RUN_ID: '4711',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_JOB: 'nightly',
  GITHUB_ACTION: '__acme_await-job',
};

/** Runs the step at a service of its own. */
export async function play(
  settings: Play,
  inputs: Readonly<Record<string, string>> = {},
  options: Parameters<typeof runAction>[1] = {},
): Promise<Run & Service> {
  const service = createService(settings);
  const port = await service.listen();
  const origin = `${settings.tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  try {
    return { ...(await runStart(settings.provider, origin, inputs, options)), ...service };
  } finally {
    await service.close();
  }
}
