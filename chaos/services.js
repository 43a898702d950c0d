import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { providers as simulated } from '../simulator/providers.js';
import { account } from '../simulator/simulator.js';
import { STATES } from './script.js';

/**
 * The services of one run: a provider that lives by a script, and a store of reports on another origin. They note
 * every request.
 *
 * @typedef {import('./script.js').Script} Script
 * @typedef {import('./script.js').Reply} Reply
 *
 * @typedef {object} Recorded
 * @property {'poll' | 'login' | 'report' | 'cancel' | 'other'} kind
 * @property {'provider' | 'storage'} host
 * @property {string} jobId
 * @property {string} url
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} body
 * @property {string} token the access token of a poll
 * @property {number} atMs when it came
 * @property {number} endMs when its response ended or broke off
 * @property {boolean} isWhole whether all of a response was sent
 * @property {Reply} reply what it was given
 * @property {string} trace stands in the body of its response and in no other
 * @property {number} openAtOnce how many requests were open at this host a moment after it came
 */

/** The reports: one for each version, large enough to come in several parts. */
export const VERSIONS = ['A', 'B'].map((version) =>
  Buffer.from(`order,amount\n${`${version}1001,250\n`.repeat(12_000)}`),
);
export const [REPORT, OTHER_REPORT] = /** @type {[Buffer, Buffer]} */ (VERSIONS);
/** @param {Buffer} content */
export const sha256 = (content) => createHash('sha256').update(content).digest('hex');

/** What signs the links of reports: nobody may read it but the workflow. */
export const SIGNATURE = 'a-signature-that-nobody-may-read';
/** A message that would be a workflow command, an output and markup, if anybody let it. */
const FORGED =
  '\n::notice::forged\n::set-output name=forged::yes\nforged<<E\nyes\nE\n<img src=x onerror=alert(1)>';

/** @type {import('../simulator/providers.js').Provider} */
const anyApi = {
  statuses: { pending: 'running', successful: 'done' },
  match: ({ url }) => /^\/jobs\/([^/]+)$/.exec(url.pathname)?.[1],
  token: ({ headers }) => (headers.authorization ?? '').replace(/^Bearer /, ''),
  respond: (_, { status, message, filePath }) => ({
    status: 200,
    body: { status, message, link: filePath },
  }),
  unknown: { status: 404, body: { message: 'no such job' } },
  unauthorized: { status: 401, body: { error: 'invalid_token' } },
  login: () => ({ method: 'POST', path: '/token', sentAs: 'form', fields: {} }),
  issued: (token, lifetimeMs) => ({
    status: 200,
    body: { access_token: token, expires_in: lifetimeMs / 1000 },
  }),
  refused: { status: 401, body: { error: 'invalid_client' } },
};

/** @type {Readonly<Record<string, import('../simulator/providers.js').Provider>>} */
const PROVIDERS = { ...simulated, http: anyApi };

/** The words for each state, where they differ from those of `http`. @type {Readonly<Record<string, Record<string, string>>>} */
const WORDS = {
  http: { partial: 'partial', failed: 'failed' },
  safetychain: { partial: 'PartialSuccess', failed: 'Failure' },
  flolive: { partial: 'FAILURE', failed: 'FAILURE' },
  os1: { partial: 'partial', failed: 'failed' },
  sei: { partial: 'Partial', failed: 'Failed' },
  // Has no word for a success in part: this one is unknown.
  unicommerce: { partial: 'HALF', failed: 'FAILED' },
};

/** The providers whose responses have a message of a failed job. */
export const HAS_MESSAGES = ['http', 'safetychain', 'os1', 'sei', 'unicommerce'];
/** The message of a failed job. @param {string} id */
export const messageOf = (id) => `why-${id}-failed`;

/** @param {string} name */
function providerOf(name) {
  const provider = PROVIDERS[name];
  if (provider === undefined) throw new Error(`no provider ${name}`);
  return provider;
}

