// Windows sends no signals from one process to another. There, each line on standard input is one.
process.stdin.on('data', (lines) => {
  for (const name of String(lines).trim().split('\n')) {
    process.emit(/** @type {NodeJS.Signals} */ (name));
  }
});
process.stdin.unref();
