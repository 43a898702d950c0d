import { expect, test } from '@jest/globals';
import { createTextRooms } from '../../../src/session/text-room.js';

const MEGABYTE = 1_000_000;
const text = (length: number) => 'x'.repeat(length);

test.each([
  ['up to a megabyte', MEGABYTE, 16 * 1024],
  ['over a megabyte', MEGABYTE + 1, 500],
  ['up to three megabytes', 3 * MEGABYTE, 500],
  ['over three megabytes', 3 * MEGABYTE + 1, 100],
])('where %s are kept, a text is cut to its share', (_, keptLength, length) => {
  const roomOf = createTextRooms();
  roomOf('a').keep([text(keptLength)]);
  expect(roomOf('b').cut(text(20_000))).toHaveLength(length);
});

test('the texts that were cut count as well', () => {
  const room = createTextRooms()('a');
  const lengths = Array.from({ length: 70 }, () => room.cut(text(20_000)).length);
  // The 62nd text is the first one that meets more than a megabyte.
  expect(lengths.indexOf(500)).toBe(62);
});

test('the texts of a job from its poll before are forgotten', () => {
  const roomOf = createTextRooms();
  roomOf('a').keep([text(4 * MEGABYTE)]);
  const next = roomOf('a');
  expect(next.cut(text(20_000))).toHaveLength(16 * 1024);
});

test('the texts of another job stay', () => {
  const roomOf = createTextRooms();
  roomOf('a').keep([text(2 * MEGABYTE)]);
  roomOf('b').keep([text(2 * MEGABYTE)]);
  roomOf('b');
  expect(roomOf('c').cut(text(20_000))).toHaveLength(500);
});

test('links take no more than 32 MiB together', () => {
  const roomOf = createTextRooms();
  roomOf('a').keep([text(16 * 1024 * 1024)]);
  roomOf('b').keep([text(16 * 1024 * 1024 - 2), 'x', 'x']);
  expect(() => {
    roomOf('c').keep(['x']);
  }).toThrow('the links of all jobs are too long to be kept');
});
