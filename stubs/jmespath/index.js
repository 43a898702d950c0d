export {
  compile,
  search,
} from '../../node_modules/@jmespath-community/jmespath/dist/index.esm.min.js';
