import { readFileSync } from 'node:fs';

const page = (text, name) => ({ text, link: `/${name}` });

const docs = new URL('../../docs/', import.meta.url);

/** In the order of their index, each by its title. */
const architectures = [
  ...readFileSync(new URL('architectures/index.md', docs), 'utf8').matchAll(/^\| \[([^\]]+)\]\(([\w-]+)\.md\)/gm),
].map(([, title, name]) => page(title, `architectures/${name}`));

/** The pages in the order in which a newcomer wants them. */
export const sidebar = [
  {
    text: 'Begin',
    items: [
      page('Ten minutes to a model', 'tutorial'),
      page('A first spec: init', 'init'),
      page('The first mistakes', 'mistakes'),
      page('Coming from another library', 'coming-from'),
    ],
  },
  {
    text: 'The language',
    items: [
      page('Language', 'language'),
      page('Every key', 'keys'),
      page('Blocks', 'blocks'),
      page('Diagnostics', 'diagnostics'),
    ],
  },
  {
    text: 'Architectures',
    collapsed: true,
    items: [page('All of them', 'architectures/'), ...architectures],
  },
  {
    text: 'Train',
    items: [page('Runs', 'runs'), page('Engines', 'engines'), page('Performance', 'performance')],
  },
  {
    text: 'Serve',
    items: [
      page('TypeScript', 'build'),
      page('ONNX', 'onnx'),
      page('TensorFlow.js', 'tensorflow-js'),
      page('model.json', 'model-json'),
      page('Agreement of engines', 'agreement'),
    ],
  },
  { text: 'Write', items: [page('Editors', 'editors'), page('Formatting', 'formatting')] },
  { text: 'Evidence', items: [page('Benchmarks', 'benchmarks'), page('The library on MovieLens', 'library')] },
];
