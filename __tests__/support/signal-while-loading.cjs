// Loaded into the bundle's process before it: sends the process a signal while the bundle is being loaded, at its
// first module of Node.js that a library needs.
/** @type {any} */
const Module = require('node:module');

const load = Module._load;
Module._load = (/** @type {string} */ name, /** @type {unknown[]} */ ...rest) => {
  if (name === 'os') process.kill(process.pid, process.env.SIGNAL_WHILE_LOADING);
  return load(name, ...rest);
};
