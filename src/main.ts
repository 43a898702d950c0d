import * as core from '@actions/core';
import { cancelJobs } from './session/cancel-jobs.ts';
import { systemClock } from './domain/clock.ts';
import { createDelivery } from './download/download-reports.ts';
import { createTransport } from './http/transport.ts';
import { readInputs } from './inputs/read-inputs.ts';
import { credentialsOf, proxyOf } from './http/proxy.ts';
import { createReport } from './output/reporter.ts';
import { createSecrets, type Secrets } from './text/secrets.ts';
import { createSession } from './session/session.ts';
import { createTokens } from './session/tokens.ts';
import { waitForJobs } from './wait/wait-for-jobs.ts';

/** The whole step: reads the inputs, waits for the jobs, fetches their reports, tells. Never throws. */
export async function run(): Promise<void> {
  const secrets = createSecrets(core.setSecret);
  const report = createReport(secrets, systemClock);
  const { onEvent } = report;
  const surroundings = { clock: systemClock, random: Math.random, signal: stopSignal(), onEvent };
  try {
    const inputs = readInputs(core.getInput, secrets, process.env);
    useProxy(process.env, secrets);
    const { vendor, settings, token, canLogIn, secureContexts, requestIds } = inputs;
    report.begin(inputs);
    const provider = vendor.create(settings);
    const logIn = canLogIn ? provider.logIn : undefined;
    const tokens = createTokens(token, logIn, systemClock, secrets, report.onLogIn);
    const transports = {
      vendor: createTransport(secureContexts.vendor, report.onExchange),
      others: createTransport(secureContexts.others, report.onExchange),
    };
    const session = createSession(provider, tokens, transports.vendor, systemClock);
    const deliver = createDelivery(inputs, session, transports, surroundings);
    const outcomes = await waitForJobs(requestIds, session.ask, inputs, {
      ...surroundings,
      deliver,
    });
    const told =
      provider.cancel &&
      cancelJobs(outcomes, inputs, provider.cancel, session, transports.vendor, report.onTold);
    // The outputs first: the runner may be about to end the step.
    await report.finish(outcomes, inputs);
    await told;
  } catch (error) {
    await report.fail(error);
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

/**
 * Aborted when the runner tells the step to stop: SIGINT first, then SIGTERM when it loses patience, or
 * SIGBREAK on Windows.
 */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const) {
    process.on(name, () => {
      stop.abort();
    });
  }
  return stop.signal;
}
