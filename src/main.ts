import * as core from '@actions/core';
import { systemClock } from './clock.ts';
import { createTransport, proxyCredentials, type Transport } from './http.ts';
import { readInputs } from './inputs.ts';
import { createReport } from './report.ts';
import { createSecrets } from './secrets.ts';
import { createSession } from './session.ts';
import { createTokens } from './tokens.ts';
import { waitForJobs } from './wait.ts';

/** The whole step: reads the inputs, waits for the jobs, reports. Never throws. */
export async function run(): Promise<void> {
  const secrets = createSecrets(core.setSecret);
  const report = createReport(secrets);
  let transport: Transport | undefined;
  try {
    proxyCredentials(process.env).forEach(secrets.add);
    const inputs = readInputs(core.getInput, secrets);
    const { vendor, settings, token, canLogIn, secureContext, requestIds } = inputs;
    report.begin(inputs);
    const provider = vendor.create(settings);
    transport = createTransport(secureContext);
    const tokens = createTokens(
      token,
      canLogIn ? provider.logIn : undefined,
      systemClock,
      secrets,
      report.onLogIn,
    );
    const outcomes = await waitForJobs(
      requestIds,
      createSession(provider, tokens, transport, systemClock),
      inputs,
      { clock: systemClock, random: Math.random, signal: stopSignal(), onEvent: report.onEvent },
    );
    report.finish(outcomes, inputs);
  } catch (error) {
    report.fail(error);
  } finally {
    transport?.close();
  }
}

/** Aborted when the runner tells the step to stop: first SIGINT, then SIGTERM. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      stop.abort();
    });
  }
  return stop.signal;
}
