// Makes dist/index.js smaller and quicker to load, and leaves it a file that people can read: our own code keeps its
// names and is indented by tabs, the libraries in it are minified. Their licenses are in dist/licenses.txt.
// Part of npm run build. Where our modules stand in the bundle is written to lib/places.json, for scripts/coverage/.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { minify } from 'terser';
import ts from 'typescript';

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

const ES_MODULE = /^;\/\/ CONCATENATED MODULE: /m;
/** How ncc loads a module of Node.js in an ES module. */
const CREATED_REQUIRE = '__WEBPACK_EXTERNAL_createRequire(import.meta.url)';
/** A module of Node.js under a number, as libraries that are no ES modules load it. */
const NUMBERED = /^\/\*{3}\/ (\d+):\n.*\n\nmodule\.exports = (require\("[^"]+"\));$/gm;
/** What ES modules load at their start under a name: a module of Node.js, or a library that is no ES module. */
const NAMED =
  /^(?:const|var) (\w+) = (?:(require\("[^"]+"\))|__nccwpck_require__\((\d+)\)|.*__nccwpck_require__\.t\((\w+), 2\));\n/gm;
/** Node.js has loaded these by itself before a script begins. */
const LOADED = /"(node:)?(events|fs|os|path|url|util)"/;

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const file = here('../dist/index.js');
const whole = loadWhereUsed(toCommonJs(await readFile(file, 'utf8')));
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

/** The bundle as a CommonJS module: Node.js starts it some milliseconds sooner than an ES module. */
function toCommonJs(/** @type {string} */ text) {
  return text
    .replace(/^import .*;\n/, "'use strict';\n")
    .replaceAll(CREATED_REQUIRE, 'require')
    .replace(/^.*__nccwpck_require__\.ab = .*\n/m, '');
}

/**
 * Has our own code and the libraries that are ES modules load every other module where they use it: few waits need all
 * of them, and to load those of TLS takes longer than a poll.
 */
function loadWhereUsed(/** @type {string} */ text) {
  const builtins = new Map([...text.matchAll(NUMBERED)].map(([, number, load]) => [number, load]));
  const start = text.search(ES_MODULE);
  /** @type {Map<string, string>} */
  const loads = new Map();
  const code = text.slice(start).replace(NAMED, (declaration, name, load, number, namespaceOf) => {
    if (LOADED.test(load)) return declaration;
    const numbered = builtins.get(number) ?? `__nccwpck_require__(${number})`;
    loads.set(name, load ?? loads.get(namespaceOf) ?? numbered);
    return '';
  });
  const parts = [text.slice(0, start)];
  let doneTo = 0;
  const visit = (/** @type {ts.Node} */ node) => {
    const load = ts.isIdentifier(node) && !isProperty(node) && loads.get(node.text);
    if (load) {
      parts.push(code.slice(doneTo, node.getStart()), `(${load})`);
      doneTo = node.end;
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, code, ts.ScriptTarget.ESNext, true));
  return [...parts, code.slice(doneTo)].join('');
}

/** Whether an identifier only names a property. */
function isProperty(/** @type {ts.Identifier} */ node) {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) &&
    parent.name === node
  );
}
