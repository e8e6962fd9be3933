import type { Span } from '../language/source.js';
import type { Network } from './network.js';
import type { RowExpression } from './row-expression.js';

/** What a spec means once every name, type and dimension has been checked. */
export interface CheckedModel {
  readonly name: string;
  readonly doc?: string;
  readonly span: Span;
  readonly data?: DataSection;
  /** Those that a label depends on, and those that they are crossed of or share a vocabulary with, which may have no table. */
  readonly features: readonly Feature[];
  readonly labels: readonly Label[];
  readonly tables: readonly Table[];
  readonly network: Network;
  /** What a served model gives, by name, in order: labels and names of the network. By default the labels. */
  readonly outputs: readonly string[];
  readonly train: TrainSection;
  readonly metrics: readonly Metric[];
}

/** The names of a model's labels: what validation asks for. */
export const labelNames = ({ labels }: Pick<CheckedModel, 'labels'>): readonly string[] => labels.map(({ name }) => name);

/** A metric of one label. */
export interface Metric {
  readonly label: string;
  readonly name: MetricName;
  /** What reports call it: the metric's name, after `label.` where the model has several labels. */
  readonly key: string;
}

// ── Data ────────────────────────────────────────────────────────────────────────────────────────

export interface DataSection {
  readonly source: FileSource;
  readonly joins: readonly Join[];
  /** Rows for which this is false or missing are left out. */
  readonly keep?: RowExpression;
  readonly split: Split;
  /** Largest share of bad rows (of all rows read) that a run accepts. */
  readonly badRows: number;
  readonly span: Span;
}

export interface FileSource {
  readonly format: 'csv' | 'jsonl' | 'parquet';
  /** As written in the spec: relative to the folder of the file that says it; may be a glob; may end in .gz. */
  readonly path: string;
  /** Path of the spec file that says it (`Source.path`). */
  readonly saidIn: string;
  /** csv only; a tab for tsv. May be longer than one character (`::`). */
  readonly separator?: string;
  /** csv without a header line: the names of its columns, in order. */
  readonly columns?: readonly string[];
  readonly encoding: 'utf8' | 'latin1';
  readonly span: Span;
}

/** Left join of one more file; with `required`, rows without a partner are dropped. */
export interface Join {
  readonly name: string;
  readonly source: FileSource;
  readonly on: string;
  readonly required: boolean;
  readonly span: Span;
}

export type Split =
  | { readonly kind: 'random'; readonly train: number; readonly valid: number; readonly test: number; readonly seed: number }
  | {
      readonly kind: 'column';
      readonly column: string;
      readonly train: readonly string[];
      readonly valid: readonly string[];
      readonly test: readonly string[];
    }
  /** The oldest rows train, the newest test, by the order of a number or time column; ties by row. */
  | { readonly kind: 'time'; readonly column: string; readonly train: number; readonly valid: number; readonly test: number };

// ── Features ────────────────────────────────────────────────────────────────────────────────────

interface FeatureBase {
  readonly name: string;
  readonly doc?: string;
  /** What a row's raw value is: by default the column of the feature's name. Absent for a crossed feature. */
  readonly value?: RowExpression;
  readonly span: Span;
}

export type Feature = CategoryFeature | NumberFeature | VectorFeature | TimeFeature;

export interface CategoryFeature extends FeatureBase {
  readonly kind: 'category';
  readonly codes: Codes;
  /** Set for `category[]`: several values in one row, pooled. */
  readonly many?: Many;
  /** A crossed feature: every combination of the values of these features, hashed. */
  readonly cross?: readonly string[];
  /** Text that stands for a missing value. */
  readonly default?: string;
  /** Name of the embedding table that its ids point into. */
  readonly table: string;
}

export interface Many {
  /** Splits one text; absent: the column is a list (JSON, parquet). */
  readonly separator?: string;
  readonly pool: 'mean' | 'sum';
  /** The first so many values of a row are kept. */
  readonly maxLength?: number;
  /** The multivalent feature whose values stand beside these, place by place: as sequences they share an index. */
  readonly parallel?: string;
}

/** How a category's canonical text becomes a row of its table. */
export type Codes =
  /** Learned from the training rows. Row 0: unknown, and missing unless `default`. */
  | { readonly kind: 'vocabulary'; readonly name: string; readonly minCount: number }
  /** Row 0: unknown, and missing unless `default`; value i has row i + 1. */
  | { readonly kind: 'values'; readonly values: readonly string[] }
  /** MurmurHash3-32 of the UTF-8 text, modulo; missing hashes as the empty text. No reserved row. */
  | { readonly kind: 'hash'; readonly buckets: number }
  /** Whole numbers 0 … size - 1 as they are; anything else is a bad row. No reserved row. */
  | { readonly kind: 'size'; readonly size: number }
  /** Number of boundaries at or below the value, 0 … boundaries.length. No reserved row. */
  | { readonly kind: 'buckets'; readonly boundaries: readonly number[] };

export type NumberTransform = 'log1p' | 'standardize';

export interface NumberFeature extends FeatureBase {
  readonly kind: 'number';
  /** In the order they are applied. */
  readonly transforms: readonly NumberTransform[];
  readonly default?: number;
}

/** `number[64]`: a list of that many numbers. */
export interface VectorFeature extends FeatureBase {
  readonly kind: 'vector';
  readonly size: number;
}

export type Cycle = 'hour' | 'day' | 'week' | 'year';
export type TimeUnit = 'second' | 'millisecond' | 'microsecond';

