import { scalarValues } from '../graph/update/rules.js';
import type { TrainSection } from '../model/model.js';
import { gradientCopies, stateCopies, weightCopies } from './copies.js';
import type { Session } from './engine.js';
import type { Feed } from './feed.js';
import type { Memory } from './kernels.js';
import type { Layout, Staging } from './layout.js';
import { tableMerge, updatePiece, updatePieces } from './tables.js';

/**
 * Who does which piece of a phase: `next` is given the last piece that this worker did, or -1, and tells the next one. Every piece is
 * done by one worker; with a barrier after each phase, any number of workers gives the same bits.
 */
export interface Share {
  readonly next: (last: number) => number;
}

export const alone: Share = { next: (last) => last + 1 };

/** The batch at hand. */
export interface Batch {
  order: Int32Array | undefined;
  start: number;
  count: number;
  /** From 1. */
  step: number;
}

/** One step's work, phase by phase; all workers finish a phase before the next begins. Nothing is kept from one phase to the next but in the memory. */
export interface Phases {
  /** Gathers and runs the worker's shards; leaves their losses and gradients. */
  readonly run: (batch: Batch, share: Share) => Promise<void>;
  /** The batch's loss, after `run`. */
  readonly loss: (batch: Batch) => number;
  /** Sums the dense gradients, merges table rows, adds L2, and leaves norms. */
  readonly merge: (batch: Batch, share: Share) => void;
  /** Whether `clip` does anything. */
  readonly clips: boolean;
  readonly clip: (batch: Batch, share: Share) => void;
  readonly update: (batch: Batch, share: Share) => void;
  /** Milliseconds of this worker so far, in the order of `phaseNames`. */
  readonly milliseconds: Float64Array;
}

/** `gather` copies in and out of the engine as well; `wait` is for other workers. */
export const phaseNames = ['gather', 'run', 'merge', 'clip', 'update', 'wait'] as const;

export interface PhasesRequest {
  /** Absent for a worker that only helps with what is done outside the engine. */
  readonly running?: { readonly session: Session; readonly feed: Feed };
  readonly memory: Memory;
  readonly layout: Layout;
  readonly train: Pick<TrainSection, 'clipNorm'>;
  readonly milliseconds?: Float64Array;
}

