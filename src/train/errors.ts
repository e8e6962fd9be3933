export type TrainErrorCode =
  | 'kernels-missing'
  | 'out-of-memory'
  | 'no-training-rows'
  | 'not-finite'
  | 'id-outside-table'
  | 'weight-missing'
  | 'column-missing';

export interface TrainError extends Error {
  readonly code: TrainErrorCode;
}

/** An error that a user can do something about; the message says what. Anything else that training throws is a bug. */
export const trainError = (code: TrainErrorCode, message: string): TrainError =>
  Object.assign(new Error(message), { name: 'TrainError' as const, code });

export const isTrainError = (error: unknown): error is TrainError => error instanceof Error && error.name === 'TrainError';