/** sin and cos of 2π·(time modulo cycle)/cycle for each cycle, in order: sin, cos, sin, cos, … */
export interface TimeFeature extends FeatureBase {
  readonly kind: 'time';
  readonly cycles: readonly Cycle[];
  /** Of a numeric column since 1970; absent: the column is a timestamp. */
  readonly unit?: TimeUnit;
  readonly standardize: boolean;
  /** ISO 8601 text that stands for a missing value. */
  readonly default?: string;
}

// ── Labels, tables, training ────────────────────────────────────────────────────────────────────

export interface Label {
  readonly name: string;
  readonly doc?: string;
  /** binary: a logit and log loss; number: the value and squared error; class: `classes` logits and cross entropy. */
  readonly task: { readonly kind: 'binary' } | { readonly kind: 'number' } | { readonly kind: 'class'; readonly classes: number };
  /** Weight of its loss in the sum. */
  readonly weight: number;
  readonly value: RowExpression;
  readonly span: Span;
}

/** Number of rows of a table: known from the spec (or from facts), or the symbol V(vocabulary). */
export type RowCount = { readonly kind: 'known'; readonly rows: number } | { readonly kind: 'vocabulary'; readonly name: string };

export interface Table {
  /** Of a table that `embed` makes, its path in the network, which has a dot; no other has one. */
  readonly name: string;
  readonly rows: RowCount;
  readonly dim: number;
  readonly features: readonly string[];
  /** (l2/2)·‖w‖² over the distinct rows of a batch; 0 of frozen rows. */
  readonly l2: number;
  readonly initializer: Initializer;
  /** Its rows keep their first values. */
  readonly frozen?: true;
  readonly span: Span;
}

/** A number that stands for the number times a learned vector. */
export interface NumberEmbedding {
  readonly dim: number;
  readonly l2: number;
  readonly initializer: Initializer;
  /** The vector keeps its first value. */
  readonly frozen?: true;
  readonly span: Span;
}

/** What data adds to a spec; a table's row count without them is the symbol V(name). */
export interface Facts {
  /** Rows of each learned vocabulary, reserved rows included. */
  readonly vocabularies: Readonly<Record<string, number>>;
}

export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number }
  /** Redrawn beyond two deviations. */
  | { readonly kind: 'truncated_normal'; readonly mean: number; readonly deviation: number }
  /** Fans are the last two axes as (out, in); uniform ±√(6/(in+out)), normal √(2/(in+out)). */
  | { readonly kind: 'glorot_uniform' | 'glorot_normal' }
  /** Uniform ±√(6/in), truncated normal whose deviation is √(2/in) after truncation. */
  | { readonly kind: 'he_uniform' | 'he_normal' };

/** Hyperparameters by name, as the rule's table of parameters declares them (learning_rate, beta1, …), all filled in; a switch is 0 or 1. */
export interface Optimizer {
  readonly rule: 'sgd' | 'adagrad' | 'rowwise_adagrad' | 'adam' | 'adamw' | 'adamax' | 'rmsprop' | 'ftrl';
  readonly parameters: Readonly<Record<string, number>>;
  /** Tables only: lazy updates touch the rows of the batch, exact ones sweep the whole table. */
  readonly exact: boolean;
}

/** Rules by part: what no name of the network claims follows `embeddings`, a table, or `rest`. */
export interface Optimizers {
  readonly embeddings: Optimizer;
  readonly rest: Optimizer;
  /** By a name of the network: its weights, and the tables that `embed` makes in it. */
  readonly parts: Readonly<Record<string, Optimizer>>;
}

/** So many steps, one for each update, or as many as so many epochs have. */
export interface Duration {
  readonly unit: 'steps' | 'epochs';
  readonly count: number;
}

/** What the learning rates of all parts are multiplied by as a run goes on; time counts from the end of the warm-up. */
export type Schedule = { readonly warmup?: Duration } & (
  | { readonly kind: 'constant' }
  | { readonly kind: 'step' | 'exponential'; readonly every: Duration; readonly factor: number }
  /** Without `over` to the end of the run. */
  | { readonly kind: 'cosine'; readonly to: number; readonly over?: Duration }
  | { readonly kind: 'plateau'; readonly factor: number; readonly patience: number; readonly to: number }
);

export interface TrainSection {
  readonly optimizer: Optimizers;
  readonly batch: number;
  /** Batches whose gradients make one update. */
  readonly accumulate: number;
  /** What a statistic or a loss over the batch sees: the batch, or the shard of it that is run at once. */
  readonly coupled: 'batch' | 'shard';
  readonly epochs: number;
  readonly schedule?: Schedule;
  /** Momentum of the moving average of the weights that is validated, kept and served. */
  readonly ema?: number;
  /** Global norm, or each weight by itself. */
  readonly clipNorm?: { readonly scope: 'global' | 'each'; readonly norm: number };
  /** L2 of every dense weight that does not say its own: (l2/2)·‖w‖². Biases are exempt. */
  readonly l2: number;
  /** Default initializer of weights. */
  readonly initializer: Initializer;
  readonly stop?: { readonly patience: number };
  /** Key of the metric on the validation rows that picks the best epoch, or `loss`. */
  readonly monitor: string;
  readonly shuffle: boolean;
  readonly seed: number;
}

export type MetricName = 'rmse' | 'mae' | 'auc' | 'log_loss' | 'accuracy';
