/** What somebody asked of the simulator and cannot have, in one line that says what to do next. */
export class Mistake extends Error {}

/** A value as a message shows it: on one line, and not all of it where it is long. @param {unknown} value */
export function show(value) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ');
  return `“${line.length > 60 ? `${line.slice(0, 60)}…` : line}”`;
}

/**
 * Runs a program of this folder. If it ends with a mistake, its line is all that is printed.
 *
 * @param {() => Promise<void>} program @param {(line: string) => void} [print]
 */
export async function runProgram(program, print = console.error) {
  try {
    await program();
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    print(error.message);
    process.exitCode = 1;
  }
}
