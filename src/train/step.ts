import { scalarValues } from '../graph/update/rules.js';
import type { TrainSection } from '../model/model.js';
import type { Session } from './engine.js';
import type { Feed } from './feed.js';
import type { Memory } from './kernels.js';
import type { Layout, Staging } from './layout.js';
import { gradientCopies, stateCopies, weightCopies } from './copies.js';
import { tableMerge, updateTable } from './tables.js';

/** Worker `index` of `of`: shards, tables and pieces of weights are shared out by turns. With a barrier after each phase, any number gives the same bits. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

export const alone: Share = { index: 0, of: 1 };

/** The batch at hand. */
export interface Batch {
  order: Int32Array | undefined;
  start: number;
  count: number;
  /** From 1. */
  step: number;
}

/** One step's work, phase by phase; all workers finish a phase before the next begins. */
export interface Phases {
  /** Gathers and runs the worker's shards; leaves their losses and gradients. */
  readonly run: (batch: Batch, share: Share) => Promise<void>;
  /** The batch's loss, after `run`. */
  readonly loss: (batch: Batch) => number;
  /** Sums the dense gradients, merges table rows, adds L2, and leaves norms. */
  readonly merge: (batch: Batch, share: Share) => void;
  readonly clip: (batch: Batch, share: Share) => void;
  readonly update: (batch: Batch, share: Share) => void;
  /** Milliseconds so far: gather, run (the engine), merge, clip, update. */
  readonly milliseconds: Float64Array;
}

export interface PhasesRequest {
  readonly session: Session;
  readonly feed: Feed;
  readonly memory: Memory;
  readonly layout: Layout;
  readonly staging: Staging;
  readonly train: Pick<TrainSection, 'clipNorm'>;
}

export const createPhases = (request: PhasesRequest): Phases => {
  const { session, feed, memory, layout, staging, train } = request;
  const { floats, kernels } = memory;
  const { dense, tables } = layout;
  const milliseconds = new Float64Array(5);
  const losses = new Float64Array(staging.shards);
  const weights = weightCopies(session, memory, layout);
  const states = stateCopies(session, memory, layout);
  const gradients = Array.from({ length: staging.shards }, (_, shard) => gradientCopies(session, memory, layout, staging, shard));
  const merges = tables.map((table) => tableMerge(memory, staging, table));
  const merged = new Int32Array(tables.length);
  const chunkNorms = new Float64Array(dense.chunks.length);
  const tableNorms = new Float64Array(tables.length);
  const parameterNorms = new Float64Array(dense.parameters.length);
  const shardCount = (count: number): number => Math.ceil(count / staging.rows);
  const writeScalars = (step: number): void => {
    for (const { name, parameters, scalars } of layout.updates) {
      const values = scalarValues(name, parameters, step);
      for (let i = 0; i < values.length; i++) floats[scalars + i] = values[i] ?? NaN;
    }
  };
  const mergedSize = (t: number): number => (merged[t] ?? 0) * (tables[t]?.slotStride ?? 0);

  /** Keras: g ← g·c/max(‖g‖, c). */
  const clipFactor = (squares: number, limit: number): number => Math.min(1, limit / Math.sqrt(squares));
  const total = (squares: Float64Array): number => {
    let sum = 0;
    for (const square of squares) sum += square;
    return sum;
  };

  return {
    milliseconds,
    run: async ({ order, start, count, step }, { index, of }) => {
      let at = performance.now();
      const pass = (phase: number): void => {
        const now = performance.now();
        milliseconds[phase] = (milliseconds[phase] ?? 0) + now - at;
        at = now;
      };
      weights.copy();
      for (let shard = index; shard < shardCount(count); shard += of) {
        feed.fill(shard, order, start, count, step);
        pass(0);
        await session.run();
        pass(1);
        losses[shard] = session.outputs.loss?.[0] ?? NaN;
        gradients[shard]?.copy();
        pass(0);
      }
    },
    loss: ({ count }) => {
      let sum = 0;
      for (let shard = 0; shard < shardCount(count); shard++) sum += losses[shard] ?? NaN;
      return sum;
    },
    merge: ({ count }, { index, of }) => {
      const begin = performance.now();
      for (let c = index; c < dense.chunks.length; c += of) {
        const chunk = dense.chunks[c];
        if (chunk === undefined) continue;
        const gradient = dense.gradients + chunk.gradient;
        kernels.sumRegions(gradient, dense.gradientStride, shardCount(count), chunk.size);
        const l2 = dense.parameters[chunk.parameter]?.l2 ?? 0;
        if (l2 !== 0) kernels.addScaled(gradient, chunk.at, chunk.size, l2);
        if (train.clipNorm !== undefined) chunkNorms[c] = kernels.squaredNorm(gradient, chunk.size);
      }
      for (let t = index; t < tables.length; t += of) {
        const table = tables[t];
        if (table?.merge === undefined) continue;
        const found = merges[t]?.(count) ?? 0;
        merged[t] = found;
        if (table.l2 !== 0)
          kernels.addRows(table.merge.merged, table.slotStride, table.merge.touched, found, table.at, table.rowStride, table.l2);
        if (train.clipNorm !== undefined) tableNorms[t] = kernels.squaredNorm(table.merge.merged, mergedSize(t));
      }
      milliseconds[2] = (milliseconds[2] ?? 0) + performance.now() - begin;
    },
    clip: (_, { index, of }) => {
      if (train.clipNorm === undefined) return;
      const begin = performance.now();
      const { scope, norm } = train.clipNorm;
      const global = clipFactor(total(chunkNorms) + total(tableNorms), norm);
      parameterNorms.fill(0);
      for (let c = 0; c < dense.chunks.length; c++) {
        const parameter = dense.chunks[c]?.parameter ?? 0;
        parameterNorms[parameter] = (parameterNorms[parameter] ?? 0) + (chunkNorms[c] ?? 0);
      }
      for (let c = index; c < dense.chunks.length; c += of) {
        const chunk = dense.chunks[c];
        if (chunk === undefined) continue;
        const factor = scope === 'global' ? global : clipFactor(parameterNorms[chunk.parameter] ?? 0, norm);
        if (factor !== 1) kernels.scale(dense.gradients + chunk.gradient, chunk.size, factor);
      }
      for (let t = index; t < tables.length; t += of) {
        const table = tables[t];
        const factor = scope === 'global' ? global : clipFactor(tableNorms[t] ?? 0, norm);
        if (table?.merge !== undefined && factor !== 1) kernels.scale(table.merge.merged, mergedSize(t), factor);
      }
      milliseconds[3] = (milliseconds[3] ?? 0) + performance.now() - begin;
    },
    update: ({ step }, { index, of }) => {
      const begin = performance.now();
      writeScalars(step);
      if (index === 0) states.copy();
      for (let c = index; c < dense.chunks.length; c += of) {
        const chunk = dense.chunks[c];
        if (chunk === undefined) continue;
        const { at, slotStride, gradient, size, update } = chunk;
        kernels.updates[update.name].dense(at, slotStride, dense.gradients + gradient, size, update.scalars);
      }
      for (let t = index; t < tables.length; t += of) {
        const table = tables[t];
        if (table !== undefined) updateTable(memory, table, merged[t] ?? 0);
      }
      milliseconds[4] = (milliseconds[4] ?? 0) + performance.now() - begin;
    },
  };
};
