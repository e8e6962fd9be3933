import { fillInitial } from '../graph/random.js';
import { roundUp } from './allocator.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import type { Share } from './step.js';
import { alone } from './step.js';
import { slotPlace } from './table-layout.js';
import { fillRows, writeRows } from './table-rows.js';
import { tableWeight } from './weights.js';

/** Rows of a piece, and those that are drawn at once: even numbers, as `fillInitial` asks. */
const rowsOfPiece = 2 ** 16;
const rowsAtOnce = 4096;

/** First values of all weights, states, tables and slots, with as many threads as share them out; any number gives the same. */
export const initialise = (memory: Memory, layout: Layout, seed: number, share: Share = alone): void => {
  let first = 1;
  let t = 0;
  for (let p = share.next(-1); ; p = share.next(p)) {
    if (p === 0) {
      initialiseDense(memory, layout, seed);
      continue;
    }
    let table = layout.tables[t];
    while (table !== undefined && p >= first + Math.ceil(table.rows / rowsOfPiece)) {
      first += Math.ceil(table.rows / rowsOfPiece);
      table = layout.tables[++t];
    }
    if (table === undefined) return;
    initialiseRows(memory, table, seed, (p - first) * rowsOfPiece);
  }
};

const initialiseDense = ({ floats, doubles }: Memory, { dense, states, results }: Layout, seed: number): void => {
  if (results !== undefined) doubles[results.plateau] = 1;
  for (const { name, shape, initializer, at, size, training } of dense.parameters) {
    fillInitial(seed, name, shape, initializer, floats.subarray(at, at + size));
    training?.update.initialSlots.forEach((value, s) => {
      const slot = at + (s + 1) * training.slotStride;
      floats.fill(value, slot, slot + roundUp(size, 4));
    });
    const average = training?.update.average;
    if (average !== undefined) floats.copyWithin(at + (average.slot + 1) * (training?.slotStride ?? 0), at, at + size);
  }
  for (const { initial, at, size } of states) floats.fill(initial, at, at + size);
};

const initialiseRows = (memory: Memory, table: Layout['tables'][number], seed: number, begin: number): void => {
  const { rows, dim, name, initializer, update } = table;
  const drawn = new Float32Array(rowsAtOnce * dim);
  const end = Math.min(rows, begin + rowsOfPiece);
  for (let from = begin; from < end; from += rowsAtOnce) {
    const to = Math.min(end, from + rowsAtOnce);
    fillInitial(seed, tableWeight(name), [rows, dim], initializer, drawn.subarray(0, (to - from) * dim), from * dim);
    writeRows(memory, table, { offset: 0, width: dim }, from, to, drawn);
    update?.initialSlots.forEach((value, s) => {
      const { offset, width } = slotPlace(table, s);
      fillRows(memory, table, { offset, width: roundUp(width, 4) }, from, to, value);
    });
    if (update?.average === undefined) continue;
    writeRows(memory, table, slotPlace(table, update.average.slot), from, to, drawn);
    if (update.average.isLazy) fillRows(memory, table, slotPlace(table, update.average.slot + 1), from, to, 0);
  }
};