/** @param {Script} script */
export async function startServices(script) {
  const provider = providerOf(script.provider);
  /** @type {Recorded[]} */
  const requests = [];
  /** Tokens that were issued, with the time at which they run out. @type {Map<string, number>} */
  const tokens = new Map();
  const counts = new Map();
  /** @param {string} name */
  const next = (name) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts.get(name);
  };
  /** @param {readonly Reply[]} replies @param {string} name @returns {Reply} */
  const replyOf = (replies, name) =>
    replies[Math.min(next(name), replies.length) - 1] ?? { kind: 'http 500' };
  /** @type {(number: number) => void} */
  let onRequest = () => undefined;

  /** @param {import('../simulator/providers.js').Received} received @returns {{ kind: Recorded['kind'], jobId: string, reply: Reply }} */
  function route(received) {
    const { method, path } = provider.login(account);
    if (received.method === method && received.url.pathname.endsWith(path)) {
      const replies = script.login?.replies ?? [{ kind: 'issued' }];
      return { kind: 'login', jobId: '', reply: replyOf(replies, 'login') };
    }
    const cancelled = /^\/cancel\/(.+)$/.exec(received.url.pathname)?.[1];
    if (cancelled !== undefined)
      return { kind: 'cancel', jobId: cancelled, reply: { kind: 'null' } };
    const id = provider.match(received);
    const job = script.jobs.find((one) => one.id === id);
    if (id === undefined || job === undefined)
      return { kind: 'other', jobId: id ?? '', reply: { kind: 'http 404' } };
    return { kind: 'poll', jobId: id, reply: replyOf(job.polls, `poll ${id}`) };
  }

  const providerServer = createServer((request, response) => {
    void receive(request).then((received) => {
      const { kind, jobId, reply } = route(received);
      const token = kind === 'poll' ? provider.token(received) : '';
      const recorded = note(request, response, {
        kind,
        host: 'provider',
        jobId,
        reply,
        token,
        body: received.body,
      });
      onRequest(requests.length);
      const isGood =
        kind !== 'poll' || script.login === undefined || (tokens.get(token) ?? 0) > Date.now();
      if (!isGood) recorded.reply = { kind: 'token rejected' };
      setTimeout(() => {
        if (kind === 'login') logIn(response, recorded);
        else respond(response, recorded, received);
      }, recorded.reply.delayMs ?? 0);
    });
  });

  const storageServer = createServer((request, response) => {
    const name = `report ${request.url}`;
    const reply = replyOf(script.report ?? [], name);
    const jobId = /\/(job-\d+)\.csv/.exec(request.url ?? '')?.[1] ?? '';
    const recorded = note(request, response, {
      kind: 'report',
      host: 'storage',
      jobId,
      reply,
      token: '',
      body: '',
    });
    onRequest(requests.length);
    setTimeout(() => {
      giveReport(request, response, recorded.reply);
    }, reply.delayMs ?? 0);
  });

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {Pick<Recorded, 'kind' | 'host' | 'jobId' | 'reply' | 'token' | 'body'>} what
   */
  function note({ url = '', headers }, response, what) {
    const trace = `trace-of-${what.kind}-${requests.length + 1}.`;
    /** @type {Recorded} */
    const recorded = {
      ...what,
      url,
      headers,
      trace,
      atMs: performance.now(),
      endMs: Infinity,
      isWhole: false,
      openAtOnce: 0,
    };
    requests.push(recorded);
    for (const [name, value] of Object.entries(what.reply.pause ?? {}))
      response.setHeader(name, value);
    response.once('finish', () => {
      recorded.isWhole = true;
      recorded.endMs = performance.now();
    });
    response.once('close', () => {
      if (!recorded.isWhole) recorded.endMs = performance.now();
    });
    // Not at once: the other side may have closed a connection of which we do not know yet.
    setTimeout(() => {
      const isOpen = (/** @type {Recorded} */ { host, endMs, atMs }) =>
        host === what.host && endMs === Infinity && atMs <= recorded.atMs;
      recorded.openAtOnce = requests.filter(isOpen).length;
    }, 60);
    return recorded;
  }

  /** @param {import('node:http').ServerResponse} response @param {Recorded} recorded */
  function logIn(response, { reply, trace }) {
    const lifetimeMs = script.login?.lifetimeMs ?? 3_600_000;
    const token = `issued+${randomUUID()}/=`;
    if (reply.kind === 'refused') send(response, provider.refused, reply, trace);
    else if (reply.kind === 'no token')
      send(response, { status: 200, body: { token_type: 'bearer' } }, reply, trace);
    else if (reply.kind !== 'issued') fault(response, reply, trace);
    else {
      tokens.set(token, Date.now() + lifetimeMs);
      send(response, provider.issued(token, lifetimeMs), reply, trace);
    }
  }

  /**
   * @param {import('node:http').ServerResponse} response
   * @param {Recorded} recorded
   * @param {import('../simulator/providers.js').Received} received
   */
  function respond(response, recorded, received) {
    const { reply, jobId, trace } = recorded;
    const [first = '', , under] = reply.kind.split(' ');
    const state = first === 'success' ? 'successful' : reply.kind;
    if (STATES.includes(state)) {
      const status = wordFor(state);
      const message =
        state === 'failed' ? `${messageOf(jobId)}: ${recorded.token}${FORGED}` : undefined;
      // A job at Uniware has ended only once it has a link.
      const filePath =
        state === 'successful' && (script.report || script.provider === 'unicommerce')
          ? `${storageUrl}/${jobId}.csv?signature=${SIGNATURE}`
          : undefined;
      const errors = message === undefined ? undefined : [message];
      const isHalf = script.provider === 'flolive' && state === 'partial';
      const entries = isHalf
        ? {
            entries: [
              { requestId: 'a', status: 'SUCCESS' },
              { requestId: 'b', status },
            ],
          }
        : {};
      const step = {
        status,
        ...(message && { message }),
        ...(errors && { errors }),
        ...(filePath && { filePath }),
        ...entries,
      };
      const whole = provider.respond(jobId, step, received);
      if (first !== 'success') send(response, whole, reply, trace);
      else if (under === 'html')
        page(response, 200, `<html><body>${JSON.stringify(whole.body)}</body></html>`);
      else if (under === undefined) cut(response, whole, trace);
      else send(response, { ...whole, status: Number(under) }, reply, trace);
    } else if (reply.kind === 'unknown id') send(response, provider.unknown, reply, trace);
    else if (reply.kind === 'token rejected') send(response, provider.unauthorized, reply, trace);
    else if (reply.kind === 'redirect') {
      response.writeHead(302, { Location: `${storageUrl}/jobs` }).end();
    } else fault(response, reply, trace);
  }

  /** @param {string} state */
  const wordFor = (state) => {
    const words = { ...provider.statuses, unknown: 'MYSTERY', ...WORDS[script.provider] };
    return /** @type {Record<string, string>} */ (words)[state] ?? state;
  };

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {Reply} reply
   */
  function giveReport({ url = '', headers: { range } }, response, reply) {
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const { kind } = reply;
    const content = kind === 'changed' ? OTHER_REPORT : REPORT;
    const isTagged = kind !== 'cut without tag';
    // A part is given only of the version that was asked for.
    const isPart = start > 0 && isTagged && kind !== 'changed';
    const body = isPart ? content.subarray(start) : content;
    const head = {
      'Content-Type': 'text/csv',
      'Content-Length': String(body.length),
      ...(isTagged && { ETag: kind === 'changed' ? '"B"' : '"A"' }),
      ...(isPart && { 'Content-Range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    };
    const code = isPart ? 206 : 200;
    /** @type {Record<string, () => void>} */
    const kinds = {
      redirect: () =>
        response.writeHead(302, { Location: `${url.split('?')[0]}?again=${SIGNATURE}` }).end(),
      empty: () =>
        response.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Length': '0' }).end(),
      error: () =>
        response
          .writeHead(200, { 'Content-Type': 'application/xml' })
          .end('<Error><Code>AccessDenied</Code></Error>'),
      'bad part': () =>
        response
          .writeHead(206, { ...head, 'Content-Range': 'bytes 7-9/10', 'Content-Length': '3' })
          .end('abc'),
      larger: () =>
        response.writeHead(code, { ...head, 'Content-Range': `bytes 0-9/10` }).end(body),
      gzip: () =>
        response
          .writeHead(200, { 'Content-Type': 'text/csv', 'Content-Encoding': 'gzip' })
          .end(gzipSync(content)),
      short: () => {
        response.writeHead(200, { 'Content-Type': 'text/csv' });
        response.write(content.subarray(0, 30_000), () =>
          setTimeout(() => response.socket?.destroy(), 20),
        );
      },
      stall: () => void response.writeHead(code, head).write(body.subarray(0, 30_000)),
      kilobytes: () => {
        response.writeHead(code, { ...head, 'Content-Length': '1000000000' });
        repeat(response, 'x'.repeat(1024));
      },
    };
    const special = kinds[kind];
    if (special !== undefined) special();
    else if (kind === 'good' || kind === 'changed') response.writeHead(code, head).end(body);
    else if (kind === 'cut' || kind === 'cut without tag') {
      response.writeHead(code, head);
      response.write(body.subarray(0, Math.ceil(body.length / 2)), () =>
        setTimeout(() => response.socket?.destroy(), 20),
      );
    } else fault(response, reply, '');
  }

  await Promise.all([providerServer, storageServer].map(listen));
  const storageUrl = urlOf(storageServer);
  return {
    url: urlOf(providerServer),
    requests,
    tokens: () => [...tokens.keys()],
    /** @param {(number: number) => void} listener is told of each request, which are counted from 1 */
    listen: (listener) => {
      onRequest = listener;
    },
    close: () =>
      Promise.all(
        [providerServer, storageServer].map((server) => {
          server.closeAllConnections();
          return new Promise((resolve) => server.close(resolve));
        }),
      ),
  };
}

/** @param {import('node:http').Server} server */
const listen = (server) =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(undefined);
    });
  });

