import type { KeptRows } from '../data/kept-rows.js';
import type { ColumnProfile, TableProfile } from '../data/profile.js';
import { format } from '../language/format.js';
import { writeString } from '../language/literals.js';
import { categoryOf, infer, isTime, spoken, type Inferred, type Shape } from './features.js';
import type { LabelPlan } from './label.js';
import { columnText, commentText, featureName, nameText } from './names.js';
import { withHistory, type Sides } from './roles.js';

export interface SpecRequest {
  readonly profile: Pick<TableProfile, 'rows' | 'isSample' | 'columns' | 'repeated' | 'broken'>;
  readonly label: LabelPlan;
  /** Name of the model. */
  readonly name: string;
  /** The file, from the folder of the spec. */
  readonly source: SourceText;
  /** Columns that are left out, and why. */
  readonly without?: ReadonlyMap<string, string> | undefined;
  /** Columns that are features, though they may not be known in time, and why. */
  readonly doubts?: ReadonlyMap<string, string> | undefined;
  /** Another one that is learned beside it. */
  readonly second?: LabelPlan | undefined;
  readonly sides?: Sides | undefined;
  /** What `keep` leaves of the rows that were looked at, in the order of the labels. */
  readonly kept?: KeptRows | undefined;
  /** What follows the features, instead of cross and deep. */
  readonly architecture?: RequestedArchitecture | undefined;
}

export interface RequestedArchitecture {
  readonly write: (plan: Plan) => Architecture;
  /** Names that no feature may have. */
  readonly names: ReadonlySet<string>;
  /** Whether it takes nothing but vectors of one size. */
  readonly isOfFields: boolean;
  readonly dim: number;
}

export interface SourceText {
  readonly path: string;
  /** Absent: its ending says how it is read. */
  readonly form?: string;
  readonly separator?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly encoding?: string | undefined;
}

export interface PlannedFeature {
  readonly name: string;
  readonly column: ColumnProfile;
  readonly type: string;
  readonly shape: Shape;
  readonly why?: string;
}

export interface LeftOut {
  readonly column: string;
  readonly why: string;
}

/** What the spec says of the table, before it is written. */
export interface Plan {
  readonly features: readonly PlannedFeature[];
  readonly leftOut: readonly LeftOut[];
  readonly label: LabelPlan;
  readonly second?: LabelPlan | undefined;
  /** Size of every embedding. */
  readonly dim: number;
  readonly rows: number;
  /** What `keep` leaves out, and of which labels it leaves one value. */
  readonly kept: readonly string[];
}

export interface Architecture {
  /** Stands before the model: what it is, in a sentence. */
  readonly doc: string;
  /** Lines of the model that come after its embeddings. */
  readonly lines: readonly string[];
  /** More lines of `features` and `embeddings`. */
  readonly features?: readonly string[];
  readonly embeddings?: readonly string[];
  readonly optimizer?: string;
}

export interface WrittenSpec {
  readonly text: string;
  readonly plan: Plan;
}

/** The spec of a table, formatted. */
export function writeSpec(request: SpecRequest): WrittenSpec {
  const plan = planOf(request);
  const { doc, lines, features = [], embeddings = [], optimizer } = (request.architecture?.write ?? crossAndDeep)(plan);
  const labels = [request.label, ...(request.second ? [request.second] : [])];
  const isEmbedded = plan.features.some(isTable) || embeddings.length > 0;
  const text = [
    'edition 1',
    '',
    `/// ${doc}`,
    `model ${request.name} {`,
    ...dataLines(request, plan.kept),
    'features {',
    ...plan.features.map(featureLine),
    ...features,
    ...plan.leftOut.map(({ column, why }) => `// ${commentText(column)} is left out: ${oneLine(why)}.`),
    '}',
    ...labels.flatMap((label, i) => [
      ...(label.why === undefined ? [] : [`// ${sentence(oneLine(label.why))}`]),
      labelLine(label, i > 0 && label.type === 'number' ? '(weight: 0.1)' : ''),
    ]),
    ...(isEmbedded ? [`embeddings { dim: ${String(plan.dim)}`, ...embeddings, '}'] : []),
    ...lines,
    ...trainLines(plan, optimizer),
    metricsLine(labels),
    '}',
    '',
  ].join('\n');
  const formatted = format({ path: 'the spec that would be written', text });
  if ('problems' in formatted) throw new Error(`init wrote a spec that cannot be read:\n${text}`);
  return { text: formatted.text, plan };
}

