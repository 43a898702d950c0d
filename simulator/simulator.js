import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { play, reply } from './faults.js';
import { vendors } from './vendors.js';

/**
 * A loopback server that plays the five vendors. A job is created with a script and then lives by
 * the clock, or by the questions it is asked.
 *
 * @typedef {object} Step one state of a job
 * @property {string} [word] the vendor's status word
 * @property {number} [forMs] how long the state lasts; the last step lasts for ever
 * @property {number} [forQuestions] or how many questions it lasts
 * @property {string} [message]
 * @property {string[]} [errors] texts of the vendor's error list
 * @property {string} [batchId] SEI
 * @property {string} [filePath] Uniware
 * @property {{ requestId?: string, status: string }[]} [entries] floLIVE: the inner requests
 * @property {{ success: number, failed: number, total: number }} [counts] OS1
 * @property {import('./vendors.js').Reply} [reply] an answer that is given as it stands
 *
 * @typedef {object} Script
 * @property {string} vendor
 * @property {string} [id] made up if left out
 * @property {Step[]} steps
 * @property {Record<number, import('./faults.js').Fault>} [faults] by the number of the question, from 1
 *
 * @typedef {{ script: Script, createdMs: number, questions: number }} Job
 * @typedef {import('./vendors.js').Received & { vendor: string, atMs: number }} Recorded
 */

/**
 * Starts the simulator on a loopback port.
 *
 * @param {{ port?: number, token?: string }} [options] the port (any free one if left out) and the
 *   access token that every vendor accepts
 */
export async function startSimulator({ port = 0, token = 'simulator-token' } = {}) {
  /** @type {Map<string, Job>} */
  const jobs = new Map();
  /** @type {Recorded[]} */
  const requests = [];

  /** @param {Script} script @returns {string} the id of the job */
  function createJob(script) {
    if (!(script.vendor in vendors)) throw new Error(`unknown vendor: ${script.vendor}`);
    if (script.steps.length === 0) throw new Error('a job needs at least one step');
    const id = script.id ?? randomUUID();
    jobs.set(`${script.vendor} ${id}`, { script, createdMs: Date.now(), questions: 0 });
    return id;
  }

  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const received = {
      method: request.method ?? '',
      url: new URL(request.url ?? '/', 'http://simulator'),
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    if (received.url.pathname === '/_simulator/jobs' && received.method === 'POST') {
      try {
        reply(response, { status: 201, body: { id: createJob(JSON.parse(received.body)) } });
      } catch (error) {
        reply(response, { status: 400, body: { message: String(error) } });
      }
      return;
    }
    for (const [name, vendor] of Object.entries(vendors)) {
      const id = vendor.match(received);
      if (id === undefined) continue;
      requests.push({ ...received, vendor: name, atMs: Date.now() });
      answer(response, vendor, received, jobs.get(`${name} ${id}`), id);
      return;
    }
    reply(response, { status: 404, body: { message: 'no vendor has this address' } });
  });

  /**
   * @param {import('node:http').ServerResponse} response
   * @param {import('./vendors.js').Vendor} vendor
   * @param {import('./vendors.js').Received} received
   * @param {Job | undefined} job
   * @param {string} id
   */
  function answer(response, vendor, received, job, id) {
    if (vendor.token(received) !== token) {
      reply(response, vendor.unauthorized);
    } else if (job === undefined) {
      reply(response, vendor.unknown);
    } else {
      job.questions += 1;
      const fault = job.script.faults?.[job.questions];
      if (fault !== undefined) {
        play(response, fault);
        return;
      }
      const step = currentStep(job);
      reply(response, step.reply ?? vendor.answer(id, step, received));
    }
  }

  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(undefined);
    });
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    createJob,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** @param {Job} job @returns {Step} */
function currentStep({ script, createdMs, questions }) {
  let ageMs = Date.now() - createdMs;
  let asked = questions;
  for (const step of script.steps) {
    if (step.forMs !== undefined) {
      if (ageMs < step.forMs) return step;
      ageMs -= step.forMs;
    } else if (step.forQuestions !== undefined) {
      if (asked <= step.forQuestions) return step;
      asked -= step.forQuestions;
    } else {
      return step;
    }
  }
  return /** @type {Step} */ (script.steps.at(-1));
}
