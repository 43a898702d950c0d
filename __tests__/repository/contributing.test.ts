import { execSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { root } from '../support/action.js';
import { copyRepository } from '../support/copy.js';
import { makeFolder, removeFolder } from '../support/system.js';

const guide = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
const example = guide.split('\n## A new provider in half an hour\n')[1]?.split('\n## ')[0] ?? '';
const second = await readFile(join(import.meta.dirname, 'second-provider', 'globex.md'), 'utf8');

interface Block {
  readonly kind: string;
  readonly file: string;
  readonly text: string;
}

/** Whole files, and changes of files, each with the file's name in its first line. */
const blocksIn = (text: string): Block[] =>
  [...text.matchAll(/^(`{3,})(ts|diff)\n\/\/ (\S+)\n([\s\S]*?)^\1$/gm)].map(
    ([, , kind = '', file = '', text = '']) => ({ kind, file, text }),
  );
const commands = /```sh\n([\s\S]*?)```/.exec(example)?.[1]?.trim().split('\n') ?? [];

/** Puts the lines after `+` in the place of those after `-`, which must be there once. */
function changed(before: string, { file, text }: Block): string {
  const lines = text.trimEnd().split('\n');
  const side = (sign: string) =>
    lines
      .filter((line) => line.startsWith(sign) || line.startsWith(' '))
      .map((line) => line.slice(1))
      .join('\n');
  const parts = before.split(side('-'));
  if (parts.length !== 2) {
    throw new Error(`${file} must have this once, not ${parts.length - 1} times:\n${side('-')}`);
  }
  return parts.join(side('+'));
}

let copy = '';
beforeAll(async () => {
  copy = await makeFolder('provider');
  await copyRepository(root, copy);
});
afterAll(() => removeFolder(copy));

/** Does to the copy what the steps of a guide say. */
async function addProvider(blocks: readonly Block[]) {
  for (const block of blocks) {
    const path = join(copy, block.file);
    await mkdir(dirname(path), { recursive: true });
    const before = block.kind === 'diff' ? await readFile(path, 'utf8') : '';
    await writeFile(path, block.kind === 'diff' ? changed(before, block) : block.text);
  }
}

test('a second, different provider is added by the same steps as that of the guide', () => {
  const steps = (text: string) => blocksIn(text).map(({ kind, file }) => `${kind} ${file}`);
  expect(steps(example)).toHaveLength(10);
  expect(steps(second).map((step) => step.replace('globex', 'acme'))).toEqual(steps(example));
});

test('both can be built from their text alone, and pass', async () => {
  await addProvider(blocksIn(second));
  await addProvider(blocksIn(example));
  expect(commands).toHaveLength(5);
  expect(commands.at(-1)).toMatch(/^npm test -- step\/providers\/acme /);
  const tests = `${commands.at(-1)} step/providers/globex`;
  for (const command of ['npm ci --prefer-offline', ...commands.slice(0, -1), tests]) {
    // A failing command throws with what it has printed.
    execSync(command, {
      cwd: copy,
      stdio: 'pipe',
      env: { ...process.env, NODE_OPTIONS: '', COVERAGE: undefined, STEP_COVERAGE: undefined },
    });
  }
}, 900_000);
