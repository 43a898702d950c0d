import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import mermaid from 'mermaid';
import type { Outcome } from '../../../src/domain/job.js';
import { summaryOf } from '../../../src/output/summary.js';
import { quote } from '../../../src/text/inert.js';
import { vendorTest, words } from '../../support/provider.js';

const run = vendorTest('unicommerce');
const complete = { word: 'COMPLETE', filePath: 'https://reports.example/a.csv' };
const startMs = Date.UTC(2026, 10, 21, 10, 15);

const outcome = (changes: Partial<Outcome> = {}): Outcome => ({
  requestId: 'job-1',
  status: 'Successful',
  reason: '',
  providerStatus: 'COMPLETE',
  batchId: '',
  filePath: '',
  message: '',
  timedOut: false,
  polls: 3,
  elapsedMs: 134_000,
  changes: [{ elapsedMs: 0, state: 'successful', providerStatus: 'COMPLETE' }],
  ...changes,
});
const failure = { status: 'Failure', reason: 'job-failed', providerStatus: 'FAILED' } as const;

const summarize = (...outcomes: Outcome[]) =>
  summaryOf(outcomes, { title: 'Unicommerce Uniware', startMs, show: quote });

/** The cells of the table, row by row, as they stand in the HTML. */
const rows = (summary: string) =>
  [...summary.matchAll(/<tr>(.*)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd]>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell),
  );

/** The tasks that Mermaid itself finds in the chart of a summary. */
async function tasksIn(summary: string) {
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

const changes: Outcome['changes'] = [
  { elapsedMs: 0, state: 'pending', providerStatus: 'SCHEDULED' },
  { elapsedMs: 5000, state: 'pending', providerStatus: 'RUNNING' },
  { elapsedMs: 134_000, state: 'failed', providerStatus: 'FAILED' },
];

test('the table tells of a job all that the step knows', () => {
  const report = { file: '/work/reports/Export.csv', bytes: 1_340_000 };
  expect(rows(summarize(outcome({ report, message: '12 rows left out' })))).toEqual([
    ['Job', 'Status', 'Vendor’s word', 'Waited', 'Questions', 'Message', 'Report'],
    [
      '<code>job-1</code>',
      '✅&nbsp;Successful',
      '<code>COMPLETE</code>',
      '2m 14s',
      '3',
      '12 rows left out',
      '<code>Export.csv</code><br>1.34 MB',
    ],
  ]);
});

test('failures come first, and the heading counts what ended how', () => {
  const summary = summarize(
    outcome({ requestId: 'good' }),
    outcome({ requestId: 'bad', ...failure }),
    outcome({ requestId: 'half', status: 'PartialSuccess', reason: 'partial-success' }),
  );
  expect(
    rows(summary)
      .slice(1)
      .map(([id]) => id),
  ).toEqual(['<code>bad</code>', '<code>half</code>', '<code>good</code>']);
  expect(summary).toContain(
    '<h3>Unicommerce Uniware: 3 jobs, ✅ 1 Successful, ⚠️ 1 PartialSuccess, ❌ 1 Failure</h3>',
  );
});

test.each([
  '<img src=x onerror=alert(1)>',
  '</td></tr></table><script>alert(1)</script>',
  '[a link](https://evil.example) | a cell | `code`',
  'line\n\n# heading\n```mermaid\ngantt\n```',
  '&lt;b&gt;',
])('what a vendor says stays text: %j', (text) => {
  const summary = summarize(
    outcome({ requestId: text, message: text, providerStatus: text, changes }),
  );
  const [table = '', chart = ''] = summary.split('\n```mermaid\n');
  const tags = [...table.matchAll(/<\/?([a-z0-9]+)[^>]*>/g)].map(([, name]) => name);
  expect([...new Set(tags)].sort()).toEqual(['code', 'h3', 'table', 'td', 'th', 'tr']);
  // An empty line would end the HTML, and what follows would be Markdown.
  expect(table.slice(table.indexOf('<table>'))).not.toMatch(/\n\s*\n./);
  expect(chart.match(/```/g)).toHaveLength(1);
  expect(rows(summary)).toHaveLength(2);
});

test('as many jobs are listed as GitHub takes, and the rest is counted', () => {
  const many = Array.from({ length: 5000 }, (_, index) =>
    outcome({ requestId: `job-${index}`, message: 'ä'.repeat(400), changes }),
  );
  const summary = summarize(...many);
  expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
  const listed = rows(summary).length - 1;
  expect(listed).toBeGreaterThan(1000);
  expect(summary).toContain(`… and ${5000 - listed} more`);
});

describe('the chart', () => {
  test('is left out where no job was seen to change', () => {
    expect(summarize(outcome())).not.toContain('mermaid');
  });

  test('shows when each job was in which state', async () => {
    const summary = summarize(outcome({ ...failure, changes }));
    expect(await tasksIn(summary)).toEqual([
      { section: 'job-1', task: 'SCHEDULED', fromMs: 0, untilMs: 5000, tag: 'active' },
      { section: 'job-1', task: 'RUNNING', fromMs: 5000, untilMs: 134_000, tag: 'active' },
      { section: 'job-1', task: 'FAILED', fromMs: 134_000, untilMs: 134_000, tag: 'crit' },
    ]);
  });

  test('shows at most thirty jobs and says how many it leaves out', async () => {
    const many = Array.from({ length: 34 }, (_, index) =>
      outcome({ requestId: `job-${index}`, changes }),
    );
    const summary = summarize(...many);
    expect(new Set((await tasksIn(summary)).map(({ section }) => section)).size).toBe(30);
    expect(summary).toContain('The chart leaves out 4 jobs.');
  });

  test('has no more text than Mermaid draws, and leaves the table its room', async () => {
    const word = 'Processing 12 % of the report (again)';
    const busy = Array.from({ length: 40 }, (_, at) => ({
      elapsedMs: at,
      state: 'pending' as const,
      providerStatus: word,
    }));
    const many = Array.from({ length: 30 }, (_, index) =>
      outcome({ requestId: `job-${index}`, changes: busy }),
    );
    const summary = summarize(...many);
    expect(summary.split('```mermaid')[1]?.length).toBeLessThan(50_000);
    expect((await tasksIn(summary)).length).toBeGreaterThan(100);
    expect(summary).toMatch(/The chart leaves out \d+ jobs\./);
    expect(rows(summary)).toHaveLength(31);
  });

  test('names a job that has no visible name', async () => {
    const tasks = await tasksIn(summarize(outcome({ requestId: '\u200B', changes })));
    expect(tasks[0]?.section).toBe('?');
  });

  test.each([
    'section other',
    'title: x',
    'click a href "https://evil.example"',
    '%%{init: {"theme":"dark"}}%%',
    'accDescr { x }',
    'end',
    'a:b, crit, after c',
    '#35;&#x3a;;',
    '``` ~~~ <b> "q" \\',
    '---',
  ])('is not fooled by a job and a word called %s', async (name) => {
    const hostile = changes.map((change) => ({ ...change, providerStatus: name }));
    const tasks = await tasksIn(summarize(outcome({ requestId: name, changes: hostile })));
    expect(tasks.map(({ section, task }) => [section, task])).toEqual([
      [name, name],
      [name, name],
      [name, name],
    ]);
  });

  test('is one that Mermaid can read, whatever jobs are called', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (name) => {
        const tasks = await tasksIn(summarize(outcome({ requestId: name, changes })));
        expect(tasks).toHaveLength(3);
      }),
    );
  });
});