/** @param {import('node:http').Server} server */
const urlOf = (server) =>
  `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;

/** @param {import('node:http').IncomingMessage} request */
async function receive(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return {
    method: request.method ?? '',
    url: new URL(request.url ?? '/', 'http://provider'),
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {import('../simulator/providers.js').Reply} whole
 * @param {Reply} reply
 * @param {string} trace
 */
function send(response, { status, body, headers = {} }, { gzip = false }, trace) {
  const text = JSON.stringify(Object.assign({ trace }, body));
  const head = { 'Content-Type': 'application/json', ...headers };
  response.writeHead(status, { ...head, ...(gzip && { 'Content-Encoding': 'gzip' }) });
  response.end(gzip ? gzipSync(text) : text);
}

/** @param {import('node:http').ServerResponse} response @param {number} status @param {string} html */
const page = (response, status, html) =>
  response.writeHead(status, { 'Content-Type': 'text/html' }).end(html);

/** @param {import('node:http').ServerResponse} response @param {import('../simulator/providers.js').Reply} whole @param {string} trace */
function cut(response, { body }, trace) {
  // All of the JSON but the end of its connection: only the length says that something is missing.
  const text = JSON.stringify(Object.assign({ trace }, body));
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': String(text.length + 10),
  });
  response.write(text, () => setTimeout(() => response.socket?.destroy(), 10));
}

/** Writes a text for as long as the connection lasts. @param {import('node:http').ServerResponse} response @param {string} text */
function repeat(response, text) {
  // Nobody tells of the end of a connection that had ended before.
  if (response.destroyed) return;
  const timer = setInterval(() => response.write(text), 100);
  response.once('close', () => clearInterval(timer));
}

/** @param {import('node:http').ServerResponse} response @param {Reply} reply @param {string} trace */
function fault(response, reply, trace) {
  const { kind } = reply;
  const code = Number(/^http (\d+)$/.exec(kind)?.[1]);
  /** @type {Record<string, () => void>} */
  const kinds = {
    html: () =>
      page(response, 200, '<!DOCTYPE html><html><body>Please come back later</body></html>'),
    empty: () => response.writeHead(200, { 'Content-Type': 'application/json' }).end(),
    text: () => response.writeHead(200, { 'Content-Type': 'text/plain' }).end('all is well'),
    null: () => response.writeHead(200, { 'Content-Type': 'application/json' }).end('null'),
    'no status': () => {
      send(response, { status: 200, body: {} }, reply, trace);
    },
    huge: () =>
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(`{"a": "${'x'.repeat(11 * 1024 * 1024)}"}`),
    'bad gzip': () =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('this is not packed'),
    cut: () => {
      cut(response, { status: 200, body: {} }, trace);
    },
    'cut chunks': () => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.write('{"status": "do', () => setTimeout(() => response.socket?.destroy(), 10));
    },
    reset: () => response.socket?.resetAndDestroy(),
    silent: () => undefined,
    drip: () => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      repeat(response, ' ');
    },
  };
  if (Number.isNaN(code)) (kinds[kind] ?? kinds.empty)?.();
  else
    send(
      response,
      { status: code, body: { error: 'fault', message: `HTTP ${code}` } },
      reply,
      trace,
    );
}
