// Writes the tables of inputs and outputs in the README anew from action.yml: npm run tables
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {{ inputs: Record<string, any>, outputs: Record<string, any> }} */
const { inputs, outputs } = parse(await readFile(here('../action.yml'), 'utf8'));
const code = (/** @type {string} */ text) => `\`${text}\``;
const tables = {
  Inputs: [
    ['input', 'default', 'description'],
    ['---', '---', '---'],
    ...Object.entries(inputs).map(([name, { required, default: value, description }]) => [
      code(name),
      required ? 'required' : value === undefined ? '' : code(value),
      description,
    ]),
  ],
  Outputs: [
    ['output', 'description'],
    ['---', '---'],
    ...Object.entries(outputs).map(([name, { description }]) => [code(name), description]),
  ],
};

let readme = await readFile(here('../README.md'), 'utf8');
for (const [heading, rows] of Object.entries(tables)) {
  const table = rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  readme = readme.replace(
    new RegExp(`(\n## ${heading}\n[^|]*)(?:\\|.*\n)+`),
    (_, before) => before + table,
  );
}
await writeFile(here('../README.md'), readme);
