import type { EncodedRows } from '../encode/program.js';
import { scalarValues } from '../graph/update/rules.js';
import type { TrainSection } from '../model/model.js';
import { averageShare } from '../graph/update/decay.js';
import { gradientCopies, stateCopies, weightCopies } from './copies.js';
import type { Session } from './engine.js';
import type { Feed } from './feed.js';
import type { Memory } from './kernels.js';
import type { Layout, Staging } from './layout.js';
import { createIdFill } from './lookups.js';
import type { RunLength } from '../graph/update/schedule.js';
import { scheduleFactor } from '../graph/update/schedule.js';
import { tableWork } from './tables.js';

/**
 * Who does which piece of a phase: `next` is given the last piece that this worker did, or -1, and tells the next one. Every piece is
 * done by one worker; with a barrier after each phase, any number of workers gives the same bits.
 */
export interface Share {
  readonly next: (last: number) => number;
  /** The same for a second row of pieces in the same phase. */
  readonly nextAside: (last: number) => number;
}

const inOrder = (last: number): number => last + 1;

export const alone: Share = { next: inOrder, nextAside: inOrder };

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
  /** Puts a batch's ids where the other phases find them: before its `run`, and after the `merge` of the batch before it. */
  readonly fill: (batch: Batch, share: Share) => void;
  /** Gathers and runs the worker's shards, leaves their losses and gradients; and finds the distinct rows of the tables. */
  readonly run: (batch: Batch, share: Share) => Promise<void>;
  /** The batch's loss, after `run`. */
  readonly loss: (batch: Batch) => number;
  /** Sums the dense gradients, merges table rows, adds L2, and leaves norms. */
  readonly merge: (batch: Batch, share: Share) => void;
  /** Whether `clip` does anything. */
  readonly clips: boolean;
  readonly clip: (batch: Batch, share: Share) => void;
  /** Fills the next batch's ids as well, if there is one. */
  readonly update: (batch: Batch, share: Share, next?: Batch) => void;
  /** Milliseconds of this worker so far, in the order of `phaseNames`. */
  readonly milliseconds: Float64Array;
}

/** `gather` copies in and out of the engine as well; `wait` is for other workers. */
export const phaseNames = ['gather', 'run', 'merge', 'clip', 'update', 'wait'] as const;

/** What of a spec's training a step depends on. */
export type StepSettings = Pick<TrainSection, 'clipNorm' | 'schedule'>;

export interface PhasesRequest {
  /** Absent for a worker that only helps with what is done outside the engine. */
  readonly running?: { readonly session: Session; readonly feed: Feed };
  /** The training rows. */
  readonly data: EncodedRows;
  readonly memory: Memory;
  readonly layout: Layout;
  readonly train: StepSettings;
  /** How long the run is, which a schedule depends on. */
  readonly length: RunLength;
  readonly milliseconds?: Float64Array;
}

