import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { quote } from '../text/inert.ts';

/** Where reports are saved. */
export interface Destination {
  /** Absolute; it may not exist yet. */
  readonly folder: string;
  /** Name of the file; undefined where the report brings its own. */
  readonly name: string | undefined;
  /** The folders outside of which nothing is written: the workspace and RUNNER_TEMP. */
  readonly roots: readonly string[];
}

/**
 * Reads `download-path`: a folder where it ends in a slash or is one, else a file; relative to the
 * workspace. Undefined where it is empty.
 *
 * @throws Error where it leads out of the workspace and of RUNNER_TEMP
 */
export function parseDestination(
  text: string,
  { GITHUB_WORKSPACE, RUNNER_TEMP }: NodeJS.ProcessEnv,
): Destination | undefined {
  if (text === '') return undefined;
  if (text.includes('\0')) throw new Error('holds a character that no path can hold');
  refuseShellSyntax(text);
  const workspace = resolve(GITHUB_WORKSPACE ?? '');
  const roots = [workspace, ...(RUNNER_TEMP ? [resolve(RUNNER_TEMP)] : [])];
  const path = resolve(workspace, text);
  const isFolder =
    text.endsWith('/') ||
    text.endsWith(sep) ||
    (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
  const folder = isFolder ? path : dirname(path);
  if (!isInside(folder, roots)) {
    throw new Error(
      `“${quote(text)}” leads out of the workspace; give a path inside it, or inside RUNNER_TEMP`,
    );
  }
  const reserved = reservedFolder(path, roots);
  if (reserved !== undefined) {
    throw new Error(
      `“${quote(text)}” lies in ${reserved}, where no report is saved; give another folder`,
    );
  }
  return { folder, name: isFolder ? undefined : basename(path), roots };
}

/** No shell reads the input: what only a shell understands would become the name of a folder. */
function refuseShellSyntax(text: string): void {
  const given = `“${quote(text)}”`;
  if (text.startsWith('~')) {
    throw new Error(
      `${given} begins with ~, which only a shell understands; write \`\${{ runner.temp }}/…\` or a path in the workspace`,
    );
  }
  if (/\$[A-Za-z_{(]|%[A-Za-z_]+%/.test(text)) {
    throw new Error(
      `${given} holds a variable, which only a shell understands; write \`\${{ env.NAME }}\``,
    );
  }
  if (process.platform !== 'win32' && /^[A-Za-z]:[\\/]/.test(text)) {
    throw new Error(
      `${given} is a path of Windows, and this runner has another system; write a path in the workspace`,
    );
  }
}

/** Folders whose files mean something to git, GitHub or Node.js. */
const RESERVED_FOLDERS = ['.git', '.github', 'node_modules'];

/** Which of them a path leads through below its root: the repository itself may be called `.github`. */
function reservedFolder(path: string, roots: readonly string[]): string | undefined {
  return roots
    .filter((root) => isInside(path, [root]))
    .flatMap((root) => relative(findRealPath(root), findRealPath(path)).split(sep))
    .find((part) => RESERVED_FOLDERS.includes(part.toLowerCase()));
}

/** Whether a folder, which may not be there yet, lies in one of `roots`, whatever links lead to it. */
export function isInside(folder: string, roots: readonly string[]): boolean {
  const real = findRealPath(folder);
  return roots.some((root) => {
    const path = relative(findRealPath(root), real);
    return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
  });
}

/**
 * The path without links, as far as it is there. As the system spells it: where upper and lower case are
 * the same, or a name has a short form (`RUNNER~1`), one folder has many spellings.
 */
function findRealPath(path: string): string {
  if (existsSync(path)) return realpathSync.native(path);
  // A drive that is not there has no parent either.
  return path === dirname(path) ? path : join(findRealPath(dirname(path)), basename(path));
}
