import { spanText } from '../language/source.js';
import * as t from '../language/tokens.js';
import { defaultOf, modelItems, type ModelItem } from '../model/key-tables.js';
import { metricNames } from '../model/metrics.js';
import { isColumn, type Accepts, type Form, type Keys } from '../model/reading.js';
import { functions as rowFunctions } from '../model/row-check.js';
import type { Expected } from './accepted.js';
import { functionItems, pathItems } from './complete-files.js';
import type { Asked } from './completion.js';
import type { Column } from './host.js';
import { CompletionItemKind as Kind, item, type Item } from './items.js';
import { occurrencesOf } from './occurrences.js';
import type { Declared } from './symbols.js';
import { formWords, inlineCode, keyWords, oneLine, prose } from './words.js';

/** Sections that a model does not have yet. */
export function sectionItems({ context }: Asked): readonly Item[] {
  const said = context.frames.at(-1)?.keys ?? new Set<string>();
  return Object.entries<ModelItem>(modelItems)
    .filter(([name]) => name === 'label' || !said.has(name))
    .map(([name, { doc, keys, entry }]) =>
      item(name, Kind.Module, { doc, isSnippet: true, text: sectionText(name, keys ?? entry) }),
    );
}

const sectionText = (name: string, hasEntries: object | undefined): string => {
  if (name === 'label') return 'label ${1:liked}: ${2:binary}';
  return hasEntries || name === 'network' ? `${name} {\n  $0\n}` : `${name}: $0`;
};

/** Keys that are not given yet, and names that may be keys. */
export async function keyItems(asked: Asked, keys: Keys): Promise<readonly Item[]> {
  const { context, model } = asked;
  const top = context.frames.at(-1);
  const section = context.frames.find(({ kind }) => kind === 'section')?.head;
  const own = Object.entries(keys)
    .filter(([name]) => top?.keys.has(name) !== true)
    .map(([name, key]) => {
      const given = defaultOf(key);
      const text = key.flag === true ? name : `${name}: `;
      return item(name, Kind.Property, {
        doc: keyWords(name, key, ''),
        detail: given === undefined ? '' : `= ${given}`,
        text,
        goesOn: key.flag !== true,
      });
    });
  if (top?.kind === 'model') return columnKeys(await asked.columns(), new Set(), ': ');
  if (top?.kind !== 'section') return own;
  if (section === 'features') return columnKeys(await asked.columns(), top.keys, undefined);
  if (section === 'embeddings')
    return [
      ...own,
      ...named(model?.features, Kind.Field, (name) => `${name}: { $0 }`).filter(({ label }) => !top.keys.has(label)),
    ];
  return section === 'metrics' ? named(model?.labels, Kind.Event, (name) => `${name}: [$0]`) : own;
}

/** Columns of the data as features, each of the kind that its type suggests. */
function columnKeys(columns: readonly Column[], said: ReadonlySet<string>, ending: string | undefined): readonly Item[] {
  return columns
    .filter(({ name }) => !said.has(name) && isColumn(name))
    .map(({ name, type, frequent }) => {
      const isWord = /^[A-Za-z_]\w*$/.test(name);
      const word = isWord
        ? name
        : name
            .toLowerCase()
            .replace(/\W+/g, '_')
            .replace(/^(?=\d)/, '_');
      const kind = /int|float|double|decimal|number/i.test(type)
        ? 'number'
        : /time|date/i.test(type)
          ? 'time(cycle: day)'
          : 'category';
      const text = ending === undefined ? `${word}: ${kind}${isWord ? '' : ` = column(${JSON.stringify(name)})`}` : word + ending;
      return item(name, Kind.Field, { detail: type, doc: frequentText(frequent), text });
    });
}

const frequentText = (frequent: readonly string[]): string =>
  frequent.length === 0
    ? ''
    : `Most often ${frequent
        .slice(0, 8)
        .map((value) => inlineCode(value))
        .join(', ')}.`;

function named(
  symbols: ReadonlyMap<string, Declared> | undefined,
  kind: Kind,
  snippet?: (name: string) => string,
): readonly Item[] {
  return [...(symbols?.values() ?? [])].map((symbol) =>
    item(symbol.name, kind, {
      doc: prose(symbol.doc ?? ''),
      detail: 'entry' in symbol ? oneLine(symbol.entry.value) : undefined,
      ...(snippet && { text: snippet(symbol.name), isSnippet: true }),
    }),
  );
}

/** What may be the value of a key. */
export async function valueItems(asked: Asked, { value }: Expected): Promise<readonly Item[]> {
  const { context } = asked;
  const top = context.frames.at(-1);
  const section = context.frames.find(({ kind }) => kind === 'section')?.head;
  const inFeature = section === 'features' || (top?.isLabel === true && top.isFrom);
  if (inFeature && top?.isFrom === true) return rowItems(asked);
  if (value.names === 'column') return rowItems(asked);
  const frequent = await frequentItems(asked);
  if (context.inString) return frequent;
  return [
    ...frequent,
    ...(value.words ?? []).map((word) => item(word, Kind.EnumMember)),
    ...Object.entries(value.calls ?? {}).map(([name, form]) => formItem(name, form)),
    ...(await namedItems(asked, value)),
    ...(value.element ? await namedItems(asked, value.element) : []),
    ...(value.element?.words ?? []).map((word) => item(word, Kind.EnumMember)),
  ];
}