function planOf({ profile, label, second, without, doubts, architecture, sides = {}, kept }: SpecRequest): Plan {
  const labels = second ? [label, second] : [label];
  const taken = new Set([...labels.map(({ name }) => name), ...(architecture?.names ?? [])]);
  const said = labels.flatMap(({ columns }) => columns);
  const features: PlannedFeature[] = [];
  const leftOut: LeftOut[] = [];
  for (const [at, column] of profile.columns.entries()) {
    if (said.includes(column.name)) continue;
    const inferred = inferFor(column, { profile, without, architecture, sides });
    if ('leftOut' in inferred) leftOut.push({ column: column.name, why: inferred.leftOut });
    else {
      const name = featureName(column.name, taken, `column_${String(at + 1)}`);
      taken.add(name);
      const why = [inferred.why, doubts?.get(column.name)].filter((one) => one !== undefined).join('; ');
      features.push({ name, column, ...inferred, ...(why !== '' && { why }) });
    }
  }
  const most = Math.max(0, ...features.filter(isTable).map(({ column }) => column.distinct));
  const dim = architecture?.dim ?? (most > 20_000 ? 32 : most > 50 ? 16 : 8);
  return {
    features: withHistory(features, sides),
    leftOut,
    label,
    second,
    dim,
    rows: profile.rows,
    kept: kept ? keptTexts(kept, labels) : [],
  };
}

function inferFor(
  column: ColumnProfile,
  { profile, without, architecture, sides = {} }: Pick<SpecRequest, 'profile' | 'without' | 'architecture' | 'sides'>,
): Inferred {
  if (profile.repeated.includes(column.name)) return { leftOut: 'several columns have this name' };
  const why = without?.get(column.name);
  if (why !== undefined) return { leftOut: why };
  if (column.name === sides.user || column.name === sides.item) return categoryOf(column, profile);
  const inferred = infer(column, profile);
  const isNoField = 'shape' in inferred && (inferred.shape === 'time' || inferred.shape === 'vector');
  return isNoField && architecture?.isOfFields === true ? { leftOut: 'the architecture takes embeddings only' } : inferred;
}

const isTable = ({ shape }: PlannedFeature): boolean => shape === 'category' || shape === 'bag';

/** Why a column is left out that tells this share of the label. */
export const leakText = (share: number): string =>
  `it tells ${share > 0.995 ? 'all' : `${String(Math.floor(100 * share))}%`} of the label; put it back if it is known before the label is`;

/** What is said of a feature that tells this share of the label, which may be by chance. */
export const doubtText = (share: number): string =>
  `it tells ${String(Math.floor(100 * share))}% of the label: leave it out if it is not known before the label is`;

/** What `keep` does to the rows, in a sentence each. */
function keptTexts({ rows, kept, only }: KeptRows, labels: readonly LabelPlan[]): readonly string[] {
  const constant = labels.flatMap(({ name }, at) => {
    const value = only[at];
    return value === undefined
      ? []
      : [
          `in the rows that keep leaves, ${name} is always ${commentText(value)}: there is nothing to learn; predict it in a model of its own`,
        ];
  });
  return [`keep leaves out ${spoken(rows - kept)} of ${spoken(rows)} rows, which have no label`, ...constant];
}

function dataLines(
  { source, profile, label, second }: SpecRequest,
  [dropped, ...constant]: readonly string[],
): readonly string[] {
  const keep = [...new Set([label.keep, second?.keep].filter((one) => one !== undefined))].join(' and ');
  const unread = profile.columns.reduce((sum, { unreadable }) => sum + unreadable, profile.broken);
  const share = unread / Math.max(1, profile.rows);
  return [
    'data {',
    `source: ${sourceText(source)}`,
    ...constant.map((text) => `// ${sentence(text)}`),
    ...(keep === '' ? [] : [`keep: ${keep} // ${dropped?.replace(/^keep /, '') ?? 'rows without a label teach nothing'}`]),
    splitLine(profile.columns, label),
    ...(share > 0.005 ? [`bad_rows: ${String(Math.min(1, Math.ceil(200 * share) / 100))} // so many cannot be read`] : []),
    '}',
  ];
}

function sourceText({ path, form, separator, columns, encoding }: SourceText): string {
  const options = [
    ...(separator === undefined ? [] : [`separator: ${writeString(separator)}`]),
    ...(columns === undefined ? [] : [`columns: [${columns.map(nameText).join(', ')}]`]),
    ...(encoding === undefined ? [] : [`encoding: ${encoding}`]),
  ];
  if (options.length === 0 && form === undefined) return writeString(path);
  return `${form ?? 'csv'}(${[writeString(path), ...options].join(', ')})`;
}

const parts = ['train', 'valid', 'test'] as const;
const partNames: Readonly<Record<string, (typeof parts)[number]>> = {
  ...{
    train: 'train',
    training: 'train',
    valid: 'valid',
    val: 'valid',
    validation: 'valid',
    dev: 'valid',
    test: 'test',
    testing: 'test',
  },
};

