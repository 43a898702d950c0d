import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { play, type Fault } from '../../../simulator/errors.js';
import { Cancelled, PermanentFault, TransientFault } from '../../../src/domain/errors.js';
import { retryAfterMs } from '../../../src/http/body.js';
import { createTransport, type Answer } from '../../../src/http/transport.js';

const transport = createTransport(undefined);
const never = new AbortController().signal;
let server: Server | undefined;

afterEach(async () => {
  const stopped = server;
  server = undefined;
  if (stopped === undefined) return;
  stopped.closeAllConnections();
  await new Promise((resolve) => stopped.close(resolve));
});

async function serve(listener: RequestListener): Promise<URL> {
  const started = (server = createServer(listener));
  await new Promise((resolve) =>
    started.listen(0, '127.0.0.1', () => {
      resolve(undefined);
    }),
  );
  return new URL(`http://127.0.0.1:${(started.address() as AddressInfo).port}/status`);
}

/** Sends one request to a server that plays `fault`; gives the answer, or what was thrown. */
async function ask(fault: Fault, timeoutMs = 5000): Promise<unknown> {
  const url = await serve((_, response) => {
    play(response, fault);
  });
  return transport.send({ method: 'GET', url }, timeoutMs, never).catch((error: unknown) => error);
}

test('an answer is given whole, with status, headers and body', async () => {
  const answer = await ask({ status: 418, headers: { 'X-Kind': 'pot' }, body: 'Ünïcode' });
  expect(answer).toMatchObject({ status: 418, headers: { 'x-kind': 'pot' }, body: 'Ünïcode' });
});

/** Takes an answer chunk by chunk; each is a sign of life if `isAlive`. */
const take = (url: URL, silenceMs: number, isAlive: boolean) =>
  transport
    .receive({ method: 'GET', url }, silenceMs, never, async (_, body, alive) => {
      let text = '';
      for await (const chunk of body) {
        text += chunk.toString();
        if (isAlive) alive();
      }
      return text;
    })
    .catch((error: unknown) => error);

/** Begins an answer, and goes on with it `times` times, a tenth of a second apart; then ends it, or not. */
const bitByBit =
  (times: number, isEnded: boolean): RequestListener =>
  (_, response) => {
    let left = times;
    response.write('.');
    const timer = setInterval(() => {
      if (left > 0) response.write('.');
      else if (isEnded) response.end();
      if (left === 0) clearInterval(timer);
      left -= 1;
    }, 100);
  };

test('an answer that stops in the middle is given up', async () => {
  const url = await serve(bitByBit(0, false));
  const fault = await take(url, 300, true);
  expect(fault).toBeInstanceOf(TransientFault);
  expect((fault as Error).message).toMatch(/^next to nothing from 127\.0\.0\.1:\d+ within 300ms$/);
});

test('an answer may take longer than the silence that is borne, as long as it lives', async () => {
  const url = await serve(bitByBit(8, true));
  expect(await take(url, 400, true)).toBe('.........');
});

test('an answer that comes without signs of life is given up', async () => {
  const url = await serve(bitByBit(20, true));
  expect(await take(url, 400, false)).toBeInstanceOf(TransientFault);
});

test('a body and headers are sent as they are', async () => {
  const seen: unknown[] = [];
  const url = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push(request.method, request.headers, body);
      response.end('{}');
    });
  });
  const headers = { 'Content-Type': 'application/json', 'X-Key': 'k' };
  await transport.send({ method: 'POST', url, headers, body: '{"id":"ü"}' }, 5000, never);
  expect(seen).toEqual([
    'POST',
    expect.objectContaining({
      'content-type': 'application/json',
      'x-key': 'k',
      'content-length': '11',
    }),
    '{"id":"ü"}',
  ]);
});

test('a connection is used again', async () => {
  const sockets = new Set<Socket>();
  const url = await serve((request, response) => {
    sockets.add(request.socket);
    response.end('{}');
  });
  for (let i = 0; i < 3; i++) await transport.send({ method: 'GET', url }, 5000, never);
  expect(sockets.size).toBe(1);
});

test('a host that refuses the connection is a transient fault that names the host', async () => {
  const url = await serve(() => undefined);
  await new Promise((resolve) => server?.close(resolve));
  const fault = transport.send({ method: 'GET', url }, 5000, never);
  await expect(fault).rejects.toThrow(TransientFault);
  await expect(fault).rejects.toThrow(`no answer from ${url.host}: connect ECONNREFUSED`);
});

