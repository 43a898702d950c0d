import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { play, type SimulatedError } from '../../../simulator/errors.js';
import { Cancelled, PermanentError, TransientError } from '../../../src/domain/errors.js';
import { systemClock } from '../../../src/domain/clock.js';
import { createTransport } from '../../../src/http/network-transport.js';

const transport = createTransport({ clock: systemClock });
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

/** Sends one request to a server that plays `error`; gives the response, or what was thrown. */
async function ask(error: SimulatedError, timeoutMs = 5000): Promise<unknown> {
  const url = await serve((_, response) => {
    play(response, error);
  });
  return transport.send({ method: 'GET', url }, timeoutMs, never).catch((error: unknown) => error);
}

test('a response is given whole, with status, headers and body', async () => {
  const response = await ask({ status: 418, headers: { 'X-Kind': 'pot' }, body: 'Ünïcode' });
  expect(response).toMatchObject({ status: 418, headers: { 'x-kind': 'pot' }, body: 'Ünïcode' });
});

test.each<[string, RequestListener]>([
  [
    'that is cut off',
    (_, response) => {
      response.writeHead(503, { 'Retry-After': '7', 'Content-Length': 100 });
      response.write('{"error"', () => response.socket?.destroy());
    },
  ],
  [
    'that is not packed as it says',
    (_, response) => {
      response.writeHead(503, { 'Retry-After': '7', 'Content-Encoding': 'gzip' }).end('not packed');
    },
  ],
  [
    'whose body never comes',
    (_, response) => {
      response.writeHead(503, { 'Retry-After': '7' }).flushHeaders();
    },
  ],
])('the pause that a response asks for counts, also of one %s', async (_, listener) => {
  const url = await serve(listener);
  const error: unknown = await transport
    .send({ method: 'GET', url }, 500, never)
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(TransientError);
  expect(error).toMatchObject({ retryAfterMs: 7000 });
});

/** Reads a response as a stream; gives its length, or what was thrown. */
async function read(url: URL, silenceMs: number | (() => number)): Promise<unknown> {
  try {
    const most = typeof silenceMs === 'number' ? () => silenceMs : silenceMs;
    const response = await transport.stream({ method: 'GET', url }, most, never);
    let bytes = 0;
    for await (const chunk of response.body) bytes += chunk.length;
    response.close();
    return bytes;
  } catch (error) {
    return error;
  }
}

/** Sends `size` bytes, and `times` more of them, a tenth of a second apart; then ends, or does not. */
const bitByBit =
  (size: number, times: number, isEnded: boolean): RequestListener =>
  (_, response) => {
    let left = times;
    response.write('.'.repeat(size));
    const timer = setInterval(() => {
      if (left > 0) response.write('.'.repeat(size));
      else if (isEnded) response.end();
      if (left === 0) clearInterval(timer);
      left -= 1;
    }, 100);
  };

test('a stream that stops in the middle is given up', async () => {
  const url = await serve(bitByBit(2000, 0, false));
  const error = await read(url, 300);
  expect(error).toBeInstanceOf(TransientError);
  expect((error as Error).message).toMatch(/^next to nothing from 127\.0\.0\.1:\d+ within 300ms$/);
});

test('a stream may take longer than the longest silence, as long as kilobytes come', async () => {
  const url = await serve(bitByBit(2000, 8, true));
  expect(await read(url, 400)).toBe(18_000);
});

test('how long a stream may be silent is asked anew after each kilobyte', async () => {
  const url = await serve(bitByBit(2000, 1, false));
  const silences = [10_000, 10_000, 300];
  const error = await read(url, () => silences.shift() ?? 200);
  expect((error as Error).message).toMatch(/within [23]00ms$/);
});

test('what came of a stream before its cut is given, also to one who reads it later', async () => {
  const sent = randomBytes(1000);
  const url = await serve((_, response) => {
    response.writeHead(200, { 'Content-Length': 3000 });
    response.write(sent, () => response.socket?.end());
  });
  const response = await transport.stream({ method: 'GET', url }, () => 5000, never);
  await sleep(200);
  const chunks: Buffer[] = [];
  const reading = (async () => {
    for await (const chunk of response.body) chunks.push(chunk);
  })();
  await expect(reading).rejects.toBeInstanceOf(TransientError);
  response.close();
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
});

