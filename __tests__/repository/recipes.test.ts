import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { recipes, recipeToken } from '../../simulator/recipes.js';
import { root, runAction } from '../support/action.js';

type Reply = (typeof recipes)[string]['pending'][number];

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

const requests: { line: string; headers: Record<string, unknown>; body: string }[] = [];
let replies: Reply[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    const isLogin = request.url === '/oauth/access_token';
    const issued = {
      status: 200,
      headers: {},
      body: { access_token: recipeToken, expires_in: 3600 },
    };
    const given = isLogin ? issued : replies.length > 1 ? replies.shift() : replies[0];
    const text = typeof given?.body === 'string' ? given.body : JSON.stringify(given?.body);
    const headers = { 'Content-Type': 'application/json', ...given?.headers };
    response.writeHead(given?.status ?? 500, headers).end(given?.status === 204 ? '' : text);
  });
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** Runs the step of a recipe as it stands on the page, at the simulator in place of the service. */
async function run(name: string, responses: readonly Reply[], more: Record<string, string> = {}) {
  const { id = '' } = recipes[name] ?? {};
  const here = (text: string) =>
    text
      .replace(/https:\/\/[^/\s]+/, url)
      .replaceAll(/\$\{\{ (vars\.\w+) \}\}/g, 'agent@acme.example')
      .replaceAll(/\$\{\{ [^}]+ \}\}/g, recipeToken);
  const { provider = '', ...inputs } = steps[name] ?? {};
  const filled = Object.fromEntries(
    Object.entries(inputs).map(([input, text]) => [input, here(text)]),
  );
  requests.length = 0;
  replies = [...responses];
  const outcome = await runAction({
    provider,
    interval: '0.05s',
    timeout: '20s',
    ...filled,
    'request-id': id.replace('HOST', url),
    ...more,
  });
  return { ...outcome, polls: requests.filter(({ line }) => !line.includes('/oauth/')) };
}

test('every recipe is played by the simulator, and nothing else', () => {
  expect(Object.keys(steps)).toEqual(Object.keys(recipes));
  expect(Object.keys(steps)).toHaveLength(20);
});

describe.each(Object.keys(recipes))('%s', (name) => {
  const recipe = recipes[name];
  if (recipe === undefined) throw new Error(name);

  test.each(['success', 'failure', 'trap'] as const)('is waited for, up to its %s', async (end) => {
    const { replies: last, outputs: expected } = recipe.ends[end];
    const responses = [...recipe.pending, ...last];
    const { exitCode, outputs, log, polls } = await run(name, responses);
    expect(outputs).toMatchObject(expected);
    expect(exitCode).toBe(expected.status === 'Successful' ? 0 : 1);
    expect(log).not.toMatch(/is not known|has no status/);
    expect(polls.length).toBeGreaterThanOrEqual(responses.length);
    const [header, value] = recipe.credentials;
    for (const { line, headers, body } of polls) {
      expect(line).toBe(recipe.asked);
      expect(headers[header]).toBe(value);
      if (recipe.sent !== undefined) expect(body).toBe(recipe.sent);
    }
  });

  if (recipe.cancelled !== undefined) {
    test('is stopped when it is given up', async () => {
      const { exitCode, polls } = await run(name, recipe.pending, { timeout: '0.3s' });
      expect(exitCode).toBe(1);
      expect(polls.filter(({ line }) => line !== recipe.asked)).toEqual([
        expect.objectContaining({ line: recipe.cancelled }),
      ]);
    });
  }
});
