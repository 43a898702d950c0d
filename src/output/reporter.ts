import * as core from '@actions/core';
import type { Clock } from '../domain/clock.ts';
import { BadInputs } from '../domain/errors.ts';
import type { Outcome } from '../domain/job.ts';
import { failsStep } from '../domain/policy.ts';
import type { DownloadEvent } from '../download/context.ts';
import type { Exchange } from '../http/transport.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { duration } from '../text/format.ts';
import { toLine } from '../text/inert.ts';
import type { Sanitizer } from '../text/sanitizer.ts';
import type { WaitEvent } from '../wait/events.ts';
import type { WaitResult } from '../wait/wait.ts';
import { adviceContextFrom } from './advice.ts';
import { createDebugLog } from './debug-log.ts';
import { describeFailures, type Failure, type FailureContext } from './failures.ts';
import { reportLastResort } from './last-resort.ts';
import { createLog, MAX_ANNOTATIONS, type Log } from './log.ts';
import { describeClassified, describeWait } from './messages.ts';
import { writeOutputs } from './output-files.ts';
import { toOutputs } from './outputs.ts';
import { summarize, summarizeFailure, writeSummary } from './summary.ts';

/** Most ways of failing that the last annotation of many names. */
const MAX_IN_ONE = 50;

/** The only part that writes: the log, the annotations, the outputs, the summary. No secret passes it. */
export interface Reporter {
  readonly onEvent: (event: WaitEvent | DownloadEvent) => void;
  readonly onLogIn: () => void;
  /** Writes an error after which the request that starts a job is repeated. */
  readonly onRetry: (message: string, pauseMs: number) => void;
  /** Writes the id of a job that was started, at once: a step that is cancelled must not lose it. */
  readonly onStarted: (requestId: string) => void;
  /** Writes what came of a request to cancel a job. */
  readonly onCancelResult: (requestId: string, result: string) => void;
  /** Logs each exchange under debug logging. */
  readonly onExchange: (exchange: Exchange) => void;
  /** Writes the outputs, one annotation per failed job, the summary, and the exit code. */
  finish(result: WaitResult): void;
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
  const isSingle = inputs.requestIds.length < 2;
  const log = createLog({ clock, startMs, isSingle, sanitizer, isFailed, title });
  const line = (text: string) => sanitizer.line(text);
  const describing = { title, advice: adviceContextFrom(inputs), toLine: line };
  log.log(describeWait(inputs, startMs, line));
  for (const text of describeClassified(inputs)) log.log(line(text));
  warnOfUnusedDownloadPath(inputs, log);
  warnOfUnusedInputs(inputs, log);

  const isDebug = core.isDebug();

  return {
    onEvent(event) {
      noteObservation(event, sanitizer, isDebug);
      log.onEvent(event);
    },
    onLogIn: () => {
      log.log('          logged in: a new token was issued');
    },
    onRetry: (message, pauseMs) => {
      log.logForJob('', `${line(message)}; starting again in ${duration(pauseMs)}`);
    },
    onStarted: (requestId) => {
      if (requestId === '') return;
      core.setOutput('requestId', sanitizer.link(requestId));
      log.logForJob('', `the provider has started job ${line(requestId)}`);
    },
    onCancelResult: (requestId, result) => {
      log.logForJob(requestId, line(result));
    },
    onExchange: createDebugLog(sanitizer),
    finish: (result) => {
      finish(result, { log, sanitizer, signal, startMs, isFailed, describing });
    },
  };
}

/** What the end of a wait is reported with. */
interface Ending {
  readonly log: Log;
  readonly sanitizer: Sanitizer;
  readonly signal: AbortSignal;
  readonly startMs: number;
  readonly isFailed: (outcome: Outcome) => boolean;
  readonly describing: FailureContext;
}

