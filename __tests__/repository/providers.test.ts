import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { providers as simulated } from '../../simulator/providers.js';
import { PROVIDERS } from '../../src/providers/index.js';
import { actionFile, root } from '../support/action.js';
import { builtInProviders } from '../support/provider.js';

/** The lists of providers that are written by hand; CONTRIBUTING.md names them. */
const names = Object.keys(PROVIDERS);
const readYaml = async (file: string) => parse(await readFile(join(root, file), 'utf8')) as unknown;

test('action.yml lists the providers of the table', () => {
  const { description = '' } = actionFile.inputs.provider ?? {};
  expect([...description.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(names);
});

test('action-types.yml lists the providers of the table', async () => {
  expect(await readYaml('action-types.yml')).toMatchObject({
    inputs: { provider: { 'allowed-values': names } },
  });
});

test('the form for bugs lists the providers of the table', async () => {
  expect(await readYaml('.github/ISSUE_TEMPLATE/bug.yml')).toMatchObject({
    body: expect.arrayContaining([
      expect.objectContaining({
        id: 'provider',
        attributes: expect.objectContaining({ options: names }),
      }),
    ]),
  });
});

test('the simulator plays each provider but http', () => {
  expect(Object.keys(simulated).sort()).toEqual(builtInProviders.toSorted());
});

test.each(names)('%s has a file of tests', (name) => {
  expect(existsSync(join(root, '__tests__', 'step', 'providers', `${name}.test.ts`))).toBe(true);
});
