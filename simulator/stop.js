/** Ends what start.js has started, if it came so far and nobody else has ended it. */
const pid = Number(process.env.STATE_pid ?? '');
try {
  // 0 would be this process and its like.
  if (pid > 0) process.kill(pid);
} catch (error) {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
}
