import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { operatorRules } from '../encode/expressions/operators.js';
import type { EncoderProgram, EncoderState } from '../encode/program.js';
import type { Optimizer, Optimizers } from '../model/model.js';
import { damaged, runError } from './errors.js';
import {
  byKind,
  count,
  flag,
  listOf,
  mapOf,
  number,
  numberOrNull,
  oneOf,
  positive,
  published,
  record,
  reference,
  text,
  type Schema,
} from './json-schema.js';
import { places, runFormat } from './record.js';
import type {
  CheckpointEpoch,
  CheckpointManifest,
  CheckpointProgress,
  EncoderRecord,
  EpochRecord,
  FileSeal,
  RunFacts,
  RunPlan,
  RunRecord,
} from './record.js';

const optimizer = record<Optimizer>({ rule: text, parameters: mapOf(number), exact: flag });
const metricValues = mapOf(numberOrNull);

const runSchema = record<RunRecord>({
  format: positive,
  compiler: text,
  edition: positive,
  status: oneOf('running', 'finished', 'interrupted', 'failed'),
  model: text,
  engine: text,
  plan: record<RunPlan>({
    batch: positive,
    shards: positive,
    shardRows: positive,
    inferenceRows: positive,
    'window?': record({ groups: positive, groupRows: positive }),
  }),
  seed: number,
  facts: record<RunFacts>({ vocabularies: mapOf(count), 'rows?': mapOf(count), 'digest?': text }),
  'outputs?': listOf(text),
  'optimizers?': record<Optimizers>({ embeddings: optimizer, rest: optimizer, parts: mapOf(optimizer) }),
  'progress?': record<NonNullable<RunRecord['progress']>>({ steps: count, epochs: count, 'bestEpoch?': count }),
  'metrics?': mapOf(metricValues),
  'error?': text,
});

const epochSchema = record<EpochRecord>({
  epoch: count,
  steps: count,
  seconds: number,
  loss: numberOrNull,
  'valid?': metricValues,
});

const exactNumber = { anyOf: [number, oneOf('NaN', 'Infinity', '-Infinity')] };

const progressSchema = record<CheckpointProgress>({
  step: count,
  epoch: positive,
  epochSteps: count,
  epochRows: count,
  epochLoss: exactNumber,
  epochSeconds: number,
  seconds: number,
  history: listOf(
    record<CheckpointEpoch>({
      epoch: positive,
      step: count,
      loss: exactNumber,
      'validation?': record<NonNullable<CheckpointEpoch['validation']>>({
        rows: count,
        'loss?': exactNumber,
        metrics: mapOf(exactNumber),
      }),
      isBest: flag,
      'learningRateFactor?': number,
      seconds: number,
      rowsPerSecond: exactNumber,
    }),
  ),
  'best?': record<NonNullable<CheckpointProgress['best']>>({ epoch: positive, value: exactNumber }),
});

const manifestSchema = record<CheckpointManifest>({
  format: positive,
  files: mapOf(record<FileSeal>({ bytes: count, sha256: text })),
});

const columnType = oneOf('text', 'number', 'boolean', 'time');

/** What an encoder program is made of. */
const definitions = {
  expression: byKind({
    column: { name: text, type: columnType },
    literal: { value: { type: ['string', 'number', 'boolean'] }, type: columnType },
    operation: { operator: oneOf(...Object.keys(operatorRules)), operands: listOf(reference('expression')), type: columnType },
    in: { operand: reference('expression'), values: listOf({ type: ['string', 'number'] }), type: { const: 'boolean' } },
  }),
  codes: byKind({
    vocabulary: { name: text, minCount: count },
    values: { values: listOf(text) },
    hash: { buckets: positive },
    size: { size: positive },
    buckets: { boundaries: listOf(number) },
  }),
  feature: byKind({
    category: {
      name: text,
      'value?': reference('expression'),
      codes: reference('codes'),
      'many?': record({ 'separator?': text, pool: oneOf('mean', 'sum'), 'maxLength?': positive, 'parallel?': text }),
      'cross?': listOf(text),
      'default?': text,
      'keepsPlaces?': { const: true },
      table: text,
    },
    number: {
      name: text,
      value: reference('expression'),
      transforms: listOf(oneOf('log1p', 'standardize')),
      'default?': number,
    },
    vector: { name: text, value: reference('expression'), size: positive },
    time: {
      name: text,
      value: reference('expression'),
      cycles: listOf(oneOf('hour', 'day', 'week', 'year')),
      'unit?': oneOf('second', 'millisecond', 'microsecond'),
      standardize: flag,
      'default?': text,
    },
  }),
  label: record({
    name: text,
    task: oneOf('binary', 'number', 'class'),
    'classes?': positive,
    value: reference('expression'),
  }),
};

