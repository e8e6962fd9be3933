import type { EncodedData } from '../src/encode/program.js';
import { opOf } from '../src/graph/ops/index.js';
import { stepGraph } from '../src/graph/pipeline.js';
import { check } from '../src/model/check.js';
import type { CheckedModel } from '../src/model/model.js';
import { syntheticData } from '../src/train/synthetic.js';

/** The model that is timed: `fields` categories of `rows` ids × `dim`, full cross layers, a deep network, squared error, Adam. */
export interface StepSubject {
  readonly batch: number;
  readonly rows: number;
  readonly fields: number;
  readonly dim: number;
  readonly cross: number;
  readonly deep: readonly number[];
  readonly exact: boolean;
  readonly threads: number;
}

const spec = ({ batch, rows, fields, dim, cross, deep, exact }: StepSubject): string => `
model Step {
  features { ${Array.from({ length: fields }, (_, i) => `f${String(i)}: category(size: ${String(rows)})`).join(', ')} }
  label y: number
  embeddings { dim: ${String(dim)} }
  ${cross > 0 ? `cross { depth: ${String(cross)} }` : ''}
  ${deep.length > 0 ? `deep { units: [${deep.join(', ')}] }` : ''}
  train { optimizer: adam(1e-3${exact ? ', exact' : ''}), batch: ${String(batch)} }
}`;

const batches = 64;

export const prepareSubject = (subject: StepSubject): { readonly model: CheckedModel; readonly data: EncodedData } => {
  const checked = check({ path: 'step.rec', text: spec(subject) });
  const [model] = checked.models;
  if (!model) throw new Error(checked.diagnostics.map(({ message }) => message).join('\n'));
  return { model, data: syntheticData(model, { train: batches * subject.batch, vocabulary: subject.rows, seed: 1 }) };
};

const floatBytes = 4;

/** Bytes of a table's row with Adam's two moments. */
export const rowBytes = (dim: number): number => 3 * dim * floatBytes;

export interface Bounds {
  readonly multiplyAdds: number;
  readonly bytes: number;
  readonly tableBytes: number;
}

/** What a step cannot do without. Activations are left out of the bytes: they are meant to stay in a core's cache. */
export const boundsOf = ({ batch, rows, fields, dim, exact }: StepSubject, model: CheckedModel): Bounds => {
  const { graph, parameters } = stepGraph(model);
  const products = graph.nodes.map((node) =>
    node.kind === 'matmul'
      ? opOf<'matmul'>('matmul').cost(
          node,
          node.inputs.map((id) => graph.nodes[id]?.shape ?? []),
          batch,
        ).multiplyAdds
      : 0,
  );
  const distinct = rows * (1 - (1 - 1 / rows) ** batch);
  const gathered = 2 * batch * fields * dim * floatBytes;
  const gradients = 2 * batch * fields * dim * floatBytes;
  const updated = 2 * (exact ? rows : distinct) * fields * rowBytes(dim);
  const weights = parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  return {
    multiplyAdds: products.reduce((sum, count) => sum + count, 0),
    bytes: gathered + gradients + updated + 2 * weights * rowBytes(1),
    tableBytes: rows * fields * rowBytes(dim),
  };
};
