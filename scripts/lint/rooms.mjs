/**
 * The rooms of `src/`, in order. A row says what its room may import: earlier rooms whole, single files (`room/file`), packages by
 * name or by the start of a path, and whether Node's own modules. What does not know Node runs in a page as well.
 *
 * @type {Readonly<Record<string, { rooms: readonly string[], packages?: readonly string[], node?: boolean }>>}
 */
export const rooms = {
  language: { rooms: [], packages: ['chevrotain'] },
  std: { rooms: [] },
  model: { rooms: ['language', 'std'], packages: ['fastest-levenshtein'] },
  prettier: { rooms: ['language', 'model'], packages: ['prettier'] },
  encode: { rooms: ['model'] },
  graph: { rooms: ['model'] },
  target: { rooms: ['graph', 'encode'], packages: ['protobufjs', 'prettier/standalone', 'prettier/plugins', '@tensorflow/tfjs'] },
  live: { rooms: ['model', 'encode/json', 'encode/safetensors', 'graph', 'target'], packages: ['@tensorflow/tfjs'] },
  run: { rooms: ['encode'], packages: ['ajv'] },
  data: { rooms: ['encode'], packages: ['@duckdb/node-api', 'fastest-levenshtein'], node: true },
  init: { rooms: ['language', 'model', 'encode', 'data'] },
  fit: { rooms: ['model', 'graph'], packages: ['ml-matrix'] },
  train: { rooms: ['graph', 'encode', 'target', 'run', 'data'], packages: ['onnxruntime-node'], node: true },
  serve: { rooms: ['model', 'encode', 'graph', 'run', 'data', 'train'], node: true },
  report: { rooms: ['run', 'graph'] },
  editor: {
    rooms: ['language', 'model', 'graph', 'encode'],
    packages: ['vscode-languageserver', 'vscode-languageserver-textdocument'],
  },
  cli: {
    rooms: [
      'language',
      'std',
      'model',
      'encode',
      'graph',
      'target',
      'run',
      'data',
      'init',
      'fit',
      'train',
      'serve',
      'report',
      'editor',
    ],
    packages: ['ajv', 'commander', 'picocolors', 'prettier', 'vscode-languageserver'],
    node: true,
  },
};

/**
 * Plain records that every later room may name: where something stands in a text, the checked model and its network, its metrics
 * and update rules, and expressions over columns, and what data say of features.
 */
export const commonGround = [
  'language/source',
  'model/model',
  'model/network',
  'model/metrics',
  'model/optimizers',
  'model/row-expression',
  'model/data-facts',
];