test.each([
  ['reset', 'unreachable', /no answer from .*(ECONNRESET|hang up)/],
  ['reset-mid-body', 'unreachable', /no answer from .*(aborted|ECONNRESET)/],
  ['huge-headers', 'unreachable', /no answer from .*Header overflow/i],
  ['bad-gzip', 'bad-answer', /could not be unpacked/],
] as const)('%s is a transient fault', async (fault, reason, message) => {
  const error = await ask(fault);
  expect(error).toBeInstanceOf(TransientFault);
  expect(error).toMatchObject({ reason, message: expect.stringMatching(message) });
});

test.each(['trickle', 'silence'] as const)(
  '%s ends at the deadline of the request',
  async (fault) => {
    const startMs = performance.now();
    const error = await ask(fault, 300);
    expect(error).toBeInstanceOf(TransientFault);
    expect(error).toMatchObject({ message: expect.stringContaining('within 300ms') });
    expect(performance.now() - startMs).toBeLessThan(2000);
  },
);

test('a body over 10 MiB is a permanent fault', async () => {
  const error = await ask('huge-body');
  expect(error).toBeInstanceOf(PermanentFault);
  expect(error).toMatchObject({ reason: 'bad-answer', message: expect.stringContaining('10 MiB') });
});

test('a small answer that unpacks to more than 10 MiB is a permanent fault', async () => {
  const url = await serve((_, response) => {
    response
      .writeHead(200, { 'Content-Encoding': 'gzip' })
      .end(gzipSync(Buffer.alloc(11 * 1024 * 1024)));
  });
  await expect(transport.send({ method: 'GET', url }, 5000, never)).rejects.toThrow(PermanentFault);
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
] as const)('an answer in %s is unpacked', async (encoding, pack) => {
  const url = await serve((_, response) => {
    response.writeHead(200, { 'Content-Encoding': encoding }).end(pack('{"a":1}'));
  });
  await expect(transport.send({ method: 'GET', url }, 5000, never)).resolves.toMatchObject({
    body: '{"a":1}',
  });
});

test.each(['', 'utf-8', 'constructor'])(
  'an encoding that is none (%j) leaves the body as it is',
  async (encoding) => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'Content-Encoding': encoding }).end('{}');
    });
    await expect(transport.send({ method: 'GET', url }, 5000, never)).resolves.toMatchObject({
      body: '{}',
    });
  },
);

test('a redirect is given as an answer and not followed', async () => {
  let requests = 0;
  const url = await serve((_, response) => {
    requests += 1;
    response.writeHead(302, { Location: '/elsewhere' }).end();
  });
  await expect(transport.send({ method: 'GET', url }, 5000, never)).resolves.toMatchObject({
    status: 302,
  });
  expect(requests).toBe(1);
});

test('an answer of a server that does not speak HTTP is a transient fault', async () => {
  const tcp = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  await new Promise((resolve) =>
    tcp.listen(0, '127.0.0.1', () => {
      resolve(undefined);
    }),
  );
  const url = new URL(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}/`);
  await expect(transport.send({ method: 'GET', url }, 5000, never)).rejects.toThrow(TransientFault);
  tcp.close();
});

test('a connection that is dropped without a word (HTTP 101) ends at the deadline of the request', async () => {
  const tcp = createTcpServer((socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n');
  });
  await new Promise((resolve) =>
    tcp.listen(0, '127.0.0.1', () => {
      resolve(undefined);
    }),
  );
  const url = new URL(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}/`);
  await expect(transport.send({ method: 'GET', url }, 300, never)).rejects.toThrow(TransientFault);
  tcp.close();
});

test('cancelling ends a request in the middle of its body', async () => {
  const url = await serve((_, response) => {
    play(response, 'trickle');
  });
  const stop = new AbortController();
  setTimeout(() => {
    stop.abort();
  }, 250);
  await expect(transport.send({ method: 'GET', url }, 5000, stop.signal)).rejects.toThrow(
    Cancelled,
  );
});

test('an IPv6 address can be asked', async () => {
  const started = (server = createServer((_, response) => response.end('{}')));
  await new Promise((resolve) =>
    started.listen(0, '::1', () => {
      resolve(undefined);
    }),
  );
  const url = new URL(`http://[::1]:${(started.address() as AddressInfo).port}/`);
  await expect(transport.send({ method: 'GET', url }, 5000, never)).resolves.toMatchObject({
    status: 200,
  });
});

test.each([
  ['120', 120_000],
  ['0', 0],
  ['Sun, 06 Nov 1994 08:49:47 GMT', 10_000],
  ['Sun, 06 Nov 1994 08:49:00 GMT', 0],
  ['soon', undefined],
  ['in 3000', undefined],
  ['-5', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s milliseconds', (value, expected) => {
  const answer = { status: 503, body: '', headers: { 'retry-after': value } } as Answer;
  expect(retryAfterMs(answer, Date.parse('Sun, 06 Nov 1994 08:49:37 GMT'))).toBe(expected);
});
