// Writes the table of the statuses that are known without being named in docs/recipes.md anew, from
// src/providers/status-words.ts and simulator/services: npx tsc && node scripts/status-table.js
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { services, statusIn } from '../simulator/services.js';

/** The classes, by the status in which a wait ends. @type {Readonly<Record<string, string>>} */
const CLASSES = {
  Successful: 'successful',
  PartialSuccess: 'partial',
  Failure: 'failed',
  Pending: 'pending',
};

const BETWEEN = /(?<=<!-- statuses -->\n)[\s\S]*?(?=<!-- end of statuses -->)/;

/**
 * What a status means at each service that has it, by recipe.
 *
 * @param {(status: unknown) => boolean} isWanted
 * @returns {Record<string, string[]>} the classes; several where other fields decide
 */
function meaningsOf(isWanted) {
  /** @type {Record<string, string[]>} */
  const meanings = {};
  for (const { recipe, statusAt, statuses } of services) {
    for (const { reply, end } of statuses) {
      const meaning = CLASSES[end.split(' ')[0] ?? ''];
      if (meaning === undefined || !isWanted(statusIn(statusAt, reply.body))) continue;
      meanings[recipe] = [...new Set([...(meanings[recipe] ?? []), meaning])];
    }
  }
  return meanings;
}

/**
 * The rows: status, class, the services where it means that, those where it means something else.
 *
 * @param {Readonly<Record<string, readonly string[]>>} words by class
 * @param {(status: string) => string} normalize
 */
export function statusRows(words, normalize) {
  const all = Object.entries(words).flatMap(([kind, members]) =>
    members.map((word) => [word, kind]),
  );
  return all.map(([word = '', kind = '']) => {
    const meanings = Object.entries(
      meaningsOf((status) => typeof status === 'string' && normalize(status) === normalize(word)),
    );
    const seen = meanings
      .filter(([, classes]) => classes.includes(kind))
      .map(([recipe, { length }]) => (length === 1 ? recipe : `${recipe}¹`));
    const other = meanings
      .filter(([, classes]) => !classes.includes(kind))
      .map(([recipe, classes]) => `${recipe} (${classes.join(' or ')})`);
    return [`\`${word}\``, kind, seen.join('; '), other.join('; ')];
  });
}

/** The cells of the table in docs/recipes.md. @param {string} page */
export const cellsOf = (page) =>
  (BETWEEN.exec(page)?.[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = fileURLToPath(new URL('../docs/recipes.md', import.meta.url));
  const page = await readFile(path, 'utf8');
  const words = new URL('../lib/providers/status-words.js', import.meta.url).href;
  const { COMMON_STATUS_WORDS, normalizeStatus } = await import(words);
  const head = [
    ['status', 'class', 'seen at', 'means something else at'],
    ['---', '---', '---', '---'],
  ];
  const rows = [...head, ...statusRows(COMMON_STATUS_WORDS, normalizeStatus)];
  const table = rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  await writeFile(
    path,
    page.replace(BETWEEN, () => `\n<!-- prettier-ignore -->\n${table}\n`),
  );
}
