// Loaded into a measured process by --import: leaves what memory it took where it is told to. The heap
// that is alive at the end is known where the process was started with --expose-gc.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const peakRssMb = process.resourceUsage().maxRSS / 1024;
  globalThis.gc?.();
  const liveHeapMb = process.memoryUsage().heapUsed / 1e6;
  writeFileSync(process.env.BENCH_USAGE ?? '', JSON.stringify({ peakRssMb, liveHeapMb }));
});
