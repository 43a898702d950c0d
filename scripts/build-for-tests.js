// The first part of npm test: some tests need what `npm run build` writes to lib/, which is not in the repository, and for the
// coverage it must be what src says now.
import { execSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** When a file was written; 0 where there is none. @param {string[]} path */
const writtenMs = (...path) =>
  statSync(join(root, ...path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

// The last file that a build writes.
const isStale = writtenMs('lib', 'places.json') < writtenMs('dist', 'index.js');
if (isStale || process.env.COVERAGE === 'true') {
  execSync('npm run build', { cwd: root, stdio: 'inherit' });
}
