import { Mistake, show } from './mistake.js';
import { startSimulator } from './simulator.js';

/**
 * Starts the simulator where the environment variable PORT says.
 *
 * @param {string | undefined} given the value of PORT
 * @param {object} options
 * @param {number} options.usual the port without PORT, 0 for any that is free
 * @param {string} options.token
 */
export async function startAtPort(given, { usual, token }) {
  const port = readPort(given, usual);
  try {
    return await startSimulator({ port, token });
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'EADDRINUSE') {
      const next = port < 65535 ? port + 1 : port - 1;
      throw new Mistake(
        `Port ${port} is in use: end the program that listens there, or set PORT to another number, such as ${next}, or to 0 for any free port`,
      );
    }
    if (code === 'EACCES') {
      throw new Mistake(
        `Port ${port} is not open to your account: set PORT to a number from 1024 on, or to 0 for any free port`,
      );
    }
    throw error;
  }
}

/** @param {string | undefined} given @param {number} usual */
function readPort(given, usual) {
  const text = (given ?? '').trim();
  if (text === '') return usual;
  if (/^\d+$/.test(text) && Number(text) <= 65535) return Number(text);
  const otherwise = usual === 0 ? 'any free port' : `port ${usual}`;
  throw new Mistake(
    `PORT is ${show(text)}, which is no port: give a number from 1 to 65535, or 0 for any free port; without PORT it is ${otherwise}`,
  );
}

/** The characters of a Bearer token, see RFC 6750; the action refuses secrets of fewer than four. */
const TOKEN = /^[\w.~+/-]{4,}=*$/;

/** @param {string | undefined} given the value of the environment variable TOKEN */
export function readToken(given) {
  const text = (given ?? '').trim();
  if (text === '') return 'simulator-token';
  if (TOKEN.test(text)) return text;
  // It may be a secret that somebody has set for another program, so it is not shown.
  throw new Mistake(
    `TOKEN has ${text.length} characters and is no token: give at least four letters, digits or - . _ ~ + /, or leave TOKEN out for simulator-token`,
  );
}