export const createPhases = (request: PhasesRequest): Phases => {
  const { running, memory, layout, train, milliseconds = new Float64Array(phaseNames.length) } = request;
  const { floats, ints, doubles, kernels } = memory;
  const { dense, tables, training: staging, results } = layout;
  if (staging === undefined || results === undefined) throw new Error('a layout without room for training');
  const runShards = running && createRun(running, memory, layout, staging, results.losses, milliseconds);
  const merges = tables.map((table) => tableMerge(memory, staging, table));
  const parameterNorms = new Float64Array(dense.parameters.length);
  const shardCount = (count: number): number => Math.ceil(count / staging.rows);
  const writeScalars = (step: number): void => {
    for (const { name, parameters, scalars } of layout.updates) {
      const values = scalarValues(name, parameters, step);
      for (let i = 0; i < values.length; i++) floats[scalars + i] = values[i] ?? NaN;
    }
  };
  const merged = (t: number): number => ints[results.merged + t] ?? 0;
  const mergedSize = (t: number): number => merged(t) * (tables[t]?.slotStride ?? 0);
  const spend = (phase: number, begin: number): void => {
    milliseconds[phase] = (milliseconds[phase] ?? 0) + performance.now() - begin;
  };

  const mergeTable = (t: number, count: number): void => {
    const table = tables[t];
    if (table?.merge === undefined) return;
    const found = merges[t]?.(count, merged(t)) ?? 0;
    ints[results.merged + t] = found;
    if (table.l2 !== 0)
      kernels.addRows(table.merge.merged, table.slotStride, table.merge.touched, found, table.at, table.rowStride, table.l2);
    if (train.clipNorm !== undefined)
      doubles[results.tableNorms + t] = kernels.squaredNorm(table.merge.merged, found * table.slotStride);
  };
  const mergeChunk = (c: number, count: number): void => {
    const chunk = dense.chunks[c];
    if (chunk === undefined) return;
    const gradient = dense.gradients + chunk.gradient;
    kernels.sumRegions(gradient, dense.gradientStride, shardCount(count), chunk.size);
    const l2 = dense.parameters[chunk.parameter]?.l2 ?? 0;
    if (l2 !== 0) kernels.addScaled(gradient, chunk.at, chunk.size, l2);
    if (train.clipNorm !== undefined) doubles[results.chunkNorms + c] = kernels.squaredNorm(gradient, chunk.size);
  };

  /** Keras: g ← g·c/max(‖g‖, c). */
  const clipFactor = (squares: number, limit: number): number => Math.min(1, limit / Math.sqrt(squares));
  const sumOf = (first: number, count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += doubles[first + i] ?? NaN;
    return sum;
  };
  const sumByParameter = (): void => {
    parameterNorms.fill(0);
    for (let c = 0; c < dense.chunks.length; c++) {
      const parameter = dense.chunks[c]?.parameter ?? 0;
      parameterNorms[parameter] = (parameterNorms[parameter] ?? 0) + (doubles[results.chunkNorms + c] ?? NaN);
    }
  };

  // Tables come first in every phase: they are the larger pieces.
  return {
    milliseconds,
    run: async (batch, share) => {
      await runShards?.run(batch, share);
    },
    loss: ({ count }) => sumOf(results.losses, shardCount(count)),
    merge: ({ count, step }, share) => {
      const begin = performance.now();
      const pieces = tables.length + dense.chunks.length;
      for (let p = share.next(-1); p <= pieces; p = share.next(p)) {
        if (p < tables.length) mergeTable(p, count);
        else if (p < pieces) mergeChunk(p - tables.length, count);
        else writeScalars(step);
      }
      spend(2, begin);
    },
    clips: train.clipNorm !== undefined,
    clip: (_, share) => {
      if (train.clipNorm === undefined) return;
      const begin = performance.now();
      const { scope, norm } = train.clipNorm;
      const all = sumOf(results.chunkNorms, dense.chunks.length) + sumOf(results.tableNorms, tables.length);
      const global = scope === 'global' ? clipFactor(all, norm) : undefined;
      sumByParameter();
      for (let p = share.next(-1); p < tables.length + dense.chunks.length; p = share.next(p)) {
        const table = tables[p];
        const chunk = dense.chunks[p - tables.length];
        if (table?.merge !== undefined) {
          const factor = global ?? clipFactor(doubles[results.tableNorms + p] ?? NaN, norm);
          if (factor !== 1) kernels.scale(table.merge.merged, mergedSize(p), factor);
        } else if (chunk !== undefined) {
          const factor = global ?? clipFactor(parameterNorms[chunk.parameter] ?? NaN, norm);
          if (factor !== 1) kernels.scale(dense.gradients + chunk.gradient, chunk.size, factor);
        }
      }
      spend(3, begin);
    },
    update: (_, share) => {
      const begin = performance.now();
      runShards?.finish();
      let first = 0;
      let t = 0;
      for (let p = share.next(-1); ; p = share.next(p)) {
        let table = tables[t];
        while (table !== undefined && p >= first + updatePieces(table, merged(t))) {
          first += updatePieces(table, merged(t));
          table = tables[++t];
        }
        if (table !== undefined) updatePiece(memory, table, merged(t), p - first);
        else {
          const chunk = dense.chunks[p - first];
          if (chunk === undefined) break;
          const { at, slotStride, gradient, size, update } = chunk;
          kernels.updates[update.name].dense(at, slotStride, dense.gradients + gradient, size, update.scalars);
        }
      }
      spend(4, begin);
    },
  };
};

interface Run {
  readonly run: Phases['run'];
  /** Puts the next values of the states in their places, if this worker's session has them. */
  readonly finish: () => void;
}

const createRun = (
  { session, feed }: NonNullable<PhasesRequest['running']>,
  memory: Memory,
  layout: Layout,
  staging: Staging,
  losses: number,
  milliseconds: Float64Array,
): Run => {
  const weights = weightCopies(session, memory, layout);
  const states = stateCopies(session, memory, layout);
  const gradients = Array.from({ length: staging.shards }, (_, shard) => gradientCopies(session, memory, layout, staging, shard));
  let at = 0;
  let hasStates = false;
  const pass = (phase: number): void => {
    const now = performance.now();
    milliseconds[phase] = (milliseconds[phase] ?? 0) + now - at;
    at = now;
  };
  return {
    run: async ({ order, start, count, step }, share) => {
      const shards = Math.ceil(count / staging.rows);
      at = performance.now();
      let isFirst = true;
      for (let shard = share.next(-1); shard < shards; shard = share.next(shard)) {
        if (isFirst) weights.copy();
        isFirst = false;
        feed.fill(shard, order, start, count, step);
        pass(0);
        await session.run();
        pass(1);
        hasStates ||= shard === 0;
        memory.doubles[losses + shard] = session.outputs.loss?.[0] ?? NaN;
        gradients[shard]?.copy();
        pass(0);
      }
    },
    finish: () => {
      if (hasStates) states.copy();
      hasStates = false;
    },
  };
};
