// Makes dist/index.js smaller and quicker to load, and leaves it a file that people can read: our own code keeps its
// names and is indented by tabs, the libraries in it are minified. Their licenses are in dist/licenses.txt.
// Part of npm run build. Where our modules stand in the bundle is written to lib/places.json, for scripts/coverage/.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { minify } from 'terser';
import ts from 'typescript';
import { toCommonJs } from './to-common-js.js';

/** Where ncc begins a module: an ES module among others, or any other as a function under a number. */
const BOUNDARY = /^(?=;\/\/ CONCATENATED MODULE: |\/\*{3}\/ \d+:$)/m;
const LIBRARY = /^;\/\/ CONCATENATED MODULE: \.\/node_modules\//;
/** Nothing of it is used, and it would load node:fs/promises in every step. */
const UNUSED = /^;\/\/ CONCATENATED MODULE: \.\/node_modules\/@actions\/core\/lib\/summary\.js/;
/** Where a module begins or ends once the libraries are taken out. Only ours have a name. */
const EDGE =
  /^(?:;\/\/ CONCATENATED MODULE: \.\/lib\/(.+)\.js|;?\/\/ \w+ MODULE: .+|library\d+;|\/\*{3}\/ \}\).*)$/gm;
/** A library that is no ES module. The short ones only load a module of Node.js. */
const COMMONJS =
  /^(?<number>\/\*{3}\/ \d+:)\n\/\*{3}\/ (?<code>\(\(.{1000,}?\n\/\*{3}\/ \}\))(?<rest>.*)$/s;

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const file = here('../dist/index.js');
const whole = toCommonJs(await readFile(file, 'utf8'));
const modules = whole.split(BOUNDARY).filter((module) => !UNUSED.test(module));

/** The names in each module: what a library declares and no other module names is not needed. */
const names = modules.map((module) => module.match(/[\w$]+/g) ?? []);
const namesBesides = (/** @type {number} */ index) => [
  ...new Set(names.filter((_, other) => other !== index).flat()),
];

/** The minified libraries, by what stands for each while our own code is formatted. */
const libraries = new Map();
for (const [index, module] of modules.entries()) {
  const name = `library${index}`;
  const { number, code, rest } = COMMONJS.exec(module)?.groups ?? {};
  if (code !== undefined) modules[index] = `${number}\n${name}${rest}`;
  else if (LIBRARY.test(module)) modules[index] = `${name};\n`;
  else continue;
  const minified = await minify(code ?? module, {
    ecma: 2020,
    // What is minified already needs no more, and the variables of its exports must stay.
    compress: LIBRARY.test(module)
      ? /^.*\.min\.js/.test(module)
        ? { toplevel: false }
        : { toplevel: true, top_retain: namesBesides(index) }
      : { side_effects: false },
  });
  libraries.set(name, (minified.code ?? '').replace(/;$/, ''));
}

/** @type {string[]} */
const places = [];
const marked = modules.join('').replace(EDGE, (line, name = '') => {
  places.push(name);
  return `place;\n${line}`;
});
const { outputText } = ts.transpileModule(marked, {
  compilerOptions: {
    allowJs: true,
    removeComments: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
  },
});
const formatted = await format(outputText, {
  parser: 'babel',
  useTabs: true,
  printWidth: 140,
  singleQuote: true,
});
// ncc gives each module of Node.js a long name, and calls its functions in an odd way.
const parts = formatted.split(/^\t*place;\n/m).map((part) =>
  part
    .replace(/\blibrary\d+\b/g, (name) => libraries.get(name) ?? name)
    .replace(/\bexternal_(\w+?)_namespaceObject\b/g, '$1_module')
    .replace(/\(0, (\w+_module\.\w+)\)\(/g, '$1('),
);
await writeFile(file, parts.join(''));
await writeFile(here('../dist/package.json'), '{ "type": "commonjs" }\n');

let end = 0;
const ends = parts.map((part) => (end += part.length));
const ours = places.map((name, index) => ({ name, start: ends[index], end: ends[index + 1] }));
await writeFile(here('../lib/places.json'), JSON.stringify(ours.filter(({ name }) => name !== '')));
