/** Gives signals and timers their turn: resolves when the event loop has gone round. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface Pacer {
  /** Whether so much time has passed since the last `true`. */
  readonly due: () => boolean;
}

export const createPacer = (milliseconds: number): Pacer => {
  let last = performance.now();
  return {
    due: () => {
      const now = performance.now();
      if (now - last < milliseconds) return false;
      last = now;
      return true;
    },
  };
};
