import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { recipeToken } from '../../simulator/recipes.js';
import { jobsOf, runAction, type Run } from '../support/action.js';
import {
  builtInServices,
  expectedEnds,
  groups,
  plainServices,
  recipeServices,
  send,
  stricterRecipes,
  type Reply,
  type Service,
} from '../support/bodies.js';
import { builtInProviders } from '../support/provider.js';
import { recipeInputs, recipeNames } from '../support/recipes.js';

/** Each job of each run has a key of its own, by which the server finds what to send. */
const played = new Map<string, { readonly replies: readonly Reply[]; polls: number }>();
const login = send({ body: { access_token: recipeToken, expires_in: 3600 } });
const server = createServer((request, response) => {
  let text = request.url ?? '';
  request.on('data', (chunk: Buffer) => (text += chunk.toString()));
  request.on('end', () => {
    const [key = ''] = /case-\d+/.exec(text) ?? [];
    const job = played.get(key) ?? { replies: [login], polls: 0 };
    const reply = job.replies[Math.min(job.polls, job.replies.length - 1)];
    job.polls += 1;
    response.writeHead(reply?.status ?? 500, reply?.headers).end(reply?.body);
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(() => new Promise((resolve) => server.close(resolve)));

type Inputs = Readonly<Record<string, string>>;

/** Runs the bundle once for a job with each of `replies`. */
async function runJobs(inputs: Inputs, replies: readonly (readonly Reply[])[]) {
  const keys = replies.map((one) => {
    const key = `case-${played.size}`;
    played.set(key, { replies: one, polls: 0 });
    return key;
  });
  const ids = keys.map((key) => (inputs.url === '{+id}' ? `${url}/${key}` : key));
  const run = await runAction({
    interval: '0.2s',
    timeout: '1.6s',
    'not-found-grace': '0.1s',
    ...inputs,
    'request-id': ids.join('\n'),
  });
  return { ...run, polls: keys.map((key) => played.get(key)?.polls ?? 0) };
}

type Group = keyof typeof groups;

/** Runs the bundle with each body of a group, where wanted after a response that says “pending”. */
function runGroup(group: Group, service: Service, inputs: Inputs, before: readonly Reply[] = []) {
  const bodies = Object.values(groups[group].bodies);
  return runJobs(
    inputs,
    bodies.map((body) => [...before, send(body(service))]),
  );
}

/** The end of each job, by the body that it was given. */
function endsOf(group: Group, run: Run): Record<string, string> {
  const names = Object.keys(groups[group].bodies);
  return Object.fromEntries(
    jobsOf(run).map(({ status, reason }, index) => [
      names[index] ?? '',
      `${status} ${reason}`.trim(),
    ]),
  );
}

/** What people see: the ends of jobs in the log, and the cells of the summary. */
const successesShown = ({ log, summary }: Run) => [
  log.match(/^ +[\d.]+m?s +(\S+: )?Successful after /gm)?.length ?? 0,
  summary.match(/✅&nbsp;Successful/g)?.length ?? 0,
];

const services: readonly (readonly [name: string, service: Service, inputs: Inputs])[] = [
  ...Object.entries(recipeServices).map(
    ([name, service]) => [name, service, recipeInputs(name, url)] as const,
  ),
  ...Object.entries(stricterRecipes).map(
    ([name, service]) =>
      [name, service, { ...recipeInputs(service.recipe, url), ...service.inputs }] as const,
  ),
  ...Object.entries(plainServices).map(
    ([name, service]) =>
      [name, service, { provider: 'http', url: `${url}/{id}`, ...service.inputs }] as const,
  ),
  ...Object.entries(builtInServices).map(
    ([provider, service]) =>
      [
        provider,
        service,
        { provider, 'base-url': url, token: recipeToken, ...service.inputs },
      ] as const,
  ),
];

test('every recipe and every built-in provider is among the services', () => {
  expect(Object.keys(recipeServices)).toEqual(recipeNames);
  expect(Object.keys(builtInServices).sort()).toEqual([...builtInProviders].sort());
});

test('there are at least 30 bodies that prove nothing, 12 of failure and 8 of success', () => {
  const counts = Object.values(groups).map(({ bodies }) => Object.keys(bodies).length);
  expect(counts).toEqual([39, 12, 8]);
});

test('nothing is green without evidence, but where the step lists HTTP statuses as success', () => {
  const green = services.filter(([name]) =>
    Object.values(expectedEnds('nothing', name, 'first')).includes('Successful'),
  );
  expect(green.map(([, , inputs]) => inputs['success-http-statuses'])).toEqual(['200, 201, 204']);
});

describe.each(services)('%s', (name, service, inputs) => {
  let runs: Awaited<ReturnType<typeof runJobs>>[];
  const pending = [send(service.pending)];
  beforeAll(async () => {
    runs = await Promise.all([
      runGroup('nothing', service, inputs),
      runGroup('nothing', service, inputs, pending),
      runGroup('failure', service, inputs),
      runGroup('success', service, inputs),
    ]);
  });

  test.each([
    ['a body that proves nothing', 0, 'nothing', 'first'],
    ['a body that proves nothing, after one that says “pending”,', 1, 'nothing', 'later'],
    ['a body that proves failure', 2, 'failure', 'first'],
    ['a body that proves success', 3, 'success', 'first'],
  ] as const)('%s ends as it is written down', (_, index, group, when) => {
    const run = runs[index];
    if (run === undefined) throw new Error(name);
    const expected = expectedEnds(group, name, when);
    expect(endsOf(group, run)).toEqual(expected);

    const successes = Object.values(expected).filter((end) => end === 'Successful').length;
    const bodies = Object.keys(expected).length;
    expect(run.exitCode).toBe(successes === bodies ? 0 : 1);
    expect(run.outputs.status === 'Successful').toBe(successes === bodies);
    expect(successesShown(run)).toEqual([successes, successes]);
    expect(Math.min(...run.polls)).toBeGreaterThanOrEqual(when === 'later' ? 2 : 1);
  });
});

describe('a job that is asked about once', () => {
  const [, service, inputs] = services.find(([name]) => name === 'the bare default') ?? [];
  if (service === undefined || inputs === undefined) throw new Error('no bare default');
  const bodies = Object.entries(groups.nothing.bodies);

  // Each has a process of its own, so that its exit code is its own as well.
  test.concurrent.each(bodies)('fails the step with %s', async (name, body) => {
    const run = await runJobs({ ...inputs, timeout: '0' }, [[send(body(service))]]);
    expect(run.exitCode).toBe(1);
    const [status] = expectedEnds('nothing', 'the bare default', 'first')[name]?.split(' ') ?? [];
    expect(run.outputs.status).toBe(status);
    expect(successesShown(run)).toEqual([0, 0]);
    expect(run.polls[0]).toBeLessThanOrEqual(4);
  });
});
