import { spanText } from '../language/source.js';
import { dataKeys } from './data-section.js';
import { featureForms } from './feature-section.js';
import { labelForms } from './label-section.js';
import { standard } from './library.js';
import { metricNames } from './metrics.js';
import { acceptedBy, listOf, nameOf, word, type Accepts, type Form, type Key, type Keys } from './reading.js';
import { crossKeys, crossLayers, deepKeys } from './short-form.js';
import { embeddingKeys, tableKeys } from './table-section.js';
import { trainKeys } from './train-section.js';

/** What stands in a model: a section with keys, or a key of its own such as `combine`. */
export interface ModelItem extends Accepts {
  readonly doc: string;
  readonly keys?: Keys;
  readonly defaultText?: string;
  readonly source?: string;
}

/** Keys that hand their value to a block, with the default of the block's parameter. */
function ofBlocks(keys: Keys, blocks: readonly string[]): Keys {
  const parameters = blocks.flatMap((name) => standard().blocks.get(name)?.parameters ?? []);
  const fill = ([name, key]: [string, Key<unknown>]): [string, Key<unknown>] => {
    const given = parameters.find((p) => p.name.text === name && p.default)?.default;
    return [name, given && key.defaultText === undefined ? { ...key, defaultText: spanText(given.span) } : key];
  };
  return Object.fromEntries(Object.entries(keys).map(fill));
}

/** Everything that a model may have, by its name, as the checker reads it. */
export const modelItems = {
  data: { doc: 'Where the rows come from, which of them are kept, and which train.', keys: dataKeys },
  features: { doc: 'The columns that the model reads, and how each becomes numbers.', entry: { calls: featureForms } },
  label: { doc: 'What the model predicts: `label liked: binary = rating >= 4`.', entry: { calls: labelForms } },
  embeddings: {
    doc: 'Sizes and settings of embedding tables: for all, for one feature, or for a table that features share.',
    keys: embeddingKeys,
    entry: { record: tableKeys },
  },
  cross: {
    doc: 'A cross network over all features.',
    get keys() {
      return ofBlocks(crossKeys, ['cross', ...crossLayers]);
    },
    words: ['none'],
  },
  deep: {
    doc: 'A stack of dense layers.',
    get keys() {
      return ofBlocks(deepKeys, ['mlp']);
    },
    words: ['none'],
  },
  combine: {
    doc: 'Whether `deep` stands on `cross`, or beside it.',
    ...acceptedBy(word('stacked', 'parallel')),
    defaultText: 'stacked',
    source: 'DCN-V2, figure 1',
  },
  network: { doc: 'The network, in the place of `cross` and `deep`: it names tensors, and each label is a logit.' },
  train: { doc: 'How the weights are found.', keys: trainKeys },
  metrics: {
    doc: 'What is measured on the validation and test rows.',
    element: { words: metricNames, names: 'label' },
    names: 'label',
    defaultText: 'auc and log_loss of a binary label, rmse and mae of a number, accuracy and log_loss of a class',
  },
  outputs: { ...acceptedBy(listOf(nameOf('tensor'))), doc: 'What a served model gives.', defaultText: 'the labels' },
} as const satisfies Readonly<Record<string, ModelItem>>;

/** Sections and keys of a model, in the order in which they are offered. */
export const sectionNames = Object.keys(modelItems).filter((name) => name !== 'label' && name !== 'network');

/** A key as a table of the manual has it. */
export interface KeyRow {
  readonly key: string;
  readonly doc: string;
  /** As a spec says it, or in words. */
  readonly default?: string;
  /** Paper or library that the default comes from. */
  readonly source?: string;
  /** What it takes, each in words or as a spec writes it. */
  readonly values: readonly string[];
  readonly required: boolean;
  /** Its place when it is given without its name. */
  readonly position?: number;
  /** Given by its name alone. */
  readonly flag: boolean;
}

/** The keys of a section, or of a call or record within one. */
export interface KeyTable {
  /** `train`, or `adam(…)`. */
  readonly title: string;
  /** The item of the model that it is of. */
  readonly section: string;
  readonly doc: string;
  readonly source?: string;
  readonly rows: readonly KeyRow[];
}

/** Every key of the language, a table for each section and for each call and record within it. */
export function keyTables(): readonly KeyTable[] {
  return Object.entries<ModelItem>(modelItems).flatMap(([section, item]) => {
    const own: KeyTable = {
      title: section,
      section,
      doc: item.doc,
      ...(item.source !== undefined && { source: item.source }),
      rows: rowsOf(item.keys ?? {}),
    };
    const within = [...Object.values(item.keys ?? {}).map(acceptedOf), item, item.entry ?? {}];
    return [own, ...distinctTables(within.flatMap((accepts) => tablesOf(section, accepts)))];
  });
}

/** What a key takes, as a spec writes it. */
export const acceptedOf = ({ read }: Key<unknown>): Accepts => acceptedBy(read);

/** What a key is where it is not given, as a spec says it or in words. */
export function defaultOf({ default: value, defaultText }: Key<unknown>): string | undefined {
  if (defaultText !== undefined) return defaultText;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? String(value) : undefined;
}

function tablesOf(section: string, accepts: Accepts): readonly KeyTable[] {
  const calls = Object.entries(accepts.calls ?? {}).flatMap(([name, { doc, source, keys }]: [string, Form]) => [
    { title: `${name}(…)`, section, doc, ...(source !== undefined && { source }), rows: rowsOf(keys) },
    ...Object.values(keys).flatMap((key) => tablesOf(section, acceptedOf(key))),
  ]);
  const record = accepts.record ? [{ title: '{ … }', section, doc: '', rows: rowsOf(accepts.record) }] : [];
  const element = accepts.element ? tablesOf(section, accepts.element) : [];
  return [...record, ...calls, ...element];
}

const distinctTables = (tables: readonly KeyTable[]): readonly KeyTable[] => [
  ...new Map(tables.map((table) => [table.title, table])).values(),
];

const rowsOf = (keys: Keys): readonly KeyRow[] =>
  Object.entries(keys).map(([key, known]): KeyRow => {
    const given = defaultOf(known);
    return {
      key,
      doc: known.doc,
      ...(given !== undefined && { default: given }),
      ...(known.source !== undefined && { source: known.source }),
      values: valuesText(acceptedOf(known)),
      required: known.required === true,
      ...(known.position !== undefined && { position: known.position }),
      flag: known.flag === true,
    };
  });

/** What is accepted, an entry for each way to say it. */
export function valuesText({ wanted, words = [], calls = {}, record, element }: Accepts): readonly string[] {
  const callText = ([name, { keys }]: [string, Form]): string => {
    const needs = Object.values(keys).some((key) => key.required);
    return needs || name.includes('[') ? `${name}${name.includes('[') ? '' : '(…)'}` : name;
  };
  return [
    ...(wanted === undefined ? [] : [wanted]),
    ...words,
    ...Object.entries(calls).map(callText),
    ...(record ? [`{ ${Object.keys(record).join(', ')} }`] : []),
    ...(element ? [`a list of ${valuesText(element).join(' or ') || 'values'}`] : []),
  ];
}
