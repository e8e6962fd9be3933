import { constantLabelText, outsideText, type OutsideValues } from './data-facts.js';
import type { Severity } from './diagnostics.js';

interface Message<P> {
  readonly severity: Severity;
  readonly text: (parameters: P) => string;
}

const error = <P>(text: (parameters: P) => string): Message<P> => ({ severity: 'error', text });
const warning = <P>(text: (parameters: P) => string): Message<P> => ({ severity: 'warning', text });

/** Lists alternatives for a reader: `a, b or c`. */
export function oneOf(values: readonly string[]): string {
  if (values.length < 2) return values.join('');
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`;
}

/** The names that one could have meant, for a help: the first of many. */
export function listed(names: Iterable<string>): string {
  const all = [...names].map((name) => `\`${name}\``);
  return all.length <= 12 ? all.join(', ') : `${all.slice(0, 12).join(', ')} and ${String(all.length - 12)} more`;
}

const counted = (number: number): string => number.toLocaleString('en-US');
const short = (number: number): string => number.toLocaleString('en-US', { maximumSignificantDigits: 3 });
const percent = (share: number): string => `${String(Math.round(100 * share))}%`;

/** Every diagnostic there is: code, severity and message, with the message's parameters typed. */
export const messages = {
  // Text
  'unexpected-character': error((p: { found: string }) => `${p.found} means nothing here`),
  'unterminated-string': error((_: object) => 'this text has no closing quote on its line'),
  'unknown-escape': error((p: { found: string }) => `${p.found} is no escape; there are \\n, \\t, \\r, \\", \\\\ and \\uXXXX`),
  'number-too-large': error((p: { found: string }) => `${p.found} is more than a number can hold`),
  expected: error((p: { found: string; expected: readonly string[] }) =>
    p.expected.length > 0 ? `expected ${oneOf(p.expected)}, found ${p.found}` : `${p.found} does not belong here`,
  ),
  'unclosed-bracket': error(
    (p: { found: string; expected: readonly string[] }) => `${oneOf(p.expected) || 'a closing bracket'} is missing`,
  ),
  'return-not-last': error((_: object) => '`return` stands last in a block and nowhere else'),
  'nesting-too-deep': error((_: object) => 'this is nested too deeply'),
  'unknown-edition': error((p: { found: string }) => `there is no edition ${p.found}; this compiler knows edition 1`),
  'not-yet': error((p: { what: string }) => `${p.what} is part of the language, but this version does not build it yet`),

  // Names
  'duplicate-name': error((p: { what: string; name: string }) => `there are two ${p.what} called \`${p.name}\``),
  'unknown-model': error((p: { name: string }) => `there is no model \`${p.name}\` in this file`),
  'extends-cycle': error((p: { names: readonly string[] }) => `\`${p.names.join('` extends `')}\`: a model cannot extend itself`),
  'shadows-library': error((p: { name: string }) => `\`${p.name}\` is a block or function of the library already`),
  'overrides-nothing': error((p: { name: string }) => `the library has no block \`${p.name}\` to override`),
  'cannot-import': error((p: { path: string; why: string }) => `cannot import from "${p.path}": ${p.why}`),
  'import-cycle': error(
    (p: { files: readonly string[] }) => `${p.files.join(' imports ')}: files cannot import each other in a circle`,
  ),
  'unknown-import': error((p: { name: string; path: string }) => `"${p.path}" has no model or block \`${p.name}\``),
  'unknown-section': error((p: { name: string }) => `a model has no \`${p.name}\``),
  'unknown-key': error((p: { key: string; where: string }) => `${p.where} has no \`${p.key}\``),
  'unknown-feature': error((p: { name: string }) => `there is no feature \`${p.name}\``),
  'unknown-name': error((p: { name: string }) => `nothing here is called \`${p.name}\``),
  'unknown-function': error((p: { name: string }) => `there is no block or function \`${p.name}\``),
  'unknown-type': error((p: { name: string }) => `there is no type \`${p.name}\``),
  'unknown-column': error((p: { name: string }) => `the data have no column \`${p.name}\``),

  // Keys and values
  'missing-key': error((p: { key: string; where: string }) => `${p.where} needs \`${p.key}\``),
  'missing-section': error((p: { model: string; what: string }) => `model \`${p.model}\` has no ${p.what}`),
  'wrong-value': error((p: { where: string; wanted: string; found: string }) => `${p.where} is ${p.wanted}, not ${p.found}`),
  'out-of-range': error((p: { where: string; wanted: string; found: string }) => `${p.where} is ${p.wanted}, not ${p.found}`),
  'conflicting-keys': error((p: { a: string; b: string; why: string }) => `${p.a} and ${p.b} do not go together: ${p.why}`),
  'network-and-short-form': error((p: { section: string }) => `a model has either a \`network\` or \`${p.section}\`, not both`),

  // Data
  'remote-source': error((p: { path: string }) => `\`${p.path}\` is remote; a source is a file beside the spec`),
  'split-shares': error((p: { sum: number }) => `the shares of a split add up to 1, these to ${p.sum}`),
  'column-type': error((p: { what: string; wanted: string; found: string }) => `${p.what} wants ${p.wanted}, not ${p.found}`),
  'not-over-columns': error((p: { what: string }) => `${p.what} cannot stand in an expression over columns`),
  'cross-of-crossed': error(
    (p: { feature: string; part: string; kind: string }) => `\`${p.feature}\` cannot cross \`${p.part}\`, ${p.kind}`,
  ),
  'vocabulary-of-none': error((p: { name: string }) => `\`${p.name}\` has no vocabulary of its own to share`),

  // Embeddings
  'no-table': error((p: { name: string; kind: string }) => `\`${p.name}\` is ${p.kind}: only categories have an embedding table`),
  'two-tables': error(
    (p: { feature: string; a: string; b: string }) => `\`${p.feature}\` is in two tables, \`${p.a}\` and \`${p.b}\``,
  ),
  'unlike-codes': error(
    (p: { table: string; a: string; b: string }) =>
      `table \`${p.table}\` cannot serve both \`${p.a}\` and \`${p.b}\`: their values are numbered in different ways`,
  ),
  'missing-dim': error((p: { name: string }) => `the embedding of \`${p.name}\` has no size`),
  'auto-dim-needs-facts': error(
    (p: { name: string }) => `the size of \`${p.name}\` depends on its vocabulary, which is not known before data is read`,
  ),
  'unequal-embedding-dims': error(
    (p: { what: string; sizes: string }) => `${p.what} needs one embedding size, but found ${p.sizes}`,
  ),

  // Networks
  'size-mismatch': error((p: { what: string; wanted: string; found: string }) => `${p.what} wants ${p.wanted}, found ${p.found}`),
  'shape-mismatch': error((p: { operator: string; a: string; b: string }) => `\`${p.operator}\` cannot take ${p.a} and ${p.b}`),
  'wrong-argument': error(
    (p: { parameter: string; block: string; wanted: string; found: string }) =>
      `\`${p.parameter}\` of ${p.block} is ${p.wanted}, not ${p.found}`,
  ),
  'missing-argument': error((p: { parameter: string; block: string }) => `${p.block} needs \`${p.parameter}\``),
  'unknown-argument': error((p: { name: string; block: string }) => `${p.block} has no \`${p.name}\``),
  'too-many-arguments': error(
    (p: { block: string; most: number; found: number }) =>
      `${p.block} takes ${p.most === 0 ? 'no arguments' : `at most ${String(p.most)} without a name`}, not ${String(p.found)}`,
  ),
  'wrong-result': error(
    (p: { block: string; wanted: string; found: string }) => `${p.block} returns ${p.wanted}, but this is ${p.found}`,
  ),
  'missing-return': error((p: { block: string }) => `block \`${p.block}\` does not end with \`return\``),
  'not-a-function': error((p: { what: string }) => `${p.what} cannot be called`),
  'wrong-operand': error((p: { what: string; wanted: string; found: string }) => `${p.what} wants ${p.wanted}, not ${p.found}`),
  'not-whole': error((p: { value: string }) => `${p.value} is not a whole number; floor(…), ceil(…) or round(…) make it one`),
  'out-of-bounds': error((p: { at: string; size: string }) => `${p.at} is outside ${p.size}`),
  'not-an-index': error((p: { name: string }) => `\`${p.name}\` is no index here`),
  'index-not-new': error((p: { name: string }) => `the index \`${p.name}\` needs a new name: this one is taken`),
  'index-sizes-differ': error(
    (p: { name: string; a: string; b: string }) => `index \`${p.name}\` runs over ${p.a} here, but over ${p.b} elsewhere`,
  ),
  'index-without-range': error((p: { name: string }) => `nothing here has \`${p.name}\` as a subscript, so it has no range`),
  'ragged-axis': error((p: { what: string; found: string; why: string }) => `${p.what} cannot take ${p.found}: ${p.why}`),
  'loss-only': error((p: { what: string; where: string }) => `${p.what} is for a loss, but ${p.where} depends on it`),
  'cannot-rebind': error((p: { name: string; what: string }) => `\`${p.name}\` is ${p.what} and keeps its value`),
  'misplaced-hole': error((_: object) => '`_` is a hole in a call that makes a function'),
  recursion: error((p: { name: string }) => `block \`${p.name}\` reaches itself`),
  'too-many-calls': error((p: { limit: number }) => `this network makes more than ${p.limit.toLocaleString('en-US')} calls`),
  'too-large': error((p: { what: string; limit: string }) => `${p.what} is more than ${p.limit}`),
  'label-not-computed': error((p: { label: string }) => `the network never says what \`${p.label}\` is`),
  'label-shape': error(
    (p: { label: string; wanted: string; found: string }) => `\`${p.label}\` is ${p.wanted}, but the network makes it ${p.found}`,
  ),

  // Comments that ignore a warning
  'ignore-of-unknown': error((p: { code: string }) =>
    p.code === '' ? '`rec-ignore` does not say what to ignore' : `there is no diagnostic \`${p.code}\` to ignore`,
  ),
  'ignore-of-error': error((p: { code: string }) => `\`${p.code}\` is an error: only a warning can be ignored`),
  'ignore-without-reason': error((p: { code: string }) => `this gives no reason to ignore \`${p.code}\``),
  'unused-ignore': warning((p: { code: string }) => `there is no \`${p.code}\` here to ignore`),

  // Lints
  'unused-import': warning((p: { name: string }) => `\`${p.name}\` is imported, and not used`),
  'unused-feature': warning((p: { name: string }) => `feature \`${p.name}\` is not used`),
  'unused-tensor': warning((p: { name: string }) => `nothing uses \`${p.name}\``),
  'empty-value': warning((_: object) => 'no row has the value `""`: an empty text is a missing one'),
  'unused-setting': warning((p: { what: string; why: string }) => `${p.what} changes nothing: ${p.why}`),
  'rank-saves-nothing': warning(
    (p: { rank: number; size: number }) =>
      `rank ${String(p.rank)} costs as much as the full ${String(p.size)} × ${String(p.size)} matrix; it saves below ${String(Math.floor(p.size / 2))}`,
  ),
  'probability-as-logit': warning(
    (p: { label: string; function: string }) => `\`${p.label}\` is a logit: its ${p.function} is taken where it is needed`,
  ),
  'untrained-output': warning((p: { name: string }) => `nothing trains the weights that output \`${p.name}\` has of its own`),
  'gate-without-experts': warning((_: object) => 'a gate over one expert changes nothing: softmax of one number is 1'),
  'depth-plateaus': warning((p: { depth: number }) => `${String(p.depth)} cross layers: beyond a few, deeper ones bring little`),
  'constant-feature': warning((p: { feature: string; value: string }) => `feature \`${p.feature}\` is ${p.value} in every row`),
  'leaking-label': warning((p: { feature: string; label: string; share?: number }) =>
    p.share === undefined
      ? `feature \`${p.feature}\` reads the column that label \`${p.label}\` is made of`
      : `feature \`${p.feature}\` alone tells ${percent(p.share)} of what there is to know of label \`${p.label}\``,
  ),

  // What data hold
  'unusable-data': error((p: { says: string }) => p.says),
  'unknown-to-vocabulary': warning(
    (p: { feature: string; share: number; vocabulary: string }) =>
      `${percent(p.share)} of the values of feature \`${p.feature}\` are unknown to the vocabulary of \`${p.vocabulary}\``,
  ),
  'id-like-feature': warning(
    (p: { feature: string; distinct: number; rows: number }) =>
      `feature \`${p.feature}\` has ${counted(p.distinct)} values in ${counted(p.rows)} training rows: almost every row its own`,
  ),
  'skewed-number': warning(
    (p: { feature: string; skewness: number; median: number; largest: number }) =>
      `feature \`${p.feature}\` is skewed (${p.skewness.toFixed(1)}): half of its values are at most ${short(p.median)}, the largest is ${short(p.largest)}`,
  ),
  'empty-vocabulary': warning((p: { feature: string; rows: number; least: number }) =>
    p.least > 1
      ? `no value of feature \`${p.feature}\` stands ${counted(p.least)} times in the ${counted(p.rows)} training rows: its vocabulary is empty`
      : `feature \`${p.feature}\` has no value in the ${counted(p.rows)} training rows: its vocabulary is empty`,
  ),
  'unshared-categories': warning(
    (p: { feature: string; what: string; rows: number }) =>
      `none of the ${counted(p.rows)} ${p.what} rows has a value of feature \`${p.feature}\` that training has met`,
  ),
  'constant-label': warning((p: { label: string; value: string }) => `label \`${p.label}\` is ${constantLabelText(p.value)}`),
  'outside-values': warning(
    (p: { feature: string } & Omit<OutsideValues, 'feature'>) => `feature \`${p.feature}\`: ${outsideText(p)}`,
  ),
  'time-split-of-ties': warning(
    (p: { column: string; share: number }) =>
      `the split by time cuts through rows of one time: ${percent(p.share)} of all have the same \`${p.column}\``,
  ),
} as const satisfies Record<string, Message<never>>;

export type Code = keyof typeof messages;

/** Whether a diagnostic may be of what data hold, so that `check` finds it only with `--data`. */
export const isOfData = (code: Code): boolean => ofData.has(code);

const ofData: ReadonlySet<Code> = new Set<Code>([
  'constant-feature',
  'leaking-label',
  'id-like-feature',
  'skewed-number',
  'empty-vocabulary',
  'unshared-categories',
  'unknown-to-vocabulary',
  'unusable-data',
  'time-split-of-ties',
  'constant-label',
  'outside-values',
]);

export type MessageParameters<C extends Code> = Parameters<(typeof messages)[C]['text']>[0];
