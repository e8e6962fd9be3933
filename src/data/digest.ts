import { createHash, type Hash } from 'node:crypto';
import type { EncodedData, EncodedRows } from '../encode/program.js';

type Numbers = Int32Array | Float32Array;

const bytesAtOnce = 2 ** 26;

/** SHA-256 of all that training and its metrics see of the data: the encoder, what it has learned, and the rows as numbers. */
export function dataDigest({ program, state, train, valid, test }: EncodedData): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([program, state.statistics]));
  for (const [name, values] of byName(state.vocabularies)) {
    hash.update(`\n${JSON.stringify(name)} ${String(values.length)}`);
    for (const value of values) hash.update(`\n${value}`);
  }
  for (const rows of [train, valid, test]) addRows(hash, rows);
  return hash.digest('hex');
}

function addRows(hash: Hash, { rows, ids, bags, dense, labels }: EncodedRows): void {
  const add = (name: string, values: Numbers): void => {
    hash.update(`\n${name} ${String(values.length)}\n`);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let at = 0; at < bytes.length; at += bytesAtOnce) hash.update(bytes.subarray(at, at + bytesAtOnce));
  };
  hash.update(`\nrows ${String(rows)}`);
  for (const [name, values] of byName(ids)) add(name, values);
  for (const [name, bag] of byName(bags)) {
    add(name, bag.ids);
    add(name, bag.offsets);
  }
  for (const [name, { values }] of byName(dense)) add(name, values);
  for (const [name, values] of byName(labels)) add(name, values);
}

const byName = <T>(of: Readonly<Record<string, T>>): readonly (readonly [string, T])[] =>
  Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
