import type { EncodedData, EncodedRows } from '../encode/program.js';
import { columnShapes, columnValues, rowsOfColumns, type ColumnValues } from '../encode/row-groups.js';
import type { CheckedModel, TrainSection } from '../model/model.js';
import { isRowWise, slotNames, updateName } from '../graph/update/rules.js';
import { optimizerOfTable } from '../model/optimizers.js';
import type { Tensor } from '../target/tfjs/namespace.js';
import { toTfjs, type NamedWeights } from '../target/tfjs/live.js';
import { averagedLayout } from './average.js';
import { addStep, beginEpoch, createControl, readReached, type Reached } from './control.js';
import type { Crew } from './crew.js';
import { phaseTimes, watchMilliseconds } from './crew.js';
import type { Engine, TableDevice } from './engine.js';
import { orFault, throwFault } from './faults.js';
import type { Orders } from './orders.js';
import { createPacer, pause } from './pause.js';
import { nothingReached } from './position.js';
import type { Prepared } from './prepare.js';
import type { RunLength } from '../graph/update/schedule.js';
import { score } from './score.js';
import type { Stretch } from './steps.js';
import { phaseNames } from './step.js';
import type { SizedTable } from './table-layout.js';
import type { StateView } from './weights.js';
import { viewState } from './weights.js';

/** Most steps whose losses are read back together, so that the device does not wait for whoever reads them. */
const lossesAtOnce = 64;

/** No more steps wait for the device than it does in about this time: an interruption has to wait for them. */
const backlogMilliseconds = 500;

