import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findPoints } from './points.js';
import { countPoints, createV8Counter } from './v8-counts.js';

const root = join(import.meta.dirname, '..', '..');

/**
 * Says which parts of our own modules the runs of the bundle have reached, by the files that they wrote to `folder`
 * because of NODE_V8_COVERAGE. Deletes these: they are thousands, of half a megabyte each.
 *
 * @param {string} folder
 * @returns {Promise<Record<string, import('./points.js').Counts>>} by the paths of the source
 */
export async function countRuns(folder) {
  const path = join(root, 'dist', 'index.js');
  const { href } = pathToFileURL(path);
  const bundle = await readFile(path, 'utf8');
  const counter = createV8Counter(bundle.length);
  for (const name of await readdir(folder)) {
    const { result } = JSON.parse(await readFile(join(folder, name), 'utf8'));
    for (const { url, functions } of result) {
      if (url === href) counter.add(functions);
    }
  }
  await rm(folder, { recursive: true });

  const counts = counter.counts();
  /** @type {{ name: string, start: number, end: number }[]} */
  const places = JSON.parse(await readFile(join(root, 'lib', 'places.json'), 'utf8'));
  return Object.fromEntries(
    places.map(({ name, start, end }) => {
      const code = bundle.slice(start, end);
      const points = findPoints(code, name);
      const ofModule = countPoints(code, points, counts.subarray(start, end));
      return [join(root, 'src', `${name}.ts`), ofModule];
    }),
  );
}
