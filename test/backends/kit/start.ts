import { isEngineError } from '../../../src/train/engines/errors.js';

/** It cannot be had on this machine. */
export interface Missing {
  readonly missing: string;
}

export interface Ready {
  /** What it is, with versions. */
  readonly about: string;
  /** What it can run. */
  readonly targets: readonly string[];
}

/** What a program says first. */
export type Start = Ready | Missing | { readonly error: string };

/** Missing is a package or a GPU alone: whatever else keeps a backend from its start is an error, which a test must not skip. */
export const whyNotStarted = (error: unknown): Missing | { readonly error: string } =>
  isEngineError(error) && (error.code === 'engine-missing' || error.code === 'engine-adapter')
    ? { missing: error.message }
    : { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