/** With its brackets where it needs something in them. */
function formItem(name: string, form: Form): Item {
  const needed = Object.entries(form.keys).filter(([, { required }]) => required);
  const given = needed.map(([key, { position }], i) => `${position === undefined ? `${key}: ` : ''}\${${String(i + 1)}}`);
  const isSized = name === 'number[n]';
  const text = isSized ? 'number[${1:64}]' : needed.length > 0 ? `${name}(${given.join(', ')})` : name;
  return item(name, Kind.TypeParameter, { doc: formWords(name, form), text, isSnippet: isSized || needed.length > 0 });
}

async function namedItems(asked: Asked, accepts: Accepts): Promise<readonly Item[]> {
  const { model, analysis } = asked;
  switch (accepts.names) {
    case undefined:
      return [];
    case 'feature':
      return named(model?.features, Kind.Field);
    case 'label':
      return named(model?.labels, Kind.Event);
    case 'metric':
      return [
        ...metricNames.map((name) => item(name, Kind.EnumMember)),
        ...named(model?.labels, Kind.Event, (name) => `${name}.$0`),
      ];
    case 'tensor':
      return [...named(model?.labels, Kind.Event), ...tensorItems(analysis)];
    case 'column':
      return rowItems(asked);
    case 'file':
      return pathItems(asked);
    case 'function':
      return functionItems(asked);
    default:
      return accepts.names satisfies never;
  }
}

const tensorItems = ({ checked }: Asked['analysis']): readonly Item[] => {
  const names = occurrencesOf(checked.spec).all.flatMap(({ role, symbol }) =>
    role === 'declares' && symbol.kind === 'tensor' && symbol.within.kind === 'network' ? [symbol.name] : [],
  );
  return [...new Set(names)].map((name) => item(name, Kind.Variable));
};

/** Columns and functions over a row; after a comparison the values of its column. */
async function rowItems(asked: Asked): Promise<readonly Item[]> {
  const { context } = asked;
  const columns = await asked.columns();
  const compared = comparedColumn(asked);
  const of = columns.find(({ name }) => name === compared);
  const values = (of?.frequent ?? []).map((value) => valueItem(value, of, context.inString));
  if (context.inString)
    return values.length > 0 ? values : columns.map(({ name, type }) => item(name, Kind.Field, { detail: type }));
  return [
    ...values,
    ...columns.map(({ name, type, frequent }) =>
      item(name, Kind.Field, {
        detail: type,
        doc: frequentText(frequent),
        text: /^[A-Za-z_]\w*$/.test(name) ? name : `column(${JSON.stringify(name)})`,
      }),
    ),
    ...[...rowFunctions].map((name) => item(name, Kind.Function, { text: `${name}($1)`, isSnippet: true })),
  ];
}

const valueItem = (value: string, column: Column | undefined, inString: boolean): Item => {
  const isNumber = /int|float|double|decimal|number/i.test(column?.type ?? '') && value !== '' && Number.isFinite(Number(value));
  const quoted = JSON.stringify(value);
  return item(value, Kind.Value, { text: inString ? quoted.slice(1, -1) : isNumber ? value : quoted, detail: column?.name });
};

/** The column that stands before a comparison. */
function comparedColumn({ context }: Asked): string | undefined {
  const { earlier } = context;
  const comparisons = ['==', '!=', '<', '<=', '>', '>=', 'in'];
  let at = earlier.length - 1;
  while (
    at >= 0 &&
    (earlier[at]?.tokenType === t.OpenSquare || earlier[at]?.tokenType === t.Comma || earlier[at]?.tokenType === t.StringToken)
  )
    at--;
  const operator = earlier[at];
  const name = earlier[at - 1];
  return operator && name && comparisons.includes(operator.image) ? name.image : undefined;
}

/** Values of the column that a feature or a split reads, for `values`, `default` and the parts of `by_column`. */
async function frequentItems(asked: Asked): Promise<readonly Item[]> {
  const { context, model } = asked;
  const call = context.frames.findLast(({ kind }) => kind === 'call');
  if (!call) return [];
  const key = call.key ?? '';
  const section = context.frames.find(({ kind }) => kind === 'section');
  const isFeature = section?.head === 'features' && (key === 'values' || key === 'default');
  const isSplit = call.head === 'by_column' && ['train', 'valid', 'test'].includes(key);
  if (!isFeature && !isSplit) return [];
  const columns = await asked.columns();
  const feature = model?.features.get(section?.key ?? '');
  const from = feature && 'entry' in feature ? feature.entry.from : undefined;
  const said =
    from?.kind === 'name'
      ? from.text
      : from?.kind === 'call'
        ? spanText(from.span).replace(/^column\("(.*)"\)$/s, '$1')
        : undefined;
  const first = context.earlier.find(({ startOffset }) => startOffset > call.start);
  const name = isFeature ? (said ?? section.key) : first?.image.replace(/^"|"$/g, '');
  const column = columns.find((one) => one.name === name);
  return (column?.frequent ?? []).map((value) =>
    item(value, Kind.Value, {
      text: context.inString ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value),
      detail: name,
    }),
  );
}