const program = record<EncoderProgram>({ features: listOf(reference('feature')), labels: listOf(reference('label')) });
const statistics = mapOf(listOf(record({ mean: number, deviation: number })));

const encoderSchema = {
  definitions,
  ...record<EncoderRecord>({ format: positive, program, statistics, vocabularies: listOf(text) }),
};

/** `encoder.json` beside a model that was exported: with its vocabularies, and without the program where that is code. */
const exportedEncoderSchema = {
  definitions,
  ...record<{ readonly program?: EncoderProgram } & EncoderState>({
    'program?': program,
    statistics,
    vocabularies: mapOf(listOf(text)),
  }),
};

/** Schemas of the files of a run and of what is exported of it, by the names under which they are published. */
export const runSchemas: Readonly<Record<string, Schema>> = {
  run: published('Run', `\`${places.record}\` of a run folder: what was trained, how, and what came of it.`, runSchema),
  epoch: published('Epoch', `A line of \`${places.metrics}\`: one epoch.`, epochSchema),
  encoder: published(
    'Encoder of a run',
    `\`${places.encoder}\` of a run folder: how a row becomes numbers. Vocabularies are files beside it.`,
    encoderSchema,
  ),
  'exported-encoder': published(
    'Exported encoder',
    '`encoder.json` of an exported model: its vocabularies, and how a row becomes numbers where no code beside it says so.',
    exportedEncoderSchema,
  ),
  'checkpoint-manifest': published(
    'Manifest of a checkpoint',
    `\`${places.manifest}\` of a checkpoint: what its other files have to be.`,
    manifestSchema,
  ),
  'checkpoint-progress': published(
    'Progress of a checkpoint',
    `\`${places.progress}\` of a checkpoint: where training stands.`,
    progressSchema,
  ),
};

/** @throws RunError `run-too-new`, `not-a-run` or `run-damaged` */
export function parseRunRecord(path: string, value: unknown): RunRecord {
  const format = formatOf(value);
  if (format === undefined) {
    throw runError(
      'not-a-run',
      `${path} is not the record of a run: it has no format number`,
      'Name the folder that train wrote.',
    );
  }
  refuseNewer(path, format);
  return check(runRecord, path, value);
}

/** @throws RunError `run-too-new` or `run-damaged` */
export function parseEncoderRecord(path: string, value: unknown): EncoderRecord {
  refuseNewer(path, formatOf(value) ?? 0);
  return check(encoderRecord, path, value);
}

/** Undefined if the value is no epoch. */
export function parseEpoch(value: unknown): EpochRecord | undefined {
  const validate = epochRecord();
  return validate(value) ? value : undefined;
}

/** @throws RunError `run-damaged` */
export const parseProgress = (path: string, value: unknown): CheckpointProgress => check(progressRecord, path, value);

/** @throws RunError `run-too-new` or `run-damaged` */
export function parseManifest(path: string, value: unknown): CheckpointManifest {
  refuseNewer(path, formatOf(value) ?? 0);
  return check(manifestRecord, path, value);
}

function formatOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('format' in value)) return undefined;
  return typeof value.format === 'number' ? value.format : undefined;
}

function refuseNewer(path: string, format: number): void {
  if (format <= runFormat) return;
  throw runError(
    'run-too-new',
    `${path} has format ${String(format)}; this version of reccompile reads formats up to ${String(runFormat)}`,
    'Install a newer reccompile: npm install reccompile@latest',
  );
}

function check<T>(validator: () => ValidateFunction<T>, path: string, value: unknown): T {
  const validate = validator();
  let valid: boolean;
  try {
    valid = validate(value);
  } catch (error) {
    // An expression that is nested thousands deep.
    if (error instanceof RangeError) throw damaged(path, 'it is nested too deep');
    throw error;
  }
  if (valid) return value as T;
  const [first] = validate.errors ?? [];
  throw damaged(
    path,
    `${first?.instancePath === '' ? 'it' : (first?.instancePath ?? 'it')} ${first?.message ?? 'is not as it should be'}`,
  );
}

const ajv = once(() => new Ajv({ discriminator: true, allowUnionTypes: true, strict: true, strictRequired: false }));
const runRecord = once(() => ajv().compile<RunRecord>(runSchema));
const epochRecord = once(() => ajv().compile<EpochRecord>(epochSchema));
const progressRecord = once(() => ajv().compile<CheckpointProgress>(progressSchema));
const manifestRecord = once(() => ajv().compile<CheckpointManifest>(manifestSchema));
const encoderRecord = once(() => ajv().compile<EncoderRecord>(encoderSchema));

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
