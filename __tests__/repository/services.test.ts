import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { cellsOf, statusRows } from '../../scripts/status-table.js';
import { services } from '../../simulator/services.js';
import { COMMON_STATUS_WORDS, normalizeStatus } from '../../src/providers/status-words.js';
import { jobsOf, root } from '../support/action.js';
import { send } from '../support/bodies.js';
import { startJobServer, type Fill } from '../support/job-server.js';
import { recipeInputs, recipes, startInputs } from '../support/recipes.js';

type Service = (typeof services)[number];

const server = await startJobServer();
afterAll(() => server.close());

/** Everything that is known of a service, with the responses to the polls of one job. */
const entriesOf = ({ statuses, errors, recordings = [] }: Service) => [
  ...[...statuses, ...errors].map((entry) => ({ ...entry, replies: [entry.reply] })),
  ...recordings,
];

type Answer = Service['statuses'][number]['reply'];

/** A response of a service, as it is sent about one job. */
function filledReply({ headers, body = '', ...reply }: Answer, fill: Fill) {
  const { status, headers: wanted, body: text } = send({ ...reply, body });
  const all = Object.entries({ ...wanted, ...headers });
  const filled = Object.fromEntries(all.map(([name, value]) => [name, fill(value)]));
  return { status, headers: filled, body: fill(String(text)) };
}

/** Runs the step of a recipe as it stands on the page, once for a job with each entry of its service. */
function play(service: Service) {
  const { recipe, step = 0 } = service;
  const replies = entriesOf(service).map(
    (entry) => (fill: Fill) => entry.replies.map((reply) => filledReply(reply, fill)),
  );
  return server.run(recipeInputs(recipe, server.url, step), replies, service);
}

const runs = new Map<Service, ReturnType<typeof play>>();

/** The one run of a recipe, which several tests look at. */
function runOf(service: Service) {
  const run = runs.get(service) ?? play(service);
  runs.set(service, run);
  return run;
}

const named = services.map((service) => [`${service.recipe} (${service.name})`, service] as const);

test.concurrent.each(named)('%s: each job ends as it is documented', async (_, service) => {
  const run = await runOf(service);
  const entries = entriesOf(service);
  if (run.outputs.jobs === undefined) throw new Error(run.log);
  const ends = jobsOf(run).map(({ status, reason }, index) => [
    entries[index]?.about,
    `${status} ${reason}`.trim(),
  ]);
  expect(ends).toEqual(entries.map(({ about, end }) => [about, end]));
});

test.concurrent.each(named)('%s: the request is the documented one', async (_, service) => {
  const { request, sent, credentials } = service;
  const [header, value] = credentials;
  // A JWT is signed anew each time.
  const shown = value === 'Bearer JWT' ? expect.stringMatching(/^Bearer eyJ[\w.-]+$/) : value;
  const { played } = await runOf(service);
  for (const { fill, requests } of played) {
    expect(requests[0]).toMatchObject({
      line: fill(request),
      body: fill(sent ?? ''),
      headers: expect.objectContaining({ [header]: shown }) as unknown,
    });
  }
});

test.concurrent.each(named)('%s: every status is known', async (_, service) => {
  const { log } = await runOf(service);
  expect([...log.matchAll(/the status “([^”]*)” is not known/g)].map(([, word]) => word)).toEqual(
    [],
  );
});

test.concurrent.each(named.filter(([, { cancel }]) => cancel !== undefined))(
  '%s: a job that is given up is stopped, and no other',
  async (_, service) => {
    const { cancel, request } = service;
    const run = await runOf(service);
    for (const [index, { fill, requests }] of run.played.entries()) {
      const stopped = { line: fill(cancel?.request ?? ''), body: fill(cancel?.sent ?? '') };
      const others = requests.filter(({ line }) => line !== fill(request));
      expect(others).toEqual(
        jobsOf(run)[index]?.timedOut ? [expect.objectContaining(stopped)] : [],
      );
    }
  },
);

const starts = services.flatMap(({ start, ...service }) =>
  start === undefined ? [] : [[service.recipe, start, service] as const],
);

test.concurrent.each(starts)(
  '%s: the step starts the job with one request, and waits for what was started',
  async (recipe, start, service) => {
    const { request, credentials, statuses, pending = -1, success } = service;
    const own = await startJobServer();
    const told = [statuses[pending], statuses[success]].flatMap((entry) => entry?.reply ?? []);
    const run = await own.start(
      startInputs(recipe, own.url),
      { request: start.request, reply: (fill) => filledReply(start.reply, fill) },
      (fill) => told.map((reply) => filledReply(reply, fill)),
      service,
    );
    await own.close();

    const { fill, outputs, polls } = run;
    const [header, value] = credentials;
    expect(run.starts).toEqual([
      {
        line: start.request,
        body: fill(start.sent ?? ''),
        headers: expect.objectContaining({ ...start.headers, [header]: value }) as unknown,
      },
    ]);
    const [line, body] = [start.poll ?? request, service.sent ?? ''].map(fill);
    expect(polls).toEqual(told.map(() => expect.objectContaining({ line, body }) as unknown));
    expect(outputs.requestId).toBe(fill(start.id ?? service.id ?? 'KEY'));
    expect([outputs.status, run.exitCode]).toEqual(['Successful', 0]);
  },
);

