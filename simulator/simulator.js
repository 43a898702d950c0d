import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { play, reply } from './errors.js';
import { Mistake, show } from './mistake.js';
import { loginFields, providers } from './providers.js';
import { parseScript, readScript } from './script.js';

/**
 * A loopback server that plays the providers of providers.js. A job is created with a script and then lives by
 * the clock, or by the polls it is asked. script.js says what else may be written for a script in JSON. The
 * providers' own requests create jobs too: such a job lives by the script that was planned for it, or else is
 * pending for two seconds and then successful.
 *
 * @typedef {object} Step one state of a job
 * @property {string} [status] the provider's status
 * @property {number} [forMs] how long the state lasts; the last step lasts for ever
 * @property {number} [forPolls] or how many polls it lasts
 * @property {string} [message]
 * @property {string[]} [errors] texts of the provider's error list
 * @property {string} [batchId] SEI
 * @property {string} [filePath] Uniware
 * @property {{ requestId?: string, status: string }[]} [entries] floLIVE: the inner requests
 * @property {{ success: number, failed: number, total: number }} [counts] OS1
 * @property {import('./providers.js').Reply} [reply] a response that is given as it stands
 *
 * @typedef {object} Script
 * @property {string} provider
 * @property {string} [id] made up if left out
 * @property {Step[]} steps
 * @property {Record<number, import('./errors.js').SimulatedError>} [errors] by the number of the poll, from 1
 *
 * @typedef {{ script: Script, createdMs: number, polls: number }} Job
 * @typedef {import('./providers.js').Received & { provider: string, atMs: number, isLogin: boolean, isStart: boolean, token: string, port: number }} Recorded
 */

/** What a login has to show. @type {import('./providers.js').Account} */
export const account = {
  username: 'simulator-user',
  password: 'simulator p@ssword/1+1',
  clientId: 'simulator-client:app::1',
  clientSecret: 'simulator-client-secret',
  appKey: 'simulator-app-key',
  tenant: 'acme',
};

const REPORT = 'order,amount\n1001,250\n1002,75\n1003,1200\n';

/**
 * Starts the simulator on a loopback port.
 *
 * @param {object} [options]
 * @param {number} [options.port] any free one if left out
 * @param {string} [options.token] an access token that every provider accepts from the start
 * @param {import('node:https').ServerOptions} [options.tls] speaks https with this material
 * @param {(name: string | undefined) => void} [options.onConnection] is told the name in the client's
 *   certificate for each new https connection
 */
