// Writes the tables of inputs and outputs in docs/reference.md anew from action.yml: npm run tables
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/**
 * The inputs of each section of docs/reference.md, in its order. What action.yml describes as “For `http`, …”
 * stands in the section of that provider without being named here.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const GROUPS = {
  'The job': ['provider', 'request-id', 'base-url', 'headers'],
  'Starting the job': [
    ...['start-url', 'start-method', 'start-headers', 'start-body', 'id-query'],
    ...['start-idempotency-header', 'start-final'],
  ],
  Waiting: [
    ...['timeout', 'interval', 'max-interval', 'on-timeout', 'on-partial-success', 'fail-fast'],
    ...['not-found-grace', 'queue-timeout', 'queued-statuses', 'warn-after'],
  ],
  'Status values': [
    ...['success-statuses', 'partial-statuses', 'failure-statuses', 'pending-statuses'],
    'on-unknown-status',
  ],
  'The report': ['download-path', 'report-headers', 'minimum-report-size', 'max-report-size'],
  Certificates: ['ca-certificate', 'client-certificate', 'client-key'],
  Login: [
    ...['token', 'username', 'password', 'client-id', 'client-secret', 'token-url', 'audience'],
    ...['scope', 'client-authentication', 'private-key', 'jwt-claims', 'oidc-audience'],
  ],
  'Inputs of one provider': [
    ...['tenant-id', 'participant-type', 'app-key', 'app-name', 'token-scheme', 'page-parameter'],
  ],
  'Inputs of `http`': [],
};

/**
 * @typedef {{ description: string, required?: boolean, default?: string }} Input
 * @typedef {{ inputs: Readonly<Record<string, Input>>, outputs: Readonly<Record<string, { description: string }>> }} ActionFile
 */

const code = (/** @type {string} */ text) => `\`${text}\``;

/** The names of inputs, by section. @param {ActionFile['inputs']} inputs */
function grouped(inputs) {
  const forHttp = Object.keys(inputs).filter((name) =>
    inputs[name]?.description.startsWith('For `http`,'),
  );
  const groups = { ...GROUPS, 'Inputs of `http`': forHttp };
  const names = Object.values(groups).flat();
  for (const name of new Set([...names, ...Object.keys(inputs)])) {
    const count = names.filter((one) => one === name).length;
    if (count !== 1 || inputs[name] === undefined)
      throw new Error(`scripts/tables.js must name the input ${name} once, and action.yml too`);
  }
  return groups;
}

/**
 * The rows of the tables, by the heading above them.
 *
 * @param {ActionFile} action
 * @returns {Record<string, string[][]>}
 */
export function tableRows({ inputs, outputs }) {
  const row = (/** @type {string} */ name) => {
    const { description = '', required, default: value } = inputs[name] ?? {};
    return [
      code(name),
      required ? 'required' : value === undefined ? '' : code(value),
      description,
    ];
  };
  const tables = Object.entries(grouped(inputs)).map(([heading, names]) => [
    heading,
    names.map(row),
  ]);
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [
    code(name),
    description,
  ]);
  return { ...Object.fromEntries(tables), Outputs: outputRows };
}

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

async function main() {
  const path = here('../docs/reference.md');
  let page = await readFile(path, 'utf8');
  const tables = tableRows(parse(await readFile(here('../action.yml'), 'utf8')));
  for (const [heading, rows] of Object.entries(tables)) {
    const head =
      heading === 'Outputs' ? ['output', 'description'] : ['input', 'default', 'description'];
    const table = [head, head.map(() => '---'), ...rows]
      .map((cells) => `| ${cells.join(' | ')} |\n`)
      .join('');
    const place = new RegExp(`(\n##+ ${heading}\n[^|]*)(?:\\|.*\n)+`);
    if (!place.test(page)) throw new Error(`docs/reference.md has no table under ${heading}`);
    page = page.replace(place, (_, before) => before + table);
  }
  await writeFile(path, page);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
