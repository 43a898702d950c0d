import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { createServer as createTlsServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCa, signed } from '../support/certificates.js';
import { expectRefused, expectSaved, fetchReport, status } from '../support/report-server.js';
import { listen } from '../support/system.js';

const ca = await createCa('Test Authority');
const material = await signed(ca, 'storage', { hosts: ['127.0.0.1'] });
const content = Buffer.from(Array.from({ length: 50_000 }, (_, row) => `${row},1\n`).join(''));
const half = content.subarray(0, 200_000);
const openEnded = 'HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n\r\n';

/** Speaks TLS to one client: how the connection ends is what differs. */
type Speaker = (socket: TLSSocket, hangUp: () => void, number: number) => void;

let requests = 0;
let speak: Speaker = () => undefined;
let version: SecureVersion = 'TLSv1.3';
const sockets = new Set<Socket>();
const server = createTlsServer(material);
let url = '';

const write = (socket: TLSSocket, ...parts: (string | Buffer)[]) =>
  new Promise<void>((resolve) => {
    for (const part of parts.slice(0, -1)) socket.write(part);
    // What was written is to arrive before the connection ends.
    socket.write(parts.at(-1) ?? '', () => setTimeout(resolve, 50));
  });

/** Ends TLS and then TCP, as a good server does. */
const ending =
  (...parts: (string | Buffer)[]): Speaker =>
  (socket) => {
    void write(socket, ...parts).then(() => socket.end());
  };

/** Ends TCP alone, as anybody on the way can. */
const cutting =
  (...parts: (string | Buffer)[]): Speaker =>
  (socket, hangUp) => {
    void write(socket, ...parts).then(hangUp);
  };

beforeAll(async () => {
  const raws = new Map<number | undefined, Socket>();
  server.on('connection', (raw: Socket) => {
    sockets.add(raw);
    raws.set(raw.remotePort, raw);
    raw.on('error', () => undefined);
  });
  server.on('secureConnection', (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      requests += 1;
      const raw = raws.get(socket.remotePort);
      speak(socket, () => raw?.end(), requests);
    });
  });
  url = `https://127.0.0.1:${await listen(server)}`;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(resolve));
});

async function fetchOverTls(speaker: Speaker, inputs: Record<string, string> = {}) {
  requests = 0;
  speak = speaker;
  return fetchReport(status(500), {
    links: () => `${url}/Export.csv`,
    inputs: { 'ca-certificate': ca.cert, ...inputs },
    env: { NODE_OPTIONS: `--tls-max-${version.replace('TLSv', 'v')}` },
  });
}

const head = (length: number) =>
  openEnded.replace('\r\n\r\n', `\r\nContent-Length: ${length}\r\n\r\n`);

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('over %s', (one) => {
  beforeAll(() => {
    version = one;
  });

  test.each([
    ['half a report', half],
    ['a first row', content.subarray(0, 10)],
    ['all but the last byte', content.subarray(0, -1)],
    ['a whole report whose end nobody has seen', content],
  ])('%s without a length, cut without the end of TLS, is a cut', async (_, part) => {
    const run = await fetchOverTls(cutting(openEnded, part), { timeout: '0' });
    expectRefused(run, /broke off after .*: no response from .*: the connection ended without/);
    expect(requests).toBe(4);
  });

  test('what was cut is fetched again', async () => {
    const run = await fetchOverTls((socket, hangUp, number) => {
      const speaker = number === 1 ? cutting(openEnded, half) : ending(openEnded, content);
      speaker(socket, hangUp, number);
    });
    expectSaved(run, { 'Export.csv': content });
    expect(requests).toBe(2);
  });

  test.each([
    ['without a length, ended by TLS', ending(openEnded, content)],
    ['with a length, ended by TLS', ending(head(content.length), content)],
    ['with a length, ended by TCP alone', cutting(head(content.length), content)],
    [
      'in chunks, ended by TCP alone',
      cutting(
        openEnded.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n'),
        `${content.length.toString(16)}\r\n`,
        content,
        '\r\n0\r\n\r\n',
      ),
    ],
  ])('a whole report %s is the report', async (_, speaker) => {
    const run = await fetchOverTls(speaker);
    expectSaved(run, { 'Export.csv': content });
    expect(requests).toBe(1);
  });
});

test('a report of several megabytes comes whole over a kept connection', async () => {
  const large = Buffer.concat(Array.from({ length: 20 }, () => content));
  const https = createHttpsServer(material, (request, response) => {
    response.writeHead(request.url === '/a' ? 302 : 200, { Location: '/Export.csv' });
    response.end(request.url === '/a' ? '' : large);
  });
  const port = await listen(https);
  const run = await fetchReport(status(500), {
    links: () => `https://127.0.0.1:${port}/a`,
    inputs: { 'ca-certificate': ca.cert },
  });
  https.closeAllConnections();
  https.close();
  expectSaved(run, { 'Export.csv': large });
});

test.each([
  [
    'an untrusted certificate',
    {},
    /certificate of 127\.0\.0\.1:\d+ is not trusted: unable to verify the first certificate/,
  ],
  ['nobody there', { port: '1' }, /ECONNREFUSED/],
])('%s is told as ever', async (_, where, why) => {
  const run = await fetchReport(status(500), {
    links: () => ('port' in where ? 'https://127.0.0.1:1/a.csv' : `${url}/a.csv`),
    inputs: { timeout: '0' },
  });
  expectRefused(run, why);
});
