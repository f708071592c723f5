/** Typed lint. The direction of imports is held by a test; here, what must not stand in a file at all. */
import js from '@eslint/js';
import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

const AWAY_FROM_WORKFLOWS = ['ml', 'workers', 'cli'].map((folder) => `**/${folder}/**`);

/** The page and its two workers are other worlds than Node, and each other's. */
const PROJECTS = ['.', './web', './web/worker', './web/service'].map((folder) => `${folder}/tsconfig.json`);

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.emo-aen/', '**/golden/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: PROJECTS, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true, allowThrowingAny: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: [{ name: 'node:zlib', importNames: ['crc32'], message: 'Node has it since 20.15 only: ml/files/crc32.ts' }] },
      ],
      '@typescript-eslint/unbound-method': 'off', // tfjs declares plain functions as methods
      '@typescript-eslint/require-await': 'off', // a table's entries share one signature
      'no-loss-of-precision': 'off', // published constants are copied digit for digit
    },
  },
  {
    // Temporal replays workflows: the same history must take the same way. It replaces Date and Math.random by itself.
    files: ['workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: builtinModules.flatMap((name) => [name, `node:${name}`]),
          patterns: [
            { group: AWAY_FROM_WORKFLOWS, message: 'a workflow says when, not how' },
            { group: ['**/activities/**'], allowTypeImports: true, message: 'a workflow knows activities by their types only' },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'performance',
          'URL',
          'Buffer',
          'AbortController',
          'setTimeout',
          'setImmediate',
          'require',
          'module',
          '__dirname',
          'describe',
          'it',
          'before',
          'beforeEach',
          'after',
          'afterEach',
          'fetch',
          'globalThis',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
