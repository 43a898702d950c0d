import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runAction, type Run } from '../support/action.js';
import { isWindows, listen, makeFolder, removeFolder } from '../support/system.js';

/** A signal in each phase of a run: the end comes within a second, with all outputs, and never green. */
type Respond = (request: IncomingMessage, response: ServerResponse, stop: () => void) => void;
type Texts = Readonly<Record<string, string>>;

const SECOND_MS = 1000;
/** What the system itself needs to end a process, on a runner that has much else to do. */
const GRACE_MS = isWindows ? 1000 : 500;

interface Stopped extends Run {
  /** From the signal to the end of the process. */
  readonly endedMs: number;
  readonly files: readonly string[];
}

let url = '';
const responders = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
const server = createServer((request, response) => {
  request.resume();
  // The first part of a path is the run: several run at once.
  const [, run = ''] = (request.url ?? '').split('/');
  responders.get(run)?.(request, response);
});
beforeAll(async () => {
  url = `http://127.0.0.1:${await listen(server)}`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const SEND_SIGNAL = join(import.meta.dirname, '..', 'support', 'send-signal.cjs');

let runs = 0;

/** Runs the step at a server that can send it a signal at any moment. */
async function stopped(
  signal: NodeJS.Signals,
  respond: Respond,
  inputs: Texts = {},
): Promise<Stopped> {
  runs += 1;
  const name = `run-${runs}`;
  const workspace = await makeFolder('signal');
  let kill: (signal: NodeJS.Signals) => void = () => undefined;
  let [killedMs, isKilled] = [0, false];
  const stop = () => {
    if (isKilled) return;
    [killedMs, isKilled] = [performance.now(), true];
    kill(signal);
  };
  responders.set(name, (request, response) => {
    respond(request, response, stop);
  });
  const result = await runAction(
    {
      provider: 'http',
      url: `${url}/${name}/jobs/{id}`,
      'request-id': 'job-1',
      interval: '0.05s',
      timeout: '60s',
      ...inputs,
      ...(inputs['token-url'] && { 'token-url': `${url}/${name}/token` }),
    },
    {
      env: { GITHUB_WORKSPACE: workspace },
      onLog: (_, killNow) => {
        kill = killNow;
      },
    },
  );
  const endedMs = performance.now() - killedMs;
  const files = await readdir(workspace, { recursive: true });
  await removeFolder(workspace);
  responders.delete(name);
  expect(isKilled).toBe(true);
  return { ...result, endedMs, files: files.filter((file) => file !== 'reports') };
}

function expectStopped({ exitCode, outputs, stderr, endedMs, files }: Stopped): void {
  expect({ exitCode, stderr, files }).toEqual({ exitCode: 1, stderr: '', files: [] });
  expect(outputs.status).not.toBe('Successful');
  expect(outputs.reason).toBe('cancelled');
  expect(JSON.parse(outputs.jobs ?? '')).toHaveLength(1);
  expect(endedMs).toBeLessThan(SECOND_MS + GRACE_MS);
}

const json = (response: ServerResponse, body: unknown, status = 200) =>
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
/** Once the step has read what came before. */
const soon = (stop: () => void) => setTimeout(stop, 150);
const isReport = ({ url: path = '' }: IncomingMessage) => path.includes('/report');

/** A finished job with a report, at which `respond` plays the store. */
const withReport =
  (respond: Respond): Respond =>
  (request, response, stop) => {
    if (isReport(request)) respond(request, response, stop);
    else
      json(response, {
        status: 'done',
        link: `${(request.url ?? '').split('/jobs')[0]}/report.csv`,
      });
  };
const download = { 'file-path-query': 'link', 'download-path': 'reports/' };

const PHASES: Readonly<Record<string, readonly [Respond, Texts?]>> = {
  'before a login is responded to': [
    (_, __, stop) => soon(stop),
    { 'token-url': 'x', 'client-id': 'me', 'client-secret': 'my-secret' },
  ],
  'in the pause after a login that failed': [
    (_, response, stop) => {
      json(response, {}, 503);
      soon(stop);
    },
    { 'token-url': 'x', 'client-id': 'me', 'client-secret': 'my-secret' },
  ],
  'before a poll is responded to': [(_, __, stop) => soon(stop)],
  'between two polls': [
    (_, response, stop) => {
      json(response, { status: 'running' });
      soon(stop);
    },
    { interval: '30s' },
  ],
  'in the pause after an error': [
    (_, response, stop) => {
      response.writeHead(503, { 'Retry-After': '30' }).end();
      soon(stop);
    },
  ],
  'in the middle of a body': [
    (_, response, stop) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"status":');
      soon(stop);
    },
  ],
  'in a body of a byte at a time': [
    (_, response, stop) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => {
        clearInterval(timer);
      });
      soon(stop);
    },
  ],
  'before the first byte of a report': [withReport((_, __, stop) => soon(stop)), download],
  'after the head of a report': [
    withReport((_, response, stop) => {
      response.writeHead(200, { 'Content-Length': '1000' }).flushHeaders();
      soon(stop);
    }),
    download,
  ],
  'in the middle of a report': [
    withReport((_, response, stop) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('1,2\n'.repeat(5000)), 5);
      response.on('close', () => {
        clearInterval(timer);
      });
      soon(stop);
    }),
    download,
  ],
  'while a report unpacks to gigabytes': [
    withReport((_, response, stop) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Type': 'text/csv' });
      const member = gzipSync(Buffer.alloc(64 * 1024 * 1024, '1,2\n'));
      for (let count = 0; count < 100; count += 1) response.write(member);
      response.end();
      setTimeout(stop, 500);
    }),
    download,
  ],
  'in the pause before a report is tried again': [
    withReport((_, response, stop) => {
      response.writeHead(503, { 'Retry-After': '20' }).end();
      soon(stop);
    }),
    download,
  ],
};

