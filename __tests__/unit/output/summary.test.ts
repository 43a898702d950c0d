import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome } from '../../../src/domain/job.js';
import type { Failure } from '../../../src/output/failures.js';
import { summarize, summarizeFailure } from '../../../src/output/summary.js';
import { quote, toLine } from '../../../src/text/inert.js';
import { createSanitizer } from '../../../src/text/sanitizer.js';
import { createSecrets } from '../../../src/text/secrets.js';
import { outcome as finished } from '../../support/outcome.js';
import { longestPart } from '../../support/secret-forms.js';
import { rows, tasksIn } from '../../support/summary.js';

const startMs = Date.UTC(2026, 10, 21, 10, 15);

const outcome = (own: Partial<Outcome> = {}): Outcome =>
  finished({
    ...{ polls: 3, elapsedMs: 134_000 },
    changes: [{ elapsedMs: 0, state: 'successful', providerStatus: 'COMPLETE' }],
    ...own,
  });
const failure = { status: 'Failure', reason: 'job-failed', providerStatus: 'FAILED' } as const;

const context = {
  title: 'Unicommerce Uniware',
  startMs,
  toLine: quote,
  toLink: toLine,
  failures: [],
  warnings: [],
};

const summaryOf = (...outcomes: Outcome[]) => summarize(outcomes, context);

/** What is said of an outcome, as `describeFailures` gives it. */
const said = (text: string, ...outcomes: Outcome[]): Failure => ({ outcomes, title: '', text });

/** The chart needs no second job: it is drawn for one too. */
const other = outcome({ requestId: 'other' });

const changes = [
  { elapsedMs: 0, state: 'pending', providerStatus: 'SCHEDULED' },
  { elapsedMs: 5000, state: 'pending', providerStatus: 'RUNNING' },
  { elapsedMs: 134_000, state: 'failed', providerStatus: 'FAILED' },
] as const satisfies Outcome['changes'];

test('the table tells of each job all that the step knows', () => {
  const reportFiles = [{ path: '/work/reports/Export.csv', bytes: 1_340_000, sha256: '' }];
  expect(rows(summaryOf(outcome({ reportFiles }), outcome({ ...failure })))).toEqual([
    ['Job', 'Status', 'Status at provider', 'Elapsed', 'Polls', 'Report'],
    [
      '<samp>job-1</samp>',
      '❌&nbsp;Failure<br>job-failed',
      '<code>FAILED</code>',
      '2m 14s',
      '3',
      '',
    ],
    [
      '<samp>job-1</samp>',
      '✅&nbsp;Successful',
      '<code>COMPLETE</code>',
      '2m 14s',
      '3',
      '<code>Export.csv</code><br>1.34 MB',
    ],
  ]);
});

test('an id does not wrap at its hyphens', () => {
  const summary = summaryOf(outcome({ requestId: 'a-long-id' }), other);
  expect(summary).toContain('<td nowrap><samp>a-long-id</samp></td>');
});

test('the headline counts the jobs, and names the first that failed, with its cause', () => {
  const bad = outcome({
    requestId: 'orders-7',
    ...failure,
    message: 'settlementDate is in the past',
  });
  const outcomes = [
    outcome({ requestId: 'good' }),
    bad,
    outcome({ requestId: 'half', status: 'PartialSuccess', reason: 'partial-success' }),
  ];
  const summary = summarize(outcomes, { ...context, failures: [said('see there', bad)] });
  expect(
    rows(summary)
      .slice(1)
      .map(([id]) => id),
  ).toEqual(['<samp>orders-7</samp>', '<samp>half</samp>', '<samp>good</samp>']);
  expect(summary).toMatch(
    /^<h3>❌ Unicommerce Uniware: 1 of 3 jobs finished, 1 failed: orders-7: settlementDate is in the past<\/h3>\n\n<ul>\n<li>see there<\/li>\n<\/ul>\n<table>/,
  );
});

test('the headline of jobs that failed in the same way has only the cause', () => {
  const bad = ['a', 'b'].map((requestId) => outcome({ requestId, ...failure, message: 'no' }));
  const one = { ...context, failures: [said('x', ...bad)] };
  expect(summarize([...bad, other], one)).toMatch(
    /^<h3>❌ Unicommerce Uniware: 1 of 3 jobs finished, 2 failed: no<\/h3>/,
  );
  const two = { ...context, failures: bad.map((job) => said('x', job)) };
  expect(summarize([...bad, other], two)).toMatch(/ 2 failed: a: no<\/h3>/);
});