/** What says whether tables can be on a device. */
interface Fit {
  readonly engine: Pick<Engine, 'device' | 'name'>;
  readonly tables: readonly Pick<SizedTable, 'name' | 'rows' | 'dim' | 'frozen'>[];
  readonly train: Pick<TrainSection, 'optimizer' | 'ema'>;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** Numbers of a row in each array of a table: weights, what its optimizer remembers, the average and the steps that it stands at. */
const rowWidths = ({ name, dim, frozen }: Fit['tables'][number], { optimizer, ema }: Fit['train']): readonly number[] => {
  if (frozen) return [dim];
  const rule = updateName(optimizerOfTable(optimizer, name));
  return [dim, ...slotNames(rule).map(() => (isRowWise(rule) ? 1 : dim)), ...(ema === undefined ? [] : [dim, 2])];
};

/** Why tables stay in memory with an engine that has room for them on a device; undefined if they do not, or it has none. */
export const whyInMemory = async ({ engine, tables, train }: Fit): Promise<string | undefined> => {
  if (engine.device === undefined) return undefined;
  const { largestArray, mostRows = Infinity, hasRoomFor } = engine.device;
  const arrays: number[] = [];
  for (const table of tables) {
    // A row more is where padded batches are written.
    const rows = table.rows + 1;
    const own = rowWidths(table, train).map((width) => 4 * rows * width);
    const bytes = Math.max(...own);
    if (bytes > largestArray)
      return `table ${table.name} has ${megabytes(bytes)}, and the device takes ${megabytes(largestArray)} at once`;
    if (rows > mostRows)
      return `table ${table.name} has ${table.rows.toLocaleString('en-US')} rows, and ids on the device are exact up to ${mostRows.toLocaleString('en-US')}`;
    arrays.push(...own);
  }
  // All are copied when they come to the memory.
  if (hasRoomFor === undefined || (await hasRoomFor([...arrays, ...arrays]))) return undefined;
  const all = arrays.reduce((sum, bytes) => sum + bytes, 0);
  return `they have ${megabytes(all)} with what is remembered of them, and the device has no room for that and a copy`;
};

interface DeviceRequest {
  readonly model: CheckedModel;
  readonly data: EncodedData;
  readonly device: TableDevice;
  readonly prepared: Prepared;
  readonly orders: Orders;
  readonly seed: number;
  readonly length: RunLength;
}

/**
 * Does every step on a device that holds weights, tables and what optimizers remember. They come to the memory when a stretch ends: at
 * the end of an epoch, for a checkpoint, at an interruption. In between, losses alone are read, many steps at a time.
 */
export const crewOnDevice = ({ model, data, device, prepared, orders, seed, length }: DeviceRequest): Crew => {
  const { plan, layout, memory, scoring, close } = prepared;
  const { tf } = device;
  const live = toTfjs(model, tf, { facts: data.state, seed, length, trainingRows: data.train });
  const control = createControl(1);
  const milliseconds = new Float64Array(phaseNames.length);
  /** What the memory holds; undefined while it is half written. */
  let held: Reached | undefined = nothingReached;
  let isOnDevice = false;

  const stateAt = (step: number): ReturnType<typeof viewState> => viewState(memory, layout, step, 0);
  const put = (steps: number): void => {
    live.setState({ steps, arrays: namedArrays(stateAt(steps)) });
    isOnDevice = true;
  };
  const take = async (reached: Reached): Promise<void> => {
    const { steps, arrays } = await live.state();
    throwFault(device.fault);
    held = undefined;
    for (const { name, write } of allArrays(stateAt(steps))) write(0, arrays[name]?.values ?? new Float32Array());
    held = reached;
  };

  const batchesOf = ({ order, rows = data.train.rows }: Stretch) => {
    const shuffled = orders.buffers[order ?? 0];
    const batches = Math.ceil(rows / plan.batch);
    return (i: number): EncodedRows => {
      const start = (i % batches) * plan.batch;
      return pickRows(data.train, shuffled, start, Math.min(plan.batch, rows - start));
    };
  };
  const stepOn = (batch: EncodedRows): Tensor =>
    live.step(batch, layout.results === undefined ? 1 : memory.doubles[layout.results.plateau]);
  /** Losses in the order of their steps, up to the first that is not finite. */
  const count = async (pending: { readonly loss: Tensor; readonly rows: number }[]): Promise<void> => {
    if (pending.length === 0) return;
    const begin = performance.now();
    const all = tf.stack(pending.map(({ loss }) => loss));
    const losses = await all.data();
    throwFault(device.fault);
    for (const tensor of [all, ...pending.map(({ loss }) => loss)]) tensor.dispose();
    milliseconds[1] = (milliseconds[1] ?? 0) + performance.now() - begin;
    for (const [i, { rows }] of pending.entries()) {
      addStep(control, losses[i] ?? NaN, rows);
      if (!Number.isFinite(losses[i])) break;
    }
    pending.length = 0;
  };
  /** Puts the device back to what the memory holds, and does the steps again that went well: what a bad step has left of it is lost. */
  const goBack = async (stretch: Stretch, reached: Reached, steps: number): Promise<Reached> => {
    const batchAt = batchesOf(stretch);
    put(stretch.before + stretch.from);
    for (let done = 0; done < steps; done++) {
      stepOn(batchAt(stretch.from + done)).dispose();
      if (done % lossesAtOnce === 0) await pause();
    }
    await take(reached);
    isOnDevice = false;
    return reached;
  };

  const run: Crew['run'] = async (stretch, watch, signal, clock) => {
    const { from, to, before } = stretch;
    if (!isOnDevice || live.steps !== before + from) put(before + from);
    const first = readReached(control).step;
    const isBad = (): boolean => !Number.isFinite(readReached(control).lastLoss);
    const batchAt = batchesOf(stretch);
    const pacer = createPacer(watchMilliseconds);
    const pending: { loss: Tensor; rows: number }[] = [];
    let wantsPause = false;
    let backlog = 1;
    let since = performance.now();
    for (let i = from; i < to && !wantsPause; i++) {
      const batch = batchAt(i);
      const begin = performance.now();
      pending.push({ loss: stepOn(batch), rows: batch.rows });
      milliseconds[1] = (milliseconds[1] ?? 0) + performance.now() - begin;
      const isDue = pacer.due();
      if (clock !== undefined || pending.length >= backlog) {
        const steps = pending.length;
        await count(pending);
        const now = performance.now();
        backlog = Math.max(1, Math.min(lossesAtOnce, Math.floor((backlogMilliseconds * steps) / (now - since))));
        since = now;
        if (isBad()) return await goBack(stretch, readReached(control), readReached(control).step - first);
      }
      if (clock !== undefined) clock[i - from] = performance.now();
      if (isDue) {
        await pause();
        wantsPause = watch(readReached(control));
      }
      wantsPause ||= signal?.aborted === true;
    }
    await count(pending);
    const reached = readReached(control);
    if (isBad()) return goBack(stretch, reached, reached.step - first);
    await take(reached);
    return reached;
  };

  return {
    size: 1,
    beginEpoch: (epoch, reached) => {
      orders.take(epoch);
      beginEpoch(control, reached);
      held = reached;
      // Averages were brought up to date in the memory alone.
      if (model.train.ema !== undefined) isOnDevice = false;
    },
    reached: () => held,
    run: (...asked) => orFault(device.fault, () => run(...asked)),
    score: async (signal) => scoring && (await score(scoring, memory, averagedLayout(layout), data.valid, signal)),
    times: () => phaseTimes(milliseconds),
    close: async () => {
      live.dispose();
      await close();
    },
  };
};

const allArrays = <A>({
  dense,
  states,
  tables,
  denseSlots,
  tableSlots,
}: Readonly<Record<'dense' | 'states' | 'tables' | 'denseSlots' | 'tableSlots', readonly A[]>>): readonly A[] => [
  ...dense,
  ...states,
  ...tables,
  ...denseSlots,
  ...tableSlots,
];

const namedArrays = (state: StateView): NamedWeights =>
  Object.fromEntries(
    allArrays(state).map(({ name, shape, read }) => [name, { shape, values: Float32Array.from(read(0, shape[0] ?? 1)) }]),
  );

/** A copy of `count` rows, from one on in an order. */
const pickRows = (rows: EncodedRows, order: Int32Array | undefined, start: number, count: number): EncodedRows => {
  const shapes = columnShapes(rows);
  const rowAt = (r: number): number => order?.[start + r] ?? start + r;
  const columns = shapes.map((shape): ColumnValues => {
    const { values, offsets } = columnValues(rows, shape);
    const picked = new Int32Array(count + 1);
    for (let r = 0; r < count; r++) {
      const row = rowAt(r);
      picked[r + 1] = (picked[r] ?? 0) + (offsets ? (offsets[row + 1] ?? 0) - (offsets[row] ?? 0) : shape.width);
    }
    const size = picked[count] ?? 0;
    const copy = values instanceof Int32Array ? new Int32Array(size) : new Float32Array(size);
    for (let r = 0; r < count; r++) {
      const from = offsets ? (offsets[rowAt(r)] ?? 0) : rowAt(r) * shape.width;
      const to = picked[r] ?? 0;
      for (let i = 0, n = (picked[r + 1] ?? 0) - to; i < n; i++) copy[to + i] = values[from + i] ?? 0;
    }
    return offsets ? { values: copy, offsets: picked } : { values: copy };
  });
  return rowsOfColumns(count, shapes, columns);
};
