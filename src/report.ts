import * as core from '@actions/core';
import { BadInputs } from './faults.ts';
import type { Inputs } from './inputs.ts';
import { worstOf, type Observation, type Outcome } from './job.ts';
import type { Secrets } from './secrets.ts';
import { duration, excerpt, quote, toLine } from './text.ts';
import type { WaitEvent } from './verdict.ts';

/** The only part that writes: the log, the annotations, the outputs. No secret passes it. */
export interface Report {
  /** Says what is waited for. */
  begin(inputs: Inputs): void;
  readonly onEvent: (event: WaitEvent) => void;
  readonly onLogIn: () => void;
  /** Writes the outputs, one annotation a failed job, and the exit code. */
  finish(outcomes: readonly Outcome[], inputs: Inputs): void;
  /** The same where no job could be waited for. */
  fail(error: unknown): void;
}

/** Most of an answer that the output `response` holds. */
const MAX_RESPONSE_BYTES = 64 * 1024;
/** Most of any other text in an output. */
const MAX_LINE = 8 * 1024;

/** @param secrets what must not be written */
export function createReport(secrets: Secrets): Report {
  const clean = (text: string) => secrets.redact(text);
  // Before it is cut, lest half a secret stays; after, lest what is taken out joins two halves.
  const show = (text: string) => clean(quote(clean(text)));
  const say = (text: string) => {
    core.info(clean(text));
  };
  let single = true;
  let isFailed: (outcome: Outcome) => boolean = () => true;
  let response = '';
  const line = (elapsedMs: number, requestId: string, text: string) => {
    say(`${duration(elapsedMs).padStart(8)}  ${single ? '' : `${show(requestId)}: `}${text}`);
  };
  const write = (outputs: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  };

  return {
    begin(inputs) {
      const { vendor, requestIds, settings, timeoutMs } = inputs;
      isFailed = (outcome) => !isLetPass(outcome, inputs);
      single = requestIds.length === 1;
      const what = single ? `job ${show(requestIds[0] ?? '')}` : `${requestIds.length} jobs`;
      const where = `${vendor.title} (${new URL(settings.baseUrl).host})`;
      const until = new Date(Date.now() + timeoutMs).toISOString().slice(0, 19).replace('T', ' ');
      const howLong =
        timeoutMs === 0 ? 'asking once' : `for ${duration(timeoutMs)}, until ${until} UTC`;
      say(`Waiting for ${what} at ${where}, ${howLong}`);
    },
    onEvent(event) {
      switch (event.kind) {
        case 'observed':
          line(event.elapsedMs, event.requestId, describe(event.observation, show));
          break;
        case 'fault': {
          const { elapsedMs, requestId, message, pauseMs } = event;
          line(elapsedMs, requestId, `${show(message)}; asking again in ${duration(pauseMs)}`);
          break;
        }
        case 'warning':
          core.warning(`Job ${show(event.requestId)}: ${show(event.message)}`);
          break;
        case 'answered':
          response = event.response;
          break;
        case 'progress':
          say(`${duration(event.elapsedMs).padStart(8)}  ${progress(event, isFailed, show)}`);
          break;
        case 'settled': {
          const { outcome } = event;
          // What fails the step is told by its annotation, which for a single job follows at once.
          if (single && isFailed(outcome)) break;
          line(outcome.elapsedMs, outcome.requestId, ending(outcome, show));
        }
      }
    },
    onLogIn() {
      say('          logged in: a new token was issued');
    },
    finish(outcomes, inputs) {
      for (const outcome of outcomes) {
        const title = `${inputs.vendor.title}: job ${show(outcome.requestId)}`;
        const text = `${title}: ${ending(outcome, show)}`;
        if (isFailed(outcome)) {
          core.error(text, { title });
          process.exitCode = core.ExitCode.Failure;
        } else if (outcome.status === 'PartialSuccess') {
          core.warning(text, { title });
        }
      }
      write({ ...outputsOf(outcomes, secrets), response: cut(secrets.redactJson(response)) });
    },
    fail(error) {
      const bad = error instanceof BadInputs;
      const message = clean(error instanceof Error ? error.message : String(error));
      core.setFailed(bad ? message : `Await Job broke off: ${message}`);
      if (error instanceof Error && !bad) core.debug(clean(error.stack ?? ''));
      const reason = bad ? 'bad-input' : 'bad-answer';
      try {
        write({ ...outputsOf([], secrets), reason, message: toLine(message) });
      } catch (cause) {
        core.warning(`The outputs could not be written: ${clean(String(cause))}`);
      }
    },
  };
}

/** Cuts text to what `response` may hold, between two characters. */
const cut = (text: string): string =>
  new TextDecoder().decode(Buffer.from(text).subarray(0, MAX_RESPONSE_BYTES), { stream: true });

function isLetPass({ status, reason }: Outcome, inputs: Inputs): boolean {
  if (status === 'PartialSuccess') return inputs.onPartialSuccess === 'continue';
  if (reason === 'timed-out') return inputs.onTimeout === 'continue';
  return status === 'Successful';
}

type Show = (text: string) => string;

const describe = ({ providerStatus, note }: Observation, show: Show): string =>
  (show(providerStatus) || 'no status word yet') + (note ? ` (${show(note)})` : '');

/** The end of one job in a line: what it came to, why, and the vendor's message. */
function ending(
  { status, reason, message, providerStatus, polls, elapsedMs }: Outcome,
  show: Show,
): string {
  const word = providerStatus === '' ? '' : `, the vendor says “${show(providerStatus)}”`;
  const why = reason === '' ? '' : ` (${reason})`;
  const cost = ` after ${duration(elapsedMs)} and ${polls} ${polls === 1 ? 'question' : 'questions'}`;
  return `${status}${why}${cost}${word}${message === '' ? '' : `: ${show(message)}`}`;
}

function progress(
  { jobs, elapsedMs }: Extract<WaitEvent, { kind: 'progress' }>,
  isFailed: (outcome: Outcome) => boolean,
  show: Show,
): string {
  const [only] = jobs;
  if (jobs.length === 1 && only !== undefined) {
    const word = show(only.observation?.providerStatus ?? '') || 'without an answer';
    return `still ${word}, asked ${times(only.polls)}`;
  }
  const settled = jobs.flatMap(({ outcome }) => outcome ?? []);
  const failed = settled.filter(isFailed).length;
  return `${settled.length} of ${jobs.length} finished, ${failed} failed, oldest waiting ${duration(elapsedMs)}`;
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** Every output of action.yml; with several jobs the single values hold one line a job. */
function outputsOf(
  outcomes: readonly Outcome[],
  { redact: clean, redactLink }: Secrets,
): Record<string, string> {
  const worst = worstOf(outcomes);
  const line = (text: string) => clean(excerpt(clean(text), MAX_LINE));
  const link = (text: string) => redactLink(toLine(redactLink(text)));
  const jobs = outcomes.map((outcome) => ({
    requestId: clean(outcome.requestId),
    status: outcome.status,
    reason: outcome.reason,
    providerStatus: line(outcome.providerStatus),
    batchId: link(outcome.batchId),
    filePath: link(outcome.filePath),
    message: line(outcome.message),
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
    response: '',
  };
}