describe.each(Object.entries(PHASES))('%s', (_, [respond, inputs]) => {
  test.concurrent.each(
    isWindows ? (['SIGINT', 'SIGBREAK'] as const) : (['SIGINT', 'SIGTERM', 'SIGHUP'] as const),
  )('%s ends the step within a second, and red', async (signal) => {
    expectStopped(await stopped(signal, respond, inputs));
  });
});

test.each(['never responds', 'responds at once'])(
  'a signal writes the outputs within a second, where cancel-url %s',
  async (how) => {
    const cancel = { 'cancel-url': '/run/cancel' };
    let cancels = 0;
    const respond: Respond = (request, response, stop) => {
      if (request.method === 'POST') {
        cancels += 1;
        if (how === 'responds at once') json(response, {});
        return;
      }
      json(response, { status: 'running' });
      soon(stop);
    };
    responders.set('run', (request, response) => {
      respond(request, response, () => undefined);
    });
    const { exitCode, outputs, stderr, endedMs } = await stopped('SIGTERM', respond, cancel);
    expect({ exitCode, stderr, cancels }).toEqual({ exitCode: 1, stderr: '', cancels: 1 });
    expect(outputs).toMatchObject({ status: 'Pending', reason: 'cancelled' });
    // The request to cancel may take three seconds: the outputs are there by then.
    expect(endedMs).toBeLessThan(how === 'responds at once' ? 1500 : 4000);
  },
);

describe('a signal in the very moment of the last response', () => {
  /** Red, and an annotation says why. */
  const expectRed = (exitCode: number | null, log: string) => {
    expect(exitCode).toBe(1);
    expect(log).toMatch(/^::error.*cancelled/m);
  };
  const MOMENTS_MS = [-4, -3, -2, -1, 0, 0, 0, 1, 1, 2, 2, 3, 4, 6];

  test.concurrent.each(MOMENTS_MS.map((ms, index) => [index + 1, ms] as const))(
    'try %d, %d ms after it: never green',
    async (_, ms) => {
      const { exitCode, stderr, log, outputs } = await stopped(
        'SIGTERM',
        (_request, response, stop) => {
          const respond = () => json(response, { status: 'done' });
          if (ms > 0) respond();
          else stop();
          setTimeout(ms > 0 ? stop : respond, Math.abs(ms));
        },
      );
      expect(stderr).toBe('');
      expect(Object.keys(outputs)).toContain('jobs');
      // On a busy machine a step may have ended by the time at which the signal is sent.
      if (ms > 0 && exitCode === 0) expect(log).not.toContain('cancelled');
      else expectRed(exitCode, log);
    },
  );

  test.concurrent.each(MOMENTS_MS.filter((_, index) => index % 2 === 0).map((ms) => [ms] as const))(
    'of a report, %d ms after its last byte: never green',
    async (ms) => {
      const run = await stopped(
        'SIGTERM',
        withReport((_, response, stop) => {
          response.writeHead(200, { 'Content-Length': '4' });
          if (ms < 0) stop();
          response.end('1,2\n');
          if (ms >= 0) setTimeout(stop, ms);
        }),
        download,
      );
      expect(run.stderr).toBe('');
      if (ms >= 0 && run.exitCode === 0) expect(run.log).not.toContain('cancelled');
      else expectRed(run.exitCode, run.log);
      if (run.outputs.reason === 'cancelled') expect(run.files).toEqual([]);
    },
  );
});

test('a second signal changes nothing about an end that is on its way', async () => {
  const run = await stopped('SIGINT', (_, response, stop) => {
    json(response, { status: 'running' });
    soon(stop);
    setTimeout(stop, 155);
  });
  expectStopped(run);
});

/** Runs the step with a signal that no server could send in time. */
async function signalled(
  signal: NodeJS.Signals,
  at: 'loading' | 'summary',
  respond: (response: ServerResponse) => void = () => undefined,
) {
  const name = `${at}-${signal}`;
  let requests = 0;
  responders.set(name, (_, response) => {
    requests += 1;
    respond(response);
  });
  const run = await runAction(
    { provider: 'http', url: `${url}/${name}/jobs/{id}`, 'request-id': 'job-1', timeout: '60s' },
    {
      env: {
        NODE_OPTIONS: `--require ${JSON.stringify(SEND_SIGNAL)}`,
        SEND_SIGNAL: signal,
        SIGNAL_AT: at,
      },
    },
  );
  return { ...run, requests };
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('while the step is still being loaded ends it with all outputs, before any request', async () => {
    const { exitCode, outputs, stderr, requests } = await signalled(signal, 'loading');
    expect({ exitCode, stderr, requests }).toEqual({ exitCode: 1, stderr: '', requests: 0 });
    expect(outputs).toMatchObject({ status: 'Error', reason: 'cancelled', requestId: 'job-1' });
  });

  test('after all has been reported leaves a red step that says why', async () => {
    const { exitCode, outputs, summary, log, stderr, requests } = await signalled(
      signal,
      'summary',
      (response) => {
        json(response, { status: 'done' });
      },
    );
    expect({ exitCode, stderr, requests }).toEqual({ exitCode: 1, stderr: '', requests: 1 });
    expect(outputs).toMatchObject({ status: 'Successful' });
    expect(summary).toContain('job job-1 finished');
    expect(log).toMatch(/^::error::The step was cancelled$/m);
  });
});
