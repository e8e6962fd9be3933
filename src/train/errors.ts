export type TrainErrorCode =
  | 'kernels-missing'
  | 'worker-missing'
  | 'out-of-memory'
  | 'device-failed'
  | 'no-training-rows'
  | 'not-finite'
  | 'id-outside-table'
  | 'rows-in-file'
  | 'weight-missing'
  | 'column-missing';

export interface TrainError extends Error {
  readonly code: TrainErrorCode;
}

/** An error that a user can do something about; the message says what. Anything else that training throws is a bug. */
export const trainError = (code: TrainErrorCode, message: string): TrainError =>
  Object.assign(new Error(message), { name: 'TrainError' as const, code });

export const isTrainError = (error: unknown): error is TrainError => error instanceof Error && error.name === 'TrainError';

/** An error as it goes from one thread to another, which would lose all but its message. */
export type SentError = Readonly<Record<string, unknown>> & { readonly message: string };

export const sendable = (error: unknown): SentError => {
  if (!(error instanceof Error)) return { message: String(error) };
  const plain = Object.entries(error).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return { name: error.name, stack: error.stack, ...Object.fromEntries(plain), message: error.message };
};

export const received = ({ message, ...rest }: SentError): Error => Object.assign(new Error(message), rest);
