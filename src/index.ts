import { setFlagsFromString } from 'node:v8';
import { run } from './main.ts';

// A question leaves a little garbage. V8 would give it twice the room again and again, up to 100 MB in
// a long wait; sweeping a small room more often keeps the memory of the first minute.
setFlagsFromString('--semi-space-growth-factor=1');

// The proxy tunnel of http-client calls `new Buffer`: nothing that the user of a step could act on.
process.noDeprecation = true;

await run();

// A proxy that never answered holds its connection open, and with it the step: end without it, once all
// that was written has gone out. Only then, though: `process.exit` was seen to hang after a large download.
process.stdout.write('', () => setTimeout(() => process.exit(), 100).unref());
