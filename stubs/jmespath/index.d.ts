export { compile, search } from '@jmespath-community/jmespath';
