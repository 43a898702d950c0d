import { expect, test } from '@jest/globals';
import { createTextRooms } from '../../../src/session/text-room.js';

const mib = 1024 * 1024;

test('links that are too long for all jobs together are refused, and those of a new poll replace the old', () => {
  const roomOf = createTextRooms();
  roomOf('a').keep(['x'.repeat(20 * mib)]);
  roomOf('a').keep(['x'.repeat(20 * mib)]);
  expect(() => {
    roomOf('b').keep(['x'.repeat(20 * mib)]);
  }).toThrow('the links of all jobs are too long to be kept');
});

test('the more is kept already, the less is kept of a text for people', () => {
  const room = createTextRooms()('a');
  const text = 'x'.repeat(100_000);
  const before = room.cut(text).length;
  room.keep(['x'.repeat(2 * mib)]);
  const between = room.cut(text).length;
  room.keep(['x'.repeat(2 * mib)]);
  const after = room.cut(text).length;
  expect(before).toBeGreaterThan(between);
  expect(between).toBeGreaterThan(after);
});
