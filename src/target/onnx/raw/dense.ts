import type { Statistic } from '../../../encode/numbers.js';
import type { CategoryEncoder, FeatureEncoder, NumberEncoder, TimeEncoder } from '../../../encode/program.js';
import { cycleSeconds, unitsPerSecond } from '../../../encode/time.js';
import { readTime } from '../../../encode/values.js';
import { ElementType } from '../proto.js';
import type { Emitter } from '../emitter.js';
import { isFinite, not, refuse, type RawBatch } from './batch.js';
import { writeExpression, type RawValue } from './expressions.js';

const largest = 3.4028234663852886e38;

/** Numbers of a feature that is no category, float32 [rows, width]. */
export function writeDense(
  encoder: Exclude<FeatureEncoder, CategoryEncoder>,
  statistics: readonly Statistic[] | undefined,
  batch: RawBatch,
): string {
  switch (encoder.kind) {
    case 'number':
      return column(standardized(numberOf(encoder, batch), statistics?.[0], batch.emit), batch.emit);
    case 'time':
      return timeOf(encoder, statistics, batch);
    case 'vector':
      return vectorOf(encoder.name, encoder.value.kind === 'column' ? encoder.value.name : undefined, encoder.size, batch);
    default:
      return encoder satisfies never;
  }
}

const column = (value: string, emit: Emitter): string => emit.node('Unsqueeze', [value, emit.ints([1])]);

/** Float64 [rows]; a row whose value is missing or beyond a float is a fault. */
function numberOf(encoder: NumberEncoder, batch: RawBatch): string {
  const { emit, fault } = batch;
  const value = filled(
    asNumber(writeExpression(encoder.value, encoder.name, batch), encoder.name, batch),
    encoder.default,
    batch,
  );
  const result = encoder.transforms.includes('log1p') ? emit.node('Log', [emit.node('Add', [value, emit.double(1)])]) : value;
  fault(not(isFinite(emit.cast(result, ElementType.float), emit.float(0), emit), emit));
  return result;
}

/** Booleans as 1 and 0. */
function asNumber(value: RawValue, feature: string, { emit }: RawBatch): RawValue {
  if (value.type === 'text') refuse(feature, 'its value is a text, not a number');
  return value.type === 'boolean' ? { ...value, value: emit.cast(value.value, ElementType.double) } : value;
}

/** Without a default, a missing value is a fault, and stays what it is. */
function filled({ value, missing }: RawValue, instead: number | undefined, { emit, fault }: RawBatch): string {
  if (missing === undefined) return value;
  if (instead !== undefined) return emit.node('Where', [missing, emit.double(instead), value]);
  fault(missing);
  return value;
}

/** As float32, within its range. */
function standardized(value: string, statistic: Statistic | undefined, emit: Emitter): string {
  const scaled = statistic
    ? emit.node('Div', [emit.node('Sub', [value, emit.double(statistic.mean)]), emit.double(statistic.deviation)])
    : value;
  const bounded = emit.node('Max', [emit.node('Min', [scaled, emit.double(largest)]), emit.double(-largest)]);
  return emit.cast(bounded, ElementType.float);
}

function timeOf(encoder: TimeEncoder, statistics: readonly Statistic[] | undefined, batch: RawBatch): string {
  const { emit } = batch;
  const unit = unitsPerSecond[encoder.unit ?? 'second'];
  const instead = encoder.default === undefined ? undefined : readTime(encoder.default);
  const given = asNumber(writeExpression(encoder.value, encoder.name, batch), encoder.name, batch);
  const value = filled(given, typeof instead === 'number' ? instead * unit : undefined, batch);
  const seconds = unit === 1 ? value : emit.node('Div', [value, emit.double(unit)]);
  const components = encoder.cycles.flatMap((cycle) => {
    const length = emit.double(cycleSeconds[cycle]);
    const turns = emit.node('Div', [seconds, length]);
    const whole = emit.node('Mul', [emit.node('Floor', [turns]), length]);
    const phase = emit.node('Sub', [seconds, whole]);
    const angle = emit.node('Mul', [phase, emit.double((2 * Math.PI) / cycleSeconds[cycle])]);
    return [emit.node('Sin', [angle]), emit.node('Cos', [angle])];
  });
  const columns = components.map((component, i) => column(standardized(component, statistics?.[i], emit), emit));
  return columns.length === 1 ? (columns[0] ?? '') : emit.node('Concat', columns, { axis: { int: 1 } });
}

function vectorOf(feature: string, name: string | undefined, size: number, { emit, vectors, fault }: RawBatch): string {
  if (name === undefined) return refuse(feature, 'it is computed from a list');
  const value = vectors(name, size);
  const finite = emit.cast(isFinite(value, emit.float(0), emit), ElementType.int64);
  const count = emit.node('ReduceSum', [finite, emit.ints([1])], { keepdims: { int: 0 } });
  fault(emit.node('Less', [count, emit.ints([size], [])]));
  return value;
}
