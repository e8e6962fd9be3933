import type { Diagnostic, Severity } from '../diagnostics.js';

/** What `check` has found, before it is written in a format. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[];
  /** Files that could not be read, a message each. */
  readonly unread: readonly string[];
  /** How many models have no error. */
  readonly models: number;
}

export interface FormatOptions {
  readonly colour: boolean;
  /** Of reccompile. */
  readonly version: string;
}

/** Writes findings as one text, with a newline at its end. */
export type Format = (findings: Findings, options: FormatOptions) => string;

export const countOf = ({ diagnostics }: Findings, severity: Severity): number =>
  diagnostics.filter((d) => d.severity === severity).length;
