import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from '../support/action.js';

interface Job {
  readonly 'timeout-minutes'?: number;
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Readonly<Record<string, unknown>>;
  }[];
}
interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = await Promise.all(
  ['.github/workflows', 'examples'].map(async (folder) =>
    (await readdir(join(root, folder))).map((name) => join(folder, name)),
  ),
);
const workflows = await Promise.all(
  files.flat().map(async (file) => {
    const text = await readFile(join(root, file), 'utf8');
    return { file, text, workflow: parse(text) as Workflow };
  }),
);

test.each(workflows)('$file gives nothing away: no permission for all of its jobs', (one) => {
  expect(one.workflow.permissions).toEqual({});
});

test.each(workflows)('each job in $file ends in time', ({ workflow }) => {
  const withoutEnd = Object.entries(workflow.jobs)
    // A job that calls a workflow takes the times of that one.
    .filter(([, job]) => job.uses === undefined && typeof job['timeout-minutes'] !== 'number')
    .map(([name]) => name);
  expect(withoutEnd).toEqual([]);
});

test('actions of others are pinned by commit, and each to the same one everywhere', () => {
  const uses = workflows.flatMap(({ text }) =>
    [...text.matchAll(/uses: ((?!OWNER)\w\S*@.*)/g)].map(([, use = '']) => use),
  );
  const pins = [...new Set(uses)].sort();
  expect(pins.length).toBeGreaterThan(0);
  for (const pin of pins) expect(pin).toMatch(/^\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  const names = pins.map((pin) => pin.split('@')[0]);
  expect(names).toEqual([...new Set(names)]);
});

describe('release.yml', () => {
  const { text = '', workflow } = workflows.find(({ file }) => file.endsWith('release.yml')) ?? {};
  const jobs = Object.entries(workflow?.jobs ?? {}).map(([name, job]) => ({ name, job }));
  const own = jobs.filter(({ job }) => job.uses === undefined);
  const scripts = ({ steps = [] }: Job) => steps.map(({ run = '' }) => run).join('\n');
  const commands = (job: Job, pattern: RegExp) =>
    scripts(job).replaceAll('\\\n', ' ').match(pattern) ?? [];

  test.each(own)(
    '$name is watched from its first step on, and talks to named hosts alone',
    (one) => {
      const [first] = one.job.steps ?? [];
      expect(first?.uses).toMatch(/^step-security\/harden-runner@/);
      expect(first?.with).toEqual({
        'egress-policy': 'block',
        'allowed-endpoints': expect.stringMatching(/^[a-z.]+:443(?: [a-z.]+:443)*$/),
      });
    },
  );

  test('a release is created as a draft', () => {
    const created = own.flatMap(({ job }) => commands(job, /gh release create.*/g));
    expect(created).toHaveLength(1);
    expect(created[0]).toMatch(/ --draft (?!=false)/);
  });

  test('what publishes, changes a release or moves a tag waits for the environment', () => {
    const publishing = own.filter(
      ({ job }) =>
        commands(job, /gh release (?!create|list|view)\w|--draft=false|git\/refs|git push/g)
          .length > 0,
    );
    expect(publishing.map(({ name, job }) => [name, job.environment])).toEqual([
      ['publish', 'release'],
    ]);
  });

  test('the right to write is not given to a job in which installed code runs', () => {
    const installing = own.filter(({ job }) => /\bnpm |\bnpx /.test(scripts(job)));
    expect(installing.map(({ name, job }) => [name, job.permissions])).toEqual([
      ['build', { contents: 'read' }],
    ]);
  });

  test('nothing is drafted before the gate and the build are green, nor published before the draft', () => {
    expect(Object.fromEntries(jobs.map(({ name, job }) => [name, job.needs]))).toEqual({
      gate: undefined,
      build: undefined,
      draft: ['gate', 'build'],
      publish: 'draft',
    });
    expect(text).not.toMatch(/always\(\)|failure\(\)|cancelled\(\)|continue-on-error|if:/);
  });

  test('nothing comes from a cache, and no credentials stay behind', () => {
    expect(text).not.toMatch(/actions\/cache|cache:/);
    const checkouts = own.flatMap(({ job }) =>
      (job.steps ?? []).filter(({ uses = '' }) => uses.startsWith('actions/checkout@')),
    );
    expect(checkouts.map((step) => step.with)).toEqual([
      { 'persist-credentials': false },
      { 'persist-credentials': false },
    ]);
  });

  test('both attestations are about the bundle that is drafted', () => {
    const attested = own.flatMap(({ job }) =>
      (job.steps ?? []).filter(({ uses = '' }) => uses.startsWith('actions/attest@')),
    );
    expect(attested.map((step) => step.with)).toEqual([
      { 'subject-path': 'dist/index.js' },
      { 'subject-path': 'dist/index.js', 'sbom-path': '${{ runner.temp }}/sbom.cdx.json' },
    ]);
  });
});

test('the prober runs where the action that it uses is published, and verifies that one', () => {
  const { text = '' } = workflows.find(({ file }) => file.endsWith('prober.yml')) ?? {};
  const used = [...text.matchAll(/uses: (\S+)\/await-job(?:\/simulator)?@v1\n/g)];
  expect(used).toHaveLength(3);
  for (const [, owner = ''] of used)
    expect(text).toContain(`if: github.repository == '${owner}/await-job'`);
});

test.each(['.github/workflows/release.yml', '.github/CODEOWNERS', 'dist/index.js'])(
  'a change of %s is approved by those who maintain the action',
  async (path) => {
    const owners = (await readFile(join(root, '.github/CODEOWNERS'), 'utf8'))
      .split(/\r?\n/)
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(/ +/))
      // The last line that fits decides. A pattern is a folder or a beginning of names here.
      .findLast(([pattern = '']) => pattern === '*' || `/${path}`.startsWith(pattern));
    expect(owners?.slice(1)).toEqual(['@OWNER/maintainers']);
  },
);
