import { createServer, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { connectInPlace, readMore } from '../../../src/http/buffers.js';
import { listen } from '../../support/system.js';

/**
 * Reads `abc`, a letter at a time. Gives each letter as it was read, beside what stands there in the end and the size
 * of the memory that it was read into.
 */
async function readLetters(
  isKept: boolean,
  afterFirst: (socket: Socket) => void = () => undefined,
) {
  let sender: Socket | undefined;
  const server = createServer((socket) => {
    sender = socket;
    socket.write('a');
  });
  const port = await listen(server);
  const reads: { letter: string; bytes: Buffer }[] = [];
  await new Promise<void>((resolve) => {
    const socket = connectInPlace({ port, host: '127.0.0.1' }, (bytes) => {
      reads.push({ letter: String(bytes), bytes });
      setImmediate(() => {
        if (reads.length === 1) afterFirst(socket);
        if (reads.length === 3) sender?.end();
        else sender?.write(reads.length === 1 ? 'b' : 'c');
      });
      return isKept;
    });
    socket.on('close', () => {
      resolve();
    });
    socket.resume();
  });
  await new Promise((resolve) => server.close(resolve));
  return reads.map(({ letter, bytes }) => [letter, String(bytes), bytes.buffer.byteLength]);
}

const SIZE = 64 * 1024;

test('what is used no longer is overwritten by what comes next', async () => {
  expect(await readLetters(false)).toEqual([
    ['a', 'c', SIZE],
    ['b', 'c', SIZE],
    ['c', 'c', SIZE],
  ]);
});

test('what is still used is not overwritten', async () => {
  expect(await readLetters(true)).toEqual([
    ['a', 'a', SIZE],
    ['b', 'b', SIZE],
    ['c', 'c', SIZE],
  ]);
});

test('a connection that is told to read more at once does so, and loses nothing', async () => {
  expect(await readLetters(false, readMore)).toEqual([
    ['a', 'b', SIZE],
    ['b', 'b', SIZE],
    ['c', 'c', 16 * SIZE],
  ]);
});