export async function startSimulator({
  port = 0,
  token = 'simulator-token',
  tls,
  onConnection,
} = {}) {
  /** @type {Map<string, Job>} */
  const jobs = new Map();
  /** Jobs that the providers' own requests will create, in this order. @type {Script[]} */
  const planned = [];
  /** @type {Recorded[]} */
  const requests = [];
  /** Tokens that are accepted, with the time at which they run out. @type {Map<string, number>} */
  const tokens = new Map([[token, Infinity]]);
  /** Refresh tokens that were issued. @type {Set<string>} */
  const issuedTokens = new Set();
  /** How logins go from here on. */
  const logins = {
    count: 0,
    lifetimeMs: 3_600_000,
    /** By the number of the login since `reset`, from 1. @type {Record<number, import('./errors.js').SimulatedError>} */
    errors: {},
    /** Refresh tokens that are still good are those of tokens issued here. */
    refreshable: true,
  };

  /** What is given for any path under `/reports/`. */
  const reports = {
    /** @type {import('node:http').RequestListener} */
    serve: (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/csv' }).end(REPORT);
    },
  };

  function url() {
    const { port: ownPort } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${ownPort}`;
  }

  /** @param {Script} script @returns {string} the id of the job */
  function createJob(script) {
    const read = readScript(script);
    const id = read.id ?? randomUUID();
    jobs.set(`${read.provider} ${id}`, { script: read, createdMs: Date.now(), polls: 0 });
    return id;
  }

  /** Lets the next request that creates a job at this provider create this one. @param {Script} script */
  function planJob(script) {
    planned.push(readScript(script));
  }

  /** @param {string} name @param {import('./providers.js').Provider} provider @returns {Script} */
  function nextJob(name, { statuses }) {
    const index = planned.findIndex(({ provider }) => provider === name);
    if (index !== -1) return /** @type {Script} */ (planned.splice(index, 1)[0]);
    const filePath = `${url()}/reports/export.csv`;
    return {
      provider: name,
      steps: [
        { status: statuses.pending, forMs: 2000 },
        { status: statuses.successful, filePath },
      ],
    };
  }

  /** What is asked of the simulator itself. @param {import('./providers.js').Received} received */
  function control({ method, url: { pathname }, body }) {
    const isPlan = pathname === '/_simulator/planned-jobs';
    if (pathname !== '/_simulator/jobs' && !isPlan) {
      return refusal(
        404,
        `${show(pathname)} is no address: POST /_simulator/jobs creates a job, and POST /_simulator/planned-jobs plans one for the next request that creates it`,
      );
    }
    if (method !== 'POST') {
      return refusal(405, `${method} ${pathname} does nothing: POST the job as JSON to create it`);
    }
    try {
      if (isPlan) {
        planJob(parseScript(body));
        return { status: 201, body: {} };
      }
      return { status: 201, body: { id: createJob(parseScript(body)) } };
    } catch (error) {
      if (error instanceof Mistake) return refusal(400, error.message);
      throw error;
    }
  }

  const server = createServerFor(tls, (request, response) => {
    serve(request, response).catch((error) => {
      if (response.headersSent) response.destroy();
      else reply(response, { status: 400, body: { message: String(error) } });
    });
  });

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async function serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const received = {
      method: request.method ?? '',
      url: new URL(request.url ?? '/', 'http://simulator'),
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    const port = request.socket.remotePort ?? 0;
    for (const [name, provider] of Object.entries(providers)) {
      if (!provider.start?.matches(received)) continue;
      const token = provider.token(received);
      const what = { provider: name, isLogin: false, isStart: true };
      requests.push({ ...received, ...what, atMs: Date.now(), token, port });
      reply(response, start(name, provider, provider.start, received));
      return;
    }
    if (received.url.pathname.startsWith('/_simulator/')) {
      reply(response, control(received));
      return;
    }
    if (received.method === 'GET' && received.url.pathname.startsWith('/reports/')) {
      reports.serve(request, response);
      return;
    }
    for (const [name, provider] of Object.entries(providers)) {
      const { method, path } = provider.login(account);
      const isLogin = received.method === method && received.url.pathname.endsWith(path);
      const id = isLogin ? '' : provider.match(received);
      if (id === undefined) continue;
      const token = isLogin ? '' : provider.token(received);
      const what = { provider: name, isLogin, isStart: false };
      requests.push({ ...received, ...what, atMs: Date.now(), token, port });
      if (isLogin) {
        logIn(response, provider, received);
        return;
      }
      respond(response, provider, received, jobs.get(`${name} ${id}`), id);
      return;
    }
    const { method, url } = received;
    reply(response, refusal(404, `no provider has this address: ${method} ${show(url.pathname)}`));
  }

  /** @param {import('./providers.js').Provider} provider @param {import('./providers.js').Received} received */
  const isAccepted = (provider, received) =>
    (tokens.get(provider.token(received)) ?? 0) > Date.now();

  /**
   * Creates a job as the provider does.
   *
   * @param {string} name
   * @param {import('./providers.js').Provider} provider
   * @param {import('./providers.js').Start} start
   * @param {import('./providers.js').Received} received
   */
  function start(name, provider, { refuse, newId, created }, received) {
    if (!isAccepted(provider, received)) return provider.unauthorized;
    const refused = refuse?.(received);
    if (refused !== undefined) return refused;
    const script = nextJob(name, provider);
    return created(createJob({ ...script, id: script.id ?? newId() }));
  }

  /**
   * @param {import('node:http').ServerResponse} response
   * @param {import('./providers.js').Provider} provider
   * @param {import('./providers.js').Received} received
   * @param {Job | undefined} job
   * @param {string} id
   */
  function respond(response, provider, received, job, id) {
    if (!isAccepted(provider, received)) {
      reply(response, provider.unauthorized);
    } else if (job === undefined) {
      reply(response, provider.unknown);
    } else {
      job.polls += 1;
      const error = job.script.errors?.[job.polls];
      if (error !== undefined) {
        play(response, error);
        return;
      }
      const step = currentStep(job);
      reply(response, step.reply ?? provider.respond(id, step, received));
    }
  }

  /**
   * @param {import('node:http').ServerResponse} response
   * @param {import('./providers.js').Provider} provider
   * @param {import('./providers.js').Received} received
   */
  function logIn(response, provider, received) {
    logins.count += 1;
    const error = logins.errors[logins.count];
    if (error !== undefined) {
      play(response, error);
      return;
    }
    const refreshToken = provider.refreshToken?.(received);
    if (refreshToken !== undefined && !(logins.refreshable && issuedTokens.has(refreshToken))) {
      reply(response, oauthExpired);
    } else if (refreshToken === undefined && !accepts(provider, received)) {
      reply(response, provider.refused);
    } else {
      const issued = `issued-${randomUUID()}`;
      tokens.set(issued, Date.now() + logins.lifetimeMs);
      issuedTokens.add(`refresh-${issued}`);
      reply(response, provider.issued(issued, logins.lifetimeMs));
    }
  }

  server.on('secureConnection', (socket) => {
    onConnection?.(socket.getPeerCertificate().subject?.CN);
  });
  /** @param {number} wanted */
  const listen = (wanted) =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(wanted, '127.0.0.1', () => {
        resolve(undefined);
      });
    });
  await listen(port);
  const { port: ownPort } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: url(),
    port: ownPort,
    requests,
    createJob,
    planJob,
    reports,
    logins,
    /** Every token and refresh token that was ever issued. */
    tokens: () => [...tokens.keys(), ...issuedTokens],
    /** From now on no token issued so far is accepted. */
    expireTokens: () => {
      for (const issued of tokens.keys()) tokens.set(issued, 0);
    },
    /** Accepts the first token again, forgets the others, and lets logins go well. */
    reset: () => {
      tokens.clear();
      tokens.set(token, Infinity);
      Object.assign(logins, { count: 0, lifetimeMs: 3_600_000, errors: {}, refreshable: true });
    },
    /** Listens again, on the same port, after `close`. */
    reopen: () => listen(ownPort),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/**
 * @param {import('node:https').ServerOptions | undefined} tls
 * @param {import('node:http').RequestListener} listener
 */
const createServerFor = (tls, listener) =>
  tls === undefined ? createServer(listener) : createSecureServer(tls, listener);

/**
 * Whether a login shows what it has to show.
 *
 * @param {import('./providers.js').Provider} provider
 * @param {import('./providers.js').Received} received
 */
function accepts(provider, received) {
  const login = provider.login(account);
  const fields = loginFields(login, received);
  return (
    Object.entries(login.fields).every(([name, value]) => fields[name] === value) &&
    (provider.proves?.(received, account) ?? true)
  );
}

/** @param {number} status @param {string} message @returns {import('./providers.js').Reply} */
const refusal = (status, message) => ({ status, body: { message } });

const oauthExpired = {
  status: 400,
  body: { error: 'invalid_grant', error_description: 'Invalid refresh token' },
};

/** @param {Job} job @returns {Step} */
function currentStep({ script, createdMs, polls }) {
  let ageMs = Date.now() - createdMs;
  let asked = polls;
  for (const step of script.steps) {
    if (step.forMs !== undefined) {
      if (ageMs < step.forMs) return step;
      ageMs -= step.forMs;
    } else if (step.forPolls !== undefined) {
      if (asked <= step.forPolls) return step;
      asked -= step.forPolls;
    } else {
      return step;
    }
  }
  return /** @type {Step} */ (script.steps.at(-1));
}
