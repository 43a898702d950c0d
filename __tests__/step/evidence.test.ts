import { afterAll, describe, expect, test } from '@jest/globals';
import { recipeToken, services as described } from '../../simulator/services.js';
import { jobsOf, type Run } from '../support/action.js';
import {
  builtInServices,
  expectedEnds,
  groups,
  plainServices,
  recipeServices,
  send,
  speakingOf,
  stricterRecipes,
  type Service,
} from '../support/bodies.js';
import { startJobServer } from '../support/job-server.js';
import { builtInProviders } from '../support/provider.js';
import { recipeInputs } from '../support/recipes.js';

const server = await startJobServer();
afterAll(() => server.close());
const { url } = server;

type Inputs = Readonly<Record<string, string>>;

/** A service under its name, with what its step is given. */
type Named = readonly [name: string, service: Service, inputs: Inputs];

/** Bodies of a group as the first response, or after one that says “pending”. */
type Part = readonly [group: keyof typeof groups, when: 'first' | 'later'];

/** Runs the bundle once for a job with each body of each part. */
function runParts(parts: readonly Part[], [, service, inputs]: Named) {
  const replies = parts.flatMap(([group, when]) =>
    Object.values(groups[group].bodies).map((body) => (fill: (text: string) => string) => {
      const speaking = speakingOf(service, fill);
      const told = send(body(speaking));
      return when === 'later' && speaking.pending ? [send(speaking.pending), told] : [told];
    }),
  );
  return server.run(inputs, replies, service);
}

/** What belongs to each body of each part, out of what belongs to the jobs of a run. */
function byBody<T>(parts: readonly Part[], ofJobs: readonly T[]): Record<string, T | undefined>[] {
  const left = [...ofJobs];
  return parts.map(([group]) =>
    Object.fromEntries(Object.keys(groups[group].bodies).map((name) => [name, left.shift()])),
  );
}

/** What people see: the ends of jobs in the log, and the cells of the summary. */
const successesShown = ({ log, summary }: Run) => [
  log.match(/^ +[\d.]+m?s +(\S+: )?Successful after /gm)?.length ?? 0,
  summary.match(/✅&nbsp;Successful/g)?.length ?? 0,
];

const services: readonly Named[] = [
  ...Object.entries(recipeServices).map(
    ([name, service]) => [name, service, recipeInputs(service.recipe, url, service.step)] as const,
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
  expect(Object.keys(recipeServices)).toHaveLength(described.length);
  expect(Object.keys(builtInServices).sort()).toEqual([...builtInProviders].sort());
});

test('there are at least 30 bodies that prove nothing, 12 of failure and 8 of success', () => {
  const counts = Object.values(groups).map(({ bodies }) => Object.keys(bodies).length);
  expect(counts).toEqual([39, 12, 8]);
});

test('nothing is green without evidence, but where the step says what is success', () => {
  const green = services.filter(([name]) =>
    Object.values(expectedEnds('nothing', name, 'first')).includes('Successful'),
  );
  const said = green.map(([, , inputs]) => [
    inputs['success-http-statuses'],
    inputs['success-statuses'],
  ]);
  expect(said).toEqual([
    ['200, 201, 204', undefined],
    [undefined, 'OK'],
  ]);
});

/** Waits for the bodies of `parts` at a service, and compares every end with what is written down. */
async function expectEnds(parts: readonly Part[], named: Named) {
  const run = await runParts(parts, named);
  const expected = parts.map(([group, when]) => expectedEnds(group, named[0], when));
  const ends = jobsOf(run).map(({ status, reason }) => `${status} ${reason}`.trim());
  expect(byBody(parts, ends)).toEqual(expected);

  const successes = ends.filter((end) => end === 'Successful').length;
  expect(run.exitCode).toBe(successes === ends.length ? 0 : 1);
  expect(run.outputs.status === 'Successful').toBe(successes === ends.length);
  expect(successesShown(run)).toEqual([successes, successes]);

  const polls = byBody(
    parts,
    run.played.map(({ requests }) => requests.length),
  );
  for (const [index, [, when]] of parts.entries()) {
    const fewest = Math.min(...Object.values(polls[index] ?? {}).map(Number));
    expect(fewest).toBeGreaterThanOrEqual(when === 'later' ? 2 : 1);
  }
}

const unproven: readonly Part[] = [
  ['nothing', 'first'],
  ['nothing', 'later'],
  ['failure', 'first'],
];

test.concurrent.each(services)('%s: what proves nothing, or failure, is not green', (...named) => {
  const [, { pending }] = named;
  const parts = unproven.filter(([, when]) => when === 'first' || pending !== undefined);
  return expectEnds(parts, named);
});

test.concurrent.each(services)('%s: what proves success is green', (...named) =>
  expectEnds([['success', 'first']], named),
);

describe('a job that is asked about once', () => {
  const [, service, inputs] = services.find(([name]) => name === 'the bare default') ?? [];
  if (service === undefined || inputs === undefined) throw new Error('no bare default');
  const bodies = Object.entries(groups.nothing.bodies);

  // Each has a process of its own, so that its exit code is its own as well.
  test.concurrent.each(bodies)('fails the step with %s', async (name, body) => {
    const run = await server.run({ ...inputs, timeout: '0' }, [() => [send(body(service))]]);
    expect(run.exitCode).toBe(1);
    const [status] = expectedEnds('nothing', 'the bare default', 'first')[name]?.split(' ') ?? [];
    expect(run.outputs.status).toBe(status);
    expect(successesShown(run)).toEqual([0, 0]);
    expect(run.played[0]?.requests.length).toBeLessThanOrEqual(4);
  });
});
