import type { Feature } from '../../model/model.js';
import { doc, identifier, join, ts, type Code } from '../code/code.js';
import { frequenciesOf } from './losses.js';
import type { Plan } from './plan.js';
import { batchParts, type BatchName } from './runtime/batch.js';
import { assemble } from '../code/parts.js';

/** A feature of a batch: one id a row, any number of ids, or so many numbers. */
export type Column = {
  readonly feature: string;
  /** Read in training alone. */
  readonly inTraining: boolean;
} & (
  | { readonly kind: 'ids' }
  | { readonly kind: 'bags' }
  | { readonly kind: 'numbers'; readonly width: number; readonly isNumber: boolean }
);

/** What the network and its losses read of rows, a column for each feature. */
export function columnsOf(plan: Plan): readonly Column[] {
  const frequencies = frequenciesOf(plan);
  return plan.model.features.flatMap((feature): readonly Column[] => {
    const read = plan.inputs.filter((input) => input.feature === feature.name);
    if (read.length === 0 && !frequencies.includes(feature.name)) return [];
    const inTraining = read.every((input) => input.inTraining);
    const width = read.find(({ kind }) => kind === 'dense')?.shape[0] ?? 1;
    return [{ feature: feature.name, inTraining, ...kindOf(feature, width) }];
  });
}

function kindOf(feature: Feature, width: number) {
  if (feature.kind === 'category') return { kind: feature.many ? ('bags' as const) : ('ids' as const) };
  return { kind: 'numbers' as const, width, isNumber: feature.kind === 'number' };
}

const types: Readonly<Record<Column['kind'], Code>> = {
  ids: ts`Int32Array`,
  bags: ts`Bags`,
  numbers: ts`Float32Array`,
};

/** `batch.ts`: rows as columns, as steps and predictions take them. */
export function batchFile(plan: Plan): Code {
  const { names, model } = plan;
  const used = new Set<BatchName>();
  const use = (name: BatchName): Code => {
    used.add(name);
    return identifier(name);
  };
  const all = columnsOf(plan);
  const served = all.filter((column) => !column.inTraining);
  const trained = all.filter((column) => column.inTraining);
  const field = (column: Column): Code => {
    const text = column.kind === 'numbers' && column.width > 1 ? `[rows, ${String(column.width)}]` : undefined;
    return ts`${doc(text)}readonly ${identifier(names.feature(column.feature))}: ${types[column.kind]};`;
  };
  const made = (column: Column): Code => {
    const key = identifier(names.feature(column.feature));
    const value = column.inTraining ? ts`({ features }) => features.${key}` : ts`(row) => row.${key}`;
    switch (column.kind) {
      case 'ids':
        return ts`${key}: Int32Array.from(rows, ${value}),`;
      case 'bags':
        return ts`${key}: ${use('bagsOf')}(rows.map(${value})),`;
      case 'numbers':
        return column.isNumber
          ? ts`${key}: Float32Array.from(rows, ${value}),`
          : ts`${key}: ${use('numbersOf')}(rows.map(${value}), ${column.width}),`;
      default:
        return column satisfies never;
    }
  };
  const taken = (column: Column): Code => {
    const key = identifier(names.feature(column.feature));
    const given = ts`batch.${key}`;
    switch (column.kind) {
      case 'ids':
        return ts`${key}: rows.map((row) => ${given}[row]),`;
      case 'bags':
        return ts`${key}: ${use('takeBags')}(${given}, rows),`;
      case 'numbers':
        return ts`${key}: ${use('takeNumbers')}(${given}, ${column.width}, rows),`;
      default:
        return column satisfies never;
    }
  };
  if (all.some(({ kind }) => kind === 'bags')) use('bags');
  const labels = model.labels.map(({ name }) => identifier(names.label(name)));
  const madeServed = served.map(made);
  const madeTrained = trained.map(made);
  const madeLabels = labels.map((label) => ts`${label}: Float32Array.from(rows, ({ labels }) => labels.${label}),`);
  const takenFields = all.map(taken);
  const takenLabels = labels.map((label) => ts`${label}: ${use('takeNumbers')}(batch.labels.${label}, 1, rows),`);
  const parts = assemble(batchParts, used);
  const body = [
    ts`import type { EncodedRow, TrainingRow } from './encoder.js';`,
    ts`${doc('Rows as columns.')}export interface Batch {
  ${doc('How many there are.')}readonly rows: number;
${served.map(field)}
}`,
    ts`export interface TrainingBatch extends Batch {
${trained.map(field)}
readonly labels: { ${labels.map((label) => ts`readonly ${label}: Float32Array;`)} };
}`,
    ts`export function batchOf(rows: readonly EncodedRow[]): Batch {
  return {
    rows: rows.length,
${madeServed}
  };
}`,
    ts`export function trainingBatchOf(rows: readonly TrainingRow[]): TrainingBatch {
  return {
    ...batchOf(rows.map(({ features }) => features)),
${madeTrained}
    labels: { ${madeLabels} },
  };
}`,
    ts`${doc('Some of the rows, in this order.')}export function takeRows(batch: TrainingBatch, rows: Int32Array): TrainingBatch {
  return {
    rows: rows.length,
${takenFields}
    labels: { ${takenLabels} },
  };
}`,
    parts,
  ];
  return join(
    body.filter(({ code }) => code !== ''),
    '\n\n',
  );
}
