/** How much of a step's weights goes into their average: all of it in the first, then 1 − momentum [Keras 3 `use_ema`]. */
export const averageShare = (momentum: number, step: number): number => (step === 1 ? 1 : 1 - momentum);

/** Base of the two digits that the number of a step is kept in, so that it is exact in float32. */
export const stepBase = 2 ** 20;

/** momentum^n by squares, as the kernels compute it. */
export const decayOf = (momentum: number, n: number): number => {
  let result = 1;
  for (let base = momentum, left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= base;
    base *= base;
  }
  return result;
};
