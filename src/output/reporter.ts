import * as core from '@actions/core';
import type { Clock } from '../domain/clock.ts';
import { createDebug } from './debug-log.ts';
import { BadInputs } from '../domain/errors.ts';
import type { Exchange } from '../http/transport.ts';
import type { Inputs } from '../inputs/read-inputs.ts';
import type { Outcome } from '../domain/job.ts';
import { ending } from './messages.ts';
import { createLog, MAX_ANNOTATIONS, type Log } from './log.ts';
import { outputsOf } from './outputs.ts';
import type { Secrets } from '../text/secrets.ts';
import { failureSummary, summaryOf, writeSummary } from './summary.ts';
import { quote, toLine } from '../text/inert.ts';

/** The only part that writes: the log, the annotations, the outputs, the summary. No secret passes it. */
export interface Report extends Pick<Log, 'begin' | 'onEvent' | 'onLogIn' | 'onTold'> {
  /** Tells of each answer, for those who look for a fault. */
  readonly onExchange: (exchange: Exchange) => void;
  /** Writes the outputs, one annotation a failed job, the summary, and the exit code. */
  finish(outcomes: readonly Outcome[], inputs: Inputs): Promise<void>;
  /** The same where no job could be waited for. */
  fail(error: unknown): Promise<void>;
}

/** @param secrets what must not be written */
export function createReport(secrets: Secrets, clock: Clock): Report {
  /** Queries of links to reports: whoever reads one may fetch the report. */
  const queries = new Set<string>();
  const clean = (text: string) =>
    [...queries].reduce((rest, query) => rest.replaceAll(query, '…'), secrets.redact(text));
  // Before it is cut, lest half a secret stays; after, lest what is taken out joins two halves.
  const show = (text: string) => clean(quote(clean(text)));
  let isFailed: (outcome: Outcome) => boolean = () => true;
  let startMs = clock.now();
  let response = '';
  const log = createLog(clock, show, clean, (outcome) => isFailed(outcome));
  const write = (outputs: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  };

  return {
    begin(inputs) {
      startMs = clock.now();
      isFailed = (outcome) => !isLetPass(outcome, inputs);
      log.begin(inputs);
    },
    onEvent(event) {
      if (event.kind === 'answered') {
        response = event.response;
        const [, ...query] = event.filePath.split('?');
        if (query.join('?') !== '') queries.add(query.join('?'));
        if (core.isDebug()) core.debug(clean(`The word is “${show(event.word)}”`));
      } else {
        log.onEvent(event);
      }
    },
    onLogIn: log.onLogIn,
    onTold: log.onTold,
    onExchange: createDebug(clean),
    async finish(outcomes, { vendor: { title } }) {
      log.end(outcomes);
      const nameOf = ({ requestId }: Outcome) => `${title}: job ${show(requestId)}`;
      const failed = outcomes.filter(isFailed);
      for (const outcome of failed.slice(0, MAX_ANNOTATIONS)) {
        const name = nameOf(outcome);
        core.error(`${name}: ${ending(outcome, show)}`, { title: name });
      }
      const more = failed.length - MAX_ANNOTATIONS;
      if (more > 0) {
        const text = `${title}: ${more} more ${more === 1 ? 'job' : 'jobs'} failed`;
        core.error(`${text}; the log above names them all`, { title: text });
      }
      if (failed.length > 0) process.exitCode = core.ExitCode.Failure;
      for (const outcome of outcomes) {
        if (outcome.status !== 'PartialSuccess' || isFailed(outcome)) continue;
        log.warn(`${nameOf(outcome)}: ${ending(outcome, show)}`, nameOf(outcome));
      }
      try {
        write(outputsOf(outcomes, response, secrets));
      } catch (error) {
        core.setFailed(`The outputs could not be written: ${clean(String(error))}`);
      }
      await writeSummary(summaryOf(outcomes, { title, startMs, show }));
    },
    async fail(error) {
      const bad = error instanceof BadInputs;
      const message = clean(error instanceof Error ? error.message : String(error));
      core.setFailed(bad ? message : `Await Job broke off: ${message}`);
      if (error instanceof Error && !bad) core.debug(clean(error.stack ?? ''));
      const reason = bad ? 'bad-input' : 'bad-answer';
      try {
        write({ ...outputsOf([], '', secrets), reason, message: toLine(message) });
      } catch (cause) {
        core.warning(`The outputs could not be written: ${clean(String(cause))}`);
      }
      await writeSummary(failureSummary(message));
    },
  };
}

/** What the workflow has said to let pass does not fail the step. */
function isLetPass({ status, reason }: Outcome, inputs: Inputs): boolean {
  if (status === 'PartialSuccess') return inputs.onPartialSuccess === 'continue';
  if (reason === 'timed-out') return inputs.onTimeout === 'continue';
  return status === 'Successful';
}
