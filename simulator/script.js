import { errorNames } from './errors.js';
import { Mistake, show } from './mistake.js';
import { providers } from './providers.js';

/**
 * Reads what somebody wrote about a job. Steps may say `word`, their former name for `status`, and a job of one step
 * may say at once what that step would.
 *
 * @typedef {import('./simulator.js').Script} Script
 * @typedef {import('./simulator.js').Step} Step
 * @typedef {(value: unknown) => boolean} Check
 */

/** @type {Check} */
const isText = (value) => typeof value === 'string';
/** @type {Check} */
const isAmount = (value) => typeof value === 'number' && value >= 0;
/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** @type {Check} */
const isReply = (value) =>
  isObject(value) &&
  Number.isInteger(value.status) &&
  Number(value.status) >= 200 &&
  Number(value.status) <= 599;

/** What each field of a step has to be. @type {Readonly<Record<keyof Step, [check: Check, what: string]>>} */
const stepFields = {
  status: [isText, 'a text'],
  forMs: [isAmount, 'a number of milliseconds'],
  forPolls: [isAmount, 'a number of polls'],
  message: [isText, 'a text'],
  errors: [(value) => Array.isArray(value) && value.every(isText), 'a list of texts'],
  batchId: [isText, 'a text'],
  filePath: [isText, 'a text'],
  entries: [
    (value) => Array.isArray(value) && value.every((entry) => isObject(entry)),
    'a list of objects with `requestId` and `status`',
  ],
  counts: [isObject, 'an object with `success`, `failed` and `total`'],
  reply: [isReply, 'an object with `status`, an HTTP status from 200 to 599, and `body`'],
};
const jobFields = ['provider', 'id', 'steps', 'errors'];

const names = Object.keys(providers).join(', ');

/** @param {string} text the body of a request @returns {Script} */
export function parseScript(text) {
  if (text.trim() === '') {
    throw new Mistake('the request has no body: send the job as JSON with `provider` and `steps`');
  }
  let given;
  try {
    given = JSON.parse(text);
  } catch (error) {
    const reason = /** @type {Error} */ (error).message.replace(/[\s\p{Cc}]+/gu, ' ');
    throw new Mistake(
      `the body ${show(text)} is no JSON (${reason}): put names and texts in double quotes, and in a shell the whole in single ones`,
    );
  }
  return readScript(given);
}

/** @param {unknown} given @returns {Script} */
export function readScript(given) {
  if (!isObject(given)) {
    throw new Mistake(
      `a job is an object with \`provider\` and \`steps\`, not ${show(given)}: send one job with each request`,
    );
  }
  const { provider, id, errors, steps, ...rest } = given;
  if (provider === undefined) {
    throw new Mistake(`the job has no \`provider\`: give one of ${names}`);
  }
  if (typeof provider !== 'string' || !Object.hasOwn(providers, provider)) {
    throw new Mistake(`\`provider\` ${show(provider)} is not played here: give one of ${names}`);
  }
  const idText = readId(id);
  return {
    provider,
    ...(idText === '' ? {} : { id: idText }),
    ...(errors === undefined ? {} : { errors: readErrors(errors) }),
    steps: readSteps(steps, rest),
  };
}

/** @param {unknown} id */
function readId(id) {
  if (typeof id === 'string' || typeof id === 'number') return String(id);
  if (id === undefined || id === null) return '';
  throw new Mistake(`\`id\` is ${show(id)}: give a text, or leave it out to have one made up`);
}

/** @param {unknown} steps @param {Record<string, unknown>} rest what the job says beside its steps */
function readSteps(steps, rest) {
  const [other] = Object.keys(rest);
  const saysOneStep = Object.keys(rest).every(
    (name) => name === 'word' || Object.hasOwn(stepFields, name),
  );
  if (other !== undefined && (steps !== undefined || !saysOneStep)) {
    const unknown = Object.keys(rest).find(
      (name) => name !== 'word' && !Object.hasOwn(stepFields, name),
    );
    throw new Mistake(
      unknown === undefined
        ? `the job has \`${other}\` beside \`steps\`: move it into one of the steps`
        : `the job has ${show(unknown)}, which means nothing here: a job has ${jobFields.join(', ')}`,
    );
  }
  if (steps === undefined && other !== undefined) return [readStep(rest, 'the job')];
  if (steps === undefined) {
    throw new Mistake(
      'the job has no `steps`: give a list of what it is one after the other, each with `status` and, but for the last, `forMs` or `forPolls`',
    );
  }
  const all = isObject(steps) ? [steps] : steps;
  if (!Array.isArray(all) || all.length === 0) {
    throw new Mistake(
      `\`steps\` is ${show(steps)}: give a list of at least one step, each an object with \`status\``,
    );
  }
  return all.map((step, index) => readStep(step, `step ${index + 1} of ${all.length}`));
}

/** @param {unknown} given @param {string} where @returns {Step} */
function readStep(given, where) {
  if (!isObject(given)) {
    throw new Mistake(`${where} is ${show(given)}: give an object with \`status\``);
  }
  const step = withStatus(given, where);
  for (const [name, value] of Object.entries(step)) {
    if (!Object.hasOwn(stepFields, name)) {
      const known = Object.keys(stepFields).join(', ');
      throw new Mistake(
        `${where} has ${show(name)}, which means nothing here: a step has ${known}`,
      );
    }
    const [fits, what] = stepFields[/** @type {keyof Step} */ (name)];
    if (value !== undefined && !fits(value)) {
      throw new Mistake(`${where} has \`${name}\` ${show(value)}: give ${what}`);
    }
  }
  const { entries } = /** @type {Step} */ (step);
  if (entries === undefined) return step;
  return {
    ...step,
    entries: entries.map((entry) => /** @type {typeof entry} */ (withStatus(entry, where))),
  };
}

/** @param {Record<string, unknown>} given @param {string} where @returns {Record<string, unknown>} */
function withStatus({ word, ...step }, where) {
  if (word === undefined) return step;
  if (step.status !== undefined && step.status !== word) {
    throw new Mistake(
      `${where} has \`status\` ${show(step.status)} and \`word\` ${show(word)}: give \`status\` alone`,
    );
  }
  return { ...step, status: word };
}

/** @param {unknown} errors @returns {NonNullable<Script['errors']>} */
function readErrors(errors) {
  if (!isObject(errors)) {
    throw new Mistake(
      `\`errors\` of the job is ${show(errors)}: give an object with an error for the number of each poll that fails`,
    );
  }
  for (const [poll, error] of Object.entries(errors)) {
    if (!/^[1-9]\d*$/.test(poll)) {
      throw new Mistake(`\`errors\` has ${show(poll)}: give the number of a poll, from 1`);
    }
    const fits = typeof error === 'string' ? errorNames.includes(error) : isReply(error);
    if (!fits) {
      throw new Mistake(
        `\`errors\` has ${show(error)} for poll ${poll}: give one of ${errorNames.join(', ')}, or an object with an HTTP status as \`status\``,
      );
    }
  }
  return /** @type {Record<number, import('./errors.js').SimulatedError>} */ (errors);
}
