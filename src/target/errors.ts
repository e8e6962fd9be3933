/** Why a model cannot be written as it is asked for; the message is for the person who asks. */
export interface TargetError extends Error {
  readonly name: 'TargetError';
  /** What to do about it. */
  readonly help?: string;
}

export const targetError = (message: string, help?: string): TargetError =>
  Object.assign(new Error(message), { name: 'TargetError' as const }, help === undefined ? {} : { help });
