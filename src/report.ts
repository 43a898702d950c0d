import * as core from '@actions/core';
import { BadInputs } from './faults.ts';
import type { Inputs } from './inputs.ts';
import { worstOf, type Outcome } from './job.ts';
import type { Secrets } from './secrets.ts';
import { duration, quote, shorten, toLine } from './text.ts';
import type { Job, WaitEvent } from './verdict.ts';

/** The only part that writes: the log, the annotations, the outputs. No secret passes it. */
export interface Report {
  /** Says what is waited for. */
  begin(inputs: Inputs): void;
  readonly onEvent: (event: WaitEvent) => void;
  /** Writes the outputs, one annotation a failed job, and the exit code. */
  finish(outcomes: readonly Outcome[], inputs: Inputs): void;
  /** The same where no job could be waited for. */
  fail(error: unknown): void;
}

/** Most of an answer that the output `response` holds, in characters. */
const MAX_RESPONSE = 64 * 1024;
const MAX_MESSAGE = 8 * 1024;

/** @param secrets what must not be written */
export function createReport(secrets: Secrets): Report {
  const clean = (text: string) => secrets.redact(text);
  const say = (text: string) => {
    core.info(clean(text));
  };
  let single = true;
  const line = (elapsedMs: number, requestId: string, text: string) => {
    say(`${duration(elapsedMs).padStart(8)}  ${single ? '' : `${quote(requestId)}: `}${text}`);
  };
  const write = (outputs: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  };

  return {
    begin({ vendor, requestIds, settings, timeoutMs }) {
      single = requestIds.length === 1;
      const what = single ? `job ${quote(requestIds[0] ?? '')}` : `${requestIds.length} jobs`;
      const where = `${vendor.title} (${new URL(settings.baseUrl).host})`;
      const until = new Date(Date.now() + timeoutMs).toISOString().slice(0, 19).replace('T', ' ');
      const howLong =
        timeoutMs === 0 ? 'asking once' : `for ${duration(timeoutMs)}, until ${until} UTC`;
      say(`Waiting for ${what} at ${where}, ${howLong}`);
    },
    onEvent(event) {
      switch (event.kind) {
        case 'observed':
          line(event.elapsedMs, event.requestId, describe(event.observation));
          break;
        case 'fault': {
          const { elapsedMs, requestId, message, pauseMs } = event;
          line(elapsedMs, requestId, `${quote(message)}; asking again in ${duration(pauseMs)}`);
          break;
        }
        case 'warning':
          core.warning(clean(`Job ${quote(event.requestId)}: ${quote(event.message)}`));
          break;
        case 'progress':
          say(`${duration(event.elapsedMs).padStart(8)}  ${progress(event.jobs)}`);
          break;
        case 'settled':
          line(event.outcome.elapsedMs, event.outcome.requestId, ending(event.outcome));
      }
    },
    finish(outcomes, inputs) {
      write(outputsOf(outcomes, clean));
      for (const outcome of outcomes) {
        const title = clean(`${inputs.vendor.title}: job ${quote(outcome.requestId)}`);
        const text = clean(`${title}: ${ending(outcome)}`);
        if (!isLetPass(outcome, inputs)) {
          core.error(text, { title });
          process.exitCode = core.ExitCode.Failure;
        } else if (outcome.status === 'PartialSuccess') {
          core.warning(text, { title });
        }
      }
    },
    fail(error) {
      const bad = error instanceof BadInputs;
      const message = clean(error instanceof Error ? error.message : String(error));
      core.setFailed(bad ? message : `Await Job broke off: ${message}`);
      if (error instanceof Error && !bad) core.debug(clean(error.stack ?? ''));
      const reason = bad ? 'bad-input' : 'bad-answer';
      try {
        write({ ...outputsOf([], clean), reason, message: toLine(message) });
      } catch (cause) {
        core.warning(`The outputs could not be written: ${clean(String(cause))}`);
      }
    },
  };
}

function isLetPass({ status, reason }: Outcome, inputs: Inputs): boolean {
  if (status === 'PartialSuccess') return inputs.onPartialSuccess === 'continue';
  if (reason === 'timed-out') return inputs.onTimeout === 'continue';
  return status === 'Successful';
}

const describe = ({ providerStatus, note }: { providerStatus: string; note?: string }): string =>
  (quote(providerStatus) || 'no status word yet') + (note ? ` (${quote(note)})` : '');

/** The end of one job in a line: what it came to, why, and the vendor's message. */
function ending({ status, reason, message, providerStatus, polls, elapsedMs }: Outcome): string {
  const word = providerStatus === '' ? '' : `, the vendor says “${quote(providerStatus)}”`;
  const why = reason === '' ? '' : ` (${reason})`;
  const cost = ` after ${duration(elapsedMs)} and ${polls} ${polls === 1 ? 'question' : 'questions'}`;
  return `${status}${why}${cost}${word}${message === '' ? '' : `: ${quote(message)}`}`;
}

function progress(jobs: readonly Job[]): string {
  const [only] = jobs;
  if (jobs.length === 1 && only !== undefined) {
    const word = quote(only.observation?.providerStatus ?? '') || 'without an answer';
    return `still ${word}, asked ${only.polls} times`;
  }
  const settled = jobs.filter(({ outcome }) => outcome !== undefined);
  const failed = settled.filter(({ outcome }) => outcome?.status !== 'Successful');
  return `${settled.length} of ${jobs.length} finished, ${failed.length} failed`;
}

/** Every output of action.yml; with several jobs the single values hold one line a job. */
function outputsOf(
  outcomes: readonly Outcome[],
  clean: (text: string) => string,
): Record<string, string> {
  const worst = worstOf(outcomes);
  const jobs = outcomes.map((outcome) => ({
    requestId: clean(outcome.requestId),
    status: outcome.status,
    reason: outcome.reason,
    providerStatus: shorten(toLine(clean(outcome.providerStatus)), MAX_MESSAGE),
    batchId: toLine(clean(outcome.batchId)),
    filePath: toLine(clean(outcome.filePath)),
    message: shorten(toLine(clean(outcome.message)), MAX_MESSAGE),
    timedOut: outcome.timedOut,
    polls: outcome.polls,
    elapsedSeconds: Math.round(outcome.elapsedMs / 100) / 10,
  }));
  const lines = (name: 'batchId' | 'filePath' | 'providerStatus' | 'message') =>
    jobs.map((job) => job[name]).join('\n');
  return {
    status: worst?.status ?? 'Error',
    batchId: lines('batchId'),
    filePath: lines('filePath'),
    providerStatus: lines('providerStatus'),
    message: lines('message'),
    reason: worst?.reason ?? '',
    timedOut: String(outcomes.some(({ timedOut }) => timedOut)),
    jobs: JSON.stringify(jobs),
    response: clean(outcomes.at(-1)?.response ?? '').slice(0, MAX_RESPONSE),
  };
}
