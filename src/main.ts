import * as core from '@actions/core';
import { systemClock } from './clock.ts';
import { createTransport } from './http.ts';
import { readInputs } from './inputs.ts';
import { credentialsOf, proxyOf } from './proxy.ts';
import { createReport } from './report.ts';
import { createSecrets, type Secrets } from './secrets.ts';
import { createSession } from './session.ts';
import { createTokens } from './tokens.ts';
import { waitForJobs } from './wait.ts';

/** The whole step: reads the inputs, waits for the jobs, reports. Never throws. */
export async function run(): Promise<void> {
  const secrets = createSecrets(core.setSecret);
  const report = createReport(secrets);
  const signal = stopSignal();
  try {
    const inputs = readInputs(core.getInput, secrets);
    useProxy(process.env, secrets);
    const { vendor, settings, token, canLogIn, secureContext, requestIds } = inputs;
    report.begin(inputs);
    const provider = vendor.create(settings);
    const tokens = createTokens(
      token,
      canLogIn ? provider.logIn : undefined,
      systemClock,
      secrets,
      report.onLogIn,
    );
    const outcomes = await waitForJobs(
      requestIds,
      createSession(provider, tokens, createTransport(secureContext), systemClock),
      inputs,
      { clock: systemClock, random: Math.random, signal, onEvent: report.onEvent },
    );
    report.finish(outcomes, inputs);
  } catch (error) {
    report.fail(error);
  }
}

/** Masks what the runner's proxy is reached with, and spells its URL as http-client reads it. */
function useProxy(environment: NodeJS.ProcessEnv, secrets: Secrets): void {
  const proxy = proxyOf(environment);
  if (proxy === undefined) return;
  const [user = '', password = ''] = credentialsOf(proxy.url) ?? [];
  secrets.addName(user);
  secrets.add(password);
  if (password !== '') secrets.add(`${user}:${password}`);
  environment[proxy.variable] = proxy.url.href;
}

/** Aborted when the runner tells the step to stop: SIGINT first, SIGTERM when it loses patience. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      stop.abort();
    });
  }
  return stop.signal;
}
