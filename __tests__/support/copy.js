import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

/** Copies the repository as it stands, without what git ignores. @param {string} root @param {string} target */
export async function copyRepository(root, target) {
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', listed, { cwd: root, encoding: 'utf8' }).split('\0');
  // What is deleted but not committed is still listed.
  for (const file of files.filter((name) => name !== '' && existsSync(join(root, name)))) {
    await cp(join(root, file), join(target, file));
  }
}
