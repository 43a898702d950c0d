import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll } from '@jest/globals';
import { runAction, type Run } from './action.js';
import { listen } from './system.js';

/** A request as the server received it. */
export interface Asked {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds of a clock that never runs backwards. */
  readonly atMs: number;
}

/** What the server responds. */
export interface Given {
  /** 0 never responds. */
  readonly status?: number;
  /** JSON unless a `Content-Type` is named. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A text or bytes as they are, anything else as JSON. */
  readonly body?: unknown;
}

type Texts = Readonly<Record<string, string>>;
type Respond = (request: Asked, number: number) => Given;

export const done: Given = { body: { status: 'done' } };
export const running: Given = { body: { status: 'running' } };

/** Starts an API for all tests of a file, with a way to run the step of `provider: http` at it. */
export function apiServer() {
  const asked: Asked[] = [];
  let respond: Respond = () => ({});
  let url = '';
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const line = `${request.method} ${request.url}`;
      const received = { line, headers: request.headers, body, atMs: performance.now() };
      asked.push(received);
      const given = respond(received, asked.length);
      if (given.status === 0) return;
      response
        .writeHead(given.status ?? 200, { 'Content-Type': 'application/json', ...given.headers })
        .end(given.status === 304 ? undefined : toBody(given.body));
    });
  });
  beforeAll(async () => {
    url = `http://127.0.0.1:${await listen(server)}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  return {
    /** The requests of the last run. */
    asked,
    lines: () => asked.map(({ line }) => line),
    url: () => url,
    /** Runs the step at an API that gives `responses` in turn, the last one for ever. */
    run: async (
      inputs: Texts,
      responses: readonly Given[] | Respond = [done],
      options: Parameters<typeof runAction>[1] = {},
    ): Promise<Run> => {
      asked.length = 0;
      respond =
        typeof responses === 'function'
          ? responses
          : (_, number) => responses[Math.min(number, responses.length) - 1] ?? {};
      return runAction(
        {
          provider: 'http',
          url: `${url}/jobs/{id}`,
          'request-id': 'job-1',
          interval: '0.05s',
          timeout: '5s',
          'not-found-grace': '0.1s',
          ...inputs,
        },
        options,
      );
    },
  };
}

const toBody = (body: unknown): string | Buffer =>
  typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {});
