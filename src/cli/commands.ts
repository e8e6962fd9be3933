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
  { name: 'check', summary: 'find every error of a spec', load: () => import('./commands/check.js') },
  { name: 'explain', summary: 'say more about a diagnostic', load: () => import('./commands/explain.js') },
];
