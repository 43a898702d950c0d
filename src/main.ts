import * as core from '@actions/core';
import { systemClock } from './domain/clock.ts';
import type { Outcome } from './domain/job.ts';
import { abandonsJob, failsStep } from './domain/policy.ts';
import { createReportDownload } from './download/download-reports.ts';
import { useProxy } from './http/proxy.ts';
import { readCasAhead } from './inputs/certificates.ts';
import { readInputs } from './inputs/read-inputs.ts';
import { reportLastResort } from './output/last-resort.ts';
import { createReporter, reportFailure } from './output/reporter.ts';
import * as step from './process.ts';
import { cancelJobs } from './session/cancel-jobs.ts';
import { connect } from './session/connect.ts';
import { startJob } from './session/start-job.ts';
import { createSanitizer } from './text/sanitizer.ts';
import { createSecrets } from './text/secrets.ts';
import { waitForJobs } from './wait/wait-for-jobs.ts';

const clock = systemClock;
const signal = step.stopSignal;

/** The whole step, and the process around it. Never throws. */
export async function run(): Promise<void> {
  readCasAhead(core.getInput);
  step.prepareProcess(reportLastResort);
  await waitAndReport();
  await step.endProcess();
}

/** Reads the inputs, starts the job if it has to, waits for the jobs, downloads their reports, reports. */
async function waitAndReport(): Promise<void> {
  const secrets = createSecrets(core.setSecret);
  const sanitizer = createSanitizer(secrets);
  try {
    const context = { secrets, environment: process.env, nowMs: Date.now() };
    const inputs = readInputs(core.getInput, context);
    if (inputs.requestIds.length > 1) step.limitMemory();
    useProxy(process.env, secrets);
    const reporter = createReporter(inputs, sanitizer, { clock, signal });
    const getIdToken = (audience: string) => core.getIDToken(audience);
    const onExchange = step.limitMemoryFrom(reporter.onExchange);
    const { add: addSecret, redact } = secrets;
    const connecting = { ...reporter, onExchange, clock, signal, addSecret, getIdToken };
    const { provider, session, transports } = connect(inputs, connecting);

    const { onEvent, onRetry, onStarted, onCancelResult } = reporter;
    const running = { clock, random: Math.random, signal, onEvent };
    const access = { session, transport: transports.provider };
    const starting = { ...running, ...access, provider, environment: process.env, onRetry };
    // After a signal that came while the step was loaded nothing is started.
    await step.hearSignals();
    const { start, timeoutMs } = inputs;
    const started = start && (await startJob(start, { ...starting, timeoutMs }));
    if (started) onStarted(started.requestId);

    const leftMs = timeoutMs - (started?.tookMs ?? 0);
    const settings = { ...inputs, timeoutMs: timeoutMs === 0 ? 0 : Math.max(leftMs, 1) };
    const downloads = { ...settings, ...inputs.reportLimits, baseUrl: inputs.settings.baseUrl };
    const finishJob = createReportDownload(downloads, { ...running, session, transports, redact });
    const isFailure = (outcome: Outcome) => failsStep(outcome, inputs);
    const waiting = { ...running, poll: session.poll, finishJob, isFailure };
    const finish = async (outcome: Outcome) => (await finishJob?.(outcome)) ?? outcome;
    const requestIds = started ? [started.requestId] : inputs.requestIds;
    const result = started?.outcome
      ? { outcomes: [await finish(started.outcome)], response: started.body }
      : await waitForJobs(requestIds, settings, waiting);

    const abandoned = result.outcomes.filter((outcome) => abandonsJob(outcome, inputs));
    // A start that was cancelled leaves no id.
    const ids = abandoned.map(({ requestId }) => requestId).filter(Boolean);
    const cancelling = cancelJobs(ids, provider.cancel, { ...access, clock, onCancelResult });
    // The outputs first: the runner may be about to end the step.
    reporter.finish(result);
    await cancelling;
  } catch (error) {
    reportFailure(error, sanitizer);
  }
}
