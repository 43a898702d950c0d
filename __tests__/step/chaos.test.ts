import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FOUND } from '../../chaos/found.js';
import { INVARIANTS, violations } from '../../chaos/invariants.js';
import { PLANTED } from '../../chaos/planted.js';
import { play } from '../../chaos/play.js';
import { makeFolder, removeFolder } from '../support/system.js';

/** The bundle before it is minified. */
const readable = join(import.meta.dirname, '..', '..', 'lib', 'bundle.cjs');

test.concurrent.each(FOUND)('what chaos has found stays mended: $what', async ({ script }) => {
  expect(violations(script, await play(script))).toEqual([]);
});

describe('an invariant', () => {
  test('can fail, each of them', () => {
    expect(PLANTED.map(({ invariant }) => invariant)).toEqual(Object.keys(INVARIANTS));
  });

  test.concurrent.each(PLANTED)(
    'holds, and is broken by a fault in the bundle: $invariant',
    async ({ invariant, edits, script }) => {
      const folder = await makeFolder('planted');
      const file = join(folder, 'index.cjs');
      const source = await readFile(readable, 'utf8');
      const counts = edits.map(([text]) => source.split(text).length - 1);
      expect(counts).toEqual(edits.map(() => 1));
      const edited = edits.reduce((text, [from, to]) => text.split(from).join(to), source);
      await writeFile(file, edited);
      const [good, faulty] = [await play(script), await play(script, file)];
      await removeFolder(folder);
      expect(violations(script, good)).toEqual([]);
      expect(violations(script, faulty).map((found) => found.invariant)).toContain(invariant);
    },
  );
});
