import { expect, test } from '@jest/globals';
import { parseJson } from '../../../src/providers/json.js';

test.each([
  ['that ends inside a string', `{"id":12345678901234567,"a":"${'\\"'.repeat(1_000_000)}`],
  ['full of escapes', `{"id":12345678901234567,"a":"${'\\n'.repeat(1_000_000)}"}`],
  ['full of quotes', `[12345678901234567${',""'.repeat(700_000)}]`],
])('a text of two megabytes %s takes no time', (_, text) => {
  const startMs = performance.now();
  try {
    parseJson(text);
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
  }
  expect(performance.now() - startMs).toBeLessThan(10_000);
});