test('a headline is not longer than people read', () => {
  const bad = outcome({ ...failure, message: 'x'.repeat(400) });
  const summary = summarize([bad, other], { ...context, failures: [said('', bad)] });
  expect(/<h3>(.*)<\/h3>/.exec(summary)?.[1]?.length).toBeLessThan(300);
});

test('the headline of jobs that all finished says no more', () => {
  expect(summaryOf(outcome(), other)).toContain(
    '<h3>✅ Unicommerce Uniware: 2 of 2 jobs finished</h3>\n\n<table>',
  );
});

describe('of one job', () => {
  test('is a sentence and a list, not a table', () => {
    const reportFiles = [{ path: '/work/reports/Export.csv', bytes: 1_340_000, sha256: '' }];
    expect(summaryOf(outcome({ reportFiles, message: '12 rows left out' }))).toBe(
      [
        '<h3>✅ Unicommerce Uniware: job job-1 finished</h3>\n',
        '<ul>',
        '<li>Status at provider: <code>COMPLETE</code></li>',
        '<li>Message: 12 rows left out</li>',
        '<li>3 polls in 2m 14s</li>',
        '<li>Report: <code>Export.csv</code>, 1.34 MB</li>',
        '</ul>\n',
      ].join('\n'),
    );
  });

  test('says the cause and the advice of a failure once, and not again what the cause says', () => {
    const bad = outcome({ ...failure, message: 'not booked', changes: [] });
    const text =
      'HTTP API job job-1 failed: not booked (status `FAILED`, 3 polls in 2s). Do `this`';
    expect(summarize([bad], { ...context, failures: [said(text, bad)] })).toBe(
      [
        '<h3>❌ Unicommerce Uniware: job job-1 failed</h3>\n',
        '<ul>',
        '<li>HTTP API job job-1 failed: not booked (status <code>FAILED</code>, 3 polls in 2s). Do <code>this</code></li>',
        '</ul>\n',
      ].join('\n'),
    );
  });

  test('says what it says of a success in part that the workflow lets pass', () => {
    const half = outcome({ status: 'PartialSuccess', reason: 'partial-success', message: 'two' });
    const summary = summarize([half], { ...context, warnings: [said('only in part: two', half)] });
    expect(summary).toContain('<h3>⚠️ Unicommerce Uniware: job job-1 succeeded only in part</h3>');
    expect(summary.match(/two/g)).toHaveLength(1);
    expect(summary).toContain('<li>only in part: two</li>');
  });

  test('says how a job stands whose time has run out, where the workflow goes on', () => {
    const message = 'still RUNNING after 2m and 3 polls';
    const summary = summaryOf(outcome({ status: 'Pending', reason: 'timed-out', message }));
    expect(summary).toContain('<h3>⏳ Unicommerce Uniware: job job-1 has not ended yet</h3>');
    expect(summary).toContain(`<li>Message: ${message}</li>`);
  });

  test('links to its page first', () => {
    const link = 'https://a.example/jobs/1?x="y"&tab=log';
    expect(summaryOf(outcome({ link }))).toContain(
      '</h3>\n\n<ul>\n<li>Page: <a href="https://a.example/jobs/1?x=&quot;y&quot;&amp;tab=log"><code>https://a.example/jobs/1?…&quot;y&quot;&amp;tab=log</code></a></li>',
    );
  });
});

test('of several jobs links each to its page by its id', () => {
  const link = 'https://a.example/jobs/1';
  expect(rows(summaryOf(outcome({ link }), other))[1]?.[0]).toBe(
    '<a href="https://a.example/jobs/1"><samp>job-1</samp></a>',
  );
});

test.each([
  'javascript:alert(1)',
  ' javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  '//evil.example',
  '/jobs/1',
  'x https://a.example',
])('a page that is no link stays text: %j', (link) => {
  const summary = summaryOf(outcome({ link })) + summaryOf(outcome({ link }), other);
  expect(summary).not.toMatch(/<a|href|<script/);
});

test('backticks of our messages become code, and what stands in them stays text', () => {
  const bad = outcome(failure);
  const text = 'set `a` or `<b>`; an odd ` stays';
  const summary = summarize([bad], { ...context, failures: [said(text, bad)] });
  expect(summary).toContain(
    '<li>set <code>a</code> or <code>&lt;b&gt;</code>; an odd ` stays</li>',
  );
});

test('a summary of bad inputs has their names as code', () => {
  expect(summarizeFailure('These inputs need a change:\n- `url`: <none>\n- `a')).toBe(
    '<h3>❗ Await Job</h3>\n<pre>These inputs need a change:\n- <code>url</code>: &lt;none&gt;\n- `a</pre>\n',
  );
});

