import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { recipes, recipeToken } from '../../simulator/recipes.js';
import { runAction } from '../support/action.js';
import { recipeInputs, recipeNames } from '../support/recipes.js';

type Reply = (typeof recipes)[string]['pending'][number];

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
  requests.length = 0;
  replies = [...responses];
  const outcome = await runAction({
    interval: '0.05s',
    timeout: '20s',
    'not-found-grace': '0.1s',
    ...recipeInputs(name, url),
    'request-id': id.replace('HOST', url),
    ...more,
  });
  return { ...outcome, polls: requests.filter(({ line }) => !line.includes('/oauth/')) };
}

test('every recipe is played by the simulator, and nothing else', () => {
  expect(recipeNames).toEqual(Object.keys(recipes));
  expect(recipeNames).toHaveLength(20);
});

describe.each(Object.keys(recipes))('%s', (name) => {
  const recipe = recipes[name];
  if (recipe === undefined) throw new Error(name);

  test.each(Object.entries(recipe.ends))('is waited for, up to its %s', async (_, end) => {
    const { replies: last, outputs: expected } = end;
    const responses = [...recipe.pending, ...last];
    const { exitCode, outputs, log, polls } = await run(name, responses);
    expect(outputs).toMatchObject(expected);
    expect(exitCode).toBe(expected.status === 'Successful' ? 0 : 1);
    expect(log).not.toMatch(/is not known/);
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
        expect.objectContaining({ line: recipe.cancelled, body: recipe.cancelledWith ?? '' }),
      ]);
    });
  }
});
