/**
 * Kernels of onnxruntime by what they do; the first that fits.
 * @type {readonly (readonly [part: string, kinds: RegExp])[]}
 */
const groups = [
  ['products', /gemm|matmul|einsum/i],
  ['sums', /^(Reduce|Softmax|LogSoftmax|CumSum)/],
  ['copies', /^(Concat|Split|Reshape|Slice|Transpose|Gather|Expand|Pad|Squeeze|Unsqueeze|Cast|Identity)/],
  ['one by one', /./],
];

/** @param {Readonly<Record<string, number>>} shares share of the engine's time by kind of kernel @returns {Record<string, number>} */
export function groupShares(shares) {
  /** @type {Record<string, number>} */
  const grouped = Object.fromEntries(groups.map(([part]) => [part, 0]));
  for (const [kind, share] of Object.entries(shares)) {
    const [part] = groups.find(([, kinds]) => kinds.test(kind)) ?? ['one by one'];
    grouped[part] = (grouped[part] ?? 0) + share;
  }
  return grouped;
}

/** @param {Readonly<Record<string, number>>} shares */
export const productShare = (shares) => groupShares(shares).products ?? 0;

/** @param {Readonly<Record<string, number>>} phases @param {string} phase */
export const shareOf = (phases, phase) => (phases[phase] ?? 0) / Object.values(phases).reduce((sum, time) => sum + time, 0);

/** In the order in which they are drawn. */
export const stepParts = ['gather', 'products', 'one by one', 'sums', 'copies', 'call', 'merge', 'clip', 'update', 'wait'];

/**
 * The step's parts as shares of it: the phases, and the engine's run by what its kernels do; `call` is the rest of the run, such as
 * weights copied in and gradients out.
 * @param {Readonly<Record<string, number>>} phases
 * @param {Readonly<Record<string, number>>} shares
 * @returns {Record<string, number>}
 */
export function partsOf(phases, shares) {
  const grouped = groupShares(shares);
  const run = shareOf(phases, 'run');
  const kernels = Object.values(grouped).reduce((sum, share) => sum + share, 0);
  const inside = Object.entries({ ...grouped, call: Math.max(0, 1 - kernels) }).map(([part, share]) => [part, run * share]);
  const outside = Object.keys(phases).flatMap((phase) => (phase === 'run' ? [] : [[phase, shareOf(phases, phase)]]));
  return Object.fromEntries([...outside, ...inside].filter(([, share]) => Number(share) > 0));
}
