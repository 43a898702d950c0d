import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { account } from '../simulator/simulator.js';
import { startServices } from './services.js';

/**
 * Plays one script: runs the bundle as the runner does, at services that live by the script.
 *
 * @typedef {import('./script.js').Script} Script
 *
 * @typedef {object} Played what can be said of one run. Times are as performance.now() counts.
 * @property {number | null} exitCode null where the process was killed
 * @property {string} stdout
 * @property {string} stderr
 * @property {string} outputFile
 * @property {string} summary
 * @property {string} jobsFile
 * @property {{ name: string, content: Buffer }[]} files what is left in the workspace
 * @property {import('./services.js').Recorded[]} requests
 * @property {readonly string[]} secrets what must not be found in anything that was written
 * @property {readonly string[]} tokens those that the provider has issued
 * @property {number} startMs
 * @property {number} endMs
 * @property {number | undefined} signalMs when the signal was sent
 * @property {number} lagMs how late the services were at most, on a busy machine
 */

const root = fileURLToPath(new URL('..', import.meta.url));
export const bundle = join(root, 'dist', 'index.js');
/** @type {{ inputs: Record<string, { default?: string }> }} */
const actionFile = parse(await readFile(join(root, 'action.yml'), 'utf8'));
const DEFAULTS = Object.fromEntries(
  Object.entries(actionFile.inputs).map(([name, { default: value = '' }]) => [name, value]),
);

const GIVEN_TOKEN = 'a-given+token/that=nobody reads';

/** @param {Script} script @param {string} url @returns {Record<string, string>} */
function inputsOf(script, url) {
  const { provider, login, report, cancels, jobs } = script;
  const needsLogin = {
    username: account.username,
    password: account.password,
    'client-id': provider === 'unicommerce' ? '' : account.clientId,
    'client-secret': account.clientSecret,
    ...(['http', 'safetychain'].includes(provider) && {
      'token-url': `${url}${provider === 'http' ? '/token' : '/connect/token'}`,
    }),
  };
  const ofAnyApi = {
    url: `${url}/jobs/{id}`,
    'message-query': 'message',
    ...(report && { 'file-path-query': 'link' }),
    ...(cancels && { 'cancel-url': `${url}/cancel/{id}` }),
  };
  const credentials = Object.entries(
    login === undefined ? { token: GIVEN_TOKEN } : needsLogin,
  ).filter(([name]) => provider !== 'http' || !['username', 'password'].includes(name));
  return {
    provider,
    'base-url': url,
    'request-id': jobs.map(({ id }) => id).join('\n'),
    timeout: `${script.timeoutMs / 1000}s`,
    interval: `${script.intervalMs / 1000}s`,
    'not-found-grace': '0.2s',
    'on-timeout': script.onTimeout,
    'on-partial-success': script.onPartial,
    'fail-fast': String(script.failFast),
    ...(report && { 'download-path': 'reports/' }),
    ...(provider === 'os1' && { 'tenant-id': account.tenant, 'participant-type': 'consignees' }),
    ...(provider === 'sei' && { 'app-key': account.appKey }),
    ...(provider === 'safetychain' && login && { 'tenant-id': account.tenant }),
    ...(provider === 'http' && ofAnyApi),
    ...Object.fromEntries(credentials),
  };
}

/** @param {Script} script @param {string} [file] the bundle @returns {Promise<Played>} */
export async function play(script, file = bundle) {
  const services = await startServices(script);
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'await-job-chaos-')));
  const [output, summary, temp, workspace] = /** @type {[string, string, string, string]} */ (
    ['output', 'summary', 'temp', 'workspace'].map((name) => join(folder, name))
  );
  await Promise.all([writeFile(output, ''), writeFile(summary, ''), mkdir(temp), mkdir(workspace)]);
  const inputs = { ...DEFAULTS, ...inputsOf(script, services.url) };
  const lag = watchLag();
  const startMs = performance.now();
  const child = spawn(process.execPath, [file], {
    cwd: workspace,
    env: {
      PATH: process.env.PATH,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: temp,
      ...Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      ),
    },
  });
  /** @type {number | undefined} */
  let signalMs;
  services.listen((number) => {
    const { signal } = script;
    if (number !== signal?.request) return;
    setTimeout(() => {
      if (child.exitCode !== null) return;
      signalMs = performance.now();
      child.kill(signal.name);
    }, signal.afterMs);
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
  // Longer than any run may take: what hangs is a finding, not the end of all runs.
  const hung = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(hung);
  const endMs = performance.now();
  // What comes late is a request after the end.
  await new Promise((resolve) => setTimeout(resolve, 80));
  const names = await readdir(workspace, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    names
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => ({
        name,
        content: await readFile(join(parentPath, name)),
      })),
  );
  const tempNames = await readdir(temp);
  const jobsFiles = await Promise.all(tempNames.map((name) => readFile(join(temp, name), 'utf8')));
  const played = {
    exitCode,
    stdout,
    stderr,
    outputFile: await readFile(output, 'utf8'),
    summary: await readFile(summary, 'utf8'),
    jobsFile: jobsFiles.join('\n'),
    files,
    requests: [...services.requests],
    secrets: secretsOf(inputs, services.tokens()),
    tokens: services.tokens(),
    startMs,
    endMs,
    signalMs,
    lagMs: lag.stop(),
  };
  await services.close();
  await rm(folder, { recursive: true });
  return played;
}

/** @param {Record<string, string>} inputs @param {readonly string[]} issued */
function secretsOf(inputs, issued) {
  const given = ['token', 'password', 'client-secret', 'app-key'].map((name) => inputs[name] ?? '');
  return [...given, ...issued].filter((secret) => secret !== '');
}

/** How late timers are: what a machine with much else to do adds to every time that is measured. */
function watchLag() {
  const STEP_MS = 10;
  let [most, lastMs] = [0, performance.now()];
  const timer = setInterval(() => {
    const nowMs = performance.now();
    most = Math.max(most, nowMs - lastMs - STEP_MS);
    lastMs = nowMs;
  }, STEP_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return most;
    },
  };
}
