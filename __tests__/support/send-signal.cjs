// Loaded into the bundle's process before it: sends the process a signal at a moment that no server can hit. SIGNAL_AT
// is `loading`, at the first module of Node.js that a library needs, or `summary`, once the summary is written.
/** @type {any} */
const Module = require('node:module');
const fs = require('node:fs');

const { SEND_SIGNAL, SIGNAL_AT } = process.env;
const send = () => process.kill(process.pid, SEND_SIGNAL);

const load = Module._load;
Module._load = (/** @type {string} */ name, /** @type {unknown[]} */ ...rest) => {
  if (SIGNAL_AT === 'loading' && name === 'os') send();
  return load(name, ...rest);
};

const { appendFileSync } = fs;
fs.appendFileSync = (/** @type {Parameters<typeof appendFileSync>} */ ...args) => {
  appendFileSync(...args);
  if (SIGNAL_AT === 'summary' && args[0] === process.env.GITHUB_STEP_SUMMARY) send();
};
