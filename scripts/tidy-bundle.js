// Makes dist/index.js smaller and quicker to load. Each of our own modules is a line of it, whose functions keep their
// names. The licenses of the libraries in it are in dist/licenses.txt.
// Part of npm run build. Where our modules stand in the bundle is written to lib/places.json, for scripts/coverage/.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';
import { toCommonJs } from './to-common-js.js';

/** Where ncc begins a module: an ES module among others, or any other as a function under a number. */
const BOUNDARY = /^(?=;\/\/ CONCATENATED MODULE: |\/\*{3}\/ \d+:$)/m;
const LIBRARY = /^;\/\/ CONCATENATED MODULE: \.\/node_modules\//;
/** Nothing of them is used, and one would load node:fs/promises in every step. */
const UNUSED =
  /^;\/\/ CONCATENATED MODULE: \.\/node_modules\/@actions\/core\/lib\/(platform|summary)\.js/;
/** Where a module begins or ends once the libraries are taken out. Only ours have a name. */
const EDGE =
  /^(?:;\/\/ CONCATENATED MODULE: \.\/lib\/(.+)\.js|;?\/\/ \w+ MODULE: .+|library\d+;|\/\*{3}\/ \}\).*)$/gm;
/** A library that is no ES module. The short ones only load a module of Node.js. */
const COMMONJS =
  /^(?<number>\/\*{3}\/ \d+:)\n\/\*{3}\/ (?<code>\(\(.{1000,}?\n\/\*{3}\/ \}\))(?<rest>.*)$/s;

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const file = here('../dist/index.js');
const whole = toCommonJs(await readFile(file, 'utf8'));
// Before it is minified, for those who plant faults in it.
await writeFile(here('../lib/bundle.cjs'), whole);
const modules = whole.split(BOUNDARY).filter((module) => !UNUSED.test(module));

/** The names in each module: what a library declares and no other module names is not needed. */
const names = modules.map((module) => module.match(/[\w$]+/g) ?? []);
const namesBesides = (/** @type {number} */ index) => [
  ...new Set(names.filter((_, other) => other !== index).flat()),
];

/** The minified libraries, by what stands for each while our own code is minified. */
const libraries = new Map();
for (const [index, module] of modules.entries()) {
  const name = `library${index}`;
  const { number, code, rest } = COMMONJS.exec(module)?.groups ?? {};
  if (code !== undefined) modules[index] = `${number}\n${name}${rest}`;
  else if (LIBRARY.test(module)) modules[index] = `${name};\n`;
  else continue;
  const minified = await minify(code ?? module, {
    ecma: 2020,
    format: { ascii_only: true, comments: false },
    compress: LIBRARY.test(module)
      ? { toplevel: true, top_retain: namesBesides(index) }
      : { side_effects: false },
  });
  libraries.set(name, (minified.code ?? '').replace(/;$/, ''));
}

/** @type {string[]} */
const places = [];
const marked = modules.join('').replace(EDGE, (line, name = '') => {
  places.push(name);
  return `__place__;\n${line}`;
});
// Without Terser's own improvements: what is counted in the bundle is found in the source by its number.
const { code = '' } = await minify(marked, {
  compress: false,
  format: { ascii_only: true, comments: false },
});
// ncc gives each module of Node.js a long name, and calls its functions in an odd way.
const parts = code.split(/\b__place__;?/).map((part) =>
  `${part}\n`
    .replace(/\blibrary\d+\b/g, (name) => libraries.get(name) ?? name)
    .replace(/\bexternal_(\w+?)_namespaceObject\b/g, '$1_module')
    .replace(/\(0,(\w+_module\.\w+)\)\(/g, '$1('),
);
await writeFile(file, parts.join(''));
await writeFile(here('../dist/package.json'), '{ "type": "commonjs" }\n');

let end = 0;
const ends = parts.map((part) => (end += part.length));
const ours = places.map((name, index) => ({ name, start: ends[index], end: ends[index + 1] }));
await writeFile(here('../lib/places.json'), JSON.stringify(ours.filter(({ name }) => name !== '')));
