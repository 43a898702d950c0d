import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from '../support/action.js';

interface Job {
  readonly 'timeout-minutes'?: number;
  readonly uses?: string;
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
