import type { JobState, Outcome } from '../domain/job.ts';
import type { ToLine } from './messages.ts';

const MAX_JOBS = 30;
/** Mermaid draws no text of over 50,000 characters. */
const MAX_CHART_LENGTH = 45_000;

const GANTT_TAG_BY_STATE: Readonly<Record<JobState, string>> = {
  // Mermaid writes the names of active tasks in black, also where they stand on a dark page.
  pending: '',
  unknown: '',
  successful: 'done, ',
  partial: 'crit, ',
  failed: 'crit, ',
};

/**
 * A chart of when each job was in which state; empty where no job was seen to change.
 * Syntax: https://mermaid.js.org/syntax/gantt.html
 *
 * @param startMs when the wait began, in milliseconds since the epoch
 */
export function drawGantt(outcomes: readonly Outcome[], startMs: number, toLine: ToLine): string {
  if (!outcomes.some(({ changes }) => changes.length > 1)) return '';
  let room = MAX_CHART_LENGTH;
  const sections = outcomes.slice(0, MAX_JOBS).map((outcome) => {
    const section = drawSection(outcome, startMs, toLine);
    room -= section.length;
    return room < 0 ? undefined : section;
  });
  const shown = sections.filter((section) => section !== undefined);
  // Mermaid leaves room for short names alone.
  const names = outcomes.slice(0, shown.length).map(({ requestId }) => shorten(toLine(requestId)));
  const padding = 40 + 7 * Math.max(0, ...names.map(({ length }) => length));
  const rest = outcomes.length - shown.length;
  const note = rest === 0 ? '' : `\nThe chart leaves out ${rest} ${rest === 1 ? 'job' : 'jobs'}.\n`;
  if (shown.length === 0) return note;
  return [
    `\n\`\`\`mermaid\n---\nconfig:\n  gantt:\n    leftPadding: ${padding}\n---`,
    `gantt\ndateFormat x\naxisFormat %H:%M:%S\ntickInterval ${tickInterval(outcomes)}`,
    ...shown,
    `\`\`\`\n${note}`,
  ].join('\n');
}

/** Distances of ticks that are round times. */
const TICK_SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200,
];
/** More times have no room on a narrow screen. */
const MAX_TICKS = 5;

function tickInterval(outcomes: readonly Outcome[]): string {
  const seconds = Math.max(...outcomes.map(({ elapsedMs }) => elapsedMs)) / 1000;
  const interval = TICK_SECONDS.find((one) => seconds / one <= MAX_TICKS) ?? 86_400;
  return `${interval}second`;
}

function drawSection(
  { requestId, changes, elapsedMs }: Outcome,
  startMs: number,
  toLine: ToLine,
): string {
  const tasks = changes.map(({ state, providerStatus, elapsedMs: atMs }, index) => {
    const untilMs = changes[index + 1]?.elapsedMs ?? elapsedMs;
    const [from, until] = [atMs, untilMs].map((ms) => Math.round(startMs + ms));
    const isPoint = from === until ? 'milestone, ' : '';
    const status = toLine(providerStatus) || 'no status yet';
    return `${escapeLabel(shorten(status))}:${isPoint}${GANTT_TAG_BY_STATE[state]}${from}, ${until}`;
  });
  return [`section ${escapeLabel(shorten(toLine(requestId)))}`, ...tasks].join('\n');
}

const shorten = (text: string): string => text.slice(0, 40).toWellFormed();

/**
 * Text as Mermaid takes it without finding syntax in it: as entities, of which the first keeps it from
 * being a keyword, https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
 */
function escapeLabel(text: string): string {
  const entity = (sign: string) => `#${sign.codePointAt(0) ?? 32};`;
  return (text || '?').replace(/^.|[^\p{L}\p{N}_.-]/gsu, entity);
}
