import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { roomImports } from './scripts/lint/room-imports.mjs';
import { rooms } from './scripts/lint/rooms.mjs';

const typescript = ['**/*.ts'];
const pure = Object.entries(rooms).flatMap(([room, { node }]) => (node ? [] : [`src/${room}/**/*.ts`]));
const onlyInNode = ['process', 'Buffer', 'global', 'require', 'setImmediate', 'clearImmediate', '__dirname', '__filename'];

export default defineConfig(
  globalIgnores(['dist/', 'build/', 'coverage/', 'runs/', 'generated/', 'kernels/', '**/*.d.ts']),
  {
    linterOptions: { noInlineConfig: true },
    languageOptions: { ecmaVersion: 2024, sourceType: 'module' },
  },
  js.configs.recommended,
  { rules: { 'max-lines': ['error', 450], 'no-control-regex': 'off', eqeqeq: 'error' } },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly'])) },
    rules: { 'no-undef': ['error', { typeof: true }] },
  },
  {
    files: typescript,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Columns are counted in code points, so texts are spread.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // Loops over flat arrays know their bounds; the compiler does not.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // An interface may be asynchronous where one of its makers is not.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { house: { rules: { 'room-imports': roomImports } } },
    rules: { 'house/room-imports': 'error', 'no-console': 'error' },
  },
  { files: pure, rules: { 'no-restricted-globals': ['error', ...onlyInNode] } },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-empty-function': 'off', '@typescript-eslint/no-implied-eval': 'off' },
  },
);
