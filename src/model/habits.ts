import type { SyntaxProblem } from '../language/problems.js';
import { spanText } from '../language/source.js';
import type { DiagnosticDetails, Marked, Report } from './diagnostics.js';
import type { Code, MessageParameters } from './messages.js';
import { nearest } from './suggest.js';

/** What other languages write, and what stands for it here. */
const characters: Readonly<Record<string, string>> = {
  '#': 'a comment begins with `//`',
  "'": 'a text stands in double quotes: "ratings.csv"',
  '`': 'a text stands in double quotes: "ratings.csv"',
  ';': 'entries and statements need nothing between them',
  '&&': 'write `and`',
  '||': 'write `or`',
  '!': 'write `not`',
  '|': 'write `or`',
  '&': 'write `and`',
  '^': 'there is no power: write `x * x`',
};

const declarations: Readonly<Record<string, string>> = {
  def: 'a function is a block: `block name(x: vector[d]) -> vector[d] { … }`',
  function: 'a function is a block: `block name(x: vector[d]) -> vector[d] { … }`',
  fn: 'a function is a block: `block name(x: vector[d]) -> vector[d] { … }`',
  class: 'a model begins with `model`, a function with `block`',
  struct: 'a model begins with `model`, a function with `block`',
};

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** What a problem was found at, where it is a word or sign. */
const foundText = ({ found }: SyntaxProblem): string | undefined => (found?.startsWith('"') ? found.slice(1, -1) : undefined);

/** What to do about a syntax problem, where it looks like a habit from another language. */
export function habitHelp(p: SyntaxProblem): string | undefined {
  const { code, span, expected = [] } = p;
  const text = foundText(p);
  if (text === undefined) return undefined;
  if (code === 'unexpected-character') return own(characters, text);
  if (code !== 'expected') return undefined;
  if (expected.includes('"block"')) return own(declarations, text);
  if (text === '=') {
    if (expected.some((e) => e === '":"' || e === '")"')) return 'a key and its value stand with `:` between them';
    if (expected.includes('a section')) return 'to compare, write `==` or `>=`';
  }
  if (text === ':' && expected.includes('"="')) return 'a statement of a network stands with `=`';
  if (text === '*' && span.source.text[span.start - 1] === '*') return own(characters, '^');
  return undefined;
}

const isWord = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text);

/** The keyword that a misspelt word stands for, at which or after which the parser was surprised. */
export function slipFix(p: SyntaxProblem): Marked | undefined {
  const { code, span, expected = [] } = p;
  const text = foundText(p);
  if (code !== 'expected' || text === undefined || !isWord(text)) return undefined;
  const words = expected.flatMap((e) => (/^"[a-z]+"$/.test(e) ? [e.slice(1, -1)] : []));
  const meant = nearest(text, words.includes('block') ? [...words, 'override'] : words);
  if (meant !== undefined) return { span, text: meant };
  if (!expected.includes('":"')) return undefined;
  const before = /([A-Za-z_]\w{0,20})[ \t]+$/.exec(span.source.text.slice(Math.max(0, span.start - 40), span.start));
  const [whole, word] = before ?? [];
  if (whole === undefined || word === undefined || nearest(word, ['label']) === undefined) return undefined;
  const start = span.start - whole.length;
  return { span: { source: span.source, start, end: start + word.length }, text: 'label' };
}

const leaveOut = 'leave the key out; `none` takes out what is inherited';

/** Constants of other languages. */
const constants: Readonly<Record<string, string>> = {
  True: 'write `true`',
  TRUE: 'write `true`',
  False: 'write `false`',
  FALSE: 'write `false`',
  None: leaveOut,
  null: leaveOut,
  nil: leaveOut,
  undefined: leaveOut,
};

const functions: Readonly<Record<string, string>> = {
  range: 'a loop runs over a whole number itself: `for i in 3 { … }`',
  enumerate: 'a loop runs over a list, or over a whole number',
  Dense: 'a dense layer is `linear(x, 64)`, several with an activation are `mlp(x, [64, 32])`',
  dense: 'a dense layer is `linear(x, 64)`, several with an activation are `mlp(x, [64, 32])`',
  matmul: 'the matrix product is `A @ x`',
  concatenate: 'did you mean `concat`?',
  cat: 'did you mean `concat`?',
  embedding: 'a feature stands for its vector; a table of its own is `embed(feature, 8)`',
  pow: 'there is no power: write `x * x`',
};

