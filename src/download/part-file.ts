import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { extname, join } from 'node:path';
import pLimit from 'p-limit';
import { PermanentError } from '../domain/errors.ts';
import { freeBuffer } from '../http/buffers.ts';
import { isInside, type Destination } from './destination.ts';
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

/** What is written at once: less takes longer for the same amount. */
const BLOCK_BYTES = 1024 * 1024;

/** The file must be new: in a shared folder somebody else may have put a link there. */
const EXCLUSIVE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;

/** Creates a part file in the folder of the destination. */
export async function createPartFile(destination: Destination): Promise<PartFile> {
  const { folder, name, roots } = destination;
  const path = join(folder, `.await-job-${randomUUID()}.part`);
  const stayInside = () => {
    if (isInside(folder, roots)) return;
    throw downloadFailed(`${folder} leads out of the workspace by now; was a link put there?`);
  };
  const handle = await withFileErrors(folder, async () => {
    if (isInside(folder, roots)) await mkdir(folder, { recursive: true });
    stayInside();
    return open(path, EXCLUSIVE, 0o644);
  });
  const moveTo = async (wanted: string): Promise<string> => {
    stayInside();
    const isSame = await sameFile(handle, path);
    await handle.close();
    if (!isSame) throw downloadFailed(`somebody else has replaced the report in ${folder}`);
    // A name that the workflow has chosen replaces an older file; one of the server's replaces none.
    const file =
      name === undefined ? await oneAtATime(() => reserveName(folder, wanted)) : join(folder, name);
    try {
      await retryWhileLocked(() => rename(path, file));
    } catch (error) {
      if (name === undefined) await rm(file, { force: true });
      throw error;
    }
    return file;
  };
  return {
    write: async (body, offset) => {
      stayInside();
      await writeFrom(handle, body, offset, folder);
    },
    keep: (suggested) => withFileErrors(folder, () => moveTo(safeName(suggested))),
    discard: async () => {
      await handle.close().catch(() => undefined);
      await retryWhileLocked(() => rm(path, { force: true })).catch(() => undefined);
    },
  };
}

/** Whether the path still leads to the file that was created. */
async function sameFile(handle: FileHandle, path: string): Promise<boolean> {
  const [opened, found] = await Promise.all([
    handle.stat({ bigint: true }),
    lstat(path, { bigint: true }).catch(() => undefined),
  ]);
  return found?.ino === opened.ino && found.dev === opened.dev;
}

/** Two names that differ only in upper and lower case are told apart by looking, not by the disk. */
const oneAtATime = pLimit(1);

/**
 * Takes the first of `a.csv`, `a-2.csv`, … that nobody has, by creating it: another step may save a report
 * in the same folder at the same time.
 */
async function reserveName(folder: string, wanted: string): Promise<string> {
  const extension = extname(wanted);
  const stem = wanted.slice(0, wanted.length - extension.length);
  // Some file systems do not distinguish upper and lower case, and the report may be copied to one.
  const taken = new Set((await readdir(folder)).map((name) => name.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${stem}-${number}${extension}`;
    if (taken.has(name.toLowerCase())) continue;
    const file = join(folder, name);
    try {
      const reserved = await open(file, EXCLUSIVE, 0o644);
      await reserved.close();
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Fills one block while the disk takes the other. */
async function writeFrom(
  handle: FileHandle,
  body: AsyncIterable<Buffer>,
  offset: number,
  folder: string,
): Promise<void> {
  const inFolder = (work: () => Promise<void>) => withFileErrors(folder, work);
  await inFolder(() => truncate(handle, offset));
  let [block, other] = [Buffer.allocUnsafeSlow(BLOCK_BYTES), Buffer.allocUnsafeSlow(BLOCK_BYTES)];
  let filledBytes = 0;
  let at = offset;
  let writing = Promise.resolve();
  /** Waits until the other block is written, and begins to write this one. */
  const turn = async () => {
    await writing;
    const [filled, start] = [block.subarray(0, filledBytes), at];
    writing = inFolder(() => writeWhole(handle, filled, start));
    // Is looked at in the next turn.
    writing.catch(() => undefined);
    at += filledBytes;
    filledBytes = 0;
    [block, other] = [other, block];
  };
  try {
    for await (const chunk of body) {
      for (let taken = 0; taken < chunk.length;) {
        const bytes = chunk.copy(block, filledBytes, taken);
        taken += bytes;
        filledBytes += bytes;
        if (filledBytes === BLOCK_BYTES) await turn();
      }
      freeBuffer(chunk);
    }
  } finally {
    await turn();
    await writing;
  }
}

/** Takes off what is beyond `length`. A new file is left alone: ext4 writes one that was emptied to the disk at once. */
async function truncate(handle: FileHandle, length: number): Promise<void> {
  const { size } = await handle.stat();
  if (size > length) await handle.truncate(length);
}

/** Writes all of a block, also where the disk takes only a part of it at once. */
async function writeWhole(handle: FileHandle, block: Buffer, start: number): Promise<void> {
  let rest = block;
  while (rest.length > 0) {
    const at = start + block.length - rest.length;
    const { bytesWritten } = await handle.write(rest, 0, rest.length, at);
    rest = rest.subarray(bytesWritten);
  }
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
  const advice = ADVICE_BY_ERRNO[code] ?? 'look at `download-path`';
  // Node.js adds the call and the path of the part file.
  const what = code === '' ? message : (message.split(', ')[0] ?? '');
  return downloadFailed(`the report cannot be saved: ${what}, in ${folder}; ${advice}`, {
    cause: error,
  });
}

const ADVICE_BY_ERRNO: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on the disk of the runner, or give a folder on another one in `download-path`',
  EFBIG: 'the runner allows no file of that size; give a folder elsewhere in `download-path`',
  EDQUOT: 'the quota of the runner is used up; give a folder elsewhere in `download-path`',
  EACCES: 'the step may not write there; give another folder in `download-path`',
  EPERM: 'the step may not write there; give another folder in `download-path`',
  EROFS: 'the disk is read-only; give another folder in `download-path`',
  ENOTDIR: 'a file stands where a folder is needed; give another path in `download-path`',
  EEXIST: 'a file stands where a folder is needed; give another path in `download-path`',
};
