import * as core from '@actions/core';
import type { Clock } from '../domain/clock.ts';
import { BadInputs } from '../domain/errors.ts';
import { bySeverity, type Outcome } from '../domain/job.ts';
import { failsStep } from '../domain/policy.ts';
import type { DownloadEvent } from '../download/context.ts';
import type { Exchange } from '../http/transport.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { toLine } from '../text/inert.ts';
import type { Sanitizer } from '../text/sanitizer.ts';
import type { WaitEvent } from '../wait/events.ts';
import type { WaitResult } from '../wait/wait.ts';
import { createDebugLog } from './debug-log.ts';
import { reportLastResort } from './last-resort.ts';
import { createLog, MAX_ANNOTATIONS, type Log } from './log.ts';
import { describeClassified, describeOutcome, describeWait } from './messages.ts';
import { toOutputs, writeJobsFile } from './outputs.ts';
import { summarize, summarizeFailure, writeSummary } from './summary.ts';

/** The only part that writes: the log, the annotations, the outputs, the summary. No secret passes it. */
export interface Reporter {
  readonly onEvent: (event: WaitEvent | DownloadEvent) => void;
  readonly onLogIn: () => void;
  /** Writes what came of a request to cancel a job. */
  readonly onCancelResult: (requestId: string, result: string) => void;
  /** Logs each exchange under debug logging. */
  readonly onExchange: (exchange: Exchange) => void;
  /** Writes the outputs, one annotation per failed job, the summary, and the exit code. */
  finish(result: WaitResult): Promise<void>;
}

/** Creates the reporter of one wait, and writes its first line. */
export function createReporter(
  inputs: Inputs,
  sanitizer: Sanitizer,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Reporter {
  const startMs = clock.now();
  const { title } = inputs.provider;
  const isFailed = (outcome: Outcome) => failsStep(outcome, inputs);
  const isSingle = inputs.requestIds.length === 1;
  const log = createLog({ clock, startMs, isSingle, sanitizer, isFailed });
  const line = (text: string) => sanitizer.line(text);
  log.log(describeWait(inputs, startMs, line));
  for (const text of describeClassified(inputs)) log.log(line(text));
  warnOfUnusedDownloadPath(inputs, log);
  warnOfUnusedInputs(inputs, log);

  return {
    onEvent(event) {
      if (event.kind === 'polled' && event.result.observation) {
        const { filePath = '', providerStatus } = event.result.observation;
        sanitizer.hideQuery(filePath);
        if (core.isDebug()) core.debug(`The status is “${line(providerStatus)}”`);
      }
      log.onEvent(event);
    },
    onLogIn() {
      log.log('          logged in: a new token was issued');
    },
    onCancelResult(requestId, result) {
      log.logForJob(requestId, line(result));
    },
    onExchange: createDebugLog(sanitizer),
    async finish(result) {
      const { outcomes } = result;
      const failed = outcomes.filter(isFailed);
      // First of all what later steps need: the runner may be about to end this one.
      const isWritten = writeResult(result, sanitizer, log);
      const isGreen = isWritten && failed.length === 0 && !signal.aborted;
      process.exitCode = isGreen ? core.ExitCode.Success : core.ExitCode.Failure;
      log.end(outcomes);
      annotateFailures(failed, title, line);
      if (signal.aborted && failed.length === 0) core.error('The step was cancelled');
      for (const outcome of outcomes) {
        if (!isFailed(outcome)) warnOfPartialSuccess(outcome, title, line, log);
      }
      await writeSummary(() => summarize(outcomes, { title, startMs, toLine: line }));
    },
  };
}

/** Writes the outputs, and says whether that was possible. */
function writeResult(result: WaitResult, sanitizer: Sanitizer, log: Log): boolean {
  const { outputs, allJobs, note } = toOutputs(result, sanitizer);
  try {
    writeOutputs(outputs, allJobs);
    if (note !== '') log.warn(note);
    return true;
  } catch (error) {
    core.error(`The outputs could not be written: ${sanitizer.redact(String(error))}`);
    return false;
  }
}

/** Writes the same where no job could be waited for. Never throws. */
export async function reportFailure(error: unknown, sanitizer: Sanitizer): Promise<void> {
  try {
    const isBadInput = error instanceof BadInputs;
    const message = sanitizer.redact(error instanceof Error ? error.message : String(error));
    core.setFailed(isBadInput ? message : `Await Job broke off: ${message}`);
    if (error instanceof Error && !isBadInput) core.debug(sanitizer.redact(error.stack ?? ''));
    const reason = isBadInput ? 'bad-input' : 'bad-response';
    const { outputs, allJobs } = toOutputs({ outcomes: [], response: '' }, sanitizer);
    try {
      writeOutputs({ ...outputs, reason, message: toLine(message) }, allJobs);
    } catch (cause) {
      core.warning(`The outputs could not be written: ${sanitizer.redact(String(cause))}`);
    }
    await writeSummary(() => summarizeFailure(message));
  } catch {
    reportLastResort();
  }
}

function annotateFailures(
  failed: readonly Outcome[],
  title: string,
  line: (text: string) => string,
): void {
  // The worst first: with `fail-fast`, the one that failed may stand behind hundreds that were cancelled.
  for (const outcome of failed.toSorted(bySeverity).slice(0, MAX_ANNOTATIONS)) {
    const name = `${title}: job ${line(outcome.requestId)}`;
    core.error(`${name}: ${describeOutcome(outcome, line)}`, { title: name });
  }
  const more = failed.length - MAX_ANNOTATIONS;
  if (more > 0) {
    const text = `${title}: ${more} more ${more === 1 ? 'job' : 'jobs'} failed`;
    core.error(`${text}; the log above names them all`, { title: text });
  }
}

function warnOfPartialSuccess(
  outcome: Outcome,
  title: string,
  line: (text: string) => string,
  log: Log,
): void {
  if (outcome.status !== 'PartialSuccess') return;
  const name = `${title}: job ${line(outcome.requestId)}`;
  log.warn(`${name}: ${describeOutcome(outcome, line)}`, name);
}

function warnOfUnusedInputs({ provider, unusedInputs }: Inputs, log: Log): void {
  if (unusedInputs.length === 0) return;
  const names = unusedInputs.map((name) => `\`${name}\``).join(', ');
  log.warn(`${provider.title} does not read ${names}; the wait goes on without`);
}

function warnOfUnusedDownloadPath({ provider, destination, hasReports }: Inputs, log: Log): void {
  if (destination === undefined || hasReports) return;
  const hint = provider.allowsAnonymous ? '; give file-path-query' : '';
  log.warn(`Nothing names a report at ${provider.title}, so download-path is not used${hint}`);
}

function writeOutputs(outputs: Readonly<Record<string, string>>, allJobs: string): void {
  core.setOutput('jobsFile', writeJobsFile(allJobs, process.env));
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
}
