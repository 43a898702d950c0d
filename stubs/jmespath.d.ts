export {
  compile,
  TreeInterpreter,
} from '../node_modules/@jmespath-community/jmespath/dist/index.js';