test('a stream that is closed before its end is not taken for whole', async () => {
  const url = await serve(bitByBit(1000, 0, false));
  const response = await transport.stream({ method: 'GET', url }, () => 5000, never);
  const chunks = response.body[Symbol.asyncIterator]();
  expect((await chunks.next()).value).toHaveLength(1000);
  response.close();
  await expect(chunks.next()).rejects.toThrow('the connection was closed before the end');
});

test('a stream that breaks in the same packet as it begins is an error', async () => {
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const tcp = createTcpServer((socket) => {
    socket.once('data', () => socket.write(`${head}3\r\nabc\r\nno length`));
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  const error = await read(new URL(`http://127.0.0.1:${port}/`), 1000);
  expect(error).toBeInstanceOf(TransientError);
  expect((error as Error).message).not.toMatch(/within/);
  tcp.close();
});

test('a stream that comes byte by byte is given up', async () => {
  const url = await serve(bitByBit(1, 20, true));
  expect(await read(url, 400)).toBeInstanceOf(TransientError);
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

test('a host that refuses the connection is a transient error that names the host', async () => {
  const url = await serve(() => undefined);
  await new Promise((resolve) => server?.close(resolve));
  const error = transport.send({ method: 'GET', url }, 5000, never);
  await expect(error).rejects.toThrow(TransientError);
  await expect(error).rejects.toThrow(`no response from ${url.host}: connect ECONNREFUSED`);
});

test.each([
  ['reset', 'unreachable', /^127\.0\.0\.1:\d+ closed the connection \(ECONNRESET\)$/],
  [
    'reset-mid-body',
    'unreachable',
    /^127\.0\.0\.1:\d+ closed the connection \((aborted|ECONNRESET)\)$/,
  ],
  ['huge-headers', 'unreachable', /no response from .*Header overflow/i],
  ['bad-gzip', 'bad-response', /could not be decompressed/],
] as const)('%s is a transient error', async (kind, reason, message) => {
  const error = await ask(kind);
  expect(error).toBeInstanceOf(TransientError);
  expect(error).toMatchObject({ reason, message: expect.stringMatching(message) });
});

test.each(['trickle', 'silence'] as const)(
  '%s ends at the deadline of the request',
  async (kind) => {
    const startMs = performance.now();
    const error = await ask(kind, 300);
    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({ message: expect.stringContaining('within 300ms') });
    expect(performance.now() - startMs).toBeLessThan(2000);
  },
);

test('a body over 10 MiB is a permanent error', async () => {
  const error = await ask('huge-body');
  expect(error).toBeInstanceOf(PermanentError);
  expect(error).toMatchObject({
    reason: 'bad-response',
    message: expect.stringContaining('10 MiB'),
  });
});

test('a small response that unpacks to more than 10 MiB is a permanent error', async () => {
  const url = await serve((_, response) => {
    response
      .writeHead(200, { 'Content-Encoding': 'gzip' })
      .end(gzipSync(Buffer.alloc(11 * 1024 * 1024)));
  });
  await expect(transport.send({ method: 'GET', url }, 5000, never)).rejects.toThrow(PermanentError);
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
] as const)('a response in %s is unpacked', async (encoding, pack) => {
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

test('a redirect is given as a response and not followed', async () => {
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

test('a response of a server that does not speak HTTP is a transient error', async () => {
  const tcp = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  await new Promise((resolve) =>
    tcp.listen(0, '127.0.0.1', () => {
      resolve(undefined);
    }),
  );
  const url = new URL(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}/`);
  await expect(transport.send({ method: 'GET', url }, 5000, never)).rejects.toThrow(TransientError);
  tcp.close();
});

test('a connection that is dropped without a status (HTTP 101) ends at the deadline of the request', async () => {
  const tcp = createTcpServer((socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n');
  });
  await new Promise((resolve) =>
    tcp.listen(0, '127.0.0.1', () => {
      resolve(undefined);
    }),
  );
  const url = new URL(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}/`);
  await expect(transport.send({ method: 'GET', url }, 300, never)).rejects.toThrow(TransientError);
  tcp.close();
});

test('cancelling ends a request in the middle of its body', async () => {
  const url = await serve((_, response) => {
    play(response, 'trickle');
  });
  const stop = new AbortController();
  setTimeout(() => {
    stop.abort(new Cancelled());
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
