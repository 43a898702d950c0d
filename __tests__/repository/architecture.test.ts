import { execFileSync } from 'node:child_process';
import { appendFile, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LAYERS } from '../../eslint.config.js';
import { root } from '../support/action.js';
import { copyRepository } from '../support/copy.js';
import { makeFolder, removeFolder } from '../support/system.js';

const text = await readFile(join(root, 'docs/architecture.md'), 'utf8');
const layers: Readonly<Record<string, readonly string[]>> = LAYERS;

const files = (await readdir(join(root, 'src'), { recursive: true }))
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'));

/** The files that each file of `src` imports. */
const imports = new Map(
  await Promise.all(
    files.map(async (file) => {
      const source = await readFile(join(root, 'src', file), 'utf8');
      const targets = [...source.matchAll(/from '(\.[^']+)'/g)].map(([, target = '']) =>
        posix.join(dirname(file).replaceAll('\\', '/'), target),
      );
      return [file, targets] as const;
    }),
  ),
);

describe('docs/architecture.md', () => {
  test('shows the table of layers that the lint rules are made from', () => {
    const rows = [...text.matchAll(/^\| `(\w+)` +\| ([^|]*)\|/gm)].map(
      ([, layer, allowed = '']) => [
        layer,
        [...allowed.matchAll(/`(\w+)`/g)].map(([, name]) => name),
      ],
    );
    expect(rows).toEqual(Object.entries(layers));
  });

  test('draws an arrow for each import that is allowed beside those of domain and text', () => {
    const arrows = [...text.matchAll(/^ {2}(\w+) --> (\w+)$/gm)].map(([, from, to]) => [from, to]);
    const common = ['domain', 'text'];
    const expected = Object.entries(layers).flatMap(([layer, allowed]) => {
      if (!common.includes(layer)) expect(allowed).toEqual(expect.arrayContaining(common));
      return allowed.filter((name) => !common.includes(name)).map((name) => [layer, name]);
    });
    expect(arrows).toEqual(expected);
  });

  test('names files that exist, and functions that are in them', async () => {
    const named = [...text.matchAll(/`(src\/[\w/.-]+\.ts)`/g)].map(([, file = '']) => file);
    expect(named.length).toBeGreaterThan(5);
    for (const file of named) await readFile(join(root, file));
    expect(await readFile(join(root, 'src/wait/verdict.ts'), 'utf8')).toContain(
      'export function applyPollResult(',
    );
  });
});

test('every file of src is in a layer, apart from the three that put the layers together', () => {
  const flat = files.filter((file) => !file.includes('/')).sort();
  expect(flat).toEqual(['index.ts', 'main.ts', 'process.ts']);
  const folders = new Set(
    files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]),
  );
  expect([...folders].sort()).toEqual(Object.keys(layers).sort());
});

test('no file imports itself by way of others', () => {
  const circle = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path, file];
    for (const target of imports.get(file) ?? []) {
      const found = circle(target, [...path, file]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const file of files) expect(circle(file, [])).toBeUndefined();
});

test('main.ts has less than 80 lines', async () => {
  expect((await readFile(join(root, 'src/main.ts'), 'utf8')).split('\n').length).toBeLessThan(80);
});

test('the lint refuses an import that the table does not allow', async () => {
  const copy = await makeFolder('layers');
  await copyRepository(root, copy);
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  const forbidden = [
    ['wait/schedule.ts', '../http/retry-after.ts', "import '../http/retry-after.ts';"],
    [
      'providers/http/jmespath.ts',
      '../../session/tokens.ts',
      "export * from '../../session/tokens.ts';",
    ],
    ['domain/job.ts', '../main.ts', "import type { run } from '../main.ts';"],
  ] as const;
  for (const [file, , line] of forbidden) await appendFile(join(copy, 'src', file), `${line}\n`);
  const paths = forbidden.map(([file]) => `src/${file}`);
  let output = '';
  try {
    execFileSync(process.execPath, ['node_modules/eslint/bin/eslint.js', ...paths], {
      cwd: copy,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  await removeFolder(copy);
  for (const [, target] of forbidden) {
    expect(output).toContain(`'${target}' import is restricted from being used by a pattern`);
  }
});
