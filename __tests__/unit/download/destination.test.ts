import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { isInside } from '../../../src/download/destination.js';
import { makeFolder, removeFolder } from '../../support/system.js';

test('a folder is known in any spelling that leads to it', async () => {
  const folder = await makeFolder('destination');
  const other = folder.toUpperCase();
  const isSame = existsSync(other); // As on Windows and macOS.
  expect(isInside(join(other, 'new', 'deeper'), [folder])).toBe(isSame);
  expect(isInside(join(other, '..'), [folder])).toBe(false);
  await removeFolder(folder);
});
