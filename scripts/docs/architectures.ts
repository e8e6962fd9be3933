import type { papers } from './papers.js';

/** What a page says of an architecture besides what its spec and its blocks say. */
export interface Architecture {
  readonly title: string;
  readonly papers: readonly (keyof typeof papers)[];
  readonly when: string;
}

/** By the name of the spec, from the simplest on. */
export const architectures: Readonly<Record<string, Architecture>> = {
  'logistic-regression': {
    title: 'Logistic regression',
    papers: [],
    when: 'First of all: it trains in seconds, each weight can be read, and whatever else you try has to beat it. It knows nothing of pairs of features, unless you cross them yourself.',
  },
  fm: {
    title: 'Factorization machine',
    papers: ['FM 2010'],
    when: 'When pairs of values matter, most pairs are seen too seldom for a weight of their own, and a prediction must cost next to nothing.',
  },
  'wide-deep': {
    title: 'Wide & Deep',
    papers: ['Wide & Deep'],
    when: 'When you know crosses that matter (this app with that country) and want them learned by heart beside a network that generalizes. The crosses are written by hand; where you know none, take DeepFM or DCN-V2.',
  },
  deepfm: {
    title: 'DeepFM',
    papers: ['DeepFM'],
    when: 'A sound beginning for tables of mostly categories: pairs without crosses by hand, and a deep network, on the same embeddings. All embeddings have one size.',
  },
  nfm: {
    title: 'Neural factorization machine',
    papers: ['NFM'],
    when: 'When a deep network over all fields is too wide: it sees one vector, however many fields there are.',
  },
  pnn: {
    title: 'Product-based networks',
    papers: ['PNN'],
    when: 'When the deep network shall see each product of two fields by itself, not only their sum. The number of products grows with the square of the number of fields.',
  },
  ncf: {
    title: 'Neural collaborative filtering',
    papers: ['NCF'],
    when: 'When there is nothing but who and what: the id of a user and of an item. With more features, others learn more from them.',
  },
  dcn: {
    title: 'Deep & Cross',
    papers: ['DCN 2017'],
    when: 'When the cross network must be tiny: a layer has one vector of weights. DCN-V2 has learned more with matrices in published comparisons, and costs more.',
  },
  'dcn-v2': {
    title: 'DCN-V2',
    papers: ['DCN-V2'],
    when: 'The usual choice for tables of many kinds of features, and what `init` writes: products of any order up to the depth, of features whose embeddings need not have one size.',
  },
  'dcn-v2-low-rank': {
    title: 'DCN-V2 with low rank and experts',
    papers: ['DCN-V2', 'TensorFlow Recommenders'],
    when: 'When the input of DCN-V2 is hundreds wide and its square matrices are most of the cost: a rank of a quarter halves it. Experts give some of the capacity back.',
  },
  xdeepfm: {
    title: 'xDeepFM',
    papers: ['xDeepFM'],
    when: 'When products of three and more fields matter, vector by vector rather than element by element, and time for training is not short.',
  },
  autoint: {
    title: 'AutoInt',
    papers: ['AutoInt'],
    when: 'When there are many fields and few of their pairs matter: attention chooses, for each row anew.',
  },
  dlrm: {
    title: 'DLRM',
    papers: ['DLRM'],
    when: 'When there are numbers beside large tables of categories, and predictions must be cheap. All embeddings have one size.',
  },
  edcn: {
    title: 'EDCN',
    papers: ['EDCN'],
    when: 'When a cross and a deep network side by side help, and you want them to tell each other what they found after each layer.',
  },
  gdcn: {
    title: 'GDCN',
    papers: ['GDCN'],
    when: 'When deeper cross networks get worse: gates leave out the products that do not help. A layer has twice the weights of DCN-V2.',
  },
  masknet: {
    title: 'MaskNet',
    papers: ['MaskNet'],
    when: 'When what a feature means depends on the whole row: a mask made of all embeddings weighs the elements of each layer.',
  },
  dhen: {
    title: 'DHEN',
    papers: ['DHEN'],
    when: 'When there are very many rows and cost matters little: layers of several interactions at once. The library has none that is more expensive.',
  },
  finalmlp: {
    title: 'FinalMLP',
    papers: ['FinalMLP'],
    when: 'When there are two points of view, such as the user and the item: each stream weighs the features by its own context, and both are plain networks.',
  },
  din: {
    title: 'DIN',
    papers: ['DIN'],
    when: 'When each row has what the user did before: the past items that are like the candidate count more.',
  },
  towers: {
    title: 'Two towers',
    papers: ['Yi et al. 2019', 'PAL'],
    when: 'When the best of millions of items are to be found: vectors of items are computed ahead and searched. The towers meet only at the end, so another model ranks what they find. The spec has position towers too, for clicks that a high position earned.',
  },
  'split-network': {
    title: 'Split network',
    papers: [],
    when: 'When vectors of users and items are kept ready, and a small network may join them: more than a product, less than a whole model for each pair.',
  },
  mmoe: {
    title: 'MMoE and PLE',
    papers: ['MMoE', 'PLE'],
    when: 'When one model predicts several things of a row, such as a click and a purchase. MMoE shares all experts; PLE keeps some for each task, where tasks disturb each other.',
  },
};
