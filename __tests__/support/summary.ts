import mermaid from 'mermaid';

/** The cells of the table, row by row, as they stand in the HTML. */
export const rows = (summary: string) =>
  [...summary.matchAll(/<tr>(.*)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell),
  );

/** The tasks that Mermaid itself finds in the chart of a summary. */
export async function tasksIn(summary: string, startMs = 0) {
  const source = /```mermaid\n([\s\S]*?)\n```/.exec(summary)?.[1] ?? '';
  await mermaid.parse(source);
  // Nothing else of Mermaid tells what it has read.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(source);
  return (db as unknown as { getTasks(): Task[] })
    .getTasks()
    .map(({ section, task, startTime, endTime, crit, done, active }) => ({
      section: decoded(section),
      task: decoded(task),
      fromMs: startTime.getTime() - startMs,
      untilMs: endTime.getTime() - startMs,
      tag: [crit && 'crit', done && 'done', active && 'active'].filter(Boolean).join(),
    }));
}

interface Task {
  readonly section: string;
  readonly task: string;
  readonly startTime: Date;
  readonly endTime: Date;
  readonly crit?: boolean;
  readonly done?: boolean;
  readonly active?: boolean;
}

/** Mermaid keeps entities in a form of its own until it draws: `ﬂ°°35¶ß` is `#35;`. */
const decoded = (text: string) =>
  text.replace(/ﬂ°°(\d+)¶ß/g, (_, code: string) => String.fromCodePoint(Number(code)));
