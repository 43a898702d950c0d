import {
  link as hardLink,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { readdirSync, renameSync, rmSync, symlinkSync, writeFileSync, linkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { jobsOf } from '../support/action.js';
import {
  body,
  expectRefused,
  expectSaved,
  fetchReport,
  file,
  sha256,
  type Responder,
} from '../support/report-server.js';
import { isWindows, makeFolder, removeFolder } from '../support/system.js';

const content = Buffer.from('order,amount\n1001,250\n');
const csv = file(content);
const disposition = (name: string) =>
  body(content, 'text/csv', {
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
  });

let workspace = '';
beforeEach(async () => {
  workspace = await makeFolder('workspace');
});
afterEach(() => removeFolder(workspace));

/** Rows that tell the reports of two providers apart in every line. */
const rowsOf = (provider: string) =>
  Buffer.from(Array.from({ length: 20_000 }, (_, row) => `${provider},${row}\n`).join(''));

/** A report in two halves with a pause between, so that two steps download at the same time. */
const slowly =
  (report: Buffer): Responder =>
  (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Length': report.length });
    response.write(report.subarray(0, report.length / 2));
    setTimeout(() => response.end(report.subarray(report.length / 2)), 150);
  };

describe('two steps in one folder', () => {
  const providers = ['acme', 'globex'].map(rowsOf);

  test('never take each other’s file, in ten runs', async () => {
    const digests: string[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      const runs = await Promise.all(
        providers.map((report) => fetchReport(slowly(report), { workspace })),
      );
      for (const [index, { exitCode, outputs }] of runs.entries()) {
        const right = sha256(providers[index] ?? content);
        expect({ exitCode, reason: outputs.reason }).toEqual({ exitCode: 0, reason: '' });
        expect(outputs.reportSha256).toBe(right);
        expect(sha256(await readFile(outputs.reportFile ?? ''))).toBe(right);
        digests.push(right);
      }
    }
    const names = await readdir(join(workspace, 'reports'));
    expect(names).toHaveLength(20);
    const found = await Promise.all(
      names.map(async (name) => sha256(await readFile(join(workspace, 'reports', name)))),
    );
    expect(found.sort()).toEqual(digests.sort());
  });

  test('of four at once each has its own, whatever the case of the name', async () => {
    const reports = ['a', 'b', 'c', 'd'].map(rowsOf);
    const runs = await Promise.all(
      reports.map((report, index) =>
        fetchReport(slowly(report), {
          workspace,
          links: ({ storage }) => `${storage}/${index % 2 === 0 ? 'export' : 'Export'}.csv`,
        }),
      ),
    );
    expect(new Set(runs.map(({ outputs }) => outputs.reportFile)).size).toBe(4);
    for (const [index, { outputs }] of runs.entries()) {
      expect(sha256(await readFile(outputs.reportFile ?? ''))).toBe(
        sha256(reports[index] ?? content),
      );
    }
  });

  test('where one fails, the other’s file is whole and alone', async () => {
    const broken: Responder = (_, response) => {
      response.writeHead(200, { 'Content-Length': 100 }).write('half');
      setTimeout(() => response.destroy(), 100);
    };
    const [good, bad] = await Promise.all([
      fetchReport(slowly(providers[0] ?? content), { workspace }),
      fetchReport(broken, { workspace, inputs: { timeout: '0' } }),
    ]);
    expect([good.exitCode, bad.exitCode]).toEqual([0, 1]);
    expect(await readdir(join(workspace, 'reports'))).toEqual(['Export.csv']);
  });
});

describe('a name that the server has chosen', () => {
  test.each([
    ['$(touch x).csv', '_(touch x).csv'],
    ['`touch x`.csv', '_touch x_.csv'],
    ['${IFS}a.csv', '__IFS_a.csv'],
    ['a;rm -rf b.csv', 'a_rm -rf b.csv'],
    ['a&&b|c>d<e.csv', 'a__b_c_d_e.csv'],
    ['a"b\'c\\.csv', '.csv'.slice(1)],
    ['-rf', 'rf'],
    ['--output=x.csv', 'output=x.csv'],
    ['.npmrc', 'npmrc'],
    ['..', 'report'],
    ['- . -x.csv', 'x.csv'],
    ['a*b?c[d]{e}!#~%^.csv', 'a_b_c_d__e______.csv'],
    ['line\nbreak\r.csv', 'line_break_.csv'],
    ['\u202Egpj.csv', 'gpj.csv'],
    ['::set-output name=x::y.csv', '__set-output name=x__y.csv'],
    ['Bericht (März), 2026 + x_y=z@a.csv', 'Bericht (März), 2026 + x_y=z@a.csv'],
    ['отчёт за год.csv', 'отчёт за год.csv'],
    ['レポート報告.csv', 'レポート報告.csv'],
    ['تقرير.csv', 'تقرير.csv'],
    ['COM1.csv', 'COM1_.csv'],
  ])('%j is made safe: %j', async (name, safe) => {
    const run = await fetchReport(disposition(name), { links: ({ storage }) => `${storage}/x` });
    expectSaved(run, { [safe]: content });
  });

  test.each(['$(touch x).csv', '`touch x`.csv', '-rf', '.npmrc'])(
    '%j is made safe in a link',
    async (name) => {
      const run = await fetchReport(csv, {
        links: ({ storage }) => `${storage}/${encodeURIComponent(name)}`,
      });
      expect(run.exitCode).toBe(0);
      expect(Object.keys(run.saved)).toHaveLength(1);
      expect(Object.keys(run.saved)[0]).toMatch(/^[^-.$`][^$`]*$/);
    },
  );

  test('of 255 letters of three bytes is short enough for every file system', async () => {
    const run = await fetchReport(disposition(`${'報'.repeat(255)}.csv`));
    expectSaved(run, { [`${'報'.repeat(76)}.csv`]: content });
  });

  test.each(['.', 'src/', 'src/deep/er/'])('replaces no older file in %s', async (folder) => {
    await mkdir(join(workspace, folder), { recursive: true });
    await writeFile(join(workspace, folder, 'index.js'), 'old');
    const run = await fetchReport(disposition('index.js'), {
      workspace,
      inputs: { 'download-path': folder },
    });
    expect(run.exitCode).toBe(0);
    expect(run.outputs.reportFile).toBe(join(workspace, folder, 'index-2.js'));
    expect(await readFile(join(workspace, folder, 'index.js'), 'utf8')).toBe('old');
    expect(await readFile(join(workspace, folder, 'index-2.js'))).toEqual(content);
  });

  test('replaces no link and no folder either', async () => {
    const reports = join(workspace, 'reports');
    await mkdir(join(reports, 'export.csv'), { recursive: true });
    await symlink(join(workspace, 'nowhere'), join(reports, 'Export-2.csv'), 'junction');
    const run = await fetchReport(csv, {
      workspace,
      links: ({ storage }) => `${storage}/Export.csv`,
    });
    expect(run.outputs.reportFile).toBe(join(reports, 'Export-3.csv'));
    expect((await readdir(workspace)).sort()).toEqual(['reports']);
  }, 20_000);
});

describe('download-path', () => {
  test.each([
    ['.git/'],
    ['.git/hooks/'],
    ['.git/config'],
    ['.GIT/'],
    ['sub/.git/x.csv'],
    ['.github/'],
    ['.github/workflows/x.yml'],
    ['node_modules/'],
    ['packages/a/node_modules/b/'],
    ['a/../.git/'],
  ])('%s is refused', async (path) => {
    const run = await fetchReport(csv, { inputs: { 'download-path': path } });
    expect(run.exitCode).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'Error', reason: 'bad-input', reportFile: '' });
    expect(run.log).toMatch(
      /`download-path` “.*” lies in \.?\w+, where no report is saved; give another folder/,
    );
    expect([run.polls, run.requests.length]).toEqual([0, 0]);
  });

  test('that leads into .git by a link is refused', async () => {
    await mkdir(join(workspace, '.git'));
    await symlink(join(workspace, '.git'), join(workspace, 'reports'), 'junction');
    const run = await fetchReport(csv, { workspace });
    expect(run.outputs).toMatchObject({ reason: 'bad-input' });
    expect(await readdir(join(workspace, '.git'))).toEqual([]);
  });

  test.each(['.gitignored/', 'node_modules2/', '.githubx/'])(
    '%s is a folder like any other',
    async (path) => {
      const run = await fetchReport(csv, { workspace, inputs: { 'download-path': path } });
      expect(run.outputs.reportFile).toBe(join(workspace, path, 'Export.csv'));
    },
  );

  test('lies in the workspace of a repository that is called .github', async () => {
    const root = join(workspace, '.github', '.github');
    await mkdir(root, { recursive: true });
    const run = await fetchReport(csv, { workspace: root });
    expectSaved(run, { 'Export.csv': content });
  });

  test.each([
    [
      '~/reports/',
      /begins with ~, which only a shell understands; write `\$\{\{ runner\.temp \}\}/,
    ],
    ['~', /begins with ~/],
    ['$HOME/reports/', /holds a variable, .*write `\$\{\{ env\.NAME \}\}`/],
    ['${RUNNER_TEMP}/x.csv', /holds a variable/],
    ['out/$(date)/', /holds a variable/],
    ['%USERPROFILE%/x.csv', /holds a variable/],
    ...(isWindows
      ? []
      : ([
          ['D:\\reports\\', /is a path of Windows, and this runner has another system; write a/],
          ['c:/reports/', /is a path of Windows/],
        ] as const)),
  ] as const)('%s is refused with what to write', async (path, why) => {
    const run = await fetchReport(csv, { workspace, inputs: { 'download-path': path } });
    expect(run.exitCode).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'Error', reason: 'bad-input' });
    expect(run.log).toMatch(why);
    expect(run.polls).toBe(0);
    expect(await readdir(workspace)).toEqual([]);
  });

  test.each(['costs 5$/', '100%/', 'a~b/', 'a $ b/'])('%s is no shell syntax', async (path) => {
    const run = await fetchReport(csv, { workspace, inputs: { 'download-path': path } });
    expect(run.outputs.reportFile).toBe(join(workspace, path, 'Export.csv'));
  });
});

describe('proof', () => {
  test('the seconds and the last line count the download in', async () => {
    const run = await fetchReport((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/csv' }).write(content);
      setTimeout(() => response.end(), 1100);
    });
    expectSaved(run, { 'Export.csv': content });
    expect(jobsOf(run)[0]?.elapsedSeconds).toBeGreaterThanOrEqual(1.1);
    expect(run.log).toMatch(/Successful after 1\.\d+s and 1 poll/);
  });

  test('without a download the outputs are empty, and the jobs are in a file', async () => {
    const run = await fetchReport(csv, { inputs: { 'download-path': '' } });
    expect(run.exitCode).toBe(0);
    expect(run.outputs).toMatchObject({ reportFile: '', reportBytes: '', reportSha256: '' });
    expect(run.jobsInFile).toBe(run.outputs.jobs);
    expect(run.files).toEqual([]);
  });

  test('three jobs have a line each, also one whose report is missing', async () => {
    const run = await fetchReport(
      (request, response, number) => {
        const isBad = request.url === '/b.csv';
        (isBad ? body('', 'text/csv') : csv)(request, response, number);
      },
      {
        links: ({ storage }, _poll, id) => `${storage}/${id}.csv`,
        inputs: { 'request-id': 'a\nb\nc', timeout: '0', 'download-path': 'reports/' },
      },
    );
    expect(run.exitCode).toBe(1);
    const lines = (name: string) => (run.outputs[name] ?? '').split('\n');
    expect(lines('reportFile')).toEqual(
      ['a.csv', '', 'c.csv'].map((name) => name && join(run.workspace, 'reports', name)),
    );
    expect(lines('reportBytes')).toEqual(['22', '', '22']);
    expect(lines('reportSha256').filter((digest) => digest === sha256(content))).toHaveLength(2);
    expect(run.jobsInFile).toBe(run.outputs.jobs);
  });

  test('the file of jobs is readable by its owner alone, and new in every run', async () => {
    const temp = await makeFolder('temp');
    const runs = await Promise.all(
      [1, 2].map(() => fetchReport(csv, { env: { RUNNER_TEMP: temp } })),
    );
    const files = runs.map(({ outputs }) => outputs.jobsFile ?? '');
    expect(new Set(files).size).toBe(2);
    expect(files.every((path) => path.startsWith(temp))).toBe(true);
    await removeFolder(temp);
  });

  test('a bad input leaves the same outputs', async () => {
    const run = await fetchReport(csv, { inputs: { 'max-report-size': 'huge' } });
    expect(run.outputs).toMatchObject({ reason: 'bad-input', reportFile: '', reportBytes: '' });
    expect(run.outputs).toHaveProperty('reportSha256', '');
    expect(run.outputs).toHaveProperty('jobsFile');
  });
});

describe('a co-tenant', () => {
  const outside = 'not to be touched';
  let elsewhere = '';
  beforeEach(async () => {
    elsewhere = await makeFolder('elsewhere');
    await writeFile(join(elsewhere, 'secret.txt'), outside);
  });
  afterEach(() => removeFolder(elsewhere));

  /** Sends a half, lets `swap` do something to the file that grows, and sends the rest. */
  const swapping =
    (swap: (part: string) => void): Responder =>
    (_, response) => {
      const report = rowsOf('acme');
      response.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Length': report.length });
      response.write(report.subarray(0, 100_000));
      const folder = join(workspace, 'reports');
      const look = () => {
        const [part] = readdirSync(folder).filter((name) => name.endsWith('.part'));
        if (part === undefined) {
          setTimeout(look, 10);
          return;
        }
        swap(join(folder, part));
        response.end(report.subarray(100_000));
      };
      setTimeout(look, 150);
    };

  const secret = () => join(elsewhere, 'secret.txt');
  const swaps: [string, (part: string) => void][] = [
    [
      'a link',
      (part) => {
        symlinkSync(secret(), part);
      },
    ],
    [
      'a hard link',
      (part) => {
        linkSync(secret(), part);
      },
    ],
    [
      'another file',
      (part) => {
        writeFileSync(part, 'forged');
      },
    ],
    ['nothing', () => undefined],
  ];

  // Windows lets nobody delete a file that is open.
  if (!isWindows) {
    test.each(swaps)(
      'who puts %s in place of the file that grows fails the step',
      async (_, swap) => {
        const run = await fetchReport(
          swapping((part) => {
            rmSync(part);
            swap(part);
          }),
          { workspace },
        );
        expectRefused(run, /somebody else has replaced the report/);
        expect(await readFile(join(elsewhere, 'secret.txt'), 'utf8')).toBe(outside);
      },
    );

    test('who swaps the whole folder for a link fails the step', async () => {
      const swap = () => {
        renameSync(join(workspace, 'reports'), join(workspace, 'moved'));
        symlinkSync(elsewhere, join(workspace, 'reports'));
      };
      const run = await fetchReport(swapping(swap), { workspace });
      expect(run.exitCode).toBe(1);
      expect(run.outputs.message).toMatch(
        /leads out of the workspace by now; was a link put there/,
      );
      expect(await readdir(elsewhere)).toEqual(['secret.txt']);
      expect(await readFile(join(elsewhere, 'secret.txt'), 'utf8')).toBe(outside);
    });
  }

  test.each([
    ['a link', () => symlink(join(elsewhere, 'secret.txt'), join(workspace, 'reports', 'r.csv'))],
    [
      'a hard link',
      () => hardLink(join(elsewhere, 'secret.txt'), join(workspace, 'reports', 'r.csv')),
    ],
  ])(
    'who puts %s where the report goes has that replaced, and nothing behind it',
    async (_, put) => {
      await mkdir(join(workspace, 'reports'));
      await put();
      const run = await fetchReport(csv, {
        workspace,
        inputs: { 'download-path': 'reports/r.csv' },
      });
      expect(run.exitCode).toBe(0);
      expect(await readFile(join(workspace, 'reports', 'r.csv'))).toEqual(content);
      expect(await readFile(join(elsewhere, 'secret.txt'), 'utf8')).toBe(outside);
      await rm(join(workspace, 'reports', 'r.csv'));
    },
  );
});
