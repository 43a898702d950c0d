import { execSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { root } from '../support/action.js';
import { copyRepository } from '../support/copy.js';
import { makeFolder, removeFolder } from '../support/system.js';

const guide = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
const example = guide.split('\n## A new vendor in half an hour\n')[1]?.split('\n## ')[0] ?? '';

/** Whole files, and changes of files, each with the file's name in its first line. */
const blocks = [...example.matchAll(/^(`{3,})(ts|diff)\n\/\/ (\S+)\n([\s\S]*?)^\1$/gm)].map(
  ([, , kind, file = '', text = '']) => ({ kind, file, text }),
);
const commands = /```sh\n([\s\S]*?)```/.exec(example)?.[1]?.trim().split('\n') ?? [];

/** Puts the lines after `+` in the place of those after `-`, which must be there once. */
function changed(before: string, diff: string): string {
  const lines = diff.trimEnd().split('\n');
  const side = (sign: string) =>
    lines
      .filter((line) => line.startsWith(sign) || line.startsWith(' '))
      .map((line) => line.slice(1))
      .join('\n');
  const parts = before.split(side('-'));
  expect([side('-'), parts]).toEqual([side('-'), [expect.anything(), expect.anything()]]);
  return parts.join(side('+'));
}

let copy = '';
beforeAll(async () => {
  copy = await makeFolder('vendor');
  await copyRepository(root, copy);
});
afterAll(() => removeFolder(copy));

test('the vendor of the guide can be built from its text alone, and passes', async () => {
  expect(blocks).toHaveLength(8);
  for (const { kind, file, text } of blocks) {
    const path = join(copy, file);
    await mkdir(dirname(path), { recursive: true });
    const before = kind === 'diff' ? await readFile(path, 'utf8') : '';
    await writeFile(path, kind === 'diff' ? changed(before, text) : text);
  }

  expect(commands).toHaveLength(5);
  for (const command of ['npm ci --prefer-offline', ...commands]) {
    // A failing command throws with what it has printed.
    execSync(command, { cwd: copy, stdio: 'pipe', env: { ...process.env, NODE_OPTIONS: '' } });
  }
}, 600_000);
