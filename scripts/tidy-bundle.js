// Makes dist/index.js smaller and quicker to load, and leaves it a file that people can read: our own code keeps its
// names and is indented by tabs, the libraries in it are minified. Their licenses are in dist/licenses.txt.
// Part of npm run build.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { minify } from 'terser';
import ts from 'typescript';

/** Where ncc begins a module: an ES module among others, or any other as a function under a number. */
const BOUNDARY = /^(?=;\/\/ CONCATENATED MODULE: |\/\*{3}\/ \d+:$)/m;
const LIBRARY = /^;\/\/ CONCATENATED MODULE: \.\/node_modules\//;
/** A library that is no ES module. The short ones only load a module of Node.js. */
const COMMONJS =
  /^(?<number>\/\*{3}\/ \d+:)\n\/\*{3}\/ (?<code>\(\(.{1000,}?\n\/\*{3}\/ \}\))(?<rest>.*)$/s;

const file = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const modules = (await readFile(file, 'utf8')).split(BOUNDARY);

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

const { outputText } = ts.transpileModule(modules.join(''), {
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
const whole = formatted.replace(/\blibrary\d+\b/g, (name) => libraries.get(name) ?? name);
// ncc writes out how each module of Node.js is loaded, gives it a long name, and calls its functions in an odd way.
const LOAD = '__WEBPACK_EXTERNAL_createRequire(import.meta.url)';
const tidy = whole
  .replaceAll(LOAD, 'nodeRequire')
  .replace(/\bexternal_(\w+?)_namespaceObject\b/g, '$1_module')
  .replace(/\(0, (\w+_module\.\w+)\)\(/g, '$1(')
  .replace('\n', `\nconst nodeRequire = ${LOAD};\n`);
await writeFile(file, tidy);
