import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../../src/domain/clock.js';
import type { Inputs } from '../../../src/inputs/inputs.js';
import { reportLastResort } from '../../../src/output/last-resort.js';
import { createReporter, reportFailure } from '../../../src/output/reporter.js';
import { createSanitizer, type Sanitizer } from '../../../src/text/sanitizer.js';
import { createSecrets } from '../../../src/text/secrets.js';
import type { WaitResult } from '../../../src/wait/wait.js';
import { actionFile } from '../../support/action.js';
import { outcome } from '../../support/outcome.js';
import { makeFolder, removeFolder } from '../../support/system.js';

/** What a part of the output layer throws: it holds a secret, as the error of a regular expression does. */
const SECRET = 'Zk3-Xw9-Qv7-Jp5';
const broken = () => {
  throw new Error(`Invalid regular expression: /${SECRET}/`);
};

let folder = '';
let stdout = '';
const environment = { ...process.env };

beforeEach(async () => {
  folder = await makeFolder('last-resort');
  stdout = '';
  for (const name of ['output', 'summary']) await writeFile(join(folder, name), '');
  process.env.GITHUB_OUTPUT = join(folder, 'output');
  process.env.GITHUB_STEP_SUMMARY = join(folder, 'summary');
  process.env.RUNNER_TEMP = folder;
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
  process.env = { ...environment };
  await removeFolder(folder);
});

/** What was written by now: log, outputs and summary; the last value of each output. */
async function written() {
  const [output = '', summary = ''] = await Promise.all(
    ['output', 'summary'].map((name) => readFile(join(folder, name), 'utf8')),
  );
  const outputs: Record<string, string> = {};
  for (const [, name = '', , value = ''] of output.matchAll(
    /^(\w+)<<(\S+)\r?\n([^]*?)\r?\n\2$/gm,
  )) {
    outputs[name] = value;
  }
  return { all: [stdout, output, summary].join('\n'), outputs, exitCode: process.exitCode };
}

const whole = createSanitizer(createSecrets(() => undefined));
const inputs = {
  provider: { title: 'Some Service', allowsAnonymous: true, loginInputs: [] },
  requestIds: ['job-1'],
  settings: { baseUrl: 'https://a.example', statusWords: {}, username: '', http: { headers: {} } },
  secureContexts: {},
  queuedStatuses: [],
  unusedInputs: [],
  timeoutMs: 1000,
  onTimeout: 'fail',
  onPartialSuccess: 'fail',
} as unknown as Inputs;
const result: WaitResult = {
  response: '{"status":"done"}',
  outcomes: [outcome({ providerStatus: 'done', filePath: 'https://a.example/r.csv?sig=abcdefgh' })],
};

/** Ends a wait with this sanitizer, as the step does. */
async function finish(sanitizer: Sanitizer, signal = new AbortController().signal) {
  try {
    createReporter(inputs, sanitizer, { clock: systemClock, signal }).finish(result);
  } catch (error) {
    reportFailure(error, sanitizer);
  }
  return written();
}

const outputNames = Object.keys(actionFile.outputs).sort();

test('a wait that ends well is green, with every output', async () => {
  const { outputs, exitCode } = await finish(whole);
  expect(exitCode).toBe(0);
  expect(Object.keys(outputs).sort()).toEqual(outputNames);
});

describe.each(['line', 'link', 'body', 'redact'] as const)(
  'where %s of the sanitizer throws',
  (name) => {
    test('the step is red, every output is written, and nothing of what was thrown is shown', async () => {
      const { all, outputs, exitCode } = await finish({ ...whole, [name]: broken });
      expect(exitCode).toBe(1);
      expect(Object.keys(outputs).sort()).toEqual(outputNames);
      expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-response' });
      if (name === 'redact') expect(all).not.toContain(SECRET);
    });
  },
);

test('where all of the sanitizer throws, a fixed text is what is left', async () => {
  const all = {
    line: broken,
    link: broken,
    page: broken,
    body: broken,
    redact: broken,
    hideQuery: broken,
  };
  const run = await finish(all);
  expect(run.exitCode).toBe(1);
  expect(run.outputs).toMatchObject({ status: 'Error', jobs: '[]' });
  expect(run.all).not.toContain(SECRET);
  expect(run.all).toMatch(/^::error::Await Job broke off/m);
});

test('where the summary cannot be made, the step is as green as its job, and shows nothing of why', async () => {
  let calls = 0;
  /** The chart and the table come last, when all else is written. */
  const line = (text: string) => {
    calls += 1;
    return calls > 6 ? broken() : text;
  };
  let isGreen = false;
  for (let limit = 0; limit < 3 && !isGreen; limit += 1) {
    const { all, outputs } = await finish({ ...whole, line });
    expect(all).not.toContain(SECRET);
    isGreen = outputs.status === 'Successful';
  }
});

test('where the error itself throws when it is read, every output is written', async () => {
  const error = Object.defineProperty(new Error(), 'message', { get: broken });
  reportFailure(error, whole);
  const { outputs, all, exitCode } = await written();
  expect(exitCode).toBe(1);
  expect(Object.keys(outputs).sort()).toEqual(outputNames);
  expect(all).not.toContain(SECRET);
});

test.each([
  ['null', null],
  ['undefined', undefined],
  ['a text', SECRET],
  ['an object without a text', Object.create(null)],
  ['a symbol', Symbol(SECRET)],
])('where %s is thrown, every output is written', async (_, thrown: unknown) => {
  const secrets = createSecrets(() => undefined);
  secrets.add(SECRET);
  reportFailure(thrown, createSanitizer(secrets));
  const { outputs, all, exitCode } = await written();
  expect(exitCode).toBe(1);
  expect(Object.keys(outputs).sort()).toEqual(outputNames);
  expect(all).not.toContain(SECRET);
});

test('the last resort writes every output of action.yml, and never throws', async () => {
  reportLastResort();
  const { outputs, exitCode } = await written();
  expect(exitCode).toBe(1);
  expect(Object.keys(outputs).sort()).toEqual(outputNames);
  process.env.GITHUB_OUTPUT = folder;
  expect(reportLastResort).not.toThrow();
  jest.spyOn(process.stdout, 'write').mockImplementation(broken);
  expect(reportLastResort).not.toThrow();
});

test('after a signal a wait that ended well is red', async () => {
  const { exitCode, all } = await finish(whole, AbortSignal.abort());
  expect(exitCode).toBe(1);
  expect(all).toContain('::error::The step was cancelled');
});
