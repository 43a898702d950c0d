import * as core from '@actions/core';
import { systemClock } from './domain/clock.ts';
import { Cancelled } from './domain/errors.ts';
import type { Outcome } from './domain/job.ts';
import { abandonsJob, failsStep } from './domain/policy.ts';
import { createReportDownload } from './download/download-reports.ts';
import { createTransport } from './http/network-transport.ts';
import { useProxy } from './http/proxy.ts';
import type { Inputs } from './inputs/inputs.ts';
import { readInputs } from './inputs/read-inputs.ts';
import { createReporter, reportFailure, type Reporter } from './output/reporter.ts';
import { stopSignal } from './process.ts';
import { cancelJobs } from './session/cancel-jobs.ts';
import { createLogin } from './session/logins/create-login.ts';
import { withHeaders } from './session/extra-headers.ts';
import { createSession } from './session/session.ts';
import { createTokens } from './session/tokens.ts';
import { createSanitizer } from './text/sanitizer.ts';
import { createSecrets, type Secrets } from './text/secrets.ts';
import { waitForJobs } from './wait/wait-for-jobs.ts';

const clock = systemClock;

/** The whole step: reads the inputs, waits for the jobs, downloads their reports, reports. Never throws. */
export async function run(): Promise<void> {
  const secrets = createSecrets(core.setSecret);
  const sanitizer = createSanitizer(secrets);
  const signal = stopSignal(new Cancelled());
  try {
    const context = { secrets, environment: process.env, nowMs: Date.now() };
    const inputs = readInputs(core.getInput, context);
    useProxy(process.env, secrets);
    const reporter = createReporter(inputs, sanitizer, clock);
    const { provider, session, transports } = connect(inputs, secrets, reporter, signal);

    const { onEvent, onCancelResult } = reporter;
    const running = { clock, random: Math.random, signal, onEvent };
    const downloads = { ...inputs, ...inputs.reportLimits, baseUrl: inputs.settings.baseUrl };
    const finishJob = createReportDownload(downloads, { ...running, session, transports });
    const isFailure = (outcome: Outcome) => failsStep(outcome, inputs);
    const waiting = { ...running, poll: session.poll, finishJob, isFailure };
    const result = await waitForJobs(inputs.requestIds, inputs, waiting);

    const abandoned = result.outcomes.filter((outcome) => abandonsJob(outcome, inputs));
    const cancelling = cancelJobs(
      abandoned.map(({ requestId }) => requestId),
      provider.cancel,
      { session, transport: transports.provider, clock, onCancelResult },
    );
    // The outputs first: the runner may be about to end the step.
    await reporter.finish(result);
    await cancelling;
  } catch (error) {
    await reportFailure(error, sanitizer);
  }
}

/** The provider, and the ways to reach it and other hosts. */
function connect(inputs: Inputs, secrets: Secrets, reporter: Reporter, signal: AbortSignal) {
  const { token, canLogIn, secureContexts, settings } = inputs;
  const { onExchange, onLogIn } = reporter;
  const addSecret = secrets.add;
  const provider = withHeaders(inputs.provider.create(settings), settings.http.headers);
  const logIn = canLogIn
    ? createLogin(inputs.login, provider, { clock, getIdToken: core.getIDToken, addSecret, signal })
    : undefined;
  const tokens = createTokens({ given: token, logIn, clock, addSecret, onLogIn });
  const transports = {
    provider: createTransport({ clock, secureContext: secureContexts.provider, onExchange }),
    others: createTransport({ clock, secureContext: secureContexts.others, onExchange }),
  };
  const session = createSession(provider, tokens, transports.provider, clock);
  return { provider, session, transports };
}
