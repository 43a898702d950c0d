import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createPartFile } from '../../../src/download/part-file.js';
import { makeFolder, removeFolder } from '../../support/system.js';

let folder = '';
beforeEach(async () => {
  folder = await makeFolder('part-file');
});
afterEach(() => removeFolder(folder));

test('a folder that has taken the place of the report stays, and nothing is left beside it', async () => {
  const part = await createPartFile({ folder, name: 'report.csv', roots: [folder] });
  await mkdir(join(folder, 'report.csv', 'inside'), { recursive: true });
  await expect(part.keep('')).rejects.toThrow(/^the report cannot be saved: /);
  await part.discard();
  expect(await readdir(folder, { recursive: true })).toEqual([
    'report.csv',
    join('report.csv', 'inside'),
  ]);
});

test('two reports of one name that are kept at the same time both stay', async () => {
  const destination = { folder, name: undefined, roots: [folder] };
  const kept = ['a', 'b'].map(async (text) => {
    const part = await createPartFile(destination);
    await part.write(bodyOf(text), 0);
    return readFile(await part.keep('report.csv'), 'utf8');
  });
  expect(await Promise.all(kept)).toEqual(['a', 'b']);
  expect((await readdir(folder)).sort()).toEqual(['report-2.csv', 'report.csv']);
});

async function* bodyOf(text: string): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from(text));
}
