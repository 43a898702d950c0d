import * as core from '@actions/core';
import type { Clock } from '../domain/clock.ts';
import type { Outcome } from '../domain/job.ts';
import type { DownloadEvent } from '../download/context.ts';
import { duration, size } from '../text/format.ts';
import type { Sanitizer } from '../text/sanitizer.ts';
import type { WaitEvent } from '../wait/events.ts';
import {
  describeDownload,
  describeFailure,
  describeLongWait,
  describeObservation,
  describeOutcome,
  describeProgress,
  type ToLine,
} from './messages.ts';
import { createErrorCounter } from './error-counter.ts';
import { listEnds } from './failures.ts';
import { createQuietLines } from './quiet-lines.ts';

/** The log of a wait, written while it goes on. */
export interface Log {
  /** Writes a line of our own text. */
  log(text: string): void;
  /** Writes a line with the time since the wait began, and with the job's id where there are several. */
  logForJob(requestId: string, text: string): void;
  readonly onEvent: (event: WaitEvent | DownloadEvent) => void;
  /** Writes a warning annotation, or only a line once there are too many. */
  warn(text: string, title?: string): void;
  /** Writes what has been counted and not written yet, and which of several jobs failed. */
  end(failed: readonly Outcome[], count: number): void;
}

/** GitHub shows no more annotations of one kind per step. */
export const MAX_ANNOTATIONS = 10;

interface LogContext {
  readonly clock: Clock;
  readonly startMs: number;
  /** Whether there is only one job: then lines need no id. */
  readonly isSingle: boolean;
  readonly sanitizer: Sanitizer;
  /** Whether an outcome fails the step. */
  readonly isFailed: (outcome: Outcome) => boolean;
  /** The provider as people call it. */
  readonly title: string;
}

export function createLog(context: LogContext): Log {
  const { clock, startMs, isSingle, sanitizer, isFailed, title } = context;
  const toLine = (text: string) => sanitizer.line(text);
  const log: Log['log'] = (text) => {
    core.info(sanitizer.redact(text));
  };
  const logWithTime = (text: string) => {
    log(`${duration(clock.now() - startMs).padStart(8)}  ${text}`);
  };
  const logForJob: Log['logForJob'] = (requestId, text) => {
    logWithTime(`${isSingle ? '' : `${toLine(requestId)}: `}${text}`);
  };
  const quiet = createQuietLines(isSingle, logForJob, logWithTime);
  const warn = createWarnings(log);
  const errors = createErrorCounter(isSingle, toLine);
  // The path is ours: what the query of a link named may be in it.
  const toPath = (path: string) => sanitizer.link(path);
  const describeFailed = describeFailedWith(title, toLine);
  const lines = {
    describeFailed,
    showLink: createLinks(quiet.logForJob, (link) => sanitizer.page(link)),
    toLine,
    toPath,
    isSingle,
    isFailed,
    logWithTime,
    logForJob,
    logQuietly: quiet.logForJob,
    warn,
    errors,
  };

  return {
    log,
    logForJob,
    warn,
    onEvent: (event) => {
      logEvent(event, lines);
    },
    end(failed, count) {
      errors.takeCounts().forEach(logWithTime);
      quiet.end();
      if (isSingle || failed.length === 0) return;
      core.startGroup(`${failed.length} of ${count} jobs failed`);
      log(listEnds(failed, toLine, describeFailed));
      core.endGroup();
    },
  };
}

const describeFailedWith = (title: string, toLine: ToLine) => (outcome: Outcome) =>
  describeFailure(outcome, { subject: '', count: 1 }, title, toLine);

/** The ways in which an event is written. */
interface Lines extends Pick<Log, 'logForJob' | 'warn'>, Pick<LogContext, 'isSingle' | 'isFailed'> {
  readonly describeFailed: (outcome: Outcome) => string;
  /** Writes the page of a job, once. */
  readonly showLink: (requestId: string, link: string | undefined) => void;
  readonly toLine: ToLine;
  readonly toPath: ToLine;
  readonly logWithTime: (text: string) => void;
  /** Writes about a job that goes well, unless there are too many of such lines. */
  readonly logQuietly: (requestId: string, describe: () => string) => void;
  readonly errors: ReturnType<typeof createErrorCounter>;
}

function logEvent(event: WaitEvent | DownloadEvent, lines: Lines): void {
  const { toLine, logWithTime, warn } = lines;
  switch (event.kind) {
    case 'polled':
      lines.showLink(event.requestId, event.result.observation?.link);
      break;
    case 'observed':
      lines.logQuietly(event.requestId, () => describeObservation(event.observation, toLine));
      break;
    case 'poll-failed':
      logError(event, describePause(event), lines);
      break;
    case 'download-retry':
      logError(event, `trying again in ${duration(event.pauseMs)}`, lines);
      break;
    case 'downloading':
      lines.logQuietly(event.requestId, () => describeDownload(event));
      break;
    case 'warning':
      warn(`Job ${toLine(event.requestId)}: ${toLine(event.message)}`);
      break;
    case 'progress':
      lines.errors.takeCounts().forEach(logWithTime);
      logWithTime(describeProgress(event, lines.isFailed, toLine));
      break;
    case 'long-wait':
      warn(describeLongWait(event, toLine));
      break;
    case 'settled':
      logSettled(event.outcome, lines);
  }
}

/** Writes an error that may pass, unless it is one of many that are only counted. */
function logError(
  { requestId, message }: { readonly requestId: string; readonly message: string },
  next: string,
  { errors, logForJob }: Lines,
): void {
  const text = errors.describe(message, next);
  if (text !== undefined) logForJob(requestId, text);
}

/** When a job is polled again, and why not when the provider asked for. */
function describePause({
  pauseMs,
  requestedMs,
}: Extract<WaitEvent, { kind: 'poll-failed' }>): string {
  const pause = duration(pauseMs);
  return requestedMs > pauseMs + 1000
    ? `asked to wait ${duration(requestedMs)}; polling again at the deadline in ${pause}`
    : `polling again in ${pause}`;
}

function logSettled(outcome: Outcome, lines: Lines): void {
  const { toLine, toPath, isSingle, isFailed, logForJob, logQuietly } = lines;
  const { requestId, reportFiles = [] } = outcome;
  for (const { bytes, path } of reportFiles) {
    logQuietly(requestId, () => `report of ${size(bytes)} saved: ${toPath(path)}`);
  }
  // All that are left are cancelled at once, and listed at the end.
  if (!isSingle && outcome.reason === 'cancelled') return;
  // What fails the step, or nearly, is in its annotation, which for a single job follows at once.
  if (isSingle && (isFailed(outcome) || outcome.status === 'PartialSuccess')) return;
  if (isFailed(outcome)) logForJob(requestId, lines.describeFailed(outcome));
  else logQuietly(requestId, () => describeOutcome(outcome, toLine));
}

/** Writes the page of each job when it is first known. */
function createLinks(logQuietly: Lines['logQuietly'], toLink: ToLine): Lines['showLink'] {
  const shown = new Set<string>();
  return (requestId, link = '') => {
    if (link === '' || shown.has(requestId)) return;
    shown.add(requestId);
    logQuietly(requestId, () => `the job’s page: ${toLink(link)}`);
  };
}

function createWarnings(log: Log['log']): Log['warn'] {
  let warnings = 0;
  return (text, title) => {
    warnings += 1;
    if (warnings > MAX_ANNOTATIONS) log(`Warning: ${text}`);
    else core.warning(text, title === undefined ? {} : { title });
  };
}
