// Run by Jest before all tests: some need what `npm run build` writes to lib/, which is not in the repository.
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

export default function buildOnce() {
  if (existsSync(join(root, 'lib', 'bundle.cjs'))) return;
  execSync('npm run build', { cwd: root, stdio: 'ignore' });
}
