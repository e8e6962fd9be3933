import type { CategoryEncoder, EncodedData, EncodedRows, LabelEncoder } from '../encode/program.js';
import type { Split } from '../model/model.js';

/** What is strange about encoded rows, in a sentence each: columns that can teach nothing, and splits without rows. */
export function dataWarnings({ program, train, valid, test }: EncodedData, split: Split | undefined): readonly string[] {
  const features = program.features.flatMap((feature) => {
    const one = feature.kind === 'category' ? onlyId(train, feature.name) : onlyValue(train.dense[feature.name]);
    if (one === undefined) return [];
    return [feature.kind === 'category' ? sameId(feature, one) : `feature ${feature.name} has one value in all training rows`];
  });
  const labels = program.labels.flatMap((label) => {
    const one = onlyValue({ width: 1, values: train.labels[label.name] ?? new Float32Array() });
    return one === undefined ? [] : [sameLabel(label, one)];
  });
  const wanted = split ? sharesOf(split) : { valid: false, test: false };
  const empty = [
    ...(wanted.valid && valid.rows === 0 ? ['the split leaves no row to validate on'] : []),
    ...(wanted.test && test.rows === 0 ? ['the split leaves no row to test on'] : []),
  ];
  return [...features, ...labels, ...empty];
}

function onlyId(rows: EncodedRows, name: string): number | undefined {
  const ids = rows.ids[name] ?? rows.bags[name]?.ids;
  return ids && only(ids);
}

function onlyValue(column: EncodedRows['dense'][string] | undefined): number | undefined {
  return column?.width === 1 ? only(column.values) : undefined;
}

/** The number that all are, of two or more. */
function only(values: Int32Array | Float32Array): number | undefined {
  const [first] = values;
  return values.length > 1 && values.every((value) => value === first) ? first : undefined;
}

function sameId({ name, codes }: CategoryEncoder, id: number): string {
  if (id !== 0) return `feature ${name} has one value in all training rows`;
  switch (codes.kind) {
    case 'values':
      return `feature ${name}: no training row has one of its \`values\`, so that all count as unknown`;
    case 'vocabulary':
      return codes.minCount > 1
        ? `feature ${name}: no value is in ${String(codes.minCount)} training rows (min_count), so that all count as unknown`
        : `feature ${name} is missing in all training rows`;
    case 'hash':
    case 'size':
    case 'buckets':
      return `feature ${name} has one value in all training rows`;
    default:
      return codes satisfies never;
  }
}

function sameLabel({ name, task }: LabelEncoder, value: number): string {
  const shown = task === 'binary' ? (value === 1 ? 'true' : 'false') : String(value);
  return `label ${name} is ${shown} in all training rows: there is nothing to learn`;
}

function sharesOf(split: Split): { readonly valid: boolean; readonly test: boolean } {
  if (split.kind === 'column') return { valid: split.valid.length > 0, test: split.test.length > 0 };
  return { valid: split.valid > 0, test: split.test > 0 };
}
