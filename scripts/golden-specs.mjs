/** Specs that `generated/` shows the code of: together they have every op, kind of feature and block; a test holds that. */
export const goldenSpecs = [
  'specs/movielens-100k.rec',
  'specs/almonds.rec',
  'specs/autoint.rec',
  'specs/dcn-v2-low-rank.rec',
  'specs/deepfm.rec',
  'specs/dhen.rec',
  'specs/din.rec',
  'specs/dlrm.rec',
  'specs/edcn.rec',
  'specs/finalmlp.rec',
  'specs/gdcn.rec',
  'specs/masknet.rec',
  'specs/mmoe.rec',
  'specs/movielens-1m.rec',
  'specs/ncf.rec',
  'specs/nfm.rec',
  'specs/pnn.rec',
  'specs/split-network.rec',
  'specs/towers.rec',
  'specs/wide-deep.rec',
  'specs/xdeepfm.rec',
  'test/backends/agreement.rec',
  'test/target/starts.rec',
  'test/target/typescript/films.rec',
  'test/target/typescript/shop.rec',
  'test/target/typescript/wide.rec',
];

/** The folder below `generated/`: the name of the file. */
export const goldenFolder = (/** @type {string} */ spec) => spec.slice(spec.lastIndexOf('/') + 1, -'.rec'.length);