export const createPhases = (request: PhasesRequest): Phases => {
  const { running, data, memory, layout, train, length, milliseconds = new Float64Array(phaseNames.length) } = request;
  const { floats, doubles, kernels } = memory;
  const { dense, tables, training: staging, results } = layout;
  if (staging === undefined || results === undefined) throw new Error('a layout without room for training');
  const runShards = running && createRun(running, memory, layout, staging, results.losses, milliseconds);
  const fillIds = createIdFill({ memory, staging, data });
  const works = tables.map((table) => tableWork(memory, staging, table));
  const pieceOfTable = tables.flatMap(({ merge }, t) => Array.from({ length: merge?.pieces ?? 0 }, (_, piece) => ({ t, piece })));
  const tableNorms = new Float64Array(tables.length);
  const parameterNorms = new Float64Array(dense.parameters.length);
  const shardCount = (count: number): number => Math.ceil(count / staging.rows);
  const writeScalars = (step: number): void => {
    const factor = scheduleFactor(train.schedule, step, length, doubles[results.plateau]);
    for (const { name, parameters, scalars } of layout.updates) {
      const values = scalarValues(name, parameters, step, factor);
      for (const bank of memory.banks) for (let i = 0; i < values.length; i++) bank.floats[scalars + i] = values[i] ?? NaN;
    }
  };
  /** Each shard's rows move the states as far as their share of the batch. */
  const moveStates = (count: number): void => {
    for (const { at, size, next, nextStride } of layout.states)
      for (let i = 0; next !== undefined && i < size; i++) {
        let value = 0;
        for (let shard = 0; shard < shardCount(count); shard++)
          value +=
            (Math.min(staging.rows, count - shard * staging.rows) / count) * (floats[next + shard * nextStride + i] ?? NaN);
        floats[at + i] = value;
      }
  };
  const spend = (phase: number, begin: number): void => {
    milliseconds[phase] = (milliseconds[phase] ?? 0) + performance.now() - begin;
  };

  const fill = ({ order, start, count }: Batch, first: number, last: number, share: Share): void => {
    for (let p = last; p - first < shardCount(count); p = share.next(p)) {
      const from = (p - first) * staging.rows;
      fillIds(p - first, order, start + from, Math.min(staging.rows, count - from));
    }
  };
  const mergePiece = ({ t, piece }: { readonly t: number; readonly piece: number }, count: number): void => {
    const { merge } = tables[t] ?? {};
    works[t]?.merge(piece, count);
    if (merge !== undefined && train.clipNorm !== undefined) doubles[merge.norms + piece] = works[t]?.squaredNorm(piece) ?? 0;
  };
  const mergeChunk = (c: number, count: number): void => {
    const chunk = dense.chunks[c];
    if (chunk === undefined) return;
    const gradient = dense.gradients + chunk.gradient;
    kernels.sumRegions(gradient, dense.gradientStride, shardCount(count), chunk.size);
    const l2 = dense.parameters[chunk.parameter]?.l2 ?? 0;
    if (l2 !== 0) kernels.addScaled(gradient, chunk.at, chunk.size, l2);
    if (train.clipNorm !== undefined) doubles[results.chunkNorms + c] = kernels.squaredNorm(gradient, chunk.size, 1, chunk.size);
  };

  /** Keras: g ← g·c/max(‖g‖, c). */
  const clipFactor = (squares: number, limit: number): number => Math.min(1, limit / Math.sqrt(squares));
  const sumOf = (first: number, count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += doubles[first + i] ?? NaN;
    return sum;
  };
  const sumNorms = (): void => {
    for (const [t, { merge }] of tables.entries()) tableNorms[t] = merge === undefined ? 0 : sumOf(merge.norms, merge.pieces);
    parameterNorms.fill(0);
    for (let c = 0; c < dense.chunks.length; c++) {
      const parameter = dense.chunks[c]?.parameter ?? 0;
      parameterNorms[parameter] = (parameterNorms[parameter] ?? 0) + (doubles[results.chunkNorms + c] ?? NaN);
    }
  };

  // Tables come first in every phase: they are the larger pieces.
  return {
    milliseconds,
    fill: (batch, share) => {
      const begin = performance.now();
      fill(batch, 0, share.next(-1), share);
      spend(0, begin);
    },
    run: async (batch, share) => {
      await runShards?.(batch, share);
      const begin = performance.now();
      for (let t = share.nextAside(-1); t < tables.length; t = share.nextAside(t)) works[t]?.index(batch.count);
      spend(2, begin);
    },
    loss: ({ count }) => sumOf(results.losses, shardCount(count)),
    merge: ({ count, step }, share) => {
      const begin = performance.now();
      const ofTables = pieceOfTable.length;
      const pieces = ofTables + dense.chunks.length;
      for (let p = share.next(-1); p <= pieces; p = share.next(p)) {
        const piece = pieceOfTable[p];
        if (piece !== undefined) mergePiece(piece, count);
        else if (p < pieces) mergeChunk(p - ofTables, count);
        else writeScalars(step);
      }
      spend(2, begin);
    },
    clips: train.clipNorm !== undefined,
    clip: (_, share) => {
      if (train.clipNorm === undefined) return;
      const begin = performance.now();
      const { scope, norm } = train.clipNorm;
      sumNorms();
      const all = sumOf(results.chunkNorms, dense.chunks.length) + tableNorms.reduce((sum, squares) => sum + squares, 0);
      const global = scope === 'global' ? clipFactor(all, norm) : undefined;
      const ofTables = pieceOfTable.length;
      for (let p = share.next(-1); p < ofTables + dense.chunks.length; p = share.next(p)) {
        const piece = pieceOfTable[p];
        const chunk = dense.chunks[p - ofTables];
        if (piece !== undefined) {
          const factor = global ?? clipFactor(tableNorms[piece.t] ?? NaN, norm);
          if (factor !== 1) works[piece.t]?.scale(piece.piece, factor);
        } else if (chunk !== undefined) {
          const factor = global ?? clipFactor(parameterNorms[chunk.parameter] ?? NaN, norm);
          if (factor !== 1) kernels.scale(dense.gradients + chunk.gradient, chunk.size, factor);
        }
      }
      spend(3, begin);
    },
    update: ({ count, step }, share, next) => {
      const begin = performance.now();
      let first = 0;
      let t = 0;
      let p = share.next(-1);
      for (; ; p = share.next(p)) {
        let work = works[t];
        while (t < works.length && p >= first + (work?.updatePieces() ?? 0)) {
          first += work?.updatePieces() ?? 0;
          work = works[++t];
        }
        if (work !== undefined) work.update(p - first, step);
        else {
          if (p - first === dense.chunks.length) moveStates(count);
          const chunk = dense.chunks[p - first];
          if (chunk === undefined && p - first > dense.chunks.length) break;
          if (chunk === undefined) continue;
          const { at, slotStride, gradient, size, update } = chunk;
          kernels.updates[update.name].dense(at, slotStride, dense.gradients + gradient, size, update.scalars);
          if (update.average === undefined) continue;
          const { slot, momentum } = update.average;
          kernels.average(at, 0, size, (slot + 1) * slotStride, undefined, 1, averageShare(momentum, step));
        }
      }
      spend(4, begin);
      if (next === undefined) return;
      const filling = performance.now();
      fill(next, first + dense.chunks.length + 1, p, share);
      spend(0, filling);
    },
  };
};

const createRun = (
  { session, feed }: NonNullable<PhasesRequest['running']>,
  memory: Memory,
  layout: Layout,
  staging: Staging,
  losses: number,
  milliseconds: Float64Array,
): Phases['run'] => {
  const weights = weightCopies(session, memory, layout);
  const copies = Array.from({ length: staging.shards }, (_, shard) => [
    gradientCopies(session, memory, layout, staging, shard),
    stateCopies(session, memory, layout, shard),
  ]);
  let at = 0;
  const pass = (phase: number): void => {
    const now = performance.now();
    milliseconds[phase] = (milliseconds[phase] ?? 0) + now - at;
    at = now;
  };
  return async ({ order, start, count, step }, share) => {
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
      memory.doubles[losses + shard] = session.outputs.loss?.[0] ?? NaN;
      for (const { copy } of copies[shard] ?? []) copy();
      pass(0);
    }
  };
};
