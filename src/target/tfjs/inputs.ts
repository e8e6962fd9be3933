import type { EncodedRows } from '../../encode/program.js';
import type { Node } from '../../graph/graph.js';
import type { Stream } from '../../graph/random.js';
import { fillNoise } from '../../graph/random.js';
import { elementsOf as sizeOf, isOfRows, sizesOf } from '../../graph/shapes.js';
import type { Cut } from './batch.js';
import { bagsOf, denseOf, idsOf, labelOf, realRows, rowOf } from './batch.js';
import type { Tensor, TfjsNamespace } from './namespace.js';

/** How often each id of a feature stands in the training rows: of losses that correct for it. */
export type LogFrequencies = (feature: string) => Float64Array;

/** log of each id's share of the rows; -∞ for an id that none has. */
export const logFrequencies = (rows: EncodedRows, feature: string): Float64Array => {
  const ids = idsOf(rows, feature);
  const counts = new Float64Array(ids.reduce((largest, id) => Math.max(largest, id), 0) + 1);
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
  return counts.map((count) => Math.log(count / ids.length));
};

/** What the inputs of one part of a batch are made of. */
export interface PartSource {
  readonly rows: EncodedRows;
  readonly cut: Cut;
  readonly part: number;
  readonly frequencies: LogFrequencies;
}

/** An input that takes a column of the rows, or their weights; undefined for every other. */
export const columnInput = (tf: TfjsNamespace, node: Node<'input'>, source: PartSource): Tensor | undefined => {
  const { rows, cut, part } = source;
  const { partRows } = cut;
  const dot = node.name.indexOf('.');
  const column = node.name.slice(dot + 1);
  const eachRow = (valueOf: (row: number) => number): Float32Array =>
    Float32Array.from({ length: partRows }, (_, r) => valueOf(rowOf(cut, part, r)));
  switch (dot < 0 ? node.name : node.name.slice(0, dot)) {
    case 'dense': {
      const { width, values } = denseOf(rows, column);
      const filled = new Float32Array(partRows * width);
      for (let r = 0; r < partRows; r++) {
        const row = rowOf(cut, part, r);
        for (let i = 0; i < width; i++) filled[r * width + i] = values[row * width + i] ?? NaN;
      }
      return tf.tensor(filled, sizesOf(node.shape, partRows));
    }
    case 'label': {
      const labels = labelOf(rows, column);
      const values = eachRow((row) => labels[row] ?? NaN);
      return node.dtype === 'int' ? tf.tensor1d(Int32Array.from(values), 'int32') : tf.tensor1d(values);
    }
    case 'code': {
      const ids = idsOf(rows, column);
      return tf.tensor1d(eachRow((row) => ids[row] ?? NaN));
    }
    case 'frequency': {
      const [ids, frequencies] = [idsOf(rows, column), source.frequencies(column)];
      return tf.tensor1d(eachRow((row) => frequencies[ids[row] ?? 0] ?? -Infinity));
    }
    case 'mask': {
      const { offsets } = bagsOf(rows, column);
      const places = Number(node.shape[1]);
      const lengths = eachRow((row) => (offsets[row + 1] ?? 0) - (offsets[row] ?? 0));
      const mask = Float32Array.from({ length: partRows * places }, (_, i) =>
        Number(i % places < (lengths[Math.floor(i / places)] ?? 0)),
      );
      return tf.tensor2d(mask, [partRows, places]);
    }
    case 'weight': {
      const real = realRows(cut, part);
      return tf.tensor1d(Float32Array.from({ length: partRows }, (_, r) => Number(r < real)));
    }
    case 'total_weight':
      return tf.scalar(cut.count);
    default:
      return undefined;
  }
};

/** Uniform noise of the rows of a part: what any other engine draws for them. */
export const noiseInput = (
  tf: TfjsNamespace,
  node: Node<'noise'>,
  stream: Stream,
  step: number,
  { cut, part }: PartSource,
): Tensor => {
  const width = sizeOf(node.shape, 1);
  const values = new Float32Array(sizeOf(node.shape, cut.partRows));
  fillNoise(stream, step, isOfRows(node.shape) ? part * cut.partRows : 0, width, values);
  return tf.tensor(values, sizesOf(node.shape, cut.partRows));
};
