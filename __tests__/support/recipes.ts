import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { recipeToken } from '../../simulator/recipes.js';
import { root } from './action.js';

type Inputs = Readonly<Record<string, string>>;

/** The inputs of the steps on a page, by the headings before them. */
const stepsIn = (page: string, heading: string): Record<string, Inputs> =>
  Object.fromEntries(
    page
      .split(heading)
      .slice(1)
      .map((section) => {
        const [yaml = ''] = /(?<=```yaml\n)[\s\S]*?(?=```)/.exec(section) ?? [];
        const [step] = parse(yaml) as { with: Inputs }[];
        return [section.split('\n')[0] ?? '', step?.with ?? {}];
      }),
  );

const [services = '', logins = ''] = (await readFile(join(root, 'docs/recipes.md'), 'utf8')).split(
  '\n## Logins\n',
);
const steps = stepsIn(services, '\n## ');

/** The steps below “Logins”, by their headings. */
export const loginRecipes = stepsIn(logins, '\n### ');

export const recipeNames: readonly string[] = Object.keys(steps);

/** The inputs of a recipe as they stand on the page, with a server at `url` in place of the service. */
export function recipeInputs(name: string, url: string): Record<string, string> {
  const { provider = '', ...inputs } = steps[name] ?? {};
  const here = (text: string) =>
    text
      .replace(/https:\/\/[^/\s]+/, url)
      .replaceAll(/\$\{\{ (vars\.\w+) \}\}/g, 'agent@acme.example')
      .replaceAll(/\$\{\{ [^}]+ \}\}/g, recipeToken);
  const filled = Object.entries(inputs).map(([input, text]) => [input, here(text)]);
  return { provider, ...(Object.fromEntries(filled) as Record<string, string>) };
}
