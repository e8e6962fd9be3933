/** Specs that `generated/` shows the code of: together they have every op, kind of feature and block. */
export const goldenSpecs = [
  ...['movielens-100k', 'almonds', 'autoint', 'dcn-v2-low-rank', 'deepfm', 'dhen', 'din', 'dlrm', 'edcn', 'finalmlp', 'gdcn'],
  ...['masknet', 'mmoe', 'movielens-1m', 'ncf', 'nfm', 'pnn', 'split-network', 'towers', 'wide-deep', 'xdeepfm'],
];