const tagsIn = (html: string) =>
  [...html.matchAll(/<\/?([a-z0-9]+)[^>]*>/g)].map(([, name]) => name);

test.each([
  '<img src=x onerror=alert(1)>',
  '</td></tr></table><script>alert(1)</script>',
  '[a link](https://evil.example) | a cell | `code`',
  'line\n\n# heading\n```mermaid\ngantt\n```',
  '&lt;b&gt;',
])('what a provider says stays text: %j', (text) => {
  const hostile = outcome({
    ...{ requestId: text, message: text, providerStatus: text, link: text },
    ...{ ...failure, changes },
  });
  const failures = [said(quote(`\`${text}\``), hostile)];
  const one = summarize([hostile], { ...context, failures }).split('\n```mermaid\n')[0] ?? '';
  expect([...new Set(tagsIn(one))].sort()).toEqual(['code', 'h3', 'li', 'ul']);
  expect(one.slice(one.indexOf('<ul>'))).not.toMatch(/\n\s*\n./);
  const summary = summarize([hostile, other], { ...context, failures });
  const [table = '', chart = ''] = summary.split('\n```mermaid\n');
  const tags = ['br', 'code', 'h3', 'li', 'samp', 'table', 'td', 'th', 'tr', 'ul'];
  expect([...new Set(tagsIn(table))].sort()).toEqual(tags);
  // An empty line would end the HTML, and what follows would be Markdown.
  expect(table.slice(table.indexOf('<ul>'))).not.toMatch(/\n\s*\n./);
  expect(chart.match(/```/g)).toHaveLength(1);
  expect(rows(summary)).toHaveLength(3);
});

test('as many jobs are listed as GitHub takes, and the rest is counted', () => {
  const many = Array.from({ length: 5000 }, (_, index) =>
    outcome({ requestId: `job-${index}`, providerStatus: 'ä'.repeat(400), changes }),
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

  test('is left out of a wait of less than ten seconds', () => {
    const short = changes.map((change) => ({ ...change, elapsedMs: change.elapsedMs / 100 }));
    const at = (elapsedMs: number) => summaryOf(outcome({ elapsedMs, changes: short }), other);
    expect(summaryOf(outcome({ elapsedMs: 9999, changes: short }))).not.toContain('mermaid');
    expect(summaryOf(outcome({ elapsedMs: 10_000, changes: short }))).toContain('mermaid');
    // The longest wait counts.
    expect(at(1000)).toContain('mermaid');
  });

  test('shows when each job was in which state', async () => {
    const summary = summaryOf(outcome({ ...failure, changes }));
    expect(await tasksIn(summary, startMs)).toEqual([
      { section: 'job-1', task: 'SCHEDULED', fromMs: 0, untilMs: 5000, tag: '' },
      { section: 'job-1', task: 'RUNNING', fromMs: 5000, untilMs: 134_000, tag: '' },
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

test('a secret where a label of the chart is cut leaves no part of itself', async () => {
  const secret = 'Zk3-Xw9-Qv7-Jp5-Lm2';
  const secrets = createSecrets(() => undefined);
  secrets.add(secret);
  const sanitizer = createSanitizer(secrets);
  const outcomes = Array.from({ length: 20 }, (_, index) => {
    const text = `${'.'.repeat(21 + index)}${secret} end`;
    return outcome({
      requestId: text,
      changes: [changes[0], { ...changes[1], providerStatus: text }],
    });
  });
  const summary = summarize(outcomes, {
    ...context,
    toLine: (text) => sanitizer.line(text),
    toLink: (link) => sanitizer.page(link),
  });
  const labels = (await tasksIn(summary)).flatMap(({ section, task }) => [section, task]);
  expect(labels).toContain(`${'.'.repeat(37)}***`);
  expect(longestPart([...labels, summary].join('\n'), secret, 4)).toBe('');
});

test('a job that changed too often for a chart leaves a note in its place', () => {
  const many = Array.from({ length: 5000 }, (_, index) => ({
    elapsedMs: index,
    state: 'pending' as const,
    providerStatus: '',
  }));
  const text = summaryOf(outcome({ changes: many }));
  expect(text).toContain('The chart leaves out 1 job.');
  expect(text).not.toContain('mermaid');
});

test('what has no status yet is said so in the chart, and a wait of days has a tick a day', () => {
  const days = [
    { elapsedMs: 0, state: 'pending', providerStatus: '' },
    ...changes.slice(1),
  ] as const;
  const text = summaryOf(outcome({ changes: days, elapsedMs: 20 * 86_400_000 }));
  expect(text).toContain('tickInterval 86400second');
  expect(text).toMatch(/^#110;o#32;status#32;yet:/m);
});
