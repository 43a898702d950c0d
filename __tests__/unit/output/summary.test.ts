import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome } from '../../../src/domain/job.js';
import { summarize } from '../../../src/output/summary.js';
import { quote } from '../../../src/text/inert.js';
import { rows, tasksIn } from '../../support/summary.js';

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

const summaryOf = (...outcomes: Outcome[]) =>
  summarize(outcomes, { title: 'Unicommerce Uniware', startMs, toLine: quote });

const changes: Outcome['changes'] = [
  { elapsedMs: 0, state: 'pending', providerStatus: 'SCHEDULED' },
  { elapsedMs: 5000, state: 'pending', providerStatus: 'RUNNING' },
  { elapsedMs: 134_000, state: 'failed', providerStatus: 'FAILED' },
];

test('the table tells of a job all that the step knows', () => {
  const reportFiles = [{ path: '/work/reports/Export.csv', bytes: 1_340_000, sha256: '' }];
  expect(rows(summaryOf(outcome({ reportFiles, message: '12 rows left out' })))).toEqual([
    ['Job', 'Status', 'Status at provider', 'Elapsed', 'Polls', 'Message', 'Report'],
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
  const summary = summaryOf(
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
])('what a provider says stays text: %j', (text) => {
  const summary = summaryOf(
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
  const summary = summaryOf(...many);
  expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
  const listed = rows(summary).length - 1;
  expect(listed).toBeGreaterThan(1000);
  expect(summary).toContain(`… and ${5000 - listed} more`);
});

describe('the chart', () => {
  test('is left out where no job was seen to change', () => {
    expect(summaryOf(outcome())).not.toContain('mermaid');
  });

  test('shows when each job was in which state', async () => {
    const summary = summaryOf(outcome({ ...failure, changes }));
    expect(await tasksIn(summary, startMs)).toEqual([
      { section: 'job-1', task: 'SCHEDULED', fromMs: 0, untilMs: 5000, tag: 'active' },
      { section: 'job-1', task: 'RUNNING', fromMs: 5000, untilMs: 134_000, tag: 'active' },
      { section: 'job-1', task: 'FAILED', fromMs: 134_000, untilMs: 134_000, tag: 'crit' },
    ]);
  });

  test('shows at most thirty jobs and says how many it leaves out', async () => {
    const many = Array.from({ length: 34 }, (_, index) =>
      outcome({ requestId: `job-${index}`, changes }),
    );
    const summary = summaryOf(...many);
    expect(new Set((await tasksIn(summary, startMs)).map(({ section }) => section)).size).toBe(30);
    expect(summary).toContain('The chart leaves out 4 jobs.');
  });

  test('has no more text than Mermaid draws, and leaves the table its room', async () => {
    const status = 'Processing 12 % of the report (again)';
    const busy = Array.from({ length: 40 }, (_, at) => ({
      elapsedMs: at,
      state: 'pending' as const,
      providerStatus: status,
    }));
    const many = Array.from({ length: 30 }, (_, index) =>
      outcome({ requestId: `job-${index}`, changes: busy }),
    );
    const summary = summaryOf(...many);
    expect(summary.split('```mermaid')[1]?.length).toBeLessThan(50_000);
    expect((await tasksIn(summary, startMs)).length).toBeGreaterThan(100);
    expect(summary).toMatch(/The chart leaves out \d+ jobs\./);
    expect(rows(summary)).toHaveLength(31);
  });

  test('names a job that has no visible name', async () => {
    const tasks = await tasksIn(summaryOf(outcome({ requestId: '\u200B', changes })), startMs);
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
  ])('is not fooled by a job and a status called %s', async (name) => {
    const hostile = changes.map((change) => ({ ...change, providerStatus: name }));
    const tasks = await tasksIn(summaryOf(outcome({ requestId: name, changes: hostile })), startMs);
    expect(tasks.map(({ section, task }) => [section, task])).toEqual([
      [name, name],
      [name, name],
      [name, name],
    ]);
  });

  test('is one that Mermaid can read, whatever jobs are called', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (name) => {
        const tasks = await tasksIn(summaryOf(outcome({ requestId: name, changes })), startMs);
        expect(tasks).toHaveLength(3);
      }),
    );
  });
});
