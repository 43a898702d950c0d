import { basename } from 'node:path';
import * as core from '@actions/core';
import { htmlEscape } from 'escape-goat';
import { bySeverity, type JobState, type JobStatus, type Outcome } from '../domain/job.ts';
import { duration, size } from '../text/inert.ts';

/** What the summary says beside the outcomes. */
export interface SummaryFrame {
  /** The vendor as people call it. */
  readonly title: string;
  /** When the wait began, in milliseconds since the epoch. */
  readonly startMs: number;
  /** Makes one harmless line of text that came from outside, without secrets. */
  readonly show: (text: string) => string;
}

/** GitHub takes 1 MiB a step, https://docs.github.com/en/actions/reference/limits */
const MAX_BYTES = 1_000_000;
const MAX_JOBS_IN_GANTT = 30;
/** Mermaid draws no text of over 50,000 characters. */
const MAX_GANTT_LENGTH = 45_000;

const ICONS: Readonly<Record<JobStatus, string>> = {
  Successful: '✅',
  PartialSuccess: '⚠️',
  Failure: '❌',
  Pending: '⏳',
  Error: '❗',
};

/** Writes what people look at below the graph of a run. It never fails the step. */
export async function writeSummary(markdown: string): Promise<void> {
  if (!process.env.GITHUB_STEP_SUMMARY) return;
  try {
    await core.summary.addRaw(markdown).write();
  } catch (error) {
    core.debug(`The summary could not be written: ${String(error)}`);
  }
}

/** A summary that says why no job could be waited for. */
export const failureSummary = (message: string): string =>
  `<h3>❗ Await Job</h3>\n<pre>${htmlEscape(message)}</pre>\n`;

/** A table of all jobs, failures first, and when each was in which state. */
export function summaryOf(outcomes: readonly Outcome[], frame: SummaryFrame): string {
  const sorted = outcomes.toSorted(bySeverity);
  const gantt = ganttOf(sorted, frame);
  const head = `<h3>${htmlEscape(headline(outcomes, frame))}</h3>\n\n`;
  const columns = ['Job', 'Status', 'Vendor’s word', 'Waited', 'Questions', 'Message', 'Report'];
  const open = `<table>\n${row(columns, 'th')}`;
  let bytes = Buffer.byteLength(head + open + gantt) + 200;
  const rows: string[] = [];
  for (const outcome of sorted) {
    const next = row(cells(outcome, frame.show), 'td');
    bytes += Buffer.byteLength(next);
    if (bytes > MAX_BYTES) break;
    rows.push(next);
  }
  const left = sorted.length - rows.length;
  const more =
    left === 0 ? '' : `<p>… and ${left} more, for which a summary has no room; see the log.</p>\n`;
  return `${head}${open}${rows.join('')}</table>\n${more}${gantt}`;
}

function headline(outcomes: readonly Outcome[], { title, show }: SummaryFrame): string {
  const [only] = outcomes;
  if (outcomes.length === 1 && only !== undefined) {
    return `${ICONS[only.status]} ${title}: job ${show(only.requestId)}`;
  }
  const counts = Object.entries(ICONS).flatMap(([status, icon]) => {
    const count = outcomes.filter((outcome) => outcome.status === status).length;
    return count === 0 ? [] : `${icon} ${count} ${status}`;
  });
  return `${title}: ${outcomes.length} jobs, ${counts.join(', ')}`;
}

function cells(outcome: Outcome, show: SummaryFrame['show']): string[] {
  const { requestId, status, reason, providerStatus, message, report } = outcome;
  const text = (value: string) => htmlEscape(show(value));
  const code = (value: string) => (value === '' ? '' : `<code>${text(value)}</code>`);
  return [
    code(requestId),
    `${ICONS[status]}&nbsp;${status}${reason === '' ? '' : `<br>${reason}`}`,
    code(providerStatus),
    duration(outcome.elapsedMs),
    String(outcome.polls),
    text(message),
    report === undefined ? '' : `${code(basename(report.file))}<br>${size(report.bytes)}`,
  ];
}

const row = (cells: readonly string[], tag: 'td' | 'th'): string =>
  `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>\n`;

const TAGS: Readonly<Record<JobState, string>> = {
  pending: 'active, ',
  unknown: 'active, ',
  successful: 'done, ',
  partial: 'crit, ',
  failed: 'crit, ',
};

/** Nothing where no job was seen to change. Syntax: https://mermaid.js.org/syntax/gantt.html */
function ganttOf(outcomes: readonly Outcome[], { startMs, show }: SummaryFrame): string {
  if (!outcomes.some(({ changes }) => changes.length > 1)) return '';
  let room = MAX_GANTT_LENGTH;
  const sections = outcomes.slice(0, MAX_JOBS_IN_GANTT).map((outcome) => {
    const section = sectionOf(outcome, startMs, show);
    room -= section.length;
    return room < 0 ? undefined : section;
  });
  const shown = sections.filter((section) => section !== undefined);
  // Mermaid leaves room for short names alone.
  const names = outcomes.slice(0, shown.length).map(({ requestId }) => nameOf(show(requestId)));
  const padding = 40 + 7 * Math.max(0, ...names.map(({ length }) => length));
  const rest = outcomes.length - shown.length;
  const note = rest === 0 ? '' : `\nThe chart leaves out ${rest} ${rest === 1 ? 'job' : 'jobs'}.\n`;
  if (shown.length === 0) return note;
  return [
    `\n\`\`\`mermaid\n---\nconfig:\n  gantt:\n    leftPadding: ${padding}\n---`,
    'gantt\ndateFormat x\naxisFormat %H:%M:%S',
    ...shown,
    `\`\`\`\n${note}`,
  ].join('\n');
}

function sectionOf(
  { requestId, changes, elapsedMs }: Outcome,
  startMs: number,
  show: SummaryFrame['show'],
): string {
  const tasks = changes.map(({ state, providerStatus, elapsedMs: atMs }, index) => {
    const untilMs = changes[index + 1]?.elapsedMs ?? elapsedMs;
    const [from, until] = [atMs, untilMs].map((ms) => Math.round(startMs + ms));
    const isPoint = from === until ? 'milestone, ' : '';
    const word = show(providerStatus) || 'no word yet';
    return `${label(nameOf(word))}:${isPoint}${TAGS[state]}${from}, ${until}`;
  });
  return [`section ${label(nameOf(show(requestId)))}`, ...tasks].join('\n');
}

const nameOf = (text: string): string => text.slice(0, 40).toWellFormed();

/**
 * Text as Mermaid takes it without finding syntax in it: as entities, of which the first keeps it from
 * being a keyword, https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
 */
function label(text: string): string {
  const entity = (sign: string) => `#${sign.codePointAt(0) ?? 32};`;
  return (text || '?').replace(/^.|[^\p{L}\p{N}_.-]/gsu, entity);
}
