import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readInputs } from '../../src/inputs/read-inputs.js';
import { PROVIDERS } from '../../src/providers/index.js';
import { createSecrets } from '../../src/text/secrets.js';
import { actionFile, root, runAction } from '../support/action.js';
import { createCa, signed } from '../support/certificates.js';

const client = await signed(await createCa('Test Authority'), 'service-account');

/** The pages with steps to copy, apart from the recipes. */
const pages = [
  'README.md',
  ...['any-api', 'long-waits', 'reference'].map((name) => `docs/${name}.md`),
];

interface Step {
  readonly with?: Readonly<Record<string, unknown>>;
}

/** The steps on a page, be they in a workflow or alone. */
async function stepsOf(page: string): Promise<Step[]> {
  const text = (await readFile(join(root, page), 'utf8')).replaceAll('\r\n', '\n');
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, yaml = '']) => parse(yaml) as Step[] | { jobs?: Record<string, { steps: Step[] }> })
    .flatMap((yaml) =>
      Array.isArray(yaml) ? yaml : Object.values(yaml.jobs ?? {}).flatMap(({ steps }) => steps),
    );
}

/** An input as it is on the page, with the address of the simulator where a step before would tell it. */
const filled = ([name, value]: [string, unknown]) => [
  name,
  String(value).replace('${{ steps.simulator.outputs.url }}', 'http://127.0.0.1:8080'),
];

test('the code reads the inputs of action.yml and no others', () => {
  const asked = new Set<string>();
  const texts: Record<string, string> = { provider: 'os1' };
  expect(() =>
    readInputs(
      (name) => {
        asked.add(name);
        return texts[name] ?? '';
      },
      { secrets: createSecrets(() => undefined), environment: {}, nowMs: Date.now() },
    ),
  ).toThrow();
  expect([...asked].sort()).toEqual(Object.keys(actionFile.inputs).sort());
});

test('the code falls back to the defaults of action.yml', () => {
  const read = (defaults: Record<string, string>) =>
    readInputs(
      (name) =>
        ({ provider: 'sei', 'request-id': 'x', token: 'a-token', 'app-key': 'a-key', ...defaults })[
          name
        ] ?? '',
      { secrets: createSecrets(() => undefined), environment: {}, nowMs: Date.now() },
    );
  const defaults = Object.entries(actionFile.inputs).flatMap(([name, input]) =>
    input.default === undefined ? [] : [[name, input.default]],
  );
  expect(read(Object.fromEntries(defaults) as Record<string, string>)).toEqual({
    ...read({}),
    isQueued: expect.any(Function),
  });
});

test('the code writes the outputs of action.yml and no others', async () => {
  const { outputs } = await runAction({});
  expect(Object.keys(outputs).sort()).toEqual(Object.keys(actionFile.outputs).sort());
});

test('action.yml runs the bundle on node24', () => {
  expect(actionFile.runs).toEqual({ using: 'node24', main: 'dist/index.js' });
});

test('every input and output is described in at most two sentences', () => {
  for (const { description } of [
    ...Object.values(actionFile.inputs),
    ...Object.values(actionFile.outputs),
  ]) {
    const sentences = description.split(/\.(?:\s|$)/).filter(Boolean);
    expect([description, sentences.length <= 2]).toEqual([description, true]);
  }
});

test.each(Object.keys(PROVIDERS))(
  'the README and docs have a step for %s whose inputs are accepted',
  async (provider) => {
    const steps = (await Promise.all(pages.map(stepsOf)))
      .flat()
      .filter((step) => step.with?.provider === provider);
    expect(steps.length).toBeGreaterThan(0);
    for (const { with: inputs = {} } of steps) {
      expect(Object.keys(actionFile.inputs)).toEqual(expect.arrayContaining(Object.keys(inputs)));
      const given: Record<string, string> = {
        ...(Object.fromEntries(Object.entries(inputs).map(filled)) as Record<string, string>),
        ...(inputs['client-key'] !== undefined && {
          'client-certificate': client.cert,
          'client-key': client.key,
        }),
      };
      expect(() =>
        readInputs((name) => given[name] ?? '', {
          secrets: createSecrets(() => undefined),
          environment: {},
          nowMs: Date.now(),
        }),
      ).not.toThrow();
    }
  },
);

test('the demo ends as it says', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['simulator/demo.js'], {
    cwd: root,
  });
  expect(stdout).toContain('All six ended as they should');
  expect(stdout).not.toMatch(/demo-token|demo-app-key/);
  expect(stdout.match(/exit code 0/g)).toHaveLength(4);
  expect(stdout.match(/exit code 1/g)).toHaveLength(2);
});

test('the simulator imports nothing of src', async () => {
  const files = (await readdir(join(root, 'simulator'), { recursive: true }))
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(root, 'simulator', name));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) expect(await readFile(file, 'utf8')).not.toMatch(/from '.*src\//);
});

test('action-types.yml has a type for each input and output, and the choices of the code', async () => {
  interface Types {
    inputs: Record<string, { type: string; 'allowed-values'?: string[] }>;
    outputs: Record<string, { type: string; 'allowed-values'?: string[] }>;
  }
  const types = parse(await readFile(join(root, 'action-types.yml'), 'utf8')) as Types;
  expect(Object.keys(types.inputs)).toEqual(Object.keys(actionFile.inputs));
  expect(Object.keys(types.outputs)).toEqual(Object.keys(actionFile.outputs));
  expect(types.outputs.status?.['allowed-values']?.map((value) => `\`${value}\``).join(', ')).toBe(
    /`Successful`.*`Error`/
      .exec(actionFile.outputs.status?.description ?? '')?.[0]
      .replace(/ \([^)]*\)/g, ''),
  );
  const choices = Object.entries(types.inputs).filter(([, { type }]) => type === 'enum');
  expect(choices).toHaveLength(9);
  for (const [name, { 'allowed-values': allowed = [] }] of choices) {
    const job = name.startsWith('start-') ? { 'start-url': '/jobs' } : { 'request-id': 'x' };
    const { log } = await runAction({
      ...{ provider: 'http', url: 'https://a.example/{id}' },
      ...job,
      [name]: 'nonsense',
    });
    expect(log).toContain(`\`${name}\` “nonsense” is none of ${allowed.join(', ')}`);
  }
});
