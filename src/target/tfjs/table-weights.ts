import { fillInitial } from '../../graph/random.js';
import { sweeps } from '../../graph/update/cost.js';
import { initialSlots, isRowWise, scalarValues, slotNames, updateName } from '../../graph/update/rules.js';
import type { Table, TrainSection } from '../../model/model.js';
import { optimizerOfTable } from '../../model/optimizers.js';
import { arrayIn, variableOf, type LiveArray } from './arrays.js';
import type { BackendWays, TouchedRows } from './backend-ways.js';
import type { Tensor, TfjsNamespace, Variable } from './namespace.js';
import { createRowAverage } from './row-average.js';
import { updateTensors, type Updatable } from './update.js';

/** An embedding table of a model, on the backend, with what its optimizer remembers of each row. */
export interface TableWeights {
  readonly name: string;
  readonly rows: number;
  readonly dim: number;
  readonly l2: number;
  /** [rows + spare rows, dim]: the weights, or their moving averages as they stand since `settle`. */
  readonly values: (averaged: boolean) => Tensor;
  /** A number for each row, all 0 between uses. */
  readonly scratch: Int32Array;
  /** The rows of a batch, padded as the backend likes it. */
  readonly touch: (ids: Int32Array) => TouchedRows;
  /** Updates touched rows by their gradients [places, dim], which are 0 for padding; within a `tidy`. @param factor what the schedule multiplies the rate by */
  readonly update: (touched: TouchedRows, gradients: Tensor, step: number, factor: number) => void;
  /** Brings the averages of all rows up to date with a step. */
  readonly settle: (step: number) => void;
  readonly weight: LiveArray;
  readonly average: LiveArray;
  readonly slots: readonly LiveArray[];
  readonly dispose: () => void;
}

/** Path of a table in a file of weights. */
export const tablePath = (name: string): string => `table.${name}`;

/** Beyond it float32 lacks whole numbers. */
const mostFloatRows = 2 ** 24;

/** First values are those that every engine starts with. @param rows the table's own, without spare ones */
export const createTableWeights = (
  tf: TfjsNamespace,
  ways: BackendWays,
  { name, dim, l2, initializer, frozen }: Pick<Table, 'name' | 'dim' | 'l2' | 'initializer' | 'frozen'>,
  rows: number,
  { optimizer, ema }: Pick<TrainSection, 'optimizer' | 'ema'>,
  seed: number,
): TableWeights => {
  const path = tablePath(name);
  const all = rows + ways.spareRows;
  if (ways.hasFloatIds && all > mostFloatRows)
    throw new Error(`table ${name} has ${rows} rows; the backend ${tf.getBackend()} can tell 2^24 of them apart`);
  const of = optimizerOfTable(optimizer, name);
  const rule = updateName(of);
  const parameters = isRowWise(rule) ? { ...of.parameters, dim } : of.parameters;
  const isSwept = sweeps(rule, of.exact);
  const values = new Float32Array(all * dim);
  fillInitial(seed, path, [rows, dim], initializer, values.subarray(0, rows * dim));
  const weight = variableOf(tf, values, [all, dim]);
  const slotWidth = isRowWise(rule) ? 1 : dim;
  const slots = (frozen ? [] : initialSlots(rule, parameters)).map((initial) =>
    variableOf(tf, new Float32Array(all * slotWidth).fill(initial), [all, slotWidth]),
  );
  const average =
    ema === undefined || frozen
      ? undefined
      : createRowAverage(tf, ways, weight, { momentum: ema, rows, isLazy: !isSwept, values });

  const assign = (targets: readonly Variable[], next: Updatable): void =>
    targets.forEach((target, i) => target.assign((i === 0 ? next.weight : next.slots[i - 1]) ?? target));
  const sweep = (gradients: Tensor, step: number, scalars: readonly number[]): void => {
    assign([weight, ...slots], updateTensors(tf, rule, { weight, slots }, gradients, scalars));
    average?.moveAll(step);
  };
  const updateTouched = (touched: TouchedRows, gradients: Tensor, step: number, scalars: readonly number[]): void => {
    const places = tf.tensor1d(touched.rows, 'int32');
    const rowsIn = (table: Tensor): Tensor => tf.gather(table, places);
    const before = { weight: rowsIn(weight), slots: slots.map(rowsIn) };
    const next = updateTensors(tf, rule, before, gradients, scalars);
    average?.move(touched, places, before.weight, next.weight, step);
    assign([weight, ...slots], {
      weight: ways.write(tf, weight, touched, next.weight),
      slots: next.slots.map((values, s) => ways.write(tf, slots[s] ?? weight, touched, values)),
    });
  };

  const own = (suffix: string, variable: Variable, width: number): LiveArray =>
    arrayIn(tf, `${path}${suffix}`, [rows, width], variable, 0);
  return {
    name,
    rows,
    dim,
    l2,
    scratch: new Int32Array(rows),
    values: (averaged) => (averaged ? (average?.variable ?? weight) : weight),
    touch: (ids) => {
      const padded = new Int32Array(ways.sizeFor(Math.max(1, ids.length))).fill(ways.spareRows > 0 ? rows : 0);
      padded.set(ids);
      return { rows: padded, count: ids.length, tableRows: all };
    },
    update: (touched, gradients, step, factor) => {
      if (frozen) return;
      const scalars = scalarValues(rule, parameters, step, factor);
      if (isSwept) sweep(ways.spread(tf, touched, gradients), step, scalars);
      else if (touched.count > 0) updateTouched(touched, gradients, step, scalars);
    },
    settle: (step) => average?.settle(step),
    weight: own('', weight, dim),
    average: own('', average?.variable ?? weight, dim),
    slots: [
      ...slotNames(rule).flatMap((slot, s) => {
        const variable = slots[s];
        return variable === undefined ? [] : [own(`/${slot}`, variable, slotWidth)];
      }),
      ...(average === undefined ? [] : [own('/average', average.variable, dim), ...average.arrays(path)]),
    ],
    dispose: () => {
      for (const variable of [weight, ...slots, average?.variable]) variable?.dispose();
    },
  };
};
