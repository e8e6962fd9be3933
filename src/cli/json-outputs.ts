import type { FittedNumber, FittedTable } from '../fit/sizes.js';
import type { DiagnosticJson, FindingsJson, PlaceJson } from '../model/formats/json.js';
import {
  count,
  listOf,
  mapOf,
  number,
  numberOrNull,
  oneOf,
  positive,
  published,
  record,
  text,
  type Schema,
} from '../run/json-schema.js';
import type { MetricValues } from '../run/record.js';
import type { TrainStatus } from '../train/events.js';
import type { EngineState } from './engine-state.js';
import type { Manifest } from './output-folder.js';
import type { Support } from './platform.js';

/** `inspect --format json`, of one model. */
export interface InspectedJson {
  readonly model: string;
  /** All that are known; tables of unknown size are in `unknown`. */
  readonly parameters: number;
  readonly dense: number;
  /** Terms such as `32·V(user_id)`. */
  readonly unknown: readonly string[];
  readonly batch: number;
  readonly tables: readonly InspectedTable[];
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly parameters: number }[];
  /** Running statistics: kept beside the weights, and no parameters. */
  readonly states: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** For one batch. */
  readonly inference: Cost;
  readonly step: Cost;
  readonly parts: readonly InspectedPart[];
  /** Bytes of weights and optimizer state in float32, tables of unknown size left out. */
  readonly memory: { readonly weights: number; readonly optimizer: number };
  /** Bytes that each step moves in tables, whatever the batch has: of exact updates. */
  readonly sweeps: { readonly bytes: number; readonly unknown: readonly string[] };
}

interface InspectedTable {
  readonly name: string;
  /** A text such as `V(user_id)` where it is not known. */
  readonly rows: number | string;
  readonly dim: number;
  readonly parameters: number | string;
}

interface Cost {
  readonly multiplyAdds: number;
  readonly bytes: number;
}

interface InspectedPart extends Cost {
  readonly name: string;
  /** With its tables, as above. */
  readonly parameters: number;
  readonly unknown: readonly string[];
}

/** `train --json`. */
export interface TrainedJson {
  readonly run: string;
  readonly model: string;
  readonly status: TrainStatus;
  readonly epochs: number;
  readonly bestEpoch?: number;
  readonly steps: number;
  readonly seconds: number;
  readonly parameters: number;
  readonly rows: Readonly<Record<'train' | 'valid' | 'test' | 'read' | 'dropped' | 'bad', number>>;
  /** By split and name. */
  readonly metrics: Readonly<Record<string, MetricValues>>;
}

/** `eval --json`. */
export interface EvaluatedJson {
  readonly run: string;
  readonly split: 'test' | 'valid' | 'train' | 'all';
  readonly rows: number;
  readonly metrics: MetricValues;
}

/** `fit-dims --json`. */
export interface FittedJson {
  readonly run: string;
  readonly model: string;
  /** Of the variance, 0 … 1. */
  readonly ratio: number;
  readonly tables: readonly (FittedTable & { readonly saved: number })[];
  readonly numbers: readonly FittedNumber[];
  /** The spec that was written, and the model in it. */
  readonly file?: string;
  readonly name?: string;
}

/** `doctor --json`. */
export interface ExaminedJson {
  readonly reccompile: string;
  readonly node: { readonly version: string; readonly support: Support };
  readonly platform: { readonly name: string; readonly support: Support; readonly cores: number; readonly memoryBytes: number };
  readonly packages: readonly { readonly name: string; readonly version: string; readonly file: string }[];
  readonly engines: readonly (EngineState & { readonly name: string })[];
}

const texts = listOf(text);
const metrics = mapOf(numberOrNull);
const support = oneOf('tested', 'expected', 'unsupported');
const shape = listOf(count);
const cost = record<Cost>({ multiplyAdds: count, bytes: count });
const countOrTerm: Schema = { type: ['integer', 'string'] };

const place = { file: text, line: positive, column: positive, endLine: positive, endColumn: positive };

