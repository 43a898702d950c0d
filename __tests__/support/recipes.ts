import { generateKeyPairSync } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { recipeToken } from '../../simulator/services.js';
import { root } from './action.js';

type Inputs = Readonly<Record<string, string>>;

/** A section of a page of docs/recipes. */
export interface Recipe {
  readonly page: string;
  readonly title: string;
  readonly text: string;
  /** The inputs of each step that waits for a job. */
  readonly steps: readonly Inputs[];
}

const LOGINS = 'logins.md';
const folder = join(root, 'docs', 'recipes');

const sectionsOf = async (page: string): Promise<Recipe[]> =>
  (await readFile(join(folder, page), 'utf8'))
    .replaceAll('\r\n', '\n')
    .split('\n## ')
    .slice(1)
    .map((text) => ({ page, title: text.split('\n')[0] ?? '', text, steps: stepsIn(text) }));

function stepsIn(text: string): Inputs[] {
  const [yaml = ''] = /(?<=```yaml\n)[\s\S]*?(?=```)/.exec(text) ?? [];
  const steps = (parse(yaml) ?? []) as { with?: Record<string, unknown> }[];
  return steps
    .map((step) => Object.entries(step.with ?? {}).map(([input, value]) => [input, String(value)]))
    .map((inputs) => Object.fromEntries(inputs) as Inputs)
    .filter(({ provider }) => provider !== undefined);
}

const pages = (await readdir(folder)).filter((page) => page.endsWith('.md') && page !== LOGINS);

/** The recipes of all pages but the logins. */
export const recipes: readonly Recipe[] = (await Promise.all(pages.map(sectionsOf))).flat();

/** The steps that log in, by their headings. */
export const loginRecipes: Readonly<Record<string, Inputs>> = Object.fromEntries(
  (await sectionsOf(LOGINS)).map(({ title, steps }) => [title, steps[0] ?? {}]),
);

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** The inputs of a recipe as they stand on the page, with a server at `url` in place of the service. */
export function recipeInputs(title: string, url: string, step = 0): Record<string, string> {
  const inputs = recipes.find((recipe) => recipe.title === title)?.steps[step];
  if (inputs === undefined) throw new Error(`no recipe “${title}” with a step ${step}`);
  const { provider = '', ...texts } = inputs;
  const here = (text: string) =>
    text
      .replace(/https:\/\/[^/\s]+/, url)
      .replaceAll(/\$\{\{ (vars\.\w+) \}\}/g, 'agent@acme.example')
      .replaceAll(/\$\{\{ [^}]+ \}\}/g, recipeToken);
  const filled = Object.entries(texts).map(([input, text]) => [
    input,
    input === 'private-key' ? pem : here(text),
  ]);
  return { provider, ...(Object.fromEntries(filled) as Record<string, string>) };
}
