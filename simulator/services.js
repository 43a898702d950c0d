import { readdir, readFile } from 'node:fs/promises';

/**
 * What the services of docs/recipes respond about a job: the files of `services`, one for each step there.
 * `KEY` stands for the part of an id that is the job's own, and `HOST` for the address of the service.
 *
 * @typedef {object} Service
 * @property {string} name the file, without its ending
 * @property {string} recipe the heading of the recipe
 * @property {number} [step] the number of the step where the recipe has several, from 0
 * @property {string} request the request that tells the status, as `METHOD path`
 * @property {[name: string, value: string]} credentials a header that the request must carry
 * @property {string} [sent] the body of that request
 * @property {string} [id] what the step is given, `KEY` if left out
 * @property {boolean} [numericId] whether ids are numbers
 * @property {Record<string, string>} [environment] variables that the step needs
 * @property {{ request: string, sent?: string }} [cancel] the request that stops the job
 * @property {Start} [start] the request that starts the job
 * @property {object} statusAt a body in which `STATUS` stands where the status does
 * @property {number} [pending] a typical one of `statuses`, as are `success` and `failure`
 * @property {number} success
 * @property {number} failure
 * @property {Entry[]} statuses every status that is documented
 * @property {Entry[]} errors
 * @property {Recording[]} [recordings] responses of the real service
 *
 * @typedef {{ status?: number, headers?: Record<string, string>, body?: unknown }} Reply a text is sent as it is, all else as JSON
 *
 * @typedef {object} Start
 * @property {string} request as `METHOD path`
 * @property {string} [sent] its body
 * @property {Record<string, string>} [headers] headers that it must carry beside the credentials, by names in lower case
 * @property {Reply} reply the response, which has the id of the job
 * @property {string} [id] what the id in it is, and
 * @property {string} [poll] the request that tells the status, where the job is of another kind than `id` and `request` of the service
 * @property {string} source the page or file that says so
 *
 * @typedef {object} Told
 * @property {string} about
 * @property {string} source the page or file that says so
 * @property {string} end how the wait ends: the outputs `status` and `reason`
 *
 * @typedef {Told & { certainty: string, reply: Reply }} Entry
 * @typedef {Told & { replies: Reply[] }} Recording the last one stays
 */

const folder = new URL('services/', import.meta.url);
const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();

/** @type {readonly Service[]} */
export const services = await Promise.all(
  files.map(async (file) => ({
    name: file.slice(0, -'.json'.length),
    ...JSON.parse(await readFile(new URL(file, folder), 'utf8')),
  })),
);

/** The secret that every service accepts. */
export const recipeToken = 'recipe-token';

/**
 * What stands in a response at the place of the status: at the last one that is filled, where there are several.
 *
 * @param {unknown} place a body with `STATUS` at that place
 * @param {unknown} body
 * @returns {unknown} nothing where the response has no such place
 */
export function statusIn(place, body) {
  if (place === 'STATUS') return body ?? undefined;
  if (typeof place !== 'object' || typeof body !== 'object') return undefined;
  const inside = /** @type {Record<string, unknown> | null} */ (body);
  return Object.entries(place ?? {})
    .map(([key, inner]) => statusIn(inner, inside?.[key]))
    .findLast((found) => found !== undefined);
}
