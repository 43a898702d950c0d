import ts from 'typescript';

const ES_MODULE = /^;\/\/ CONCATENATED MODULE: /m;
/** How ncc loads a module of Node.js in an ES module. */
const CREATED_REQUIRE = '__WEBPACK_EXTERNAL_createRequire(import.meta.url)';
/** A module of Node.js under a number, as libraries that are no ES modules load it. */
const NUMBERED = /^\/\*{3}\/ (\d+):\n.*\n\nmodule\.exports = (require\("[^"]+"\));$/gm;
/** What ES modules load at their start under a name: a module of Node.js, or a library that is no ES module. */
const NAMED =
  /^(?:const|var) (\w+) = (?:(require\("[^"]+"\))|__nccwpck_require__\((\d+)\)|.*__nccwpck_require__\.t\((\w+), 2\));\n/gm;
/** Node.js has loaded these by itself before a script begins, and each step needs `os`. */
const LOADED = /"(node:)?(events|fs|os|path|url|util)"/;

/**
 * Makes a CommonJS module of what ncc has bundled, that loads each module of Node.js, and makes each regular expression
 * with classes of Unicode, where it is used: a step then begins a sixth sooner. Few waits need all of them, and to load
 * those of TLS takes longer than a poll.
 *
 * @param {string} bundle an ES module
 */
export function toCommonJs(bundle) {
  return loadWhereUsed(
    bundle
      .replace(/^import .*;\n/, "'use strict';\n")
      .replaceAll(CREATED_REQUIRE, 'require')
      .replace(/^.*__nccwpck_require__\.ab = .*\n/m, ''),
  );
}

/** Puts the loading of a module in place of each use of its name, and what makes a regular expression in its place. @param {string} text */
function loadWhereUsed(text) {
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
    if (ts.isRegularExpressionLiteral(node) && node.text.includes('\\p{')) {
      parts.push(code.slice(doneTo, node.getStart()), constructed(node.text));
      doneTo = node.end;
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('bundle.js', code, ts.ScriptTarget.ESNext, true));
  return [...parts, code.slice(doneTo)].join('');
}

/**
 * A regular expression that is made where it is used: V8 checks each literal when it reads the file, and takes more
 * than a millisecond for the classes of Unicode. @param {string} literal
 */
function constructed(literal) {
  const end = literal.lastIndexOf('/');
  return `new RegExp(${JSON.stringify(literal.slice(1, end))}, '${literal.slice(end + 1)}')`;
}

/** Whether an identifier only names a property. */
function isProperty(/** @type {ts.Identifier} */ node) {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) &&
    parent.name === node
  );
}
