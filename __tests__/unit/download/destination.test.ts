import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { isInside, parseDestination } from '../../../src/download/destination.js';
import { makeFolder, removeFolder } from '../../support/system.js';

test('a folder is known in any spelling that leads to it', async () => {
  const folder = await makeFolder('destination');
  const other = folder.toUpperCase();
  const isSame = existsSync(other); // As on Windows and macOS.
  expect(isInside(join(other, 'new', 'deeper'), [folder])).toBe(isSame);
  expect(isInside(join(other, '..'), [folder])).toBe(false);
  await removeFolder(folder);
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
