/** An engine that cannot be had on this machine, or that there is not. */
export interface EngineError extends Error {
  readonly code: 'engine-missing' | 'engine-unknown';
  /** What to do about it: one command, or the names to choose from. */
  readonly help: string;
}

export const engineError = (code: EngineError['code'], message: string, help: string, cause?: unknown): EngineError =>
  Object.assign(new Error(message, { cause }), { name: 'EngineError' as const, code, help });

export const isEngineError = (error: unknown): error is EngineError => error instanceof Error && error.name === 'EngineError';
