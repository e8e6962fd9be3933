import type { Split } from '../model/model.js';

/** Which split a row belongs to; `none`: it is left out. */
export const splitCodes = { train: 0, valid: 1, test: 2, none: 3 } as const;
export type SplitName = 'train' | 'valid' | 'test';

type Shares = Extract<Split, { kind: 'random' }>;

const golden = 0x9e3779b97f4a7c15n;
const mask64 = 0xffffffffffffffffn;

/**
 * SplitMix64 (Steele, Lea and Flood 2014): draw `ordinal` of the stream that the seed starts, as a number of [0, 1) with 53 bits.
 * A row's place among others never changes it.
 */
export function createUniform(seed: number): (ordinal: number) => number {
  const start = mix64(BigInt.asUintN(64, BigInt(seed)));
  const startHigh = Number(start >> 32n);
  const startLow = Number(start & 0xffffffffn);
  const out = { high: 0, low: 0 };
  return (ordinal) => {
    const next = ordinal + 1;
    multiply(out, Math.floor(next / 4294967296), next >>> 0, 0x9e3779b9, 0x7f4a7c15);
    const low = out.low + startLow;
    let h = (out.high + startHigh + (low > 0xffffffff ? 1 : 0)) >>> 0;
    let l = low >>> 0;
    l = (l ^ ((l >>> 30) | (h << 2))) >>> 0;
    h = (h ^ (h >>> 30)) >>> 0;
    multiply(out, h, l, 0xbf58476d, 0x1ce4e5b9);
    l = (out.low ^ ((out.low >>> 27) | (out.high << 5))) >>> 0;
    h = (out.high ^ (out.high >>> 27)) >>> 0;
    multiply(out, h, l, 0x94d049bb, 0x133111eb);
    l = (out.low ^ ((out.low >>> 31) | (out.high << 1))) >>> 0;
    h = (out.high ^ (out.high >>> 31)) >>> 0;
    return (h * 2097152 + (l >>> 11)) / 9007199254740992;
  };
}

/** The low 64 bits of a product, in 32-bit halves. */
function multiply(out: { high: number; low: number }, aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const a0 = aLow & 0xffff;
  const a1 = aLow >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = (middle & 0xffff) + a0 * b1;
  const top = a1 * b1 + Math.floor(middle / 65536) + Math.floor(carry / 65536);
  out.low = Math.imul(aLow, bLow) >>> 0;
  out.high = (top + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) >>> 0;
}

function mix64(seed: bigint): bigint {
  let z = BigInt.asUintN(64, seed + golden);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** The same number as SQL (DuckDB), for a non-negative integer expression. */
export function uniformSql(seed: number, ordinal: string): string {
  const start = mix64(BigInt.asUintN(64, BigInt(seed)));
  const wrap = (sum: string): string => `((${sum}) & ${String(mask64)}::UHUGEINT)`;
  const shifted = (z: string, bits: number): string => `xor(${z}, ${z} >> ${String(bits)})`;
  const times = (z: string, factor: bigint): string => wrap(`${z} * ${String(factor)}::UHUGEINT`);
  let z = wrap(`${String(start)}::UHUGEINT + ((${ordinal}) + 1)::UHUGEINT * ${String(golden)}::UHUGEINT`);
  z = times(shifted(z, 30), 0xbf58476d1ce4e5b9n);
  z = times(shifted(z, 27), 0x94d049bb133111ebn);
  return `((${shifted(z, 31)} >> 11)::DOUBLE / 9007199254740992e0)`;
}

/** Which split a draw falls into. Rounding of the shares never leaves a row out. */
export function splitOfUniform(u: number, shares: Pick<Shares, SplitName>): SplitName {
  if (u < shares.train) return 'train';
  if (u < shares.train + shares.valid) return 'valid';
  return shares.test > 0 ? 'test' : shares.valid > 0 ? 'valid' : 'train';
}

/** Sizes of the splits of `rows` rows in order of time. */
export function splitSizes(rows: number, shares: Pick<Shares, SplitName>): Readonly<Record<SplitName, number>> {
  const train = Math.min(rows, Math.round(rows * shares.train));
  const valid = shares.test === 0 ? rows - train : Math.min(rows - train, Math.round(rows * shares.valid));
  return { train, valid, test: rows - train - valid };
}
