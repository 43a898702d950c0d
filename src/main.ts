import * as core from '@actions/core';
import { systemClock } from './clock.ts';
import { createTransport, proxyCredentials } from './http.ts';
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
  const signal = stopSignal();
  try {
    proxyCredentials(process.env).forEach(secrets.add);
    const inputs = readInputs(core.getInput, secrets);
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
