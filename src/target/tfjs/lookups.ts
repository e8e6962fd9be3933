import type { EncodedRows } from '../../encode/program.js';
import type { PlacedSite } from '../../graph/step.js';
import type { BackendWays, TouchedRows } from './backend-ways.js';
import { checkIds, distinctIds, elementsOf, type Cut, type Elements } from './batch.js';
import type { Tensor, TfjsNamespace } from './namespace.js';
import type { TableWeights } from './table-weights.js';

/** What a batch looks up in a table, and where the gradients of what it found go. */
export interface TableBatch {
  readonly table: TableWeights;
  readonly touched: TouchedRows;
  /** `rows.<site>` of one part, from the touched rows [places, dim]. */
  readonly rowsOf: (site: PlacedSite, part: number, found: Tensor) => Tensor;
  /** [places, dim]: the sum for each touched row of the gradients that reach it, sites and parts in order. */
  readonly merge: (gradientOf: (site: PlacedSite, part: number) => Tensor | undefined) => Tensor;
}

/** Pooled or not, what a site takes from rows of its elements [elements, dim]. */
const takeRows = (
  tf: TfjsNamespace,
  ways: BackendWays,
  { form, length = 1, dim }: PlacedSite,
  { bags }: Elements,
  rows: Tensor,
  partRows: number,
): Tensor => {
  if (bags !== undefined) return ways.planSum(bags.owners, partRows)(tf, scaled(tf, rows, bags.scales));
  return form === 'sequence' ? tf.reshape(rows, [partRows, length, dim]) : rows;
};

const scaled = (tf: TfjsNamespace, rows: Tensor, scales: Float32Array): Tensor =>
  scales.every((scale) => scale === 1) ? rows : tf.mul(rows, tf.tensor2d(scales, [scales.length, 1]));

/** The gradient of each element of a site, from that of what the site gave. */
const elementGradients = (tf: TfjsNamespace, { ids, bags }: Elements, gradient: Tensor, dim: number): Tensor => {
  if (bags === undefined) return tf.reshape(gradient, [ids.length, dim]);
  const owners = bags.owners.map((owner) => Math.max(0, owner));
  return scaled(tf, tf.gather(gradient, tf.tensor1d(owners, 'int32')), bags.scales);
};

const joined = (arrays: readonly Int32Array[]): Int32Array => {
  const all = new Int32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
};

/** Plans what a batch does with one table; nothing is computed yet. */
export const planTable = (
  tf: TfjsNamespace,
  ways: BackendWays,
  table: TableWeights,
  sites: readonly PlacedSite[],
  rows: EncodedRows,
  cut: Cut,
): TableBatch => {
  const parts = Array.from({ length: cut.parts }, (_, part) => part);
  const columns = new Map<string, readonly Elements[]>();
  const columnOf = (site: PlacedSite): readonly Elements[] => {
    const key = `${site.form} ${site.length ?? 1} ${site.feature}`;
    const column = columns.get(key) ?? parts.map((part) => elementsOf(rows, site, cut, part, ways.sizeFor));
    columns.set(key, column);
    return column;
  };
  for (const site of sites) checkIds(columnOf(site), table.rows, table.name);
  const all = [...columns.values()].flat();
  const { ids, places } = distinctIds(all, table.scratch);
  const placesOf = new Map(all.map((elements, i) => [elements, places[i] ?? new Int32Array()]));
  const touched = table.touch(ids);
  return {
    table,
    touched,
    rowsOf: (site, part, found) => {
      const elements = columnOf(site)[part];
      if (elements === undefined) throw new Error(`${site.name} has no part ${part}`);
      const at = tf.tensor1d(placesOf.get(elements) ?? new Int32Array(), 'int32');
      return takeRows(tf, ways, site, elements, tf.gather(found, at), cut.partRows);
    },
    merge: (gradientOf) => {
      const pieces = sites.flatMap((site) =>
        parts.flatMap((part) => {
          const [elements, gradient] = [columnOf(site)[part], gradientOf(site, part)];
          return elements === undefined || gradient === undefined ? [] : [{ elements, gradient }];
        }),
      );
      const [first] = pieces;
      if (first === undefined) return tf.zeros([touched.rows.length, table.dim]);
      const gradients = pieces.map(({ elements, gradient }) => elementGradients(tf, elements, gradient, table.dim));
      const to = joined(
        pieces.map(({ elements: { counts }, elements }) => {
          const at = placesOf.get(elements);
          return Int32Array.from(counts, (counted, i) => (counted === 1 ? (at?.[i] ?? -1) : -1));
        }),
      );
      const sum = ways.planSum(to, touched.rows.length);
      return sum(tf, gradients.length === 1 ? (gradients[0] ?? first.gradient) : tf.concat(gradients));
    },
  };
};

/** `rows.<site>` of one part, straight from a table: nothing is to be updated. */
export const lookUp = (
  tf: TfjsNamespace,
  ways: BackendWays,
  table: TableWeights,
  site: PlacedSite,
  rows: EncodedRows,
  cut: Cut,
  part: number,
  averaged: boolean,
): Tensor => {
  const elements = elementsOf(rows, site, cut, part, ways.sizeFor);
  checkIds([elements], table.rows, table.name);
  const found = tf.gather(table.values(averaged), tf.tensor1d(elements.ids, 'int32'));
  return takeRows(tf, ways, site, elements, found, cut.partRows);
};
