import { programFor } from '../../../encode/compile.js';
import { columnReads } from '../../../encode/expressions/columns.js';
import type { CategoryEncoder, EncoderProgram, EncoderState, FeatureEncoder } from '../../../encode/program.js';
import { statisticsOf } from '../../../encode/statistics.js';
import type { Graph, Shape } from '../../../graph/graph.js';
import type { Site } from '../../../model/network.js';
import type { Emitter } from '../emitter.js';
import { featureInputs, writeFeatures } from '../feature-inputs.js';
import type { Feed } from '../model.js';
import { ElementType } from '../proto.js';
import { anyOf, isAmong, rawColumn, refuse, rowsOfColumns, type ColumnForm, type RawBatch, type RawColumn } from './batch.js';
import { writeCategory, type RawCategory } from './categories.js';
import { writeDense } from './dense.js';

/** StringSplit and StringConcat; ReduceMax takes its axes as an input. */
const opset = 20;

/**
 * Inputs of raw rows: each column that a feature needs, under its own name: texts [rows], lists of texts [rows, any] filled up with '',
 * numbers and times (seconds since 1970 in UTC, or the feature's unit) float64 [rows], vectors float32 [rows, size]. '' and NaN are
 * missing. A row that could not be encoded gets NaN for all outputs.
 *
 * @throws TargetError where ONNX cannot say what a feature is
 */
export function rawFeed(graph: Graph, sites: readonly Site[], whole: EncoderProgram, state: EncoderState): Feed {
  const needed = featureInputs(graph, sites);
  const program = programFor(
    whole,
    needed.map(({ feature }) => feature),
  );
  const columns = columnsOf(program, Object.keys(graph.outputs));
  let faults: readonly string[] = [];
  return {
    inputs: columns,
    rowsOf: rowsOfColumns(columns),
    opset,
    write: (emit) => {
      const { batch, found } = createBatch(columns, emit);
      const values = writeEncoder(program, state, batch);
      const written = writeFeatures(needed, values, emit);
      faults = found();
      return written;
    },
    finish: (emit, value, shape) => {
      const isWrong = anyOf(faults, emit);
      return isWrong === undefined ? value : emit.node('Where', [spread(isWrong, shape, emit), emit.float(NaN), value]);
    },
  };
}

/** [rows] beside a value of this shape. */
function spread(flags: string, shape: Shape, emit: Emitter): string {
  const axes = shape.slice(1).map((_, i) => i + 1);
  return axes.length === 0 ? flags : emit.node('Unsqueeze', [flags, emit.ints(axes)]);
}

function createBatch(columns: readonly RawColumn[], emit: Emitter): { batch: RawBatch; found: () => readonly string[] } {
  const faults = new Set<string>();
  const isText = new Set(columns.flatMap(({ name, form }) => (form === 'texts' ? [name] : [])));
  const batch: RawBatch = {
    emit,
    texts: (column) => column,
    lists: (column) => column,
    vectors: (column) => column,
    numbers: (column) => {
      if (!isText.has(column)) return column;
      const missing = isAmong(column, [''], emit);
      const number = emit.cast(emit.node('Where', [missing, emit.string('0'), column]), ElementType.double);
      return emit.node('Where', [missing, emit.double(NaN), number]);
    },
    fault: (isWrong) => {
      faults.add(isWrong);
    },
  };
  return { batch, found: () => [...faults] };
}

interface Read {
  readonly column: string;
  readonly form: ColumnForm;
  readonly feature: string;
}

/** The columns as inputs; one that is read as text and as a number is text. */
function columnsOf(program: EncoderProgram, outputs: readonly string[]): readonly RawColumn[] {
  const found = new Map<string, Read>();
  for (const read of program.features.flatMap(readsOf)) {
    const { column, form, feature } = read;
    if (column === '') refuse(feature, 'its column has no name');
    if (outputs.includes(column)) refuse(feature, `its column ${column} has the name of an output`);
    const before = found.get(column);
    if (before === undefined) found.set(column, read);
    else if (before.form !== form && JSON.stringify(before.form) !== JSON.stringify(form)) {
      const scalar = [before.form, form].every((one) => one === 'texts' || one === 'numbers');
      if (!scalar) refuse(feature, `its column ${column} is read in another way by ${before.feature}`);
      found.set(column, { ...before, form: 'texts' });
    }
  }
  return [...found.values()].map(({ column, form }) => rawColumn(column, form));
}

function readsOf(feature: FeatureEncoder): readonly Read[] {
  const { name, value } = feature;
  if (value === undefined) return [];
  if (feature.kind === 'vector')
    return columnReads(value).map((read) => ({ column: read.name, form: { vectors: feature.size }, feature: name }));
  const isList = feature.kind === 'category' && feature.many !== undefined && feature.many.separator === undefined;
  return columnReads(value).map((read) => ({
    column: read.name,
    form: isList ? 'lists' : read.type === 'text' ? 'texts' : 'numbers',
    feature: name,
  }));
}

function writeEncoder(
  { features }: EncoderProgram,
  state: EncoderState,
  batch: RawBatch,
): { ids: (feature: string) => RawCategory; dense: (feature: string) => string } {
  const { emit } = batch;
  const encoders = new Map(features.map((feature) => [feature.name, feature]));
  const vocabularies = new Map(Object.entries(state.vocabularies));
  const categories = new Map<string, RawCategory>();
  const categoryOf = (encoder: CategoryEncoder): RawCategory => {
    const known = categories.get(encoder.name);
    if (known) return known;
    const parts = (encoder.cross ?? []).flatMap((name) => {
      const part = encoders.get(name);
      return part?.kind === 'category' ? [categoryOf(part)] : [];
    });
    const made = writeCategory(encoder, parts, (name) => vocabularies.get(name) ?? [], batch);
    categories.set(encoder.name, made);
    return made;
  };
  const dense = new Map<string, string>();
  // All of them: what is wrong with a feature that is read is a fault, whatever becomes of it.
  for (const encoder of encoders.values()) {
    if (encoder.kind === 'category') categoryOf(encoder);
    else dense.set(encoder.name, writeDense(encoder, statisticsOf(encoder, state), batch));
  }
  for (const encoder of encoders.values()) {
    const beside = encoder.kind === 'category' ? encoder.many?.parallel : undefined;
    const [own, other] = [
      categories.get(encoder.name)?.length,
      beside === undefined ? undefined : categories.get(beside)?.length,
    ];
    if (own !== undefined && other !== undefined) batch.fault(emit.node('Not', [emit.node('Equal', [own, other])]));
  }
  const category = (name: string): RawCategory => categories.get(name) ?? refuse(name, 'it is no category');
  return { ids: category, dense: (name) => dense.get(name) ?? refuse(name, 'it has no numbers') };
}
