import { EOL } from 'node:os';
import { expect, test } from '@jest/globals';
import { formatOutputs } from '../../../src/output/output-files.js';

test('each output is a name and a delimiter, its value, and the delimiter again', () => {
  const text = ['status<<ghadelimiter_0', 'Failure', 'ghadelimiter_0', ''].join(EOL);
  const lines = ['message<<ghadelimiter_0', 'a\nb', 'ghadelimiter_0', ''].join(EOL);
  expect(formatOutputs({ status: 'Failure', message: 'a\nb' })).toBe(text + lines);
});

test.each(['\n', '\r\n', '\r'])(
  'a value cannot end itself and forge an output, with lines that end in %j',
  (end) => {
    const forged = ['', 'ghadelimiter_0', 'status<<ghadelimiter_1', 'Successful', 'ghadelimiter_1'];
    const text = formatOutputs({ status: 'Failure', message: forged.join(end) });
    expect(text.split(EOL)[0]).toBe('status<<ghadelimiter_2');
    expect(text.split(EOL).at(-2)).toBe('ghadelimiter_2');
    expect(text.split(/[\r\n]+/).filter((line) => line === 'ghadelimiter_2')).toHaveLength(2);
  },
);
