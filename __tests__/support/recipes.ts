import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { recipeToken } from '../../simulator/recipes.js';
import { root } from './action.js';

/** The steps of docs/recipes.md by their headings, each with its inputs. */
const steps = Object.fromEntries(
  (await readFile(join(root, 'docs/recipes.md'), 'utf8'))
    .split('\n## ')
    .slice(1)
    .map((section) => {
      const [yaml = ''] = /(?<=```yaml\n)[\s\S]*?(?=```)/.exec(section) ?? [];
      const [step] = parse(yaml) as { with: Record<string, string> }[];
      return [section.split('\n')[0] ?? '', step?.with ?? {}];
    }),
);

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
