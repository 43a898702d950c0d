import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isInside, parseDestination } from '../../../src/download/destination.js';
import { makeFolder, removeFolder } from '../../support/system.js';

let [workspace, temp] = ['', ''];
beforeAll(async () => {
  [workspace, temp] = [await makeFolder('workspace'), await makeFolder('temp')];
  await mkdir(join(workspace, 'reports'));
  await writeFile(join(workspace, 'file.csv'), '');
});
afterAll(() => Promise.all([removeFolder(workspace), removeFolder(temp)]));

const parse = (text: string) =>
  parseDestination(text, { GITHUB_WORKSPACE: workspace, RUNNER_TEMP: temp });

test('a folder is known in any spelling that leads to it', () => {
  const other = workspace.toUpperCase();
  const isSame = existsSync(other); // As on Windows and macOS.
  expect(isInside(join(other, 'new', 'deeper'), [workspace])).toBe(isSame);
  expect(isInside(join(other, '..'), [workspace])).toBe(false);
});

describe('a folder is inside', () => {
  test.each([
    ['itself', '.', true],
    ['a folder of it', 'reports', true],
    ['a folder that is not there', 'new/deeper', true],
    ['a folder whose name begins with two dots', '..reports', true],
    ['the folder around it', '..', false],
    ['a folder beside it', '../other', false],
    ['the root', '/', false],
  ])('%s: %s is %s', (_, path, inside) => {
    expect(isInside(join(path === '/' ? path : workspace, path), [workspace])).toBe(inside);
    expect(isInside(join(path === '/' ? path : workspace, path), [temp, workspace])).toBe(inside);
  });

  test('of no root, nothing is', () => {
    expect(isInside(workspace, [])).toBe(false);
  });

  test('a link counts for where it leads', async () => {
    await symlink(temp, join(workspace, 'way-out'), 'junction');
    expect(isInside(join(workspace, 'way-out', 'new'), [workspace])).toBe(false);
    expect(isInside(join(workspace, 'way-out', 'new'), [temp])).toBe(true);
  });
});

describe('a path is understood', () => {
  test('as none where it is empty', () => {
    expect(parse('')).toBeUndefined();
  });

  test.each(['reports/', 'reports', 'new/'])('as the folder %s', (text) => {
    expect(parse(text)).toEqual({
      folder: resolve(workspace, text),
      name: undefined,
      roots: [workspace, temp],
    } satisfies ReturnType<typeof parse>);
  });

  test.each([
    ['new.csv', '.', 'new.csv'],
    ['file.csv', '.', 'file.csv'],
    ['reports/a.csv', 'reports', 'a.csv'],
    ['new/../a.csv', '.', 'a.csv'],
  ])('as a file: %s', (text, folder, name) => {
    expect(parse(text)).toMatchObject({ folder: join(workspace, folder), name });
  });

  test('in RUNNER_TEMP, too', () => {
    expect(parse(join(temp, 'a.csv'))).toMatchObject({ folder: temp, name: 'a.csv' });
  });

  test('without RUNNER_TEMP in the workspace alone', () => {
    const environment = { GITHUB_WORKSPACE: workspace };
    expect(parseDestination('a.csv', environment)?.roots).toEqual([workspace]);
    expect(() => parseDestination(join(temp, 'a.csv'), environment)).toThrow('leads out');
  });

  test('in the present folder where there is no workspace', () => {
    expect(parseDestination('a.csv', {})).toMatchObject({ folder: process.cwd() });
  });
});

describe('a path is refused', () => {
  test.each(['../a.csv', '/a.csv', '..', 'reports/../../a.csv'])(
    'that leads out of the workspace: %s',
    (text) => {
      expect(() => parse(text)).toThrow(
        `“${text}” leads out of the workspace; give a path inside it, or inside RUNNER_TEMP`,
      );
    },
  );

  test('that no system can hold', () => {
    expect(() => parse('a\0b')).toThrow('holds a character that no path can hold');
  });

  test.each(['.git/a.csv', 'x/.GitHub/', 'node_modules/a.csv', '.git'])(
    'whose files would mean something: %s',
    (text) => {
      expect(() => parse(text)).toThrow(/^“.*” lies in .*, where no report is saved; give another/);
    },
  );

  test.each(['.gitx/a.csv', 'x.git/a.csv', 'git/a.csv', 'xc:/a.csv'])('but not %s', (text) => {
    expect(parse(text)).toHaveProperty('folder', dirname(join(workspace, text)));
  });

  test('only below its root', async () => {
    const repository = join(temp, '.github');
    await mkdir(repository);
    const environment = { GITHUB_WORKSPACE: repository, RUNNER_TEMP: workspace };
    expect(parseDestination('a.csv', environment)).toMatchObject({ folder: repository });
    expect(() => parseDestination('.git/a.csv', environment)).toThrow('lies in .git,');
  });

  test.each([
    ['~/a.csv', 'begins with ~, which only a shell understands; write `${{ runner.temp }}/…`'],
    ['$HOME/a.csv', 'holds a variable, which only a shell understands; write `${{ env.NAME }}`'],
    ['a/${X}', 'holds a variable'],
    ['a/$(x)', 'holds a variable'],
    ['a/$_x', 'holds a variable'],
    ['a/%TEMP%', 'holds a variable'],
  ])('that is written for a shell: %s', (text, why) => {
    expect(() => parse(text)).toThrow(`“${text}” ${why}`);
  });

  test.each(['a~b.csv', 'a$1.csv', '50%.csv', 'a%1%.csv', 'a$'])('but not %s', (text) => {
    expect(parse(text)).toMatchObject({ name: text });
  });

  test.each(['C:\\a.csv', 'd:/a.csv'])('of another system: %s', (text) => {
    const isWindows = process.platform === 'win32';
    expect(() => parse(text)).toThrow(isWindows ? 'leads out' : 'is a path of Windows');
  });
});

test('a path that no system can have is refused', () => {
  expect(() => parseDestination('a\0b', {})).toThrow('holds a character that no path can hold');
});

test('where the runner has no folder of its own, the workspace is the only place', async () => {
  const workspace = await makeFolder('workspace');
  const environment = { GITHUB_WORKSPACE: workspace };
  expect(parseDestination('reports/', environment)?.roots).toEqual([workspace]);
  expect(() => parseDestination('../reports/', environment)).toThrow('leads out of the workspace');
  await removeFolder(workspace);
});
