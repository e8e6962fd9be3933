import { elementsOf } from '../graph/shapes.js';
import type { EncodedRows } from '../encode/program.js';
import type { DenseParameter, PlacedSite } from '../graph/step.js';
import { movesAll } from '../graph/update/cost.js';
import type { UpdateName } from '../graph/update/rules.js';
import { initialSlots, isRowWise, scalarNames, slotNames, updateName } from '../graph/update/rules.js';
import type { Optimizer, Optimizers } from '../model/model.js';
import type { Site, State } from '../model/network.js';
import { optimizerOfTable, optimizerOfWeight } from '../model/optimizers.js';
import type { Allocator, MemoryPart } from './allocator.js';
import { createAllocator, roundUp } from './allocator.js';
import type { BankSize } from './kernels.js';
import type { Plan } from './plan.js';
import { largestBank, placeTables } from './segments.js';
import type { SizedTable, TableLayout } from './table-layout.js';
import { layTables } from './table-layout.js';

/** An optimizer as a step applies it. `scalars` is where the step's numbers are, a position in the floats. */
export interface UpdateLayout {
  readonly name: UpdateName;
  readonly parameters: Readonly<Record<string, number>>;
  readonly exact: boolean;
  /** Those of the rule, and behind them those of a moving average. */
  readonly slots: readonly string[];
  /** Of the rule. */
  readonly initialSlots: readonly number[];
  readonly scalars: number;
  readonly average?: AverageSlot;
}

/** Slot `slot` is a moving average of the weights. If a step leaves rows alone, the next slot says which step each row's is up to date with. */
export interface AverageSlot {
  readonly momentum: number;
  readonly slot: number;
  readonly isLazy: boolean;
}

/** Where everything is, in numbers: tables in any bank, all else in the first. */
export interface Layout {
  readonly banks: readonly BankSize[];
  readonly parts: readonly { readonly part: MemoryPart; readonly bytes: number }[];
  /** The updates that weights and tables follow, each once. */
  readonly updates: readonly UpdateLayout[];
  readonly dense: DenseLayout;
  readonly states: readonly StatePlace[];
  readonly tables: readonly TableLayout[];
  readonly training?: Staging;
  readonly results?: ResultPlaces;
  /** A shard for each of those that score. */
  readonly inference: Staging;
}

/** What a phase of a step leaves for the next: positions in the doubles. */
export interface ResultPlaces {
  /** By shard. */
  readonly losses: number;
  /** Squared norms by chunk of `DenseLayout.chunks`. */
  readonly chunkNorms: number;
  /** What plateaus have made of the learning rate so far. */
  readonly plateau: number;
}

/** A state that steps move: what it becomes by shard s is at `next` + s·nextStride. */
export interface StatePlace extends State {
  readonly at: number;
  readonly size: number;
  readonly next?: number;
  readonly nextStride: number;
}

export interface DenseLayout {
  readonly parameters: readonly DensePlace[];
  /** Gradient region s is at `gradients` + s·gradientStride. */
  readonly gradients: number;
  readonly gradientStride: number;
  /** Pieces of one trained parameter each, in order: what workers share out. */
  readonly chunks: readonly Chunk[];
}

/** Each weight is padded to a multiple of 4. */
export interface DensePlace extends DenseParameter {
  readonly at: number;
  /** Numbers, without padding. */
  readonly size: number;
  readonly training?: TrainedPlace;
}

/** Slot s of a weight is (s + 1)·slotStride behind it, its gradient at `gradient` of a gradient region. */
export interface TrainedPlace {
  readonly update: UpdateLayout;
  readonly slotStride: number;
  readonly gradient: number;
}

export interface Chunk extends TrainedPlace {
  /** Position in `DenseLayout.parameters`. */
  readonly parameter: number;
  readonly at: number;
  readonly size: number;
}

/** Room for the rows of a batch, shard by shard: shard s of a column's ids is at `ids` + s·stride, and so on. */
export interface Staging {
  readonly rows: number;
  readonly shards: number;
  readonly columns: readonly IdColumn[];
  readonly inputs: readonly RowsInput[];
  readonly sites: readonly SiteLayout[];
}

/** An input of rows, `rows.<name>`, and the gradient with respect to it: of one site, or of several side by side. */
export interface RowsInput {
  readonly name: string;
  /** Numbers of a row. */
  readonly width: number;
  readonly values: number;
  readonly gradients: number;
  /** Numbers of one shard in `values` and in `gradients`. */
  readonly stride: number;
}

/** Ids of a feature, shared by its sites of one form. */
export interface IdColumn {
  readonly feature: string;
  readonly form: 'row' | 'bag' | 'sequence';
  /** Places of a row of a sequence; else 1. */
  readonly places: number;
  readonly ids: number;
  readonly stride: number;
  /** Bags only: where each begins and ends, rows + 1 a shard. */
  readonly offsets: number;
  /** Sequences only: how many places each row has, `rows` a shard. */
  readonly lengths: number;
}

