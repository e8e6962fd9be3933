import type { Command } from './command.js';

export interface CommandEntry {
  readonly name: string;
  /** One line for the list in `reccompile --help`. */
  readonly summary: string;
  /** A command's code is read when it is called, so that each starts fast. */
  readonly load: () => Promise<{ readonly default: Command }>;
}

/** All commands, in the order in which a newcomer meets them. */
export const commands: readonly CommandEntry[] = [
  { name: 'init', summary: 'look at a table and write a spec for it', load: () => import('./commands/init.js') },
  { name: 'check', summary: 'find every error of a spec', load: () => import('./commands/check.js') },
  { name: 'fmt', summary: 'write specs in their canonical form', load: () => import('./commands/fmt.js') },
  { name: 'expand', summary: 'print a spec in its general form', load: () => import('./commands/expand.js') },
  { name: 'inspect', summary: 'count parameters, multiply-adds and memory', load: () => import('./commands/inspect.js') },
  { name: 'train', summary: 'train a model', load: () => import('./commands/train.js') },
  { name: 'eval', summary: 'measure a run on data', load: () => import('./commands/eval.js') },
  { name: 'predict', summary: 'predict rows with a run', load: () => import('./commands/predict.js') },
  {
    name: 'fit-dims',
    summary: 'choose sizes of embeddings by what a run has learned',
    load: () => import('./commands/fit-dims.js'),
  },
  { name: 'build', summary: 'write a model for TypeScript, TensorFlow.js or ONNX', load: () => import('./commands/build.js') },
  { name: 'export', summary: 'write what a run has learned for them', load: () => import('./commands/export.js') },
  { name: 'emit', summary: 'print what a spec is compiled to, stage by stage', load: () => import('./commands/emit.js') },
  {
    name: 'doctor',
    summary: 'tell which engines work here, and how to get the others',
    load: () => import('./commands/doctor.js'),
  },
  {
    name: 'lsp',
    summary: 'answer an editor: errors, hovers and completion as you type',
    load: () => import('./commands/lsp.js'),
  },
  { name: 'explain', summary: 'say more about a diagnostic', load: () => import('./commands/explain.js') },
];
