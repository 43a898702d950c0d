import { describe, expect, test } from '@jest/globals';
import { jobsOf } from '../support/action.js';
import { apiServer, type Given } from '../support/api-server.js';
import { rows } from '../support/summary.js';

/** The page of a job (`link-query`) and how far it is (`progress-query`), through the bundle. */
const { run } = apiServer();

const page = 'https://a.example/jobs/1?tab=log';
const running: Given = { body: { status: 'running', page, done: 40 } };
const done: Given = { body: { status: 'done', page, done: 100 } };
const queries = { 'link-query': 'page', 'progress-query': 'done' };

describe('the page of a job', () => {
  test('is an output, the first line of the log, once, and the first of the summary', async () => {
    const { exitCode, log, outputs, summary } = await run(queries, [running, running, done]);
    expect(exitCode).toBe(0);
    expect(outputs.link).toBe(page);
    expect(jobsOf({ outputs })).toMatchObject([{ link: page }]);
    expect(log.split('\n')[1]).toMatch(
      /^ +\d+ms {2}the job’s page: https:\/\/a\.example\/jobs\/1\?tab=log$/,
    );
    expect(log.match(/a\.example/g)).toHaveLength(1);
    expect(summary).toContain(
      `</h3>\n\n<ul>\n<li>Page: <a href="${page}"><code>https://a.example/jobs/1?…</code></a></li>`,
    );
  });

  test('is known of a job that failed, and of one whose time has run out', async () => {
    const failed = await run(queries, [{ body: { status: 'failed', page } }]);
    const late = await run({ ...queries, timeout: '0' }, [running]);
    for (const { exitCode, outputs, summary } of [failed, late]) {
      expect(exitCode).toBe(1);
      expect(outputs.link).toBe(page);
      expect(summary).toContain(`<a href="${page}">`);
    }
  });

  test('of several jobs is one line per job, empty where there is none', async () => {
    const { log, outputs, summary } = await run(
      { ...queries, 'request-id': 'a\nb\nc' },
      ({ line }) => ({
        body: {
          status: 'done',
          ...(!line.endsWith('/b') && { page: `https://a.example${line.slice(4)}` }),
        },
      }),
    );
    expect(outputs.link).toBe('https://a.example/jobs/a\n\nhttps://a.example/jobs/c');
    expect(log.match(/ [ac]: the job’s page: https:\/\/a\.example\/jobs\/[ac]$/gm)).toHaveLength(2);
    expect(rows(summary).map(([id]) => id)).toEqual([
      'Job',
      '<a href="https://a.example/jobs/a"><samp>a</samp></a>',
      '<samp>b</samp>',
      '<a href="https://a.example/jobs/c"><samp>c</samp></a>',
    ]);
  });

  test('is empty without link-query, whatever a response holds', async () => {
    const { log, outputs, summary } = await run({}, [running, done]);
    expect(outputs.link).toBe('');
    expect(jobsOf({ outputs })[0]).not.toHaveProperty('link');
    expect(log + summary).not.toContain('a.example');
  });

  test.each([
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'https:x" onclick="alert(1)',
    '//evil.example',
  ])('that is no page stays text: %s', async (link) => {
    const { exitCode, log, outputs, summary } = await run(queries, [
      { body: { status: 'done', page: link } },
    ]);
    expect(exitCode).toBe(0);
    expect(outputs.link).toBe(link);
    expect(log).toContain(`the job’s page: ${link}`);
    expect(summary).not.toMatch(/<a|href|<script|"/);
  });

  test('is one harmless line, whatever a provider sends', async () => {
    const link = 'https://a.example/1\n::error::forged\n</code><script>"\u202E';
    const { log, outputs, summary } = await run(queries, [
      { body: { status: 'done', page: link } },
    ]);
    expect(outputs.link?.split('\n')).toHaveLength(1);
    expect(log).not.toMatch(/^::error/m);
    expect(summary).not.toContain('<script');
    expect(summary.match(/<a href="[^"]*">/g)).toHaveLength(1);
  });

  test('that is the link to the report is shown without what signs it', async () => {
    const report = 'https://a.example/r.csv?sig=k8s9d7f6a1b2';
    const body = { status: 'done', page: report };
    const { log, outputs, summary } = await run({ ...queries, 'file-path-query': 'page' }, [
      { body },
    ]);
    expect(outputs).toMatchObject({ link: report, filePath: report });
    expect(log + summary).not.toContain('k8s9d7f6a1b2');
    expect(summary).toContain('<a href="https://a.example/r.csv">');
  });
});

describe('the progress of a job', () => {
  test('is shown beside its status, once each time it changes', async () => {
    const at = (share: number): Given => ({ body: { status: 'running', done: share } });
    const { log } = await run(queries, [at(10), at(10), at(60), at(60), done]);
    expect(log.match(/ {2}running.*$/gm)).toEqual(['  running (10)', '  running (60)']);
  });

  test('may be a text, and is one harmless line', async () => {
    const { log } = await run(queries, [
      { body: { status: 'running', done: 'step 2\n::error::x' } },
      done,
    ]);
    expect(log).toMatch(/ {2}running \(step 2 ::error::x\)$/m);
    expect(log).not.toMatch(/^::error/m);
  });
});