export interface SiteLayout extends PlacedSite {
  /** Position in `Layout.tables`. */
  readonly tableAt: number;
  readonly column: IdColumn;
  /** Its own in those of its input: the first numbers of the first shard. */
  readonly values: number;
  readonly gradients: number;
  /** Numbers of one shard in `values` and in `gradients`. */
  readonly stride: number;
  /** Numbers from one place to the next: `dim`, or those of the input where other sites stand beside it. */
  readonly rowStride: number;
}

export interface LayoutRequest {
  readonly parameters: readonly DenseParameter[];
  readonly states: readonly State[];
  /** Names of the states that a step moves; those of a model that is only applied stay. */
  readonly moved?: ReadonlySet<string>;
  readonly tables: readonly SizedTable[];
  readonly sites: readonly PlacedSite[];
  readonly plan: Plan;
  /** All rows that will be run: they say how long bags are. */
  readonly rows: readonly EncodedRows[];
  /** Absent: the model is only applied. */
  readonly optimizer?: Optimizers;
  /** Momentum of a moving average of all that is trained. */
  readonly ema?: number;
  /** How many score rows at once; 1 unless given. */
  readonly scorers?: number;
  /** Bytes that a bank may have; those of a WebAssembly memory unless given. */
  readonly largestBank?: number;
}

const sizeOf = (shape: readonly number[]): number => elementsOf(shape, 1);

const largestChunk = 16384;

/** Positions of everything that training (or applying) a model needs, and the sum. */
export const planLayout = (request: LayoutRequest): Layout => {
  const { plan, optimizer } = request;
  const allocate = createAllocator();
  const updates = new Map<string, UpdateLayout>();
  const { ema } = request;
  const updateOf = (of: Optimizer, dim: number, isTable: boolean): UpdateLayout => {
    const parameters = isRowWise(updateName(of)) ? { ...of.parameters, dim } : of.parameters;
    const isLazy = isTable && !movesAll(of);
    const key = JSON.stringify([of.rule, parameters, of.exact, ema !== undefined && isLazy]);
    const update =
      updates.get(key) ?? layUpdate({ ...of, parameters }, ema === undefined ? undefined : { momentum: ema, isLazy }, allocate);
    updates.set(key, update);
    return update;
  };
  const weightUpdate =
    optimizer && (({ name, shape }: DenseParameter) => updateOf(optimizerOfWeight(optimizer, name), sizeOf(shape), false));
  const tableUpdate = optimizer && (({ name, dim }: SizedTable) => updateOf(optimizerOfTable(optimizer, name), dim, true));
  // The scalars of all updates come first, where every bank has them.
  for (const parameter of request.parameters) if (!parameter.frozen) weightUpdate?.(parameter);
  for (const table of request.tables) if (table.frozen !== true) tableUpdate?.(table);
  const scalars = allocate.taken().floats;
  const dense = layDense(request.parameters, plan.shards, allocate, weightUpdate);
  const states = request.states.map((state): StatePlace => {
    const size = sizeOf(state.shape);
    const nextStride = roundUp(size, 4);
    const at = allocate.floats([['dense weights', nextStride]]);
    const isMoved = request.moved?.has(state.name) === true;
    return {
      ...state,
      size,
      at,
      nextStride,
      ...(isMoved && { next: allocate.floats([['gradients', nextStride * plan.shards]]) }),
    };
  });
  const training = optimizer && layStaging(request, plan.shardRows, plan.shards, true, allocate);
  const inference = layStaging(request, plan.inferenceRows, request.scorers ?? 1, false, allocate);
  const results = training && layResults(training.shards, dense.chunks.length, allocate);
  const { tables, banks } = layTables(request.tables, training, tableUpdate, allocate, (needs) =>
    placeTables(needs, allocate.taken(), scalars, request.largestBank ?? largestBank),
  );
  return {
    banks,
    parts: allocate.parts(),
    updates: [...updates.values()],
    dense,
    states,
    tables,
    inference,
    ...(training && { training }),
    ...(results && { results }),
  };
};

const layResults = (shards: number, chunks: number, allocate: Allocator): ResultPlaces => ({
  losses: allocate.doubles(shards),
  chunkNorms: allocate.doubles(chunks),
  plateau: allocate.doubles(1),
});

const layUpdate = (of: Optimizer, average: Omit<AverageSlot, 'slot'> | undefined, allocate: Allocator): UpdateLayout => {
  const name = updateName(of);
  const slots = slotNames(name);
  return {
    name,
    parameters: of.parameters,
    exact: of.exact,
    slots: [...slots, ...(average ? ['average'] : []), ...(average?.isLazy === true ? ['averaged_at'] : [])],
    initialSlots: initialSlots(name, of.parameters),
    scalars: allocate.floats([['optimizer state', scalarNames(name).length]]),
    ...(average && { average: { ...average, slot: slots.length } }),
  };
};

