export type RunErrorCode =
  /** No run lies there. */
  | 'not-a-run'
  /** A later version of the compiler wrote it. */
  | 'run-too-new'
  /** A file of it is not what it should be. */
  | 'run-damaged'
  /** It has no weights yet, or no longer. */
  | 'run-incomplete'
  /** A new run would overwrite something. */
  | 'run-exists';

/** Something about a run folder that a user can do something about. */
export interface RunError extends Error {
  readonly code: RunErrorCode;
  readonly help: string;
}

export const runError = (code: RunErrorCode, message: string, help: string): RunError =>
  Object.assign(new Error(message), { name: 'RunError' as const, code, help });

export const isRunError = (error: unknown): error is RunError => error instanceof Error && error.name === 'RunError';

/** `path` says which file, `what` what is wrong with it. */
export const damaged = (path: string, what: string): RunError =>
  runError('run-damaged', `${path} is damaged: ${what}`, 'Copy the run folder again from where it was made, or train it again.');
