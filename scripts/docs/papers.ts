/** A publication that doc comments name in brackets, and where to read it. */
export interface Paper {
  readonly title: string;
  readonly where: string;
  readonly address: string;
}

const arxiv = (number: string): string => `https://arxiv.org/abs/${number}`;
const doi = (number: string): string => `https://doi.org/${number}`;

/** By the name that doc comments call it. */
export const papers: Readonly<Record<string, Paper>> = {
  AutoInt: {
    title: 'AutoInt: Automatic Feature Interaction Learning via Self-Attentive Neural Networks',
    where: 'Song et al., CIKM 2019',
    address: arxiv('1810.11921'),
  },
  'Ba et al. 2016': { title: 'Layer Normalization', where: 'Ba, Kiros and Hinton, 2016', address: arxiv('1607.06450') },
  'DCN 2017': {
    title: 'Deep & Cross Network for Ad Click Predictions',
    where: 'Wang et al., ADKDD 2017',
    address: arxiv('1708.05123'),
  },
  'DCN-V2': {
    title: 'DCN V2: Improved Deep & Cross Network and Practical Lessons for Web-scale Learning to Rank Systems',
    where: 'Wang et al., WWW 2021',
    address: arxiv('2008.13535'),
  },
  DeepFM: {
    title: 'DeepFM: A Factorization-Machine based Neural Network for CTR Prediction',
    where: 'Guo et al., IJCAI 2017',
    address: arxiv('1703.04247'),
  },
  DHEN: {
    title: 'DHEN: A Deep and Hierarchical Ensemble Network for Large-Scale Click-Through Rate Prediction',
    where: 'Zhang et al., 2022',
    address: arxiv('2203.11014'),
  },
  DIN: {
    title: 'Deep Interest Network for Click-Through Rate Prediction',
    where: 'Zhou et al., KDD 2018',
    address: arxiv('1706.06978'),
  },
  DLRM: {
    title: 'Deep Learning Recommendation Model for Personalization and Recommendation Systems',
    where: 'Naumov et al., 2019',
    address: arxiv('1906.00091'),
  },
  EDCN: {
    title: 'Enhancing Explicit and Implicit Feature Interactions via Information Sharing for Parallel Deep CTR Models',
    where: 'Chen et al., CIKM 2021',
    address: 'https://dlp-kdd.github.io/assets/pdf/DLP-KDD_2021_paper_12.pdf',
  },
  FinalMLP: {
    title: 'FinalMLP: An Enhanced Two-Stream MLP Model for CTR Prediction',
    where: 'Mao et al., AAAI 2023',
    address: arxiv('2304.00902'),
  },
  'FM 2010': { title: 'Factorization Machines', where: 'Rendle, ICDM 2010', address: doi('10.1109/ICDM.2010.127') },
  GDCN: {
    title: 'Towards Deeper, Lighter and Interpretable Cross Network for CTR Prediction',
    where: 'Wang et al., CIKM 2023',
    address: arxiv('2311.04635'),
  },
  MaskNet: {
    title: 'MaskNet: Introducing Feature-Wise Multiplication to CTR Ranking Models by Instance-Guided Mask',
    where: 'Wang et al., DLP-KDD 2021',
    address: arxiv('2102.07619'),
  },
  MMoE: {
    title: 'Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts',
    where: 'Ma et al., KDD 2018',
    address: doi('10.1145/3219819.3220007'),
  },
  NCF: { title: 'Neural Collaborative Filtering', where: 'He et al., WWW 2017', address: arxiv('1708.05031') },
  NFM: {
    title: 'Neural Factorization Machines for Sparse Predictive Analytics',
    where: 'He and Chua, SIGIR 2017',
    address: arxiv('1708.05027'),
  },
  PAL: {
    title: 'PAL: a position-bias aware learning framework for CTR prediction in live recommender systems',
    where: 'Guo et al., RecSys 2019',
    address: doi('10.1145/3298689.3347033'),
  },
  PLE: {
    title: 'Progressive Layered Extraction (PLE): A Novel Multi-Task Learning Model for Personalized Recommendations',
    where: 'Tang et al., RecSys 2020',
    address: doi('10.1145/3383313.3412236'),
  },
  PNN: {
    title: 'Product-based Neural Networks for User Response Prediction',
    where: 'Qu et al., ICDM 2016',
    address: arxiv('1611.00144'),
  },
  'TensorFlow Recommenders': {
    title: 'TensorFlow Recommenders, layers/feature_interaction/dcn.py',
    where: 'code',
    address: 'https://github.com/tensorflow/recommenders/blob/main/tensorflow_recommenders/layers/feature_interaction/dcn.py',
  },
  'Wide & Deep': {
    title: 'Wide & Deep Learning for Recommender Systems',
    where: 'Cheng et al., DLRS 2016',
    address: arxiv('1606.07792'),
  },
  xDeepFM: {
    title: 'xDeepFM: Combining Explicit and Implicit Feature Interactions for Recommender Systems',
    where: 'Lian et al., KDD 2018',
    address: arxiv('1803.05170'),
  },
  'Yi et al. 2019': {
    title: 'Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations',
    where: 'Yi et al., RecSys 2019',
    address: doi('10.1145/3298689.3346996'),
  },
};
