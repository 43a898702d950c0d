import * as core from '@actions/core';
import type { Clock } from '../domain/clock.ts';
import type { Outcome } from '../domain/job.ts';
import type { DownloadEvent } from '../download/context.ts';
import { duration, size } from '../text/format.ts';
import type { Sanitizer } from '../text/sanitizer.ts';
import type { WaitEvent } from '../wait/events.ts';
import {
  describeDownload,
  describeLongWait,
  describeObservation,
  describeOutcome,
  describeProgress,
  type ToLine,
} from './messages.ts';

/** The log of a wait, written while it goes on. */
export interface Log {
  /** Writes a line of our own text. */
  log(text: string): void;
  /** Writes a line with the time since the wait began, and with the job's id where there are several. */
  logForJob(requestId: string, text: string): void;
  readonly onEvent: (event: WaitEvent | DownloadEvent) => void;
  /** Writes a warning annotation, or only a line once there are too many. */
  warn(text: string, title?: string): void;
  /** Writes what has been counted and not written yet, and how each of several jobs ended. */
  end(outcomes: readonly Outcome[]): void;
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
}

export function createLog(context: LogContext): Log {
  const { clock, startMs, isSingle, sanitizer, isFailed } = context;
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
  const warn = createWarnings(log);
  const errors = createErrorCounter(isSingle, toLine);
  const logError = (requestId: string, message: string, next: string) => {
    const text = errors.describe(message, next);
    if (text !== undefined) logForJob(requestId, text);
  };
  // The path is ours: what the query of a link named may be in it.
  const toPath = (path: string) => sanitizer.link(path);
  const lines = {
    toLine,
    toPath,
    isSingle,
    isFailed,
    logWithTime,
    logForJob,
    logError,
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
    end(outcomes) {
      errors.takeCounts().forEach(logWithTime);
      if (isSingle) return;
      core.startGroup(`All ${outcomes.length} jobs`);
      log(listEnds(outcomes, toLine));
      core.endGroup();
    },
  };
}

/** Most jobs of which the end is listed once more. */
const MAX_LISTED = 2000;

/** In one piece: a write for each of thousands of lines takes longer than the runner may wait. */
function listEnds(outcomes: readonly Outcome[], toLine: ToLine): string {
  const lines = outcomes
    .slice(0, MAX_LISTED)
    .map((outcome) => `${toLine(outcome.requestId)}: ${describeOutcome(outcome, toLine)}`);
  const more = outcomes.length - lines.length;
  if (more > 0) lines.push(`… and ${more} more; see the output jobsFile`);
  return lines.join('\n');
}

/** The ways in which an event is written. */
interface Lines extends Pick<Log, 'logForJob' | 'warn'>, Pick<LogContext, 'isSingle' | 'isFailed'> {
  readonly toLine: ToLine;
  readonly toPath: ToLine;
  readonly logWithTime: (text: string) => void;
  readonly logError: (requestId: string, message: string, next: string) => void;
  readonly errors: ReturnType<typeof createErrorCounter>;
}

function logEvent(event: WaitEvent | DownloadEvent, lines: Lines): void {
  const { toLine, logWithTime, logForJob, logError, warn } = lines;
  switch (event.kind) {
    case 'polled':
      break;
    case 'observed':
      logForJob(event.requestId, describeObservation(event.observation, toLine));
      break;
    case 'poll-failed':
      logError(event.requestId, event.message, `polling again in ${duration(event.pauseMs)}`);
      break;
    case 'download-retry':
      logError(event.requestId, event.message, `trying again in ${duration(event.pauseMs)}`);
      break;
    case 'downloading':
      logForJob(event.requestId, describeDownload(event));
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

function logSettled(
  outcome: Outcome,
  { toLine, toPath, isSingle, isFailed, logForJob }: Lines,
): void {
  const { requestId, reportFiles = [] } = outcome;
  for (const { bytes, path } of reportFiles) {
    logForJob(requestId, `report of ${size(bytes)} saved: ${toPath(path)}`);
  }
  // All that are left are cancelled at once, and listed at the end.
  if (!isSingle && outcome.reason === 'cancelled') return;
  // What fails the step is in its annotation, which for a single job follows at once.
  if (!isSingle || !isFailed(outcome)) logForJob(requestId, describeOutcome(outcome, toLine));
}

function createWarnings(log: Log['log']): Log['warn'] {
  let warnings = 0;
  return (text, title) => {
    warnings += 1;
    if (warnings > MAX_ANNOTATIONS) log(`Warning: ${text}`);
    else core.warning(text, title === undefined ? {} : { title });
  };
}

/** Most different errors that are counted: a provider may make up a new one in each response. */
const MAX_COUNTED = 1000;

/** Numbers equal errors of one job; where jobs are many, writes the first of a kind and counts the others. */
function createErrorCounter(isSingle: boolean, toLine: ToLine) {
  const counts = new Map<string, number>();
  return {
    /** The line for an error; undefined where it is only counted. */
    describe(message: string, next: string): string | undefined {
      const line = toLine(message);
      const count = (counts.get(line) ?? 0) + 1;
      if (count > 1 || counts.size < MAX_COUNTED) counts.set(line, count);
      if (!isSingle && count > 1) return undefined;
      return `${line}; ${next}${count > 1 ? ` (${count} times so far)` : ''}`;
    },
    /** A line for each error that came again since the last call. */
    takeCounts(): string[] {
      if (isSingle) return [];
      const again = [...counts].filter(([, count]) => count > 1);
      counts.clear();
      return again.map(([message, count]) => `${count - 1} more of: ${message}`);
    },
  };
}
