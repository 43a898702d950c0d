import { expect, test } from '@jest/globals';
import {
  findUnexpectedStart,
  isUndecided,
  START_BYTES,
} from '../../../src/download/report-content.js';

const csv = { name: 'r.csv', contentType: 'application/octet-stream' };

test.each([
  ['comments', '<!-- x -->'],
  ['comments that are not closed', '<!-- x '],
  ['opened and closed in odd ways', '<!--><!-->'],
  ['dashes', '<!----'],
  ['blanks', ' '],
  ['declarations', '<?x ?>'],
  ['declarations that are not closed', '<?x '],
  ['angle brackets', '<'],
  ['brackets and blanks', '< '],
])('64 KiB of %s cost next to no time', (_, text) => {
  const start = Buffer.from(text.repeat(START_BYTES)).subarray(0, START_BYTES);
  const beganMs = performance.now();
  for (let time = 0; time < 20; time += 1) {
    findUnexpectedStart(start, csv);
    isUndecided(start);
  }
  expect(performance.now() - beganMs).toBeLessThan(10_000);
});
