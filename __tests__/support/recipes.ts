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
  /** The inputs that let the first step start its job, in place of `request-id`. */
  readonly start: Inputs | undefined;
}

const LOGINS = 'logins.md';
const folder = join(root, 'docs', 'recipes');

const sectionsOf = async (page: string): Promise<Recipe[]> =>
  (await readFile(join(folder, page), 'utf8'))
    .replaceAll('\r\n', '\n')
    .split('\n## ')
    .slice(1)
    .map((text) => ({
      page,
      title: text.split('\n')[0] ?? '',
      text,
      steps: stepsIn(text),
      start: startIn(text),
    }));

const toTexts = (inputs: Readonly<Record<string, unknown>>): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([input, value]) => [input, String(value)]));

function stepsIn(text: string): Inputs[] {
  const [yaml = ''] = /(?<=```yaml\n)[\s\S]*?(?=```)/.exec(text) ?? [];
  const steps = (parse(yaml) ?? []) as { with?: Record<string, unknown> }[];
  return steps
    .map((step) => toTexts(step.with ?? {}))
    .filter(({ provider }) => provider !== undefined);
}

function startIn(text: string): Inputs | undefined {
  const [, yaml] = /\nStart it in the same step: .*\n\n```yaml\n([\s\S]*?)```/.exec(text) ?? [];
  return yaml === undefined ? undefined : toTexts(parse(yaml) as Record<string, unknown>);
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

const recipeOf = (title: string) => recipes.find((recipe) => recipe.title === title);

/** The inputs of a recipe as they stand on the page, with a server at `url` in place of the service. */
export function recipeInputs(title: string, url: string, step = 0): Record<string, string> {
  const inputs = recipeOf(title)?.steps[step];
  if (inputs === undefined) throw new Error(`no recipe “${title}” with a step ${step}`);
  return inputsAt(inputs, url);
}

/** The same for its first step where that starts the job. */
export function startInputs(title: string, url: string): Record<string, string> {
  const { steps, start } = recipeOf(title) ?? {};
  if (start === undefined) throw new Error(`no recipe “${title}” that starts its job`);
  return inputsAt({ ...steps?.[0], ...start, 'request-id': '' }, url);
}

function inputsAt({ provider = '', ...texts }: Inputs, url: string): Record<string, string> {
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
