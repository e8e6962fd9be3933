import type { EncodedRows } from '../../encode/program.js';
import type { Site } from '../../model/network.js';

/** Rows of a batch, cut into parts of the same size; the last part is filled up by its last row again and again. */
export interface Cut {
  readonly count: number;
  readonly parts: number;
  readonly partRows: number;
}

/** What a column of ids is looked up for, in one part of a batch: an element is an id of one row, bag or place. */
export interface Elements {
  readonly ids: Int32Array;
  /** 1 for what counts, 0 for padding. */
  readonly counts: Uint8Array;
  /** Of bags: the row of each id, -1 of none, and what its table row is multiplied by. */
  readonly bags?: { readonly owners: Int32Array; readonly scales: Float32Array };
}

export const missingColumn = (column: string): Error => new Error(`the rows have no column for ${column}`);

const ownOf = <T>(columns: Readonly<Record<string, T>>, name: string): T => {
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (column === undefined) throw missingColumn(name);
  return column;
};

export const denseOf = (rows: EncodedRows, name: string): EncodedRows['dense'][string] => ownOf(rows.dense, name);
export const labelOf = (rows: EncodedRows, name: string): Float32Array => ownOf(rows.labels, name);
export const idsOf = (rows: EncodedRows, name: string): Int32Array => ownOf(rows.ids, name);
export const bagsOf = (rows: EncodedRows, name: string): EncodedRows['bags'][string] => ownOf(rows.bags, name);

export const rowOf = ({ count, partRows }: Cut, part: number, place: number): number =>
  Math.min(part * partRows + place, count - 1);

/** Rows of a part that are the batch's. */
export const realRows = ({ count, partRows }: Cut, part: number): number => Math.min(partRows, count - part * partRows);

/** The elements of a site's column in one part. */
export const elementsOf = (
  rows: EncodedRows,
  { feature, form, length = 1 }: Pick<Site, 'feature' | 'form' | 'length'>,
  cut: Cut,
  part: number,
  sizeFor: (count: number) => number,
): Elements => {
  const real = realRows(cut, part);
  switch (form) {
    case 'row': {
      const column = idsOf(rows, feature);
      return {
        ids: Int32Array.from({ length: cut.partRows }, (_, r) => column[rowOf(cut, part, r)] ?? 0),
        counts: Uint8Array.from({ length: cut.partRows }, (_, r) => Number(r < real)),
      };
    }
    case 'sequence':
      return sequenceElements(bagsOf(rows, feature), length, cut, part);
    case 'mean':
    case 'sum':
      return bagElements(bagsOf(rows, feature), form, cut, part, sizeFor);
    default:
      return form satisfies never;
  }
};

/** Places behind a row's last id repeat it; those of an empty row have id 0, and a mask leaves all of them out. */
const sequenceElements = ({ ids, offsets }: EncodedRows['bags'][string], places: number, cut: Cut, part: number): Elements => {
  const real = realRows(cut, part);
  const elements = { ids: new Int32Array(cut.partRows * places), counts: new Uint8Array(cut.partRows * places) };
  for (let r = 0; r < cut.partRows; r++) {
    const row = rowOf(cut, part, r);
    const begin = offsets[row] ?? 0;
    const length = Math.min(places, (offsets[row + 1] ?? 0) - begin);
    for (let t = 0; t < places; t++) {
      elements.ids[r * places + t] = length === 0 ? 0 : (ids[begin + Math.min(t, length - 1)] ?? 0);
      elements.counts[r * places + t] = Number(r < real && t < length);
    }
  }
  return elements;
};

const bagElements = (
  { ids, offsets }: EncodedRows['bags'][string],
  pool: 'mean' | 'sum',
  cut: Cut,
  part: number,
  sizeFor: (count: number) => number,
): Elements => {
  const real = realRows(cut, part);
  const lengthOf = (row: number): number => (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
  let total = 0;
  for (let r = 0; r < cut.partRows; r++) total += lengthOf(rowOf(cut, part, r));
  const size = sizeFor(Math.max(1, total));
  const elements = { ids: new Int32Array(size), counts: new Uint8Array(size) };
  const bags = { owners: new Int32Array(size).fill(-1), scales: new Float32Array(size) };
  let at = 0;
  for (let r = 0; r < cut.partRows; r++) {
    const row = rowOf(cut, part, r);
    const length = lengthOf(row);
    for (let i = 0; i < length; i++, at++) {
      elements.ids[at] = ids[(offsets[row] ?? 0) + i] ?? 0;
      elements.counts[at] = Number(r < real);
      bags.owners[at] = r;
      bags.scales[at] = pool === 'mean' ? 1 / length : 1;
    }
  }
  return { ...elements, bags };
};

/** The distinct ids of elements that count, in the order in which they come, and the place of every element's among them. */
export interface Distinct {
  readonly ids: Int32Array;
  /** By element: where what counts has its place; an id that only padding has takes the first. */
  readonly places: readonly Int32Array[];
}

/** Finds the distinct ids of columns; `scratch` has a number for each row of the table, all 0, before and after. */
export const distinctIds = (columns: readonly Elements[], scratch: Int32Array): Distinct => {
  const found: number[] = [];
  for (const { ids, counts } of columns)
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] ?? 0;
      if (counts[i] === 0 || scratch[id] !== 0) continue;
      found.push(id);
      scratch[id] = found.length;
    }
  const places = columns.map(({ ids }) => ids.map((id) => Math.max(0, (scratch[id] ?? 0) - 1)));
  for (const id of found) scratch[id] = 0;
  return { ids: Int32Array.from(found), places };
};

/** Says which id is no row of its table: some backends read what lies behind it. */
export const checkIds = (columns: readonly Elements[], rows: number, table: string): void => {
  for (const { ids } of columns)
    for (const id of ids)
      if (id < 0 || id >= rows) throw new Error(`table ${table} has ${rows} rows; there is no row ${id} in it`);
};
