/** What lets a loop go on, wait, or end, between two of its steps. */
export interface Gate {
  /** Waits while it is paused; false where the loop is to end. */
  readonly pass: () => Promise<boolean>;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => void;
}

/** Lets messages of the page in: awaiting numbers that are there already does not. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

export function createGate(): Gate {
  let stopped = false;
  let waiting: Promise<void> | undefined;
  let wake = (): void => undefined;
  return {
    pass: async () => {
      await turn();
      await waiting;
      return !stopped;
    },
    pause: () => {
      waiting ??= new Promise((resolve) => {
        wake = resolve;
      });
    },
    resume: () => {
      waiting = undefined;
      wake();
    },
    stop: () => {
      stopped = true;
      wake();
    },
  };
}
