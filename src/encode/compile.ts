import type { CategoryFeature, CheckedModel, Feature, Label } from '../model/model.js';
import type { ColumnType, RowExpression } from '../model/row-expression.js';
import { columnReads, type ColumnRead } from './expressions/columns.js';
import type { EncoderProgram, FeatureEncoder, LabelEncoder } from './program.js';

/** The encoder of a model: what is needed to read its features and labels, as plain JSON. */
export function encoderProgram(model: Pick<CheckedModel, 'features' | 'labels'>): EncoderProgram {
  const beside = new Set(
    model.features.flatMap((f) => (f.kind === 'category' && f.many?.parallel !== undefined ? [f.name, f.many.parallel] : [])),
  );
  const features = model.features.map(featureEncoder);
  return {
    features: features.map((f) => (f.kind === 'category' && beside.has(f.name) ? { ...f, keepsPlaces: true as const } : f)),
    labels: model.labels.map(labelEncoder),
  };
}

/** The encoders of these features only, with those that they are crossed of. */
export function programFor(program: EncoderProgram, names: Iterable<string>): EncoderProgram {
  const wanted = new Set(names);
  // A crossed feature may stand before its parts.
  for (let size = 0; size !== wanted.size;) {
    size = wanted.size;
    for (const f of program.features)
      if (f.kind === 'category' && wanted.has(f.name)) for (const part of f.cross ?? []) wanted.add(part);
  }
  return { ...program, features: program.features.filter(({ name }) => wanted.has(name)) };
}

/** A column that a program reads, as one type, and the features and labels that want it. */
export interface ProgramColumn extends ColumnRead {
  readonly usedBy: readonly { readonly kind: 'feature' | 'label'; readonly name: string }[];
}

/** The raw columns of a program; a column that is read as two types stands twice. */
export function columnsOf(program: EncoderProgram): readonly ProgramColumn[] {
  const found = new Map<string, ProgramColumn>();
  const add = (kind: 'feature' | 'label', name: string, value: RowExpression | undefined): void => {
    for (const read of value ? columnReads(value) : []) {
      const key = `${read.type} ${read.name}`;
      found.set(key, { ...read, usedBy: [...(found.get(key)?.usedBy ?? []), { kind, name }] });
    }
  };
  for (const feature of program.features) add('feature', feature.name, feature.value);
  for (const label of program.labels) add('label', label.name, label.value);
  return [...found.values()];
}

/** The same expression without its spans. */
export function withoutSpans(expression: RowExpression): RowExpression {
  switch (expression.kind) {
    case 'column':
      return { kind: 'column', name: expression.name, type: expression.type };
    case 'literal':
      return { kind: 'literal', value: expression.value, type: expression.type };
    case 'operation':
      return {
        kind: 'operation',
        operator: expression.operator,
        operands: expression.operands.map(withoutSpans),
        type: expression.type,
      };
    case 'in':
      return { kind: 'in', operand: withoutSpans(expression.operand), values: expression.values, type: 'boolean' };
    default:
      return expression satisfies never;
  }
}

function featureEncoder(feature: Feature): FeatureEncoder {
  const { name } = feature;
  switch (feature.kind) {
    case 'category':
      return {
        kind: 'category',
        name,
        codes: feature.codes,
        table: feature.table,
        ...(feature.cross ? { cross: feature.cross } : { value: read(feature.value, name, categoryType(feature)) }),
        ...(feature.many && { many: feature.many }),
        ...(feature.default !== undefined && { default: feature.default }),
      };
    case 'number':
      return {
        kind: 'number',
        name,
        value: read(feature.value, name, 'number'),
        transforms: feature.transforms,
        ...(feature.default !== undefined && { default: feature.default }),
      };
    case 'vector':
      return { kind: 'vector', name, value: read(feature.value, name, 'text'), size: feature.size };
    case 'time':
      return {
        kind: 'time',
        name,
        value: read(feature.value, name, feature.unit ? 'number' : 'time'),
        cycles: feature.cycles,
        standardize: feature.standardize,
        ...(feature.unit && { unit: feature.unit }),
        ...(feature.default !== undefined && { default: feature.default }),
      };
    default:
      return feature satisfies never;
  }
}

function labelEncoder(label: Label): LabelEncoder {
  return {
    name: label.name,
    task: label.task.kind,
    ...(label.task.kind === 'class' && { classes: label.task.classes }),
    value: read(label.value, label.name, label.task.kind === 'binary' ? 'boolean' : 'number'),
  };
}

/** A plain column is read as what the feature makes of it; the columns of an expression already have their types. */
function read(value: RowExpression | undefined, name: string, type: ColumnType): RowExpression {
  if (value && value.kind !== 'column') return withoutSpans(value);
  return { kind: 'column', name: value?.name ?? name, type };
}

function categoryType(feature: CategoryFeature): ColumnType {
  const numeric = feature.codes.kind === 'size' || feature.codes.kind === 'buckets';
  return numeric && !feature.many ? 'number' : 'text';
}