function splitLine(columns: readonly ColumnProfile[], label: LabelPlan): string {
  const others = columns.filter(({ name }) => !label.columns.includes(name));
  const part = others.find(
    ({ kind, frequent, distinct }) =>
      kind === 'text' && distinct > 1 && frequent.every(([value]) => Object.hasOwn(partNames, value.toLowerCase())),
  );
  if (part) {
    const said = parts.flatMap((name) => {
      const values = part.frequent.map(([value]) => value).filter((value) => partNames[value.toLowerCase()] === name);
      return values.length === 0 ? [`${name}: []`] : [`${name}: [${values.map(writeString).join(', ')}]`];
    });
    return `split: by_column(${nameText(part.name)}, ${said.join(', ')})`;
  }
  const time = others
    .filter((column) => isTime(column) && column.missing + column.unreadable === 0 && column.distinct >= 10)
    .toSorted((a, b) => wayBack(a) - wayBack(b))[0];
  if (time)
    return `split: by_time(${nameText(time.name)}, train: 0.8, valid: 0.1, test: 0.1) // the later rows test, as when it is used`;
  return 'split: random(train: 0.8, valid: 0.1, test: 0.1, seed: 42)';
}

/** Times that are not when the row happened come later. */
const wayBack = ({ name }: ColumnProfile): number =>
  /birth|release|publish|updat|end|drop|signup|joined|registered/i.test(name) ? 1 : 0;

function featureLine({ name, column, type, why }: PlannedFeature): string {
  const value = columnText(column.name);
  const from = value === name ? '' : ` = ${value}`;
  return `${name}: ${type}${from}${why === undefined ? '' : ` // ${oneLine(why)}`}`;
}

const metricsLine = (labels: readonly LabelPlan[]): string => {
  const lists = labels.map(({ name, metrics }) => ({ name, list: `[${metrics.join(', ')}]` }));
  const [only] = lists;
  if (only && lists.length === 1) return `metrics: ${only.list}`;
  return `metrics: { ${lists.map(({ name, list }) => `${name}: ${list}`).join(', ')} }`;
};

/** @param weight makes the losses of two labels alike */
const labelLine = ({ name, type, expression }: LabelPlan, weight: string): string =>
  `label ${name}: ${type}${weight}${expression === undefined ? '' : ` = ${expression}`}`;

/** DCN-V2, stacked: a good start on tables of any kind. */
export function crossAndDeep({ features, dim, rows, label }: Plan): Architecture {
  const width = widthOf(features, dim);
  const cross =
    width > 800
      ? 'cross { depth: 2, rank: 64 } // products of features; low rank, as the input is wide'
      : 'cross { depth: 2 } // products of up to three features';
  return {
    doc: `Predicts ${label.name} from ${String(features.length)} features of a row: cross layers [DCN-V2, Wang et al. 2021] under a deep network.`,
    lines: [cross, `deep { units: ${rows < 20_000 ? '[64, 32]' : '[128, 64]'}, dropout: 0.1 }`, 'combine: stacked'],
  };
}

/** Numbers of a row when all features stand side by side. */
export const widthOf = (features: readonly PlannedFeature[], dim: number): number =>
  features.reduce((sum, feature) => sum + sizeOf(feature, dim), 0);

function sizeOf({ shape, type, column }: PlannedFeature, dim: number): number {
  switch (shape) {
    case 'category':
    case 'bag':
      return dim;
    case 'number':
      return 1;
    case 'vector':
      return column.size ?? 1;
    case 'time':
      return 2 * (type.match(/hour|day|week|year/g)?.length ?? 1);
    default:
      return shape satisfies never;
  }
}

function trainLines({ rows }: Plan, optimizer = 'adam(1e-3)'): readonly string[] {
  const batch = rows < 10_000 ? 64 : rows < 100_000 ? 256 : rows < 500_000 ? 512 : 2048;
  return [
    'train {',
    `optimizer: ${optimizer}`,
    `batch: ${String(batch)}`,
    'epochs: 10',
    'stop: no_improvement(patience: 2) // the best epoch is kept',
    'seed: 42',
    '}',
  ];
}

/** What stands in a comment cannot end it, though names and types of a file are in it. */
const oneLine = (text: string): string => {
  const line = text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
};

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1) + '.';

const labelText = ({ name, expression }: LabelPlan): string =>
  `label ${name}${expression === undefined ? '' : ` = ${expression}`}`;

const toldLines = 60;

/** What was found, for a person: a line for each column. */
export function tellPlan({ features, leftOut, label, second, rows, kept }: Plan, isSample: boolean): string {
  const width = Math.max(...features.map(({ name }) => name.length), 0);
  const lines = [
    ...features.map(({ name, type }) => `  ${name.padEnd(width)}  ${type}`),
    ...leftOut.map(({ column, why }) => `  ${commentText(column)} is left out: ${oneLine(why)}`),
  ];
  return [
    `${isSample ? 'the first ' : ''}${spoken(rows)} rows; ${(second ? [label, second] : [label]).map(labelText).join(', ')}`,
    ...kept.map((text) => `  ${text}`),
    ...lines.slice(0, toldLines),
    ...(lines.length > toldLines ? [`  and ${String(lines.length - toldLines)} more columns`] : []),
    '',
  ].join('\n');
}
