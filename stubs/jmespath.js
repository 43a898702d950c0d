// The minified file of the library: half as large as the one to which its name leads.
export {
  compile,
  TreeInterpreter,
} from '../node_modules/@jmespath-community/jmespath/dist/index.esm.min.js';
