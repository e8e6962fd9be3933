import type { SyntaxProblem } from '../language/problems.js';
import { spanText } from '../language/source.js';
import type { DiagnosticDetails, Marked, Report } from './diagnostics.js';
import type { Code, MessageParameters } from './messages.js';
import { nearest } from './suggest.js';
import { synonymAmong } from './synonyms.js';

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

/** The same, also where it is a text in quotes, a number or a reserved word. */
const surprisingText = (p: SyntaxProblem): string | undefined =>
  /^(?:a string|the (?:number|reserved word) .*)$/.test(p.found ?? '') ? spanText(p.span) : foundText(p);

/** A habit from another language, at a place where the parser was surprised. */
interface Surprise {
  /** The word or sign at the place; of a text in quotes, that. */
  readonly text: string;
  /** On its line. */
  readonly before: string;
  /** The same, with the lines above. */
  readonly above: string;
  readonly after: string;
  readonly expects: (what: string) => boolean;
}

const example = '`label liked: binary = rating >= 4`';
const inModel = 'sections stand within `model Name { … }`; is there a `}` too many above?';
const colon = 'a key and its value stand with `:` between them';
const oddColumn = 'for a column of another name say its name behind it: `city: category = column("City Name")`';
/** `twenty %` is read as a remainder, so that the surprise is what follows. */
const percent = /\b(\d{1,3}(?:\.\d+)?) ?%\s*(?:\w+ *)?$/;

const surprises: readonly ((s: Surprise) => Advice | undefined)[] = [
  ({ text, expects }) =>
    expects('"block"') && Object.hasOwn(declarations, text) ? { help: declarations[text] ?? '' } : undefined,
  ({ text, expects }) => (expects('"block"') && sectionWords.has(text) ? { help: inModel } : undefined),
  ({ text, expects }) => (expects('"block"') && text === '{' ? { help: 'a file begins with `model Name {`' } : undefined),
  ({ text, before }) => (text === ':' && /^\s*model\s*$/.test(before) ? { help: 'a model is `model Name { … }`' } : undefined),
  ({ text, before }) => {
    const [head] = /^\s*model\s+\w+\s*$/.exec(before) ?? [];
    return text === ':' && head !== undefined
      ? { help: `braces hold what belongs to a model: \`${head.trim()} { … }\`` }
      : undefined;
  },
  ({ text, after }) =>
    text === '/' && /^[*/]/.test(after) ? { help: 'a comment begins with `//`, on each of its lines' } : undefined,
  ({ text, before }) =>
    text === '*' && before.endsWith('/') ? { help: 'a comment begins with `//`, on each of its lines' } : undefined,
  ({ text, before }) => (text === '/' && before.endsWith('*') ? { help: 'a comment ends with its line' } : undefined),
  ({ text, above, expects }) => {
    const name = /\blabel\s+(\w+)\s*$/.exec(above)?.[1];
    return text !== '=' && name !== undefined && expects('":"')
      ? { help: `a label has a kind: \`label ${name}: binary\`, \`number\` or \`class(n)\`` }
      : undefined;
  },
  ({ text, before, after }) =>
    text === ',' && /\blabel\s+\w+\s*:/.test(before) && /^\s*weight\b/.test(after)
      ? { help: 'the weight of a label belongs to its kind: `label liked: binary(weight: 2)`' }
      : undefined,
  ({ text }) => (text === 'if' ? { help: 'a choice is written `if condition then a else b`' } : undefined),
  ({ above }) => {
    const number = percent.exec(above)?.[1];
    return number === undefined ? undefined : { help: `shares are parts of 1: write ${String(Number(number) / 100)}` };
  },
  ({ text, before }) =>
    /^(?:not|null|None)$/.test(text) && /\bis\s*$/.test(before)
      ? { help: 'a missing value makes a comparison missing, and `keep` leaves such rows out: `keep: rating >= 0`' }
      : undefined,
  ({ text, expects }) =>
    expects('","') && expects('"]"') && /^["\w]/.test(text) ? { help: 'a `,` stands between the entries of a list' } : undefined,
  ({ text, before, expects }) => {
    const name = /^\s*(\w+) +$/.exec(before)?.[1];
    return name !== undefined && expects('":"') && /^(?:category|number|time)$/.test(text)
      ? { help: `a feature and its kind stand with \`:\` between them: \`${name}: ${text}\``, write: `: ${text}` }
      : undefined;
  },
  ({ text, before, after, expects }) =>
    expects('":"') && /^\s*\w+ +$/.test(before) && /^\w/.test(text) && /^[^:{}]{0,40}:\s*(?:category|number|time)\b/.test(after)
      ? { help: `a name has no blanks; ${oddColumn}` }
      : undefined,
  ({ text, after, expects }) =>
    expects('a name') && /^\d/.test(text) && /^\w/.test(after)
      ? { help: `a name begins with a letter or \`_\`; ${oddColumn}` }
      : undefined,
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
    text === '.' && expects('an expression') && /^\d/.test(after)
      ? { help: `a digit stands before the point: \`0.${/^\d+/.exec(after)?.[0] ?? ''}\``, write: '0.' }
      : undefined,
  ({ text, after, expects }) =>
    /^\.\.?$/.test(text) && expects('an expression') && /^\/?[\w./-]/.test(after)
      ? { help: 'a path stands in quotes: "../ratings.csv"' }
      : undefined,
  ({ text, expects }) => {
    if (!expects('a name') && !expects('a section')) return undefined;
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
    if (inner !== undefined) return { help: `write "${inner}"`, write: `"${inner}"` };
    return (
      own(characters, text) ??
      (isForeign(text) ? { help: `a name has letters from a to z, digits and \`_\`; ${oddColumn}` } : undefined)
    );
  }
  const text = surprisingText(p);
  if (code !== 'expected' || text === undefined) return undefined;
  const whole = span.source.text;
  const before = /[^\r\n]*$/.exec(whole.slice(Math.max(0, span.start - longestLine), span.start))?.[0] ?? '';
  const above = whole.slice(Math.max(0, span.start - longestLine), span.start);
  const after = /^[^\r\n]*/.exec(whole.slice(span.end, span.end + longestLine))?.[0] ?? '';
  const isWanted = !text.startsWith('"') || ['a name', 'a section', '"]"'].some((one) => expected.includes(one));
  if (!isWanted) return undefined;
  for (const surprise of surprises) {
    const found = surprise({ text, before, above, after, expects: (what) => expected.includes(what) });
    if (found) return found;
  }
  return undefined;
}

/** A letter or sign that no other language's syntax has. */
const isForeign = (text: string): boolean => /^[^\0-\x7F]/.test(text);

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
  given: { readonly text: string; readonly details: DiagnosticDetails },
) => Advice | undefined;

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

const value: Rule<'wrong-value'> = ({ wanted, where, found }, { text }) => {
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

/** Advice on values and names that another language or program would have, by code. */
const rules: { readonly [C in Code]?: Rule<C> } = {
  'unknown-key': ({ key, where }, { details }) =>
    helping(where === '`train`' ? own(misplaced, key) : undefined) ??
    helping(where.startsWith('`category` of') ? ofLists(key) : undefined) ??
    synonym(key, details),
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
