/** An engine that cannot be had on this machine, or cannot run this model. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: 'engine-missing' | 'engine-unknown' | 'engine-failed',
    message: string,
    /** What to do about it: usually one command. */
    readonly help: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
