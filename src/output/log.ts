import * as core from '@actions/core';
import type { Clock } from '../domain/clock.ts';
import type { DownloadEvent } from '../download/fetch-report.ts';
import type { Inputs } from '../inputs/read-inputs.ts';
import type { Outcome } from '../domain/job.ts';
import { describe, downloading, ending, opening, progress, type Show } from './messages.ts';
import { duration, size } from '../text/inert.ts';
import type { WaitEvent } from '../wait/verdict.ts';

/** The story of a wait, as it is told while it goes on. */
export interface Log {
  /** Says what is waited for. */
  begin(inputs: Inputs): void;
  readonly onEvent: (event: WaitEvent | DownloadEvent) => void;
  readonly onLogIn: () => void;
  /** Says what came of a request to stop a job. */
  readonly onTold: (requestId: string, result: string) => void;
  /** A warning that people see beside the run, or only in the log once there are too many. */
  warn(text: string, title?: string): void;
  /** Tells what has been counted and not told yet, and how each of several jobs ended. */
  end(outcomes: readonly Outcome[]): void;
}

/** GitHub shows no more annotations of one kind a step. */
export const MAX_ANNOTATIONS = 10;

/**
 * @param show makes vendors' text fit to be written
 * @param isFailed whether an outcome fails the step
 */
export function createLog(
  clock: Clock,
  show: Show,
  clean: Show,
  isFailed: (outcome: Outcome) => boolean,
): Log {
  let startMs = clock.now();
  let single = true;
  let warnings = 0;
  /** How often each fault came; where jobs are many, since that was last told. */
  const faults = new Map<string, number>();
  const say = (text: string) => {
    core.info(clean(text));
  };
  const tell = (text: string) => {
    say(`${duration(clock.now() - startMs).padStart(8)}  ${text}`);
  };
  const line = (requestId: string, text: string) => {
    tell(`${single ? '' : `${show(requestId)}: `}${text}`);
  };
  /** A fault in one line; those like it are numbered, or only counted where jobs are many. */
  const fault = (requestId: string, message: string, next: string) => {
    const count = (faults.get(message) ?? 0) + 1;
    faults.set(message, count);
    if (!single && count > 1) return;
    line(requestId, `${show(message)}; ${next}${count > 1 ? ` (${count} times so far)` : ''}`);
  };
  const tellFaults = () => {
    for (const [message, count] of single ? [] : faults) {
      if (count > 1) tell(`${count - 1} more of: ${show(message)}`);
      faults.delete(message);
    }
  };
  const warn: Log['warn'] = (text, title) => {
    warnings += 1;
    if (warnings > MAX_ANNOTATIONS) say(`Warning: ${text}`);
    else core.warning(text, title === undefined ? {} : { title });
  };

  return {
    begin(inputs) {
      startMs = clock.now();
      single = inputs.requestIds.length === 1;
      say(opening(inputs, startMs, show));
      const { vendor, destination, hasReports } = inputs;
      if (destination !== undefined && !hasReports) {
        const hint = vendor.isOpen ? '; give file-path-query' : '';
        warn(`Nothing tells of a report at ${vendor.title}, so download-path is not used${hint}`);
      }
    },
    onEvent(event) {
      switch (event.kind) {
        case 'observed':
          line(event.requestId, describe(event.observation, show));
          break;
        case 'fault':
          fault(event.requestId, event.message, `asking again in ${duration(event.pauseMs)}`);
          break;
        case 'download-fault':
          fault(event.requestId, event.message, `trying again in ${duration(event.pauseMs)}`);
          break;
        case 'downloading':
          line(event.requestId, downloading(event));
          break;
        case 'warning':
          warn(`Job ${show(event.requestId)}: ${show(event.message)}`);
          break;
        case 'progress':
          tellFaults();
          tell(progress(event, isFailed, show));
          break;
        case 'settled': {
          const { outcome } = event;
          const { requestId, report } = outcome;
          if (report)
            line(requestId, `report of ${size(report.bytes)} saved: ${show(report.file)}`);
          // What fails the step is told by its annotation, which for a single job follows at once.
          if (!single || !isFailed(outcome)) line(requestId, ending(outcome, show));
        }
      }
    },
    onLogIn() {
      say('          logged in: a new token was issued');
    },
    onTold(requestId, result) {
      line(requestId, show(result));
    },
    warn,
    end(outcomes) {
      tellFaults();
      if (single) return;
      core.startGroup(`All ${outcomes.length} jobs`);
      for (const outcome of outcomes) say(`${show(outcome.requestId)}: ${ending(outcome, show)}`);
      core.endGroup();
    },
  };
}