function finish(result: WaitResult, ending: Ending): void {
  const { log, sanitizer, signal, startMs, isFailed, describing } = ending;
  const { outcomes } = result;
  const failed = outcomes.filter(isFailed);
  // First of all what later steps need: the runner may be about to end this one.
  const isWritten = writeResult(result, sanitizer, log);
  const isGreen = isWritten && failed.length === 0 && !signal.aborted;
  process.exitCode = isGreen ? core.ExitCode.Success : core.ExitCode.Failure;
  log.end(failed, outcomes.length);
  const failures = describeFailures(failed, describing);
  annotate(failures);
  if (failed.length === 0) explainCancellation(signal);
  const isPassed = (outcome: Outcome) => outcome.status === 'PartialSuccess' && !isFailed(outcome);
  const warnings = describeFailures(outcomes.filter(isPassed), describing);
  for (const { text, title } of warnings) log.warn(text, title);
  const toLink = (link: string) => sanitizer.page(link);
  const context = { ...describing, startMs, toLink, failures, warnings };
  writeSummary(() => summarize(outcomes, context));
}

/** Says why a step is red in which no job has failed, also where the signal comes after all has been reported. */
function explainCancellation(signal: AbortSignal): void {
  const explain = () => {
    core.error('The step was cancelled');
  };
  if (signal.aborted) explain();
  else signal.addEventListener('abort', explain);
}

/** Hides what signs the links of a response, and shows its status under debug logging. */
function noteObservation(
  event: WaitEvent | DownloadEvent,
  sanitizer: Sanitizer,
  isDebug: boolean,
): void {
  if (event.kind !== 'polled' || event.result.observation === undefined) return;
  const { filePath = '', providerStatus } = event.result.observation;
  sanitizer.hideQuery(filePath);
  if (isDebug) core.debug(`The status is “${sanitizer.line(providerStatus)}”`);
}

/** Writes the outputs, and says whether that was possible. */
function writeResult(result: WaitResult, sanitizer: Sanitizer, log: Log): boolean {
  const { outputs, allJobs, note } = toOutputs(result, sanitizer);
  try {
    writeOutputs(outputs, allJobs, process.env);
    if (note !== '') log.warn(note);
    return true;
  } catch (error) {
    core.error(`The outputs could not be written: ${sanitizer.redact(String(error))}`);
    return false;
  }
}

/** Writes the same where no job could be waited for. Never throws. */
export function reportFailure(error: unknown, sanitizer: Sanitizer): void {
  try {
    const isBadInput = error instanceof BadInputs;
    const message = sanitizer.redact(error instanceof Error ? error.message : String(error));
    core.setFailed(isBadInput ? message : `Await Job broke off: ${message}`);
    if (error instanceof Error && !isBadInput) core.debug(sanitizer.redact(error.stack ?? ''));
    const reason = isBadInput ? 'bad-input' : 'bad-response';
    const { outputs, allJobs } = toOutputs({ outcomes: [], response: '' }, sanitizer);
    try {
      writeOutputs({ ...outputs, reason, message: toLine(message) }, allJobs, process.env);
    } catch (cause) {
      core.warning(`The outputs could not be written: ${sanitizer.redact(String(cause))}`);
    }
    writeSummary(() => summarizeFailure(message));
  } catch {
    reportLastResort();
  }
}

/** One annotation for each way of failing; where they are too many, the last one has the rest. */
function annotate(failures: readonly Failure[]): void {
  const isMore = failures.length > MAX_ANNOTATIONS;
  const shown = isMore ? failures.slice(0, MAX_ANNOTATIONS - 1) : failures;
  for (const { title, text } of shown) core.error(text, { title });
  if (!isMore) return;
  const rest = failures.slice(shown.length);
  const title = `${rest.flatMap(({ outcomes }) => outcomes).length} more jobs failed`;
  const texts = rest.slice(0, MAX_IN_ONE).map(({ text }) => text);
  core.error([`${title}; the log names them all`, ...texts].join('\n'), { title });
}

function warnOfUnusedInputs({ provider, unusedInputs }: Inputs, log: Log): void {
  if (unusedInputs.length === 0) return;
  const names = unusedInputs.map((name) => `\`${name}\``).join(', ');
  log.warn(`${provider.title} does not read ${names}; the wait goes on without`);
}

function warnOfUnusedDownloadPath({ provider, destination, hasReports }: Inputs, log: Log): void {
  if (destination === undefined || hasReports) return;
  log.warn(
    provider.allowsAnonymous
      ? '`download-path` is ignored: `file-path-query` says nothing of where the report is'
      : `${provider.title} jobs have no report; \`download-path\` is ignored`,
  );
}
