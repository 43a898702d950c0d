import { expect } from '@jest/globals';
import { BadInputs } from '../../src/domain/errors.js';
import { readInputs } from '../../src/inputs/read-inputs.js';
import { createSecrets } from '../../src/text/secrets.js';

type Texts = Readonly<Record<string, string>>;

/** Reads inputs that are good, but for what a test changes. */
export function inputReader(good: Texts) {
  const read = (changes: Texts = {}, masked: string[] = []) => {
    const texts = { ...good, ...changes };
    return readInputs((name) => (texts[name] ?? '').trim(), {
      secrets: createSecrets((secret) => masked.push(secret)),
      environment: {},
      nowMs: Date.now(),
    });
  };
  /** The message about inputs of which `changes` are bad. */
  const errorFor = (changes: Texts): string => {
    try {
      read(changes);
    } catch (error) {
      expect(error).toBeInstanceOf(BadInputs);
      return (error as BadInputs).message;
    }
    throw new Error('the inputs were accepted');
  };
  return { read, errorFor };
}
