import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/** The layers of `src`, and from which others each may import. docs/architecture.md shows the same table. */
export const LAYERS = {
  domain: [],
  text: [],
  http: ['domain', 'text'],
  wait: ['domain', 'text'],
  providers: ['domain', 'text', 'http'],
  session: ['domain', 'text', 'http', 'providers'],
  download: ['domain', 'text', 'http', 'wait', 'session'],
  inputs: ['domain', 'text', 'http', 'wait', 'providers', 'download'],
  output: ['domain', 'text', 'http', 'wait', 'download', 'inputs'],
};

/**
 * Forbids the imports that the table does not allow, in files `depth` folders below `src`.
 *
 * @param {[string, string[]]} layer
 * @param {number} depth
 * @returns {import('eslint').Linter.Config}
 */
const layerRule = ([layer, allowed], depth) => {
  const up = '../'.repeat(depth);
  const forbidden = Object.keys(LAYERS).filter((name) => name !== layer && !allowed.includes(name));
  const group = [...forbidden.map((name) => `${up}${name}/**`), `${up}*.ts`];
  const message = `src/${layer} may import from ${allowed.join(', ') || 'no other layer'} only: see docs/architecture.md.`;
  return {
    files: [`src/${layer}/${'*/'.repeat(depth - 1)}*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] },
  };
};

export default defineConfig(
  globalIgnores(['dist', 'lib', 'coverage', '.stryker-tmp']),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { regexp },
    rules: {
      // Text from outside is searched in time that grows with its length, not faster.
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignorePartial: false }],
      'max-lines': ['error', 200],
      'max-lines-per-function': ['error', 50],
      'max-params': ['error', 4],
      'no-restricted-syntax': [
        'error',
        {
          selector: ':function :function :function :function',
          message: 'This closure is nested three deep: give one of them a name of its own.',
        },
      ],
    },
  },
  ...Object.entries(LAYERS).flatMap((layer) => [layerRule(layer, 1), layerRule(layer, 2)]),
  {
    files: ['**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    // The types of these files are checked by tsc, which knows the globals of Node.
    rules: { 'no-undef': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
);