/** What other programs call a key, too far from its name here to be taken for a misspelling. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  lr: ['learning_rate'],
  eta: ['learning_rate'],
  alpha: ['rho', 'learning_rate'],
  step_size: ['learning_rate'],
  eps: ['epsilon'],
  hidden: ['units'],
  hidden_units: ['units'],
  hidden_layers: ['units'],
  layers: ['units', 'depth'],
  layer_sizes: ['units'],
  num_layers: ['depth'],
  num_experts: ['experts'],
  drop_rate: ['dropout'],
  act: ['activation'],
  normalization: ['norm'],
  num_epochs: ['epochs'],
  n_epochs: ['epochs'],
  max_epochs: ['epochs'],
  grad_clip: ['clip_norm'],
  gradient_clip: ['clip_norm'],
  max_grad_norm: ['clip_norm'],
  weight_decay: ['l2'],
  regularizer: ['l2'],
  regularization: ['l2'],
  early_stopping: ['stop'],
  patience: ['stop'],
  initializer: ['init'],
  embedding_dim: ['dim'],
  embedding_size: ['dim'],
  size: ['dim'],
  hash_size: ['hash'],
  num_buckets: ['hash'],
  hash_bucket_size: ['hash'],
  cardinality: ['size'],
  vocab_size: ['size'],
  vocab: ['vocabulary'],
  min_freq: ['min_count'],
  min_frequency: ['min_count'],
  sep: ['separator'],
  delimiter: ['separator'],
  pooling: ['pool'],
  combiner: ['pool'],
  boundaries: ['buckets'],
  bins: ['buckets'],
  file: ['source'],
  path: ['source'],
  filter: ['keep'],
  where: ['keep'],
};

/** Keys that other programs give to the training itself. */
const misplaced: Readonly<Record<string, string>> = {
  lr: 'it belongs to the optimizer: `optimizer: adam(1e-3)`',
  learning_rate: 'it belongs to the optimizer: `optimizer: adam(1e-3)`',
  warmup: 'it belongs to the schedule: `schedule: constant(warmup: steps(500))`',
  warmup_steps: 'it belongs to the schedule: `schedule: constant(warmup: steps(500))`',
};

/** What elsewhere is an optimizer of its own. */
const optimizerHabits: Readonly<Record<string, string>> = {
  nesterov: 'write `sgd(0.1, momentum: 0.9, nesterov)`',
  momentum: 'write `sgd(0.1, momentum: 0.9)`',
};

type Rule<C extends Code> = (
  parameters: MessageParameters<C>,
  given: { readonly text: string; readonly details: DiagnosticDetails },
) => string | undefined;

/** `it has …` offers all names: the one that is meant by the other program's name. */
const synonym = (name: string, { help = '' }: DiagnosticDetails): string | undefined => {
  if (!help.startsWith('it has ')) return undefined;
  const meant = own(synonyms, name)?.find((known) => help.includes(`\`${known}\``));
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`;
};

const value: Rule<'wrong-value'> = ({ wanted, where, found }, { text }) => {
  const constant = own(constants, text);
  if (constant !== undefined) return constant;
  const quoted = /^"([A-Za-z_]\w*)"$/.exec(text)?.[1];
  if (quoted !== undefined && (wanted.includes(`\`${quoted}`) || wanted === 'a function')) return 'leave the quotes out';
  const optimizer = wanted.includes('`sgd(…)`') ? own(optimizerHabits, /^\w+/.exec(text)?.[0] ?? '') : undefined;
  if (optimizer !== undefined) return optimizer;
  const share = /of `(?:random|by_time)`$/.test(where) ? Number(found) : NaN;
  return share > 1 && share <= 100 ? `shares are parts of 1: write ${String(share / 100)}` : undefined;
};

/** Help for values and names that another language or program would have, by code. */
const rules: { readonly [C in Code]?: Rule<C> } = {
  'unknown-key': ({ key, where }, { details }) =>
    (where === '`train`' ? own(misplaced, key) : undefined) ?? synonym(key, details),
  'unknown-argument': ({ name }, { details }) => synonym(name, details),
  'unknown-name': ({ name }) => own(constants, name),
  'unknown-function': ({ name }) => own(functions, name),
  'wrong-value': value,
  'out-of-range': value,
  'wrong-argument': ({ parameter, wanted }, given) => value({ where: parameter, wanted, found: '' }, given),
};

/** A report that adds what to do where a value or name looks like a habit from elsewhere. */
export function withHabits(report: Report): Report {
  return (code, span, parameters, details = {}) => {
    const rule = rules[code];
    const help = rule?.(parameters, { text: spanText(span), details });
    report(code, span, parameters, help === undefined ? details : { ...details, help });
  };
}