test('a run that goes well leaves its summary', async () => {
  const { exitCode, summary, id } = await run({ steps: [...words('RUNNING'), complete] });
  expect(exitCode).toBe(0);
  expect(summary).toContain(`<h3>✅ Unicommerce Uniware: job ${id}</h3>`);
  expect((await tasksIn(summary)).map(({ task }) => task)).toEqual(['RUNNING', 'COMPLETE']);
});

test('bad inputs are in the summary, too', async () => {
  const { exitCode, summary } = await run({ steps: [complete] }, { timeout: '<b>soon</b>' });
  expect(exitCode).toBe(1);
  expect(summary).toContain('❗ Await Job');
  expect(summary).toContain('`timeout` “&lt;b&gt;soon&lt;/b&gt;” is not a duration');
});

test('a wait that is cancelled leaves its summary', async () => {
  const { exitCode, summary } = await run(
    { steps: [{ word: 'RUNNING' }] },
    {},
    {
      onLog: (log, kill) => {
        if (log.includes('RUNNING')) kill('SIGINT');
      },
    },
  );
  expect(exitCode).toBe(1);
  expect(rows(summary)[1]?.slice(1, 3)).toEqual([
    '⏳&nbsp;Pending<br>cancelled',
    '<code>RUNNING</code>',
  ]);
});

test.each([
  ['that cannot be written', '/nowhere/summary'],
  ['that is not wanted', ''],
])('a summary %s fails nothing', async (_, path) => {
  const { exitCode, outputs } = await run(
    { steps: [complete] },
    {},
    { env: { GITHUB_STEP_SUMMARY: path } },
  );
  expect(exitCode).toBe(0);
  expect(outputs.status).toBe('Successful');
});
