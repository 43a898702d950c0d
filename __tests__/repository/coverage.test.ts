import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import type { FileCoverageData } from 'istanbul-lib-coverage';
import { createInstrumenter } from 'istanbul-lib-instrument';
import ts from 'typescript';
import { addCounts, findPoints } from '../../scripts/coverage/points.js';
import { countPoints, createV8Counter, type V8Function } from '../../scripts/coverage/v8-counts.js';
import { makeFolder, removeFolder } from '../support/system.js';

/** Statements, functions and branches of each kind, of which some are reached and some are not. */
const CODE = `
const never = (a) => (a ? 1 : 2);
const curried = (a) => (b) => a + b;
const called = curried(1);
function early(list) {
  for (const one of list) {
    if (one === 1) continue;
    if (one === 2) break;
    if (one === 3) return 'three';
  }
  return 'end';
}
early([1, 2]); early([]); early([0, 3]);
function ifs(a) {
  if (a > 5) { a = 0; } else if (a > 3) a = 1;
  if (a === 1) return a; else a = 2;
  if (a) a++;
  return a;
}
ifs(6); ifs(1); 
function sw(a) {
  switch (a) {
    case 1: return 'x';
    case 2: a = 3;
    case 3: break;
    case 4: { a = 1; break; }
    default: a = 9;
  }
  return a;
}
sw(2); sw(7); sw(3);
const log = (a, b, c, d) => (a && b) || (c ?? d) || (b && (c || d));
log(0, 1, null, 0); log(1, 1);
function tern(a) { return a > 1 ? (a > 2 ? 'big' : 'two') : a === 1 ? () => 1 : 'none'; }
tern(1); tern(5);
async function tries(a) {
  try {
    if (await a()) return 'ok';
    throw new Error('x');
  } catch (e) {
    if (e.message === 'y') return 'y';
  } finally {
    a = undefined;
  }
  return a ?? 'end';
}
await tries(async () => true); await tries(() => Promise.reject(new Error('z')));
async function* gen(n) { for (let i = 0; i < n; i++) { if (i % 2) yield i; } }
for await (const x of gen(4)) { if (x > 100) { never(x); } }
class A { #v = 1; get v() { return this.#v; } async m(a) { return a?.b ?? this.v; } static s = () => 2; }
await new A().m({}); 
const o = { f() { return 1; }, async g() {}, h: async (x) => x || 1, get i() { return 1; } };
o.f(); await o.h(0);
while (true) { if (called) break; }
do { if (!called) continue; } while (false);
const defaults = (a = 1, { b = 2 } = {}) => a + b;
defaults();
let z; z ??= called ? 1 : 2; z ||= never; z &&= 1;
(function iife() { if (z) { return; } z = 2; })();
const nested = [1, 2, 3].map((x) => x > 1 && [x].filter((y) => y || never(y)));
label: for (const a of [1, 2]) { for (const b of [1, 2]) { if (a === b) continue label; if (a > 3) break label; } }
const thrower = (a) => { if (a) throw new Error('t'); return 1; };
try { thrower(1); } catch { z = 5; }
try { thrower(0); } catch { z = 6; }
function cond(x) { if (x && thrower(0)) return 1; if (!x || x > 1) { return 2; } else return 3; }
cond(0); cond(2);
const t = \`\${called ? 'a' : 'b'}\`;
`;

/** Runs a module once for each argument, and gives what it printed and what V8 counted. */
async function runModule(code: string, args: readonly string[] = ['']) {
  const folder = await makeFolder('coverage');
  const path = join(folder, 'module.mjs');
  await writeFile(path, code);
  const env = { NODE_V8_COVERAGE: join(folder, 'runs') };
  let printed = '';
  for (const arg of args) {
    ({ stdout: printed } = await promisify(execFile)(process.execPath, [path, arg], { env }));
  }
  const counter = createV8Counter(code.length);
  for (const name of await readdir(env.NODE_V8_COVERAGE)) {
    const { result } = JSON.parse(await readFile(join(env.NODE_V8_COVERAGE, name), 'utf8')) as {
      result: { url: string; functions: V8Function[] }[];
    };
    const url = pathToFileURL(path).href;
    counter.add(result.find((script) => script.url === url)?.functions ?? []);
  }
  await removeFolder(folder);
  return { printed, counts: counter.counts() };
}

const countsOf = ({ s, f, b }: Pick<FileCoverageData, 's' | 'f' | 'b'>) => ({ s, f, b });

test('what V8 counts is what Istanbul counts, but for default values, of which V8 says nothing', async () => {
  const instrumented = createInstrumenter({ esModules: true }).instrumentSync(CODE, 'module');
  const print = 'console.log(JSON.stringify(globalThis.__coverage__.module))';
  const { printed } = await runModule(`${instrumented}\n${print}`);
  const expected = JSON.parse(printed) as FileCoverageData;
  for (const [index, { type }] of Object.entries(expected.branchMap)) {
    if (type === 'default-arg') expected.b[index] = [0];
  }

  const { counts } = await runModule(CODE);
  expect(countPoints(CODE, findPoints(CODE, 'module'), counts)).toEqual(countsOf(expected));
});

test('the counts of several runs of the compiled code add up on its source', async () => {
  const source = `
    interface Job { readonly id: string }
    const job = { id: process.argv[2] ?? 'none' } satisfies Job;
    export function describe(id: string): string {
      if (id === 'a') return 'the first';
      return id === 'b' ? 'the second' : (id as 'c');
    }
    describe(job.id);
  `;
  const code = ts.transpile(source, { target: ts.ScriptTarget.ES2023 });
  const file = findPoints(source, 'job.ts');
  for (const args of [['a', 'a'], ['b']]) {
    const { counts } = await runModule(code, args);
    addCounts(file, countPoints(code, findPoints(code, 'job.js'), counts));
  }
  expect(countsOf(file)).toEqual({
    s: { 0: 3, 1: 3, 2: 2, 3: 1, 4: 3 },
    f: { 0: 3 },
    b: { 0: [3, 0], 1: [2, 1], 2: [1, 0] },
  });
});

test('counts of other code are refused', () => {
  const file = findPoints('const id = 1;', 'job.ts');
  expect(() => {
    addCounts(file, findPoints('const id = 1, name = 2;', 'job.js'));
  }).toThrow('job.ts is not what ran: run npm run build');
});
