import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import filenamify from 'filenamify';
import { isInside, isRoot, type Destination } from './destination.ts';
import { downloadFailed } from './link.ts';
import { pastScanners } from './retry-locked.ts';
import { PermanentFault } from '../domain/errors.ts';

/** The file that a report grows in, beside the place where it will stand. */
export interface PartFile {
  /**
   * Writes `body` from `offset` on; what stood there is gone.
   *
   * @param onChunk is shown what comes before it is written; what it throws ends the writing
   * @throws what `body` throws, with all that came before it written; PermanentFault where the file
   *   cannot be written
   */
  write(
    body: AsyncIterable<Buffer>,
    offset: number,
    onChunk: (chunk: Buffer) => void,
  ): Promise<void>;
  /** Moves the file to its place in one step, and gives that place. */
  keep(suggestedName: string): Promise<string>;
  /** Leaves nothing behind, unless the file was kept. */
  discard(): Promise<void>;
}

/** What is on its way to the disk at once: the more, the faster, and the more memory it takes. */
const BUFFER_BYTES = 1024 * 1024;

/** File systems allow 255 bytes: three a character, and room for a number. */
const LONGEST_NAME = 80;

/** Gives a function that begins part files in one place; names in it are given to one report each. */
export function createPartFiles({ folder, name, roots }: Destination): () => Promise<PartFile> {
  const taken = new Set<string>();

  /** The first of `a.csv`, `a-2.csv`, … that no other report of this run has, and no folder. */
  const reserve = async (wanted: string): Promise<string> => {
    const extension = extname(wanted);
    const stem = wanted.slice(0, wanted.length - extension.length);
    for (let number = 1; ; number += 1) {
      const candidate = number === 1 ? wanted : `${stem}-${number}${extension}`;
      // Some file systems take upper and lower case for the same.
      const key = candidate.toLowerCase();
      if (taken.has(key)) continue;
      taken.add(key);
      const found = await lstat(join(folder, candidate)).catch(() => undefined);
      if (found === undefined) return candidate;
      // Beside the files of the project, a name that the server has chosen replaces none of them.
      if (!found.isDirectory() && (name !== undefined || !isRoot(folder, roots))) return candidate;
    }
  };

  return async () => {
    const path = join(folder, `.await-job-${randomUUID()}.part`);
    await orFail(folder, async () => {
      if (isInside(folder, roots)) await mkdir(folder, { recursive: true });
    });
    const stayInside = () => {
      if (isInside(folder, roots)) return;
      throw downloadFailed(`${folder} leads out of the workspace by now; was a link put there?`);
    };
    stayInside();
    return {
      write: async (body, offset, onChunk) => {
        stayInside();
        await writeFrom(path, body, offset, onChunk, (error) => fileFault(error, folder));
      },
      keep: (suggested) =>
        orFail(folder, async () => {
          stayInside();
          const file = join(folder, await reserve(name ?? safeName(suggested)));
          await pastScanners(() => rename(path, file));
          return file;
        }),
      discard: () => pastScanners(() => rm(path, { force: true })).catch(() => undefined),
    };
  };
}

/** A name that means the same on Linux, Windows and macOS, and is no hidden file. */
export function safeName(suggested: string): string {
  const last = suggested.normalize('NFC').toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const visible = withoutDots(last);
  const extension = extname(visible).slice(0, LONGEST_NAME / 2);
  const stem = visible.slice(0, visible.length - extname(visible).length);
  const short = stem.slice(0, LONGEST_NAME - extension.length) + extension;
  const options = { replacement: '_', maxLength: LONGEST_NAME };
  return withoutDots(filenamify(short.toWellFormed(), options));
}

/** A name that begins with a dot is hidden. */
const withoutDots = (name: string): string => name.replace(/^[.\s]+/, '') || 'report';

async function writeFrom(
  path: string,
  body: AsyncIterable<Buffer>,
  offset: number,
  onChunk: (chunk: Buffer) => void,
  faultOf: (error: Error) => Error,
): Promise<void> {
  const file = createWriteStream(path, { flags: offset === 0 ? 'w' : 'r+', start: offset });
  let failure: Error | undefined;
  file.on('error', (error) => {
    failure = faultOf(error);
  });
  let bytesOnTheWay = 0;
  let goOn = (): void => undefined;
  try {
    for await (const chunk of body) {
      if (failure !== undefined) break;
      onChunk(chunk);
      const { length } = chunk;
      bytesOnTheWay += length;
      file.write(chunk, () => {
        bytesOnTheWay -= length;
        release(chunk);
        if (bytesOnTheWay <= BUFFER_BYTES / 2) goOn();
      });
      // Not until all is written, as `drain` does: the disk would wait for the network, and it for the disk.
      if (bytesOnTheWay > BUFFER_BYTES) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
    }
  } catch (error) {
    failure ??= error as Error;
  }
  await closed(file);
  if (failure !== undefined) throw failure;
}

async function closed(file: WriteStream): Promise<void> {
  if (file.closed) return;
  const end = new Promise<void>((resolve) => {
    file.once('close', resolve);
  });
  file.end();
  await end;
}

/**
 * Frees a chunk that is on the disk now: the garbage collector would let dozens of megabytes gather,
 * since it sees only the small object in front of each. (Node.js 20 leaves it to the collector.)
 */
function release({ buffer, byteLength }: Buffer): void {
  // A shorter chunk may share its memory with others.
  if (byteLength !== buffer.byteLength) return;
  (buffer as { transfer?: (length: number) => void }).transfer?.(0);
}

async function orFail<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PermanentFault) throw error;
    throw fileFault(error as NodeJS.ErrnoException, folder);
  }
}

function fileFault(error: NodeJS.ErrnoException, folder: string): Error {
  const { code = '', message } = error;
  const advice = ADVICE[code] ?? 'look at download-path';
  return downloadFailed(`the report cannot be saved in ${folder}: ${message}; ${advice}`, {
    cause: error,
  });
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on the disk of the runner, or give a folder on another one in download-path',
  EFBIG: 'the runner allows no file of that size; give a folder elsewhere in download-path',
  EDQUOT: 'the quota of the runner is used up; give a folder elsewhere in download-path',
  EACCES: 'the step may not write there; give another folder in download-path',
  EPERM: 'the step may not write there; give another folder in download-path',
  EROFS: 'the disk is read-only; give another folder in download-path',
  ENOTDIR: 'a file stands where a folder is needed; give another path in download-path',
  EEXIST: 'a file stands where a folder is needed; give another path in download-path',
};
