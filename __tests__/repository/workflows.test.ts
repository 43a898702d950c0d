import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from '../support/action.js';

const files = await Promise.all(
  ['.github/workflows', 'examples'].map(async (folder) =>
    (await readdir(join(root, folder))).map((name) => join(folder, name)),
  ),
);
const workflows = await Promise.all(
  files.flat().map(async (file) => ({ file, text: await readFile(join(root, file), 'utf8') })),
);

test.each(workflows)('$file gives nothing away: no permission for all of its jobs', ({ text }) => {
  expect((parse(text) as { permissions: unknown }).permissions).toEqual({});
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
