import { spanText, type Span } from '../language/source.js';
import type { DiagnosticDetails, Report } from './diagnostics.js';
import { axes, axisHelp, own, type Advice } from './habits.js';
import type { Code, MessageParameters } from './messages.js';
import { nearest } from './suggest.js';
import { synonymAmong } from './synonyms.js';

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

const dense = 'a dense layer is `linear(x, 64)`, several with an activation are `mlp(x, [64, 32])`';
const attends = 'attention of fields to one another is `autoint(v)`, of a history to an item `din(…)`';
const crosses = 'a cross network is `cross(x0, depth: 3)`';
const batchNorm = 'did you mean `batch_norm`?';
const layerNorm = 'did you mean `layer_norm`?';
const missing = (name: string, formula: string): string =>
  `there is no \`${name}\`; a block makes it: \`block ${name}(x: vector[d]) -> vector[d] { return ${formula} }\``;

const functions: Readonly<Record<string, string>> = {
  Linear: dense,
  BatchNorm: batchNorm,
  BatchNorm1d: batchNorm,
  BatchNormalization: batchNorm,
  batchnorm: batchNorm,
  LayerNorm: layerNorm,
  LayerNormalization: layerNorm,
  layernorm: layerNorm,
  gelu: missing('gelu', 'x * sigmoid(1.702 * x)'),
  silu: missing('silu', 'x * sigmoid(x)'),
  swish: missing('swish', 'x * sigmoid(x)'),
  leaky_relu: missing('leaky_relu', 'max(x, 0.01 * x)'),
  LeakyReLU: missing('leaky_relu', 'max(x, 0.01 * x)'),
  multi_head_attention: attends,
  MultiheadAttention: attends,
  MultiHeadAttention: attends,
  self_attention: attends,
  dcn: crosses,
  dcn_v2: crosses,
  dcnv2: crosses,
  CrossNet: crosses,
  CrossNetV2: crosses,
  range: 'a loop runs over a whole number itself: `for i in 3 { … }`',
  enumerate: 'a loop runs over a list, or over a whole number',
  Dense: dense,
  dense: dense,
  matmul: 'the matrix product is `A @ x`',
  concatenate: 'did you mean `concat`?',
  cat: 'did you mean `concat`?',
  embedding: 'a feature stands for its vector; a table of its own is `embed(feature, 8)`',
  log1p: '`log1p(x)` is written `log(1 + x)`',
  log2: '`log2(x)` is written `log(x) / log(2)`',
  log10: '`log10(x)` is written `log(x) / log(10)`',
  expm1: '`expm1(x)` is written `exp(x) - 1`',
  pow: 'there is no power: write `x * x`',
};

/** Keys that other programs give to the training itself. */
const misplaced: Readonly<Record<string, string>> = {
  lr: 'it belongs to the optimizer: `optimizer: adam(1e-3)`',
  learning_rate: 'it belongs to the optimizer: `optimizer: adam(1e-3)`',
  warmup: 'it belongs to the schedule: `schedule: constant(warmup: steps(500))`',
  warmup_steps: 'it belongs to the schedule: `schedule: constant(warmup: steps(500))`',
};

const asBinary = { help: 'did you mean `binary`?', write: 'binary' };
const asClass = { help: 'did you mean `class(n)`, with the number of classes?' };

/** What other programs call the kinds of labels. */
const tasks: Readonly<Record<string, Advice>> = {
  bool: asBinary,
  boolean: asBinary,
  classification: { help: '`binary` is yes or no, `class(n)` one of n classes' },
  click: asBinary,
  logistic: asBinary,
  regression: asNumber,
  float: asNumber,
  real: asNumber,
  numeric: asNumber,
  category: asClass,
  categorical: asClass,
  multiclass: asClass,
  softmax: asClass,
};

/** What elsewhere is an optimizer of its own. */
const optimizerHabits: Readonly<Record<string, string>> = {
  nesterov: 'write `sgd(0.1, momentum: 0.9, nesterov)`',
  momentum: 'write `sgd(0.1, momentum: 0.9)`',
};

type Rule<C extends Code> = (
  parameters: MessageParameters<C>,
  given: { readonly text: string; readonly span: Span; readonly details: DiagnosticDetails },
) => Advice | undefined;

/** Functions of one thing, which elsewhere are methods of it. */
const methods: ReadonlySet<string> = new Set([
  'exp',
  'log',
  'sqrt',
  'abs',
  'sigmoid',
  'tanh',
  'relu',
  'softplus',
  'sum',
  'mean',
  'max',
  'min',
  'flatten',
]);
const libraries: ReadonlySet<string> = new Set(['torch', 'nn', 'F', 'tf', 'keras', 'layers', 'np', 'numpy', 'math', 'K', 'jnp']);

