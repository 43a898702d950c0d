// The library as a module that is loaded by its first query, and not with the bundle.
export {
  compile,
  TreeInterpreter,
} from '../node_modules/@jmespath-community/jmespath/dist/index.cjs';
