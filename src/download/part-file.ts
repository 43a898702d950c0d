import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { PermanentError } from '../domain/errors.ts';
import { isInside, isRoot, type Destination } from './destination.ts';
import { safeName } from './file-name.ts';
import { downloadFailed } from './link.ts';
import { retryWhileLocked } from './retry-locked.ts';

/** The file that a report grows in, beside its final place. */
export interface PartFile {
  /**
   * Writes `body` from `offset` on, in place of what was there.
   *
   * @throws what `body` throws, with all that came before it written; PermanentError where the file
   *   cannot be written
   */
  write(body: AsyncIterable<Buffer>, offset: number): Promise<void>;
  /** Moves the file to its place in one step, and gives that path. */
  keep(suggestedName: string): Promise<string>;
  /** Leaves nothing behind, unless the file was kept. */
  discard(): Promise<void>;
}

/** Most that is on its way to the disk at once: more is faster, and takes more memory. */
const BUFFER_BYTES = 1024 * 1024;

/** Gives a function that creates part files in one folder; a name in it is given to one report only. */
export function createPartFiles(destination: Destination): () => Promise<PartFile> {
  const reserveName = createNames(destination);
  return () => createPartFile(destination, reserveName);
}

async function createPartFile(
  { folder, name, roots }: Destination,
  reserveName: (wanted: string) => Promise<string>,
): Promise<PartFile> {
  const path = join(folder, `.await-job-${randomUUID()}.part`);
  const stayInside = () => {
    if (isInside(folder, roots)) return;
    throw downloadFailed(`${folder} leads out of the workspace by now; was a link put there?`);
  };
  const moveTo = async (wanted: string) => {
    stayInside();
    const file = join(folder, await reserveName(wanted));
    await retryWhileLocked(() => rename(path, file));
    return file;
  };
  await withFileErrors(folder, async () => {
    if (isInside(folder, roots)) await mkdir(folder, { recursive: true });
  });
  stayInside();
  return {
    write: async (body, offset) => {
      stayInside();
      await writeFrom(path, body, offset, folder);
    },
    keep: (suggested) => withFileErrors(folder, () => moveTo(name ?? safeName(suggested))),
    discard: () => retryWhileLocked(() => rm(path, { force: true })).catch(() => undefined),
  };
}

/** Gives a function that finds the first of `a.csv`, `a-2.csv`, … that no other report of this run has. */
function createNames({ folder, name, roots }: Destination): (wanted: string) => Promise<string> {
  const taken = new Set<string>();
  /** Whether a name is free, or an older file has it that may be replaced. */
  const mayUse = async (candidate: string): Promise<boolean> => {
    const found = await lstat(join(folder, candidate)).catch(() => undefined);
    if (found === undefined) return true;
    // In the root of the project, a name that the server has chosen replaces no file.
    return !found.isDirectory() && (name !== undefined || !isRoot(folder, roots));
  };
  return async (wanted) => {
    const extension = extname(wanted);
    const stem = wanted.slice(0, wanted.length - extension.length);
    for (let number = 1; ; number += 1) {
      const candidate = number === 1 ? wanted : `${stem}-${number}${extension}`;
      // Some file systems do not distinguish upper and lower case.
      const key = candidate.toLowerCase();
      if (taken.has(key)) continue;
      taken.add(key);
      if (await mayUse(candidate)) return candidate;
    }
  };
}

async function writeFrom(
  path: string,
  body: AsyncIterable<Buffer>,
  offset: number,
  folder: string,
): Promise<void> {
  const file = createWriteStream(path, { flags: offset === 0 ? 'w' : 'r+', start: offset });
  let failure: Error | undefined;
  file.on('error', (error) => {
    failure = fileError(error, folder);
  });
  let pendingBytes = 0;
  let resume = (): void => undefined;
  try {
    for await (const chunk of body) {
      if (failure !== undefined) break;
      const { length } = chunk;
      pendingBytes += length;
      file.write(chunk, () => {
        pendingBytes -= length;
        detachBuffer(chunk);
        if (pendingBytes <= BUFFER_BYTES / 2) resume();
      });
      // Not until all is written, as `drain` waits: disk and network would wait for each other.
      if (pendingBytes > BUFFER_BYTES) {
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
      }
    }
  } catch (error) {
    failure ??= error as Error;
  }
  await close(file);
  if (failure !== undefined) throw failure;
}

async function close(file: WriteStream): Promise<void> {
  if (file.closed) return;
  const closed = new Promise<void>((resolve) => {
    file.once('close', resolve);
  });
  file.end();
  await closed;
}

/**
 * Frees a chunk that is on the disk: the garbage collector would let dozens of megabytes gather, since it
 * sees only the small object in front of each. (Node.js 20 leaves it to the collector.)
 */
function detachBuffer({ buffer, byteLength }: Buffer): void {
  // A shorter chunk may share its memory with others.
  if (byteLength !== buffer.byteLength) return;
  (buffer as { transfer?: (length: number) => void }).transfer?.(0);
}

async function withFileErrors<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    throw fileError(error as NodeJS.ErrnoException, folder);
  }
}

function fileError(error: NodeJS.ErrnoException, folder: string): Error {
  const { code = '', message } = error;
  const advice = ADVICE_BY_ERRNO[code] ?? 'look at download-path';
  return downloadFailed(`the report cannot be saved in ${folder}: ${message}; ${advice}`, {
    cause: error,
  });
}

const ADVICE_BY_ERRNO: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on the disk of the runner, or give a folder on another one in download-path',
  EFBIG: 'the runner allows no file of that size; give a folder elsewhere in download-path',
  EDQUOT: 'the quota of the runner is used up; give a folder elsewhere in download-path',
  EACCES: 'the step may not write there; give another folder in download-path',
  EPERM: 'the step may not write there; give another folder in download-path',
  EROFS: 'the disk is read-only; give another folder in download-path',
  ENOTDIR: 'a file stands where a folder is needed; give another path in download-path',
  EEXIST: 'a file stands where a folder is needed; give another path in download-path',
};