const findings = record<FindingsJson>({
  diagnostics: listOf(
    record<DiagnosticJson>({
      code: { ...text, pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', description: '`reccompile explain CODE` says more.' },
      severity: oneOf('error', 'warning'),
      message: text,
      ...place,
      'help?': text,
      'fix?': record<PlaceJson & { readonly text: string }>({ ...place, text }),
      related: listOf(record<PlaceJson & { readonly message: string }>({ ...place, message: text })),
    }),
  ),
  errors: count,
  warnings: count,
  unread: { ...texts, description: 'Why a file could not be read.' },
});

const inspected = record<InspectedJson>({
  model: text,
  parameters: count,
  dense: count,
  unknown: { ...texts, description: 'Terms such as `32·V(user_id)`: tables whose rows are known only with data.' },
  batch: positive,
  tables: listOf(record<InspectedTable>({ name: text, rows: countOrTerm, dim: positive, parameters: countOrTerm })),
  weights: listOf(record({ name: text, shape, parameters: count })),
  states: listOf(record({ name: text, shape })),
  inference: cost,
  step: cost,
  parts: listOf(record<InspectedPart>({ name: text, parameters: count, unknown: texts, multiplyAdds: count, bytes: count })),
  memory: record<InspectedJson['memory']>({ weights: count, optimizer: count }),
  sweeps: record<InspectedJson['sweeps']>({ bytes: count, unknown: texts }),
});

const trained = record<TrainedJson>({
  run: text,
  model: text,
  status: oneOf('finished', 'stopped', 'interrupted'),
  epochs: count,
  'bestEpoch?': count,
  steps: count,
  seconds: number,
  parameters: count,
  rows: record<TrainedJson['rows']>({ train: count, valid: count, test: count, read: count, dropped: count, bad: count }),
  metrics: mapOf(metrics),
});

const evaluated = record<EvaluatedJson>({ run: text, split: oneOf('test', 'valid', 'train', 'all'), rows: count, metrics });

const fitted = record<FittedJson>({
  run: text,
  model: text,
  ratio: { type: 'number', minimum: 0, maximum: 1 },
  tables: listOf(
    record<FittedTable & { readonly saved: number }>({
      name: text,
      features: texts,
      rows: count,
      trained: count,
      before: positive,
      after: positive,
      explained: number,
      'fixed?': oneOf('made-in-network', 'too-few-rows'),
      saved: { type: 'integer', description: 'Parameters that the new size does without.' },
    }),
  ),
  numbers: listOf(record<FittedNumber>({ name: text, before: positive, after: positive })),
  'file?': text,
  'name?': text,
});

const examined = record<ExaminedJson>({
  reccompile: text,
  node: record<ExaminedJson['node']>({ version: text, support }),
  platform: record<ExaminedJson['platform']>({ name: text, support, cores: positive, memoryBytes: count }),
  packages: listOf(record({ name: text, version: text, file: text })),
  engines: listOf(
    record({
      name: text,
      state: oneOf('works', 'missing', 'refused', 'elsewhere', 'broken'),
      says: text,
      'printed?': text,
      'help?': text,
    }),
  ),
});

const nested: Schema = {
  anyOf: [numberOrNull, { type: 'array', items: { $ref: '#/definitions/output' } }],
};

/** Columns that were asked to be kept stand before the outputs, as they are in the file. */
const prediction: Schema = {
  definitions: { output: nested },
  type: 'object',
  properties: { error: { ...text, description: 'Why the row has no prediction; no output stands beside it.' } },
};

const manifest = record<Manifest>({
  files: { ...mapOf(text), description: 'Digest of each file that was written.' },
  'pending?': { ...mapOf(text), description: 'Of those that were about to be written.' },
  'targets?': mapOf(texts),
});

/** Schemas of what commands print and write as JSON, by the names under which they are published. */
export const outputSchemas: Readonly<Record<string, Schema>> = {
  check: published('Diagnostics', 'What `reccompile check --format json` prints.', findings),
  inspect: published('Costs', 'What `reccompile inspect --format json` prints: of one model, or a list.', {
    anyOf: [inspected, listOf(inspected)],
  }),
  train: published('Training', 'What `reccompile train --json` prints.', trained),
  eval: published('Metrics', 'What `reccompile eval --json` prints.', evaluated),
  'fit-dims': published('Sizes of embeddings', 'What `reccompile fit-dims --json` prints.', fitted),
  doctor: published('Engines', 'What `reccompile doctor --json` prints.', examined),
  prediction: published(
    'Prediction',
    'A line of what `reccompile predict` writes: columns that were asked to be kept, and each output by its name or an error.',
    prediction,
  ),
  'build-manifest': published(
    'Manifest of a build',
    'What `reccompile build` and `export` say of the folder that they wrote.',
    manifest,
  ),
};
