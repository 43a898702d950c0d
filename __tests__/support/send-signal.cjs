// Loaded into the bundle's process before it: sends the process a signal at a moment that no server can hit. SIGNAL_AT
// is `loading`, at the first module of Node.js that a library needs, or `summary`, while the summary is written.
/** @type {any} */
const Module = require('node:module');
const { promises } = require('node:fs');

const { SEND_SIGNAL, SIGNAL_AT } = process.env;
const send = () => process.kill(process.pid, SEND_SIGNAL);

const load = Module._load;
Module._load = (/** @type {string} */ name, /** @type {unknown[]} */ ...rest) => {
  if (SIGNAL_AT === 'loading' && name === 'os') send();
  return load(name, ...rest);
};

const { appendFile } = promises;
promises.appendFile = async (/** @type {Parameters<typeof appendFile>} */ ...args) => {
  if (SIGNAL_AT === 'summary') send();
  await appendFile(...args);
};
