import type { Optimizer } from '../../model/model.js';
import { rowSlotWidth } from './evaluate.js';
import { isRowWise, slotNames, updateName, updateRules, type UpdateName } from './rules.js';

/** Whether the update of a table moves rows that a batch has not touched: a full sweep. */
export const movesAll = (optimizer: Optimizer): boolean => sweeps(updateName(optimizer), optimizer.exact);

/** The same of an update by its name. */
export const sweeps = (name: UpdateName, exact: boolean): boolean => exact && updateRules[name].movesUntouched;

/** Numbers that are remembered of a weight with `size` of them, or of a table's row, a moving average among them if there is one. */
export const rememberedNumbers = (optimizer: Optimizer, size: number, hasAverage: boolean, isRow: boolean): number => {
  const name = updateName(optimizer);
  const slots = slotNames(name).length * (isRowWise(name) ? rowSlotWidth : size);
  return slots + (hasAverage ? size + (isRow && !movesAll(optimizer) ? rowSlotWidth : 0) : 0);
};

/** Bytes that each step reads and writes of each row of a table, whether the batch has it or not. */
export const sweptBytes = (optimizer: Optimizer, dim: number, hasAverage: boolean): number =>
  movesAll(optimizer) ? 8 * (dim + rememberedNumbers(optimizer, dim, hasAverage, true)) : 0;
