import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from 'selfsigned';

export const bundle = fileURLToPath(new URL('../dist/index.js', import.meta.url));

const DONE = '{"successful":true,"status":"COMPLETE","filePath":"/a.csv"}';
const RUNNING = '{"successful":true,"status":"RUNNING"}';

/**
 * A provider in a process of its own that responds in `responseMs`, says RUNNING `pending` times about
 * each job and then COMPLETE, and keeps count.
 *
 * @param {ProviderOptions} [options]
 * @typedef {{ responseMs?: number, pending?: number, isSecure?: boolean }} ProviderOptions
 */
export async function startProvider(options = {}) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  /** @type {{ port: number, certificate: string }} */
  const { port, certificate } = await new Promise((resolve) => child.once('message', resolve));
  return {
    url: `${options.isSecure ? 'https' : 'http'}://127.0.0.1:${port}`,
    /** What its clients have to trust; empty over http. */
    certificate,
    /** What it has counted since it was last asked. @returns {Promise<{ polls: number, ownMs: number, spanMs: number, sockets: number }>} */
    count: () =>
      new Promise((resolve) => {
        child.once('message', resolve);
        child.send('count');
      }),
    stop: () => child.kill(),
  };
}

/** @param {ProviderOptions} options */
async function serve({ responseMs = 0, pending = 0, isSecure = false }) {
  const fresh = () => ({ polls: 0, ownMs: 0, firstMs: 0, lastMs: 0, sockets: new Set() });
  let counted = fresh();
  /** @type {Map<string, number>} */
  const asked = new Map();
  /** @type {import('node:http').RequestListener} */
  const respondTo = async (request, response) => {
    if (request.method === 'GET') {
      giveReport(response);
      return;
    }
    const startMs = performance.now();
    counted.firstMs ||= startMs;
    counted.lastMs = startMs;
    counted.polls += 1;
    counted.sockets.add(request.socket.remotePort);
    let body = '';
    for await (const chunk of request) body += chunk;
    const times = (asked.get(body) ?? 0) + 1;
    if (pending > 0) asked.set(body, times);
    const respond = () => {
      counted.ownMs += performance.now() - startMs;
      response.end(times > pending ? DONE : RUNNING);
    };
    if (responseMs > 0) setTimeout(respond, responseMs);
    else respond();
  };
  const { cert, private: key } = isSecure ? await makeCertificate() : { cert: '', private: '' };
  const server = isSecure ? createSecureServer({ cert, key }, respondTo) : createServer(respondTo);
  server.listen(0, '127.0.0.1', () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    process.send?.({ port, certificate: cert });
  });
  process.on('message', () => {
    const { polls, ownMs, firstMs, lastMs, sockets } = counted;
    process.send?.({ polls, ownMs, spanMs: lastMs - firstMs, sockets: sockets.size });
    counted = fresh();
  });
}

const makeCertificate = () =>
  generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });

/** The report that the provider gives beside its responses. */
export const REPORT_BYTES = 1_000_000_000;

/** @param {import('node:http').ServerResponse} response */
function giveReport(response) {
  const block = Buffer.alloc(1024 * 1024, 'order,amount\n');
  response.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Length': REPORT_BYTES });
  let left = REPORT_BYTES;
  const more = () => {
    while (left > 0) {
      const part = block.subarray(0, Math.min(left, block.length));
      left -= part.length;
      if (!response.write(part)) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  more();
}

/**
 * Runs a script as the runner would, for the jobs `ids` at `url`.
 *
 * @param {string[]} args what node is given
 * @param {string} url
 * @param {string[]} ids
 * @param {Record<string, string>} [inputs]
 * @returns {Promise<{ wallMs: number, peakRssMb: number, liveHeapMb: number, exitCode: number }>}
 */
export async function runStep(args, url, ids, inputs = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'await-job-bench-'));
  const [output, usage] = [join(folder, 'output'), join(folder, 'usage')];
  await writeFile(output, '');
  const all = {
    provider: 'unicommerce',
    'base-url': url,
    'request-id': ids.join('\n'),
    token: 'bench-token',
    ...inputs,
  };
  const env = Object.fromEntries(
    Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
  const startMs = performance.now();
  const child = spawn(process.execPath, args, {
    env: {
      PATH: process.env.PATH,
      GITHUB_OUTPUT: output,
      BENCH_USAGE: usage,
      GITHUB_WORKSPACE: folder,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  const wallMs = performance.now() - startMs;
  const { peakRssMb = NaN, liveHeapMb = NaN } = JSON.parse(
    await readFile(usage, 'utf8').catch(() => '{}'),
  );
  await rm(folder, { recursive: true });
  return { wallMs, peakRssMb, liveHeapMb, exitCode };
}

/** @param {string[]} head @param {(string | number)[][]} rows */
export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

if (process.argv[1] === fileURLToPath(import.meta.url))
  await serve(JSON.parse(process.argv[2] ?? '{}'));
