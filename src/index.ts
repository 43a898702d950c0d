import { run } from './main.ts';

await run();

// A proxy that never answered holds its connection open, and with it the step: end here, once all
// that was written has gone out.
process.stdout.write('', () => process.exit());
