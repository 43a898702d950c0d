// Loaded into a measured process by --import: leaves its peak memory, in kilobytes, where it is told to.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  writeFileSync(process.env.BENCH_USAGE ?? '', String(process.resourceUsage().maxRSS));
});
