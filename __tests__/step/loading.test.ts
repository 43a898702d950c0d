import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { providerTest } from '../support/provider.js';
import { makeFolder, removeFolder } from '../support/system.js';

const run = providerTest('unicommerce');
const complete = { status: 'COMPLETE', filePath: '/reports/a.csv' };

/** Loaded before the bundle: notes which modules it asks Node.js for. */
const RECORDER = `
const Module = require('node:module');
const { appendFileSync } = require('node:fs');
const load = Module._load;
Module._load = (name, ...rest) => {
  appendFileSync(process.env.LOADED, name.replace('node:', '') + '\\n');
  return load(name, ...rest);
};`;

let folder = '';
beforeAll(async () => {
  folder = await makeFolder('loading');
  await writeFile(join(folder, 'recorder.cjs'), RECORDER);
});
afterAll(() => removeFolder(folder));

/** The modules of Node.js that a run asks for, beside its exit code. */
async function modulesOf(name: string, inputs: Readonly<Record<string, string>>) {
  const [recorder, loaded] = [join(folder, 'recorder.cjs'), join(folder, name)];
  const NODE_OPTIONS = `--require ${JSON.stringify(recorder)}`;
  const env = { LOADED: loaded, NODE_OPTIONS };
  const { exitCode } = await run({ steps: [complete] }, inputs, { env });
  return { exitCode, modules: (await readFile(loaded, 'utf8')).split('\n') };
}

test('a wait over http loads nothing that only TLS, proxies, reports or hashes need', async () => {
  const { exitCode, modules } = await modulesOf('plain', {});
  expect(exitCode).toBe(0);
  expect(modules).toContain('http');
  for (const name of ['tls', 'https', 'crypto', 'zlib', 'assert', 'fs/promises']) {
    expect(modules).not.toContain(name);
  }
});

test('what an input asks for is loaded', async () => {
  const { modules } = await modulesOf('download', { 'download-path': 'reports/' });
  expect(modules).toEqual(expect.arrayContaining(['crypto', 'fs/promises']));
});
