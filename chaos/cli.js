import { parseArgs } from 'node:util';
import fc from 'fast-check';
import pLimit from 'p-limit';
import { violations } from './invariants.js';
import { play } from './play.js';
import { scriptOf, scripts } from './script.js';

/**
 * Plays the scripts of `--runs` seeds from `--seed` on, prints what speaks against an invariant, and the smallest
 * script that does, and then ends with exit code 1.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '300' },
    'at-once': { type: 'string', default: '6' },
    bundle: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
  },
});
const [first, count] = [Number(values.seed), Number(values.runs)];
const limit = pLimit(Number(values['at-once']));
const startMs = performance.now();

/** @param {import('./script.js').Script} script */
const findViolations = async (script) => violations(script, await play(script, values.bundle));

/** @type {number[]} */
const failed = [];
await Promise.all(
  Array.from({ length: count }, (_, index) =>
    limit(async () => {
      const seed = first + index;
      const found = await findViolations(scriptOf(seed));
      if (found.length === 0) return;
      failed.push(seed);
      for (const { invariant, what } of found) console.log(`seed ${seed}: ${invariant}: ${what}`);
    }),
  ),
);
const seconds = Math.round((performance.now() - startMs) / 1000);
console.log(`${count} runs from seed ${first} in ${seconds} s, ${failed.length} with a finding`);
process.exitCode = failed.length === 0 ? 0 : 1;

for (const seed of values['no-shrink'] ? [] : failed.sort((a, b) => a - b).slice(0, 3)) {
  console.log(`\nlooking for the smallest script like that of seed ${seed}`);
  const property = fc.asyncProperty(
    scripts,
    async (script) => (await findViolations(script)).length === 0,
  );
  const { counterexample } = await fc.check(property, {
    seed,
    numRuns: 1,
    endOnFailure: false,
    interruptAfterTimeLimit: 120_000,
  });
  const script = counterexample?.[0];
  if (script === undefined) {
    console.log(
      'it has not come again: look at what differs between two runs, such as the load of the machine',
    );
    continue;
  }
  console.log(JSON.stringify(script, null, 2));
  for (const { invariant, what } of await findViolations(script))
    console.log(`${invariant}: ${what}`);
}
