import { run } from './main.ts';

// The proxy tunnel of http-client calls `new Buffer`: nothing that the user of a step could act on.
process.noDeprecation = true;

await run();

// A proxy that never answered holds its connection open, and with it the step: end here, once all
// that was written has gone out.
process.stdout.write('', () => process.exit());
