import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as core from '@actions/core';
import { htmlEscape } from 'escape-goat';
import { bySeverity, worstOf, type JobStatus, type Outcome } from '../domain/job.ts';
import { counted, duration, size } from '../text/format.ts';
import type { Failure } from './failures.ts';
import { drawGantt } from './gantt.ts';
import type { ToLine } from './messages.ts';

/** What the summary shows beside the outcomes. */
interface SummaryContext {
  /** The provider as people call it. */
  readonly title: string;
  /** When the wait began, in milliseconds since the epoch. */
  readonly startMs: number;
  readonly toLine: ToLine;
  /** A link as one line, with its query. */
  readonly toLink: ToLine;
  /** What is to be said of the jobs that failed the step. */
  readonly failures: readonly Failure[];
  /** The same of those that succeeded in part, which the workflow lets pass. */
  readonly warnings: readonly Failure[];
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

const COLUMNS = ['Job', 'Status', 'Status at provider', 'Elapsed', 'Polls', 'Report'];

/** A shorter wait needs no chart. */
const SHORTEST_CHART_MS = 10_000;

/** Writes what people see below the graph of a run. It never fails the step. */
export function writeSummary(toMarkdown: () => string): void {
  const { GITHUB_STEP_SUMMARY: file = '' } = process.env;
  if (file === '') return;
  try {
    appendFileSync(file, toMarkdown());
  } catch (error) {
    // Only its code: what else was thrown may hold a secret.
    const { code = 'an error of its own' } = error as NodeJS.ErrnoException;
    core.debug(`The summary could not be written: ${code}`);
  }
}

/** A summary that says why no job could be waited for. */
export const summarizeFailure = (message: string): string =>
  `<h3>❗ Await Job</h3>\n<pre>${toHtml(message)}</pre>\n`;

/** How the jobs ended: a sentence, then what failed and what to do; a table and a chart where there are several. */
export function summarize(outcomes: readonly Outcome[], context: SummaryContext): string {
  const { startMs, toLine, failures, warnings } = context;
  const sorted = outcomes.toSorted(bySeverity);
  const longestMs = Math.max(0, ...outcomes.map(({ elapsedMs }) => elapsedMs));
  const gantt = longestMs < SHORTEST_CHART_MS ? '' : drawGantt(sorted, startMs, toLine);
  const causes = [...failures, ...warnings].slice(0, MAX_CAUSES).map(({ text }) => toHtml(text));
  const only = outcomes.length === 1 ? outcomes[0] : undefined;
  const items = only === undefined ? causes : [...causes, ...describeJob(only, context)];
  const list = items.map((item) => `<li>${item}</li>\n`).join('');
  const title = `<h3>${toHtml(headline(outcomes, context))}</h3>\n\n`;
  const head = list === '' ? title : `${title}<ul>\n${list}</ul>\n`;
  const room = MAX_BYTES - Buffer.byteLength(head + gantt);
  const body = only === undefined ? toTable(sorted, context, room) : '';
  return `${head}${body}${gantt}`;
}

/** Most causes above the table, which has every job. */
const MAX_CAUSES = 20;

/** Our own text with foreign parts, as HTML: what stands in backticks is code. */
const toHtml = (text: string): string =>
  htmlEscape(text).replace(/`([^`\n]+)`/g, '<code>$1</code>');

function headline(outcomes: readonly Outcome[], context: SummaryContext): string {
  const { title, toLine, failures } = context;
  const [only] = outcomes;
  if (outcomes.length === 1 && only !== undefined) {
    const { status, requestId } = only;
    const name = requestId === '' ? 'the job' : `job ${toLine(requestId)}`;
    return `${ICON_BY_STATUS[status]} ${title}: ${name} ${ENDS[status]}`;
  }
  const failed = failures.flatMap((failure) => failure.outcomes);
  const finished = outcomes.filter(({ status }) => status === 'Successful').length;
  const icon = failed.length > 0 ? '❌' : ICON_BY_STATUS[worstOf(outcomes)?.status ?? 'Successful'];
  const text = `${icon} ${title}: ${finished} of ${outcomes.length} jobs finished`;
  const [first] = failed;
  if (first === undefined) return text;
  const isOneCause = failures.length === 1 && failed.length > 1;
  const name = isOneCause ? '' : `${toLine(first.requestId)}: `;
  const cause = `${name}${toLine(first.message)}`.slice(0, 200).toWellFormed();
  return `${text}, ${failed.length} failed: ${cause}`;
}

const ENDS: Readonly<Record<JobStatus, string>> = {
  Successful: 'finished',
  PartialSuccess: 'succeeded only in part',
  Failure: 'failed',
  Pending: 'has not ended yet',
  Error: 'could not be followed to its end',
};

/** What there is to say of a single job, line by line. */
function describeJob(outcome: Outcome, context: SummaryContext): string[] {
  const { toLine, failures, warnings } = context;
  const explanations = [...failures, ...warnings].map(({ text }) => text);
  const isExplained = explanations.length > 0;
  const { providerStatus, message, polls, elapsedMs, link, reportFiles = [] } = outcome;
  const files = reportFiles.map(
    ({ path, bytes }) => `Report: ${toCode(basename(path), toLine)}, ${size(bytes)}`,
  );
  const lines = [
    link === '' ? '' : `Page: ${linkTo(link, toCode(link, toLine), context)}`,
    explanations.join().includes(toLine(providerStatus))
      ? ''
      : `Status at provider: ${toCode(providerStatus, toLine)}`,
    message === '' || isExplained ? '' : `Message: ${htmlEscape(toLine(message))}`,
    isExplained ? '' : `${counted(polls, 'poll')} in ${duration(elapsedMs)}`,
    ...files,
  ];
  return lines.filter(Boolean);
}

/** All jobs, as many as there is room for. */
function toTable(outcomes: readonly Outcome[], context: SummaryContext, room: number): string {
  const rows: string[] = [];
  let bytes = 500;
  for (const outcome of outcomes) {
    const row = toRow(toCells(outcome, context), 'td');
    bytes += Buffer.byteLength(row);
    if (bytes > room) break;
    rows.push(row);
  }
  const left = outcomes.length - rows.length;
  const more = `<p>… and ${left} more, for which a summary has no room; see the log.</p>\n`;
  return `<table>\n${toRow(COLUMNS, 'th')}${rows.join('')}</table>\n${left === 0 ? '' : more}`;
}

function toCells(outcome: Outcome, context: SummaryContext): string[] {
  const { toLine } = context;
  const { requestId, status, reason, providerStatus, link, reportFiles = [] } = outcome;
  // GitHub breaks the lines of <code> at hyphens, also where a cell does not wrap.
  const name = `<samp>${htmlEscape(toLine(requestId))}</samp>`;
  return [
    link === '' ? name : linkTo(link, name, context),
    `${ICON_BY_STATUS[status]}&nbsp;${status}${reason === '' ? '' : `<br>${reason}`}`,
    toCode(providerStatus, toLine),
    duration(outcome.elapsedMs),
    String(outcome.polls),
    reportFiles
      .map(({ path, bytes }) => `${toCode(basename(path), toLine)}<br>${size(bytes)}`)
      .join('<br>'),
  ];
}

const toCode = (text: string, toLine: ToLine): string =>
  text === '' ? '' : `<code>${htmlEscape(toLine(text))}</code>`;

/** Only https: a link from outside must not be anything else that a browser runs. */
const linkTo = (link: string, html: string, { toLink }: SummaryContext): string =>
  /^https?:\/\//i.test(link) ? `<a href="${htmlEscape(toLink(link))}">${html}</a>` : html;

/** The first cell, an id, does not break at its hyphens. */
const toRow = (cells: readonly string[], tag: 'td' | 'th'): string =>
  `<tr>${cells.map((cell, index) => `<${tag}${index === 0 ? ' nowrap' : ''}>${cell}</${tag}>`).join('')}</tr>\n`;
