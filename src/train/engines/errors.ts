/** An engine that cannot be had on this machine, or that there is not. */
export interface EngineError extends Error {
  /** `engine-adapter`: there is no GPU, or only one that is drawn on the processor. `engine-elsewhere`: it runs in a browser alone. */
  readonly code: 'engine-missing' | 'engine-unknown' | 'engine-adapter' | 'engine-elsewhere';
  /** What to do about it: one command, or the names to choose from. */
  readonly help: string;
}

export const engineError = (code: EngineError['code'], message: string, help: string, cause?: unknown): EngineError =>
  Object.assign(new Error(message, { cause }), { name: 'EngineError' as const, code, help });

export const isEngineError = (error: unknown): error is EngineError => error instanceof Error && error.name === 'EngineError';