/** `x.relu()` and `torch.cat([a, b])`. */
function method(name: string, { source, start, end }: Span): Advice | undefined {
  const line = source.text.slice(Math.max(0, start - 100), start);
  const target = /([A-Za-z_]\w*)(?:\.\w+)*\.$/.exec(line)?.[1];
  const [, list] = /^\(\[([\w, ]{1,80})\]/.exec(source.text.slice(end, end + 100)) ?? [];
  if (target === undefined) return undefined;
  if (libraries.has(target)) {
    if (name === 'cat' || name === 'concat' || name === 'concatenate') return { help: `write \`concat(${list ?? 'a, b'})\`` };
    return { help: own(functions, name) ?? `a function stands alone: leave \`${target}.\` out` };
  }
  if (!methods.has(name)) return undefined;
  const call = `${name}(${target})`;
  const whole = line.endsWith(` ${target}.`) && source.text.startsWith('()', end);
  const span = { source, start: start - target.length - 1, end: end + 2 };
  return { help: `a function stands before what it takes: \`${call}\``, ...(whole && { write: call, span }) };
}

const helping = (help: string | undefined): Advice | undefined => (help === undefined ? undefined : { help });

/** `it has …` offers all names: the one that is meant by the other program's name. */
const synonym = (name: string, { help = '' }: DiagnosticDetails): Advice | undefined => {
  if (!help.startsWith('it has ')) return undefined;
  const meant = synonymAmong(name, (known) => help.includes(`\`${known}\``));
  return meant && { help: `did you mean \`${meant.key}\`?`, ...(meant.isSame && { write: meant.key }) };
};

/** A key of `category[]` that was given to `category`. */
function ofLists(key: string): string | undefined {
  const meant = nearest(key, ['separator', 'pool', 'max_length', 'parallel']);
  return meant && `\`category[]\`, a feature with several values in a row, has \`${meant}\``;
}

const noVectors =
  'vectors of a file cannot be loaded into a table yet; as a column of the rows they can be a feature: `emb: number[64]`';
const ofVectors: ReadonlySet<string> = new Set(['weights', 'pretrained', 'vectors', 'file', 'path', 'from']);

type ValueParameters = Pick<MessageParameters<'wrong-value'>, 'where' | 'wanted' | 'found'>;

const value = ({ wanted, where, found }: ValueParameters, { text }: { readonly text: string }): Advice | undefined => {
  if (wanted === 'a function' && /^(?:true|True)$/.test(text) && /\b(?:norm|activation)\b/.test(where))
    return {
      help: where.includes('norm') ? 'name one: `norm: batch_norm` or `norm: layer_norm`' : 'name one: `activation: relu`',
    };
  if (where.startsWith('`init` of ') && text.startsWith('"') && /[./]/.test(text)) return { help: noVectors };
  const constant = own(constants, text);
  if (constant !== undefined) return constant;
  const quoted = /^"([A-Za-z_]\w*)"$/.exec(text)?.[1];
  if (quoted !== undefined && (wanted.includes(`\`${quoted}`) || wanted === 'a function'))
    return { help: 'leave the quotes out', write: quoted };
  if (/^a (?:path|text) in quotes/.test(wanted) && /^[\w./*-]+$/.test(text))
    return { help: `put it in quotes: "${text}"`, write: `"${text}"` };
  if (wanted === 'a list' && /^\d+$/.test(text)) return { help: `put it in [ ]: \`[${text}]\``, write: `[${text}]` };
  const task = wanted.startsWith('`binary`, `number`') ? own(tasks, text.toLowerCase()) : undefined;
  if (task !== undefined) return task;
  const optimizer = wanted.includes('`sgd(…)`') ? own(optimizerHabits, /^\w+/.exec(text)?.[0] ?? '') : undefined;
  if (optimizer !== undefined) return { help: optimizer };
  const share = /of `(?:random|by_time)`$/.test(where) ? Number(found) : NaN;
  return share > 1 && share <= 100
    ? { help: `shares are parts of 1: write ${String(share / 100)}`, write: String(share / 100) }
    : undefined;
};

/** `meta.pos`: a column has no parts. */
function nested(text: string): Advice | undefined {
  const [, column, part, quoted] = /^(\w+)(?:\.(\w+)|\["(\w+)"\])/.exec(text) ?? [];
  return column === undefined
    ? undefined
    : {
        help: `a column has no parts here: write what is in \`${column}\` as columns of their own, such as \`${column}_${part ?? quoted ?? 'part'}\``,
      };
}

/** Advice on values and names that another language or program would have, by code. */
const rules: { readonly [C in Code]?: Rule<C> } = {
  'unknown-key': ({ key, where }, { details }) =>
    helping(where === '`train`' ? own(misplaced, key) : undefined) ??
    helping(where.startsWith('`category` of') ? ofLists(key) : undefined) ??
    helping(/^the table |^`embeddings`/.test(where) && ofVectors.has(key) ? noVectors : undefined) ??
    synonym(key, details),
  'unknown-argument': ({ name, block }, { details }) =>
    axes.has(name) ? { help: axisHelp(block.replaceAll('`', '')) } : synonym(name, details),
  'unknown-name': ({ name }, { span }) =>
    own(constants, name) ?? (name.startsWith('.') ? method(name.slice(1), span) : helping(own(functions, name))),
  'not-over-columns': (_, { text }) => nested(text),
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
    const advice = rules[code]?.(parameters, { text: spanText(span), span, details });
    if (advice === undefined) report(code, span, parameters, details);
    else {
      const { help, write } = advice;
      const fix = write === undefined ? undefined : { span: advice.span ?? span, text: write };
      report(code, span, parameters, { ...details, help, fix });
    }
  };
}
