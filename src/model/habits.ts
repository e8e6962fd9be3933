import type { SyntaxProblem } from '../language/problems.js';
import { spanText } from '../language/source.js';
import type { DiagnosticDetails, Marked, Report } from './diagnostics.js';
import type { Code, MessageParameters } from './messages.js';
import { nearest } from './suggest.js';

/** What to do, and what to write in its place where that is certain. */
interface Advice {
  readonly help: string;
  readonly write?: string;
}

const quotes = 'a text stands in double quotes: "ratings.csv"';

/** What other languages write, and what stands for it here. */
const characters: Readonly<Record<string, Advice>> = {
  '#': { help: 'a comment begins with `//`', write: '//' },
  "'": { help: quotes },
  '`': { help: quotes },
  ';': { help: 'entries and statements need nothing between them', write: '' },
  '&&': { help: 'write `and`', write: 'and' },
  '||': { help: 'write `or`', write: 'or' },
  '!': { help: 'write `not`', write: 'not ' },
  '|': { help: 'write `or`', write: 'or' },
  '&': { help: 'write `and`', write: 'and' },
  '^': { help: 'there is no power: write `x * x`' },
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

/** A habit from another language, at a place where the parser was surprised. */
interface Surprise {
  /** The word or sign at the place; of a text in quotes, that. */
  readonly text: string;
  /** On its line. */
  readonly before: string;
  readonly after: string;
  readonly expects: (what: string) => boolean;
}

const example = '`label liked: binary = rating >= 4`';
const inModel = 'sections stand within `model Name { … }`; is there a `}` too many above?';
const colon = 'a key and its value stand with `:` between them';

const surprises: readonly ((s: Surprise) => Advice | undefined)[] = [
  ({ text, expects }) =>
    expects('"block"') && Object.hasOwn(declarations, text) ? { help: declarations[text] ?? '' } : undefined,
  ({ text, expects }) => (expects('"block"') && sectionWords.has(text) ? { help: inModel } : undefined),
  ({ text, expects }) => (expects('"block"') && text === '{' ? { help: 'a file begins with `model Name {`' } : undefined),
  ({ text, before }) => (text === ':' && /^\s*model\s*$/.test(before) ? { help: 'a model is `model Name { … }`' } : undefined),
  ({ text, before }) => (text === ':' && /^\s*label\s*$/.test(before) ? { help: `a label is ${example}` } : undefined),
  ({ text, before }) =>
    text === '=' && /\blabel\s+\w+\s*$/.test(before) ? { help: `the kind of a label comes first: ${example}` } : undefined,
  ({ text, expects }) => (text === '=' && (expects('":"') || expects('")"')) ? { help: colon, write: ':' } : undefined),
  ({ text, expects }) => (text === '=' && expects('a section') ? { help: 'to compare, write `==` or `>=`' } : undefined),
  ({ text, expects }) =>
    text === ':' && expects('"="') ? { help: 'a statement of a network stands with `=`', write: ' =' } : undefined,
  ({ text, before }) => (text === '*' && before.endsWith('*') ? { help: characters['^']?.help ?? '' } : undefined),
  ({ text, expects }) =>
    text === ',' && expects('an operator') && expects('")"') ? { help: 'a list stands in [ ]: `[64, 32]`' } : undefined,
  ({ text, after, expects }) =>
    /^\.\.?$/.test(text) && expects('an expression') && /^\/?[\w./-]/.test(after)
      ? { help: 'a path stands in quotes: "../ratings.csv"' }
      : undefined,
  ({ text }) => {
    const name = /^"([A-Za-z_]\w*)"$/.exec(text)?.[1];
    return name === undefined ? undefined : { help: `names stand without quotes: \`${name}\``, write: name };
  },
  ({ text }) =>
    text.startsWith('"')
      ? { help: 'a name has no blanks and no quotes; say its column behind it: `city: category = column("City Name")`' }
      : undefined,
];

const sectionWords: ReadonlySet<string> = new Set([
  ...['data', 'features', 'label', 'embeddings', 'cross', 'deep', 'combine', 'network', 'train', 'metrics', 'outputs'],
]);

const longestLine = 200;

/** What to do about a syntax problem, where it looks like a habit from another language. */
export function habitOf(p: SyntaxProblem): Pick<DiagnosticDetails, 'fix' | 'help'> {
  const advice = adviceOn(p);
  if (!advice) return {};
  const { help, write } = advice;
  return { help, ...(write !== undefined && { fix: { span: p.span, text: write } }) };
}

function adviceOn(p: SyntaxProblem): Advice | undefined {
  const { code, span, expected = [] } = p;
  if (code === 'unexpected-character') {
    const text = foundText(p) ?? '';
    const inner = /^'([^'"\\]*)'$/.exec(text)?.[1];
    return inner === undefined ? own(characters, text) : { help: `write "${inner}"`, write: `"${inner}"` };
  }
  const text = p.found === 'a string' ? spanText(span) : foundText(p);
  if (code !== 'expected' || text === undefined) return undefined;
  const whole = span.source.text;
  const before = /[^\r\n]*$/.exec(whole.slice(Math.max(0, span.start - longestLine), span.start))?.[0] ?? '';
  const after = /^[^\r\n]*/.exec(whole.slice(span.end, span.end + longestLine))?.[0] ?? '';
  const isWanted = text.startsWith('"') ? expected.includes('a name') || expected.includes('a section') : true;
  if (!isWanted) return undefined;
  for (const surprise of surprises) {
    const found = surprise({ text, before, after, expects: (what) => expected.includes(what) });
    if (found) return found;
  }
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

const leaveOut = { help: 'leave the key out; `none` takes out what is inherited' };
const yes = { help: 'write `true`', write: 'true' };
const no = { help: 'write `false`', write: 'false' };

/** Constants of other languages. */
const constants: Readonly<Record<string, Advice>> = {
  True: yes,
  TRUE: yes,
  False: no,
  FALSE: no,
  None: leaveOut,
  null: leaveOut,
  nil: leaveOut,
  undefined: leaveOut,
};

const quantity = { help: 'a quantity is `number`, the number of a thing `category`' };
const asCategory = { help: 'did you mean `category`?', write: 'category' };
const asNumber = { help: 'did you mean `number`?', write: 'number' };
const asTime = { help: 'did you mean `time`?' };

/** What other programs call the kinds of columns. */
const kinds: Readonly<Record<string, Advice>> = {
  int: quantity,
  integer: quantity,
  int32: quantity,
  int64: quantity,
  bigint: quantity,
  float: asNumber,
  float32: asNumber,
  float64: asNumber,
  double: asNumber,
  real: asNumber,
  numeric: asNumber,
  string: asCategory,
  str: asCategory,
  text: asCategory,
  varchar: asCategory,
  enum: asCategory,
  id: asCategory,
  categorical: asCategory,
  bool: asCategory,
  boolean: asCategory,
  date: asTime,
  datetime: asTime,
  timestamp: asTime,
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
) => Advice | undefined;

const helping = (help: string | undefined): Advice | undefined => (help === undefined ? undefined : { help });

/** `it has …` offers all names: the one that is meant by the other program's name. */
const synonym = (name: string, { help = '' }: DiagnosticDetails): Advice | undefined => {
  if (!help.startsWith('it has ')) return undefined;
  const meant = own(synonyms, name)?.find((known) => help.includes(`\`${known}\``));
  return meant === undefined ? undefined : { help: `did you mean \`${meant}\`?` };
};

const value: Rule<'wrong-value'> = ({ wanted, where, found }, { text }) => {
  const constant = own(constants, text);
  if (constant !== undefined) return constant;
  const quoted = /^"([A-Za-z_]\w*)"$/.exec(text)?.[1];
  if (quoted !== undefined && (wanted.includes(`\`${quoted}`) || wanted === 'a function'))
    return { help: 'leave the quotes out', write: quoted };
  if (/^a (?:path|text) in quotes/.test(wanted) && /^[\w./*-]+$/.test(text))
    return { help: `put it in quotes: "${text}"`, write: `"${text}"` };
  if (wanted === 'a list' && /^\d+$/.test(text)) return { help: `put it in [ ]: \`[${text}]\``, write: `[${text}]` };
  const optimizer = wanted.includes('`sgd(…)`') ? own(optimizerHabits, /^\w+/.exec(text)?.[0] ?? '') : undefined;
  if (optimizer !== undefined) return { help: optimizer };
  const share = /of `(?:random|by_time)`$/.test(where) ? Number(found) : NaN;
  return share > 1 && share <= 100
    ? { help: `shares are parts of 1: write ${String(share / 100)}`, write: String(share / 100) }
    : undefined;
};

/** Advice on values and names that another language or program would have, by code. */
const rules: { readonly [C in Code]?: Rule<C> } = {
  'unknown-key': ({ key, where }, { details }) =>
    helping(where === '`train`' ? own(misplaced, key) : undefined) ?? synonym(key, details),
  'unknown-argument': ({ name }, { details }) => synonym(name, details),
  'unknown-name': ({ name }) => own(constants, name),
  'unknown-function': ({ name }) => helping(own(functions, name)),
  'unknown-type': ({ name }, { details }) =>
    details.help?.startsWith('a feature is ') ? own(kinds, name.toLowerCase()) : undefined,
  'wrong-value': value,
  'out-of-range': value,
  'wrong-argument': ({ parameter, wanted }, given) => value({ where: parameter, wanted, found: '' }, given),
};

/** A report that adds what to do where a value or name looks like a habit from elsewhere. */
export function withHabits(report: Report): Report {
  return (code, span, parameters, details = {}) => {
    const advice = rules[code]?.(parameters, { text: spanText(span), details });
    if (advice === undefined) report(code, span, parameters, details);
    else {
      const { help, write } = advice;
      const fix = write === undefined ? undefined : { span, text: write };
      report(code, span, parameters, { ...details, help, fix });
    }
  };
}
