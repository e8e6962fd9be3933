import type { RawRow } from './rows.js';

export type SplitName = 'train' | 'valid' | 'test';

/** What each row is for, by its place in the file from 0; undefined where it is left out. */
export function splitRows(rows: readonly (readonly [place: number, row: RawRow])[]): readonly (SplitName | undefined)[] {
  const uniform = createUniform(0);
  return rows.map(([place]) => {
    const u = uniform(place);
    if (u < 0.8) return 'train';
    if (u < 0.9) return 'valid';
    return 'test';
  });
}

/** SplitMix64 [Steele, Lea and Flood 2014]: a number of [0, 1) for each place, whatever other rows there are. */
function createUniform(seed: number): (place: number) => number {
  const golden = 0x9e3779b97f4a7c15n;
  const mix = (mixed: bigint): bigint => {
    let z = BigInt.asUintN(64, mixed);
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
  const start = mix(BigInt(seed) + golden);
  return (place) => Number(mix(start + BigInt(place + 1) * golden) >> 11n) / 2 ** 53;
}
