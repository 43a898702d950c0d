import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { providerTest } from '../support/provider.js';
import { makeFolder, removeFolder } from '../support/system.js';

const run = providerTest('unicommerce');
const complete = { status: 'COMPLETE', filePath: '/reports/a.csv' };

/** Loaded before the bundle: notes which modules Node.js has loaded, by the first text that is written and in the end. */
const RECORDER = `
const { writeFileSync } = require('node:fs');
const note = (file) => writeFileSync(file, process.moduleLoadList.join('\\n'));
const { write } = process.stdout;
process.stdout.write = (...args) => {
  note(process.env.LOADED_FIRST);
  process.stdout.write = write;
  return write.apply(process.stdout, args);
};
process.on('exit', () => note(process.env.LOADED));`;

let folder = '';
beforeAll(async () => {
  folder = await makeFolder('loading');
  await writeFile(join(folder, 'recorder.cjs'), RECORDER);
});
afterAll(() => removeFolder(folder));

/** The modules of Node.js that a run loads, by the first text that it writes and in all, beside its exit code. */
async function modulesOf(name: string, inputs: Readonly<Record<string, string>>) {
  const [recorder, LOADED] = [join(folder, 'recorder.cjs'), join(folder, name)];
  const LOADED_FIRST = `${LOADED}-first`;
  const NODE_OPTIONS = `--require ${JSON.stringify(recorder)}`;
  const env = { LOADED, LOADED_FIRST, NODE_OPTIONS };
  const { exitCode } = await run({ steps: [complete] }, inputs, { env });
  const namesIn = async (file: string) =>
    [...(await readFile(file, 'utf8')).matchAll(/^NativeModule (.*)$/gm)].map(([, one]) => one);
  return { exitCode, first: await namesIn(LOADED_FIRST), modules: await namesIn(LOADED) };
}

test('a wait over http loads nothing that only TLS, proxies, reports or hashes need', async () => {
  const { exitCode, modules } = await modulesOf('plain', {});
  expect(exitCode).toBe(0);
  expect(modules).toContain('http');
  for (const name of ['tls', 'https', 'crypto', 'zlib', 'assert', 'fs/promises']) {
    expect(modules).not.toContain(name);
  }
});

test('a wait over https has the CAs read before it reads its inputs', async () => {
  const inputs = { 'base-url': 'https://127.0.0.1:1', timeout: '0' };
  expect((await modulesOf('tls', inputs)).first).toContain('tls');
});

test('what an input asks for is loaded', async () => {
  const { modules } = await modulesOf('download', { 'download-path': 'reports/' });
  expect(modules).toEqual(expect.arrayContaining(['crypto', 'fs/promises']));
});