/** Weights of one update lie one after the other, with all of its slots behind them. */
const layDense = (
  parameters: readonly DenseParameter[],
  shards: number,
  allocate: Allocator,
  updateOf: ((parameter: DenseParameter) => UpdateLayout) | undefined,
): DenseLayout => {
  const updates = parameters.map((parameter) => (parameter.frozen ? undefined : updateOf?.(parameter)));
  const placed = new Array<DensePlace | undefined>(parameters.length);
  let gradientStride = 0;
  const gradientOf = parameters.map(({ shape }, i) => {
    const at = gradientStride;
    if (updates[i] !== undefined) gradientStride += roundUp(sizeOf(shape), 4);
    return at;
  });
  for (const update of new Set(updates)) {
    const members = parameters.map((parameter, i) => ({ parameter, i })).filter(({ i }) => updates[i] === update);
    const slotStride = members.reduce((sum, { parameter }) => sum + roundUp(sizeOf(parameter.shape), 4), 0);
    let at = allocate.floats([
      ['dense weights', slotStride],
      ['optimizer state', slotStride * (update?.slots.length ?? 0)],
    ]);
    for (const { parameter, i } of members) {
      const size = sizeOf(parameter.shape);
      const training = update && { update, slotStride, gradient: gradientOf[i] ?? 0 };
      placed[i] = { ...parameter, at, size, ...(training && { training }) };
      at += roundUp(size, 4);
    }
  }
  const all = placed.filter((place) => place !== undefined);
  return {
    parameters: all,
    gradients: allocate.floats([['gradients', gradientStride * shards]]),
    gradientStride,
    chunks: all.flatMap(chunksOf),
  };
};

const chunksOf = ({ at, size, training }: DensePlace, parameter: number): readonly Chunk[] => {
  if (training === undefined) return [];
  const padded = roundUp(size, 4);
  const most = isRowWise(training.update.name) ? padded : largestChunk;
  return Array.from({ length: Math.ceil(padded / most) }, (_, i) => ({
    ...training,
    parameter,
    at: at + i * most,
    gradient: training.gradient + i * most,
    size: Math.min(most, padded - i * most),
  }));
};

const formOf = ({ form }: Site): IdColumn['form'] => (form === 'mean' || form === 'sum' ? 'bag' : form);

const layStaging = (request: LayoutRequest, rows: number, shards: number, trained: boolean, allocate: Allocator): Staging => {
  const columns = new Map<string, IdColumn>();
  const columnOf = (site: Site): IdColumn => {
    const form = formOf(site);
    const places = form === 'sequence' ? (site.length ?? 1) : 1;
    const key = `${form} ${String(places)} ${site.feature}`;
    const known = columns.get(key);
    if (known !== undefined) return known;
    const stride = form === 'bag' ? longestBags(request.rows, site.feature, rows) : rows * places;
    const column: IdColumn = {
      feature: site.feature,
      form,
      places,
      stride,
      ids: allocate.ints('batches', stride * shards),
      offsets: allocate.ints('batches', form === 'bag' ? (rows + 1) * shards : 0),
      lengths: allocate.ints('batches', form === 'sequence' ? rows * shards : 0),
    };
    columns.set(key, column);
    return column;
  };
  const inputs = new Map<string, RowsInput>();
  const inputOf = (name: string, width: number): RowsInput => {
    const known = inputs.get(name);
    if (known !== undefined) return known;
    const stride = roundUp(rows * width + 3, 4);
    const values = allocate.floats([['batches', stride * shards]]);
    const gradients = allocate.floats([['gradients', trained ? stride * shards : 0]]);
    const input = { name, width, stride, values, gradients };
    inputs.set(name, input);
    return input;
  };
  const sites = request.sites.map((site): SiteLayout => {
    const column = columnOf(site);
    const { place } = site;
    const { values, gradients, stride } = inputOf(place?.input ?? site.name, place?.width ?? column.places * site.dim);
    const offset = place?.offset ?? 0;
    return {
      ...site,
      tableAt: request.tables.findIndex(({ name }) => name === site.table),
      column,
      stride,
      rowStride: place?.width ?? site.dim,
      values: values + offset,
      gradients: gradients + offset,
    };
  });
  return { rows, shards, columns: [...columns.values()], inputs: [...inputs.values()], sites };
};

/** Most ids that `rows` rows can have together. */
const longestBags = (data: readonly EncodedRows[], feature: string, rows: number): number =>
  Math.max(
    1,
    ...data.map((encoded) => {
      const bag = encoded.bags[feature];
      if (bag === undefined) return 0;
      const lengths = new Int32Array(encoded.rows);
      for (let r = 0; r < encoded.rows; r++) lengths[r] = (bag.offsets[r + 1] ?? 0) - (bag.offsets[r] ?? 0);
      return lengths
        .sort()
        .subarray(-rows)
        .reduce((sum, length) => sum + length, 0);
    }),
  );