test('a page shows how a job is started where the data have it, and nowhere else', () => {
  const shown = recipes.filter(({ start }) => start !== undefined).map(({ title }) => title);
  expect(starts.map(([recipe]) => recipe).sort()).toEqual(shown.sort());
});

test.each(starts)('the start of %s says what its source is', (_, { source }) => {
  expect(source).toMatch(/^https:\/\/\S+$/);
});

const queries = {
  'message-query': 'message',
  'file-path-query': 'filePath',
  'batch-id-query': 'batchId',
} as const;

test.concurrent.each(named)('%s: each query of the step finds something', async (_, service) => {
  const inputs = recipeInputs(service.recipe, server.url, service.step);
  const jobs = jobsOf(await runOf(service));
  // At other ends the message is the one of the step.
  const ended = jobs.filter(({ status }) => status !== 'Error' && status !== 'Pending');
  const vain = Object.entries(queries).filter(
    ([query, output]) => inputs[query] !== undefined && ended.every((job) => job[output] === ''),
  );
  // Clusters have no message; the query shortens those of error responses.
  const isAtlas = service.name === 'mongodb-atlas-clusters';
  expect(vain.map(([query]) => query)).toEqual(isAtlas ? ['message-query'] : []);
});

test('every step on the pages has a file, and every file a step', () => {
  const steps = recipes.flatMap(({ title, steps }) => steps.map((_, step) => `${title} ${step}`));
  const files = services.map(({ recipe, step = 0 }) => `${recipe} ${step}`);
  expect(files.sort()).toEqual(steps.sort());
});

test.each(recipes)('the section “$title” tells what people need to know', ({ text }) => {
  const names = [...text.matchAll(/^- \*\*(\w+)\*\*: \S/gm)].map(([, name]) => name);
  expect(names).toEqual(['Id', 'Status', 'Trap', 'Result']);
  expect(text).toMatch(/\n\[[^\]]+\]\(https:\/\/[^)]+\)\n/);
});

describe.each(named)('the data of %s', (_, service) => {
  const told = [...service.statuses, ...service.errors];

  test('has at least two errors', () => {
    expect(service.errors.length).toBeGreaterThanOrEqual(2);
  });

  test('names the source of each entry, and how certain it is', () => {
    for (const { source } of entriesOf(service)) expect(source).toMatch(/https:\/\/\S+$/);
    for (const { certainty } of told)
      expect(['documented', 'recorded', 'inferred']).toContain(certainty);
  });

  test('says each thing once', () => {
    const abouts = entriesOf(service).map(({ about }) => about);
    expect([...new Set(abouts)]).toEqual(abouts);
  });

  test('has a typical response of each kind, and a place for the status', () => {
    const { statuses, pending, success, failure, statusAt } = service;
    const ends = [pending, success, failure].map((index = -1) => statuses[index]?.end);
    const isEverPending = statuses.some(({ end }) => end === 'Pending timed-out');
    expect(ends[0]).toBe(isEverPending ? 'Pending timed-out' : undefined);
    expect(ends.slice(1)).toEqual(['Successful', 'Failure job-failed']);
    expect(JSON.stringify(statusAt)).toContain('"STATUS"');
  });
});

test('recorded responses of at least six services are replayed', () => {
  const recorded = services.filter(({ recordings = [] }) => recordings.length > 0);
  expect(recorded.length).toBeGreaterThanOrEqual(6);
});

const index = await readFile(join(root, 'docs/recipes.md'), 'utf8');

test('the index links to every recipe', () => {
  const anchor = (title: string) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-');
  for (const { page, title } of recipes)
    expect(index).toContain(`[${title}](recipes/${page}#${anchor(title)})`);
});

test('the table of statuses that are known without being named says where each was seen', () => {
  expect(cellsOf(index)).toEqual(statusRows(COMMON_STATUS_WORDS, normalizeStatus));
});

test('a status that is known as success means something else only where the step says so', () => {
  const rows = statusRows(COMMON_STATUS_WORDS, normalizeStatus);
  const odd = rows.filter(([, kind, , other]) => kind === 'successful' && other !== '');
  expect(odd.map(([word, , , other]) => [word, other])).toEqual([
    ['`completed`', 'GitHub workflow runs (pending)'],
  ]);
});
