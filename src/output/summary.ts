import { basename } from 'node:path';
import * as core from '@actions/core';
import { htmlEscape } from 'escape-goat';
import { bySeverity, type JobStatus, type Outcome } from '../domain/job.ts';
import { duration, size } from '../text/format.ts';
import { drawGantt } from './gantt.ts';
import type { ToLine } from './messages.ts';

/** What the summary shows beside the outcomes. */
export interface SummaryContext {
  /** The provider as people call it. */
  readonly title: string;
  /** When the wait began, in milliseconds since the epoch. */
  readonly startMs: number;
  readonly toLine: ToLine;
}

/** GitHub takes 1 MiB per step, https://docs.github.com/en/actions/reference/limits */
const MAX_BYTES = 1_000_000;

const ICON_BY_STATUS: Readonly<Record<JobStatus, string>> = {
  Successful: '✅',
  PartialSuccess: '⚠️',
  Failure: '❌',
  Pending: '⏳',
  Error: '❗',
};

const COLUMNS = ['Job', 'Status', 'Status at provider', 'Elapsed', 'Polls', 'Message', 'Report'];

/** Writes what people see below the graph of a run. It never fails the step. */
export async function writeSummary(toMarkdown: () => string): Promise<void> {
  if (!process.env.GITHUB_STEP_SUMMARY) return;
  try {
    await core.summary.addRaw(toMarkdown()).write();
  } catch (error) {
    // Only its code: what else was thrown may hold a secret.
    const { code = 'an error of its own' } = error as NodeJS.ErrnoException;
    core.debug(`The summary could not be written: ${code}`);
  }
}

/** A summary that says why no job could be waited for. */
export const summarizeFailure = (message: string): string =>
  `<h3>❗ Await Job</h3>\n<pre>${htmlEscape(message)}</pre>\n`;

/** A table of all jobs, failures first, and a chart of when each was in which state. */
export function summarize(outcomes: readonly Outcome[], context: SummaryContext): string {
  const sorted = outcomes.toSorted(bySeverity);
  const gantt = drawGantt(sorted, context.startMs, context.toLine);
  const head = `<h3>${htmlEscape(headline(outcomes, context))}</h3>\n\n`;
  const open = `<table>\n${toRow(COLUMNS, 'th')}`;
  let bytes = Buffer.byteLength(head + open + gantt) + 200;
  const rows: string[] = [];
  for (const outcome of sorted) {
    const next = toRow(toCells(outcome, context.toLine), 'td');
    bytes += Buffer.byteLength(next);
    if (bytes > MAX_BYTES) break;
    rows.push(next);
  }
  const left = sorted.length - rows.length;
  const more =
    left === 0 ? '' : `<p>… and ${left} more, for which a summary has no room; see the log.</p>\n`;
  return `${head}${open}${rows.join('')}</table>\n${more}${gantt}`;
}

function headline(outcomes: readonly Outcome[], { title, toLine }: SummaryContext): string {
  const [only] = outcomes;
  if (outcomes.length === 1 && only !== undefined) {
    return `${ICON_BY_STATUS[only.status]} ${title}: job ${toLine(only.requestId)}`;
  }
  const counts = Object.entries(ICON_BY_STATUS).flatMap(([status, icon]) => {
    const count = outcomes.filter((outcome) => outcome.status === status).length;
    return count === 0 ? [] : `${icon} ${count} ${status}`;
  });
  return `${title}: ${outcomes.length} jobs, ${counts.join(', ')}`;
}

function toCells(outcome: Outcome, toLine: ToLine): string[] {
  const { requestId, status, reason, providerStatus, message, reportFiles = [] } = outcome;
  const text = (value: string) => htmlEscape(toLine(value));
  const code = (value: string) => (value === '' ? '' : `<code>${text(value)}</code>`);
  return [
    code(requestId),
    `${ICON_BY_STATUS[status]}&nbsp;${status}${reason === '' ? '' : `<br>${reason}`}`,
    code(providerStatus),
    duration(outcome.elapsedMs),
    String(outcome.polls),
    text(message),
    reportFiles.map(({ path, bytes }) => `${code(basename(path))}<br>${size(bytes)}`).join('<br>'),
  ];
}

const toRow = (cells: readonly string[], tag: 'td' | 'th'): string =>
  `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>\n`;
