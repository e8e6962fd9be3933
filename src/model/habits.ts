import type { SyntaxProblem } from '../language/problems.js';
import { spanText, type Span } from '../language/source.js';
import type { DiagnosticDetails, Marked } from './diagnostics.js';
import { nearest } from './suggest.js';

/** What to do, and what to write in its place where that is certain. */
export interface Advice {
  readonly help: string;
  readonly write?: string;
  /** What that takes the place of, unless it is what was found. */
  readonly span?: Span;
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

export const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
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
const listBrackets = 'a list stands in [ ]: `[64, 32]`';
const noBatchAxis = 'the rows of a batch are no axis here: `x[0]` is the first element, `x[..2]` the first two';

/** What other libraries call the axes that a function runs over. */
export const axes: ReadonlySet<string> = new Set(['axis', 'dim', 'keepdim', 'keepdims']);
const joining: ReadonlySet<string> = new Set(['concat', 'cat', 'stack', 'flatten']);
export const axisHelp = (called: string): string =>
  joining.has(called)
    ? 'leave it out: the rows of a batch are no axis here'
    : 'there are no axes by number: an index says what it runs over, as in `y[i] = sum[j](x[i, j])`';

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
  ({ text, before, expects }) =>
    text === ':' && expects('an expression') && /\w[^\s[]*\[(?:[^\]]*,)?\s*$/.test(before) ? { help: noBatchAxis } : undefined,
  ({ text, before, expects }) =>
    text === ':' && expects('"]"') && /\w\[\s*\w+\s*$/.test(before)
      ? { help: 'a part of a vector stands with `..`: `x[0..2]`', write: '..' }
      : undefined,
  ({ text, before, expects }) =>
    /^-?[\d.]/.test(text) && expects('"}"') && /\{\s*$/.test(before) ? { help: listBrackets } : undefined,
  ({ text, before, expects }) => {
    const name = /\b(\w+)\s*$/.exec(before)?.[1] ?? '';
    return text === '=' && expects('")"') && axes.has(name)
      ? { help: axisHelp(/(\w+)\([^()]*$/.exec(before)?.[1] ?? '') }
      : undefined;
  },
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
  ({ text, expects }) => (text === ',' && expects('an operator') && expects('")"') ? { help: listBrackets } : undefined),
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
