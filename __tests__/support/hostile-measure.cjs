// Loaded into the bundle's process before it: at its end, writes how much memory it took at most.
const { readFileSync, writeFileSync } = require('node:fs');

/** In KiB. On Linux, `maxRSS` may be that of the process from which this one was started. */
function peakKib() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

process.on('exit', () => {
  writeFileSync(process.env.HOSTILE_MEASURE ?? '', String(peakKib() / 1024));
});
