import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { operatorRules } from '../encode/expressions/operators.js';
import { damaged, runError } from './errors.js';
import { runFormat } from './record.js';
import type { CheckpointManifest, CheckpointProgress, EncoderRecord, EpochRecord, RunRecord } from './record.js';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const number = { type: 'number' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const positive = { type: 'integer', minimum: 1 } as const;
const oneOf = (...values: readonly string[]) => ({ enum: values });
const listOf = (items: object) => ({ type: 'array', items });
const mapOf = (additionalProperties: object) => ({ type: 'object', additionalProperties });
const reference = (name: string) => ({ $ref: `#/definitions/${name}` });

/** A record; names that end in `?` may be missing. Others than these may be there. */
const record = (fields: Readonly<Record<string, object>>) => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name.replace(/\?$/, ''), schema])),
  required: Object.keys(fields).filter((name) => !name.endsWith('?')),
});

/** A union of records, told apart by `kind`. */
const byKind = (kinds: Readonly<Record<string, Readonly<Record<string, object>>>>) => ({
  type: 'object',
  discriminator: { propertyName: 'kind' },
  required: ['kind'],
  oneOf: Object.entries(kinds).map(([kind, fields]) => record({ kind: { const: kind }, ...fields })),
});

const optimizer = record({ rule: text, parameters: mapOf(number), exact: flag });
const metricValues = mapOf({ type: ['number', 'null'] });

const runSchema = record({
  format: positive,
  compiler: text,
  edition: positive,
  status: oneOf('running', 'finished', 'interrupted', 'failed'),
  model: text,
  engine: text,
  plan: record({
    batch: positive,
    shards: positive,
    shardRows: positive,
    inferenceRows: positive,
    'window?': record({ groups: positive, groupRows: positive }),
  }),
  seed: number,
  facts: record({ vocabularies: mapOf(count), 'rows?': mapOf(count), 'digest?': text }),
  'outputs?': listOf(text),
  'optimizers?': record({ embeddings: optimizer, rest: optimizer, parts: mapOf(optimizer) }),
  'progress?': record({ steps: count, epochs: count, 'bestEpoch?': count }),
  'metrics?': mapOf(metricValues),
  'error?': text,
});

const epochSchema = record({
  epoch: count,
  steps: count,
  seconds: number,
  loss: { type: ['number', 'null'] },
  'valid?': metricValues,
});

const exactNumber = { anyOf: [number, oneOf('NaN', 'Infinity', '-Infinity')] };

const progressSchema = record({
  step: count,
  epoch: positive,
  epochSteps: count,
  epochRows: count,
  epochLoss: exactNumber,
  epochSeconds: number,
  seconds: number,
  history: listOf(
    record({
      epoch: positive,
      step: count,
      loss: exactNumber,
      'validation?': record({ rows: count, 'loss?': exactNumber, metrics: mapOf(exactNumber) }),
      isBest: flag,
      'learningRateFactor?': number,
      seconds: number,
      rowsPerSecond: exactNumber,
    }),
  ),
  'best?': record({ epoch: positive, value: exactNumber }),
});

const manifestSchema = record({ format: positive, files: mapOf(record({ bytes: count, sha256: text })) });

const columnType = oneOf('text', 'number', 'boolean', 'time');

const encoderSchema = {
  definitions: {
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
  },
  ...record({
    format: positive,
    program: record({ features: listOf(reference('feature')), labels: listOf(reference('label')) }),
    statistics: mapOf(listOf(record({ mean: number, deviation: number }))),
    vocabularies: listOf(text),
  }),
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
