import type { Split } from '../model/model.js';

/** Which split a row belongs to; `none`: it is left out. */
export const splitCodes = { train: 0, valid: 1, test: 2, none: 3 } as const;
export type SplitName = 'train' | 'valid' | 'test';

type Shares = Extract<Split, { kind: 'random' }>;

const golden = 0x9e3779b97f4a7c15n;

/**
 * SplitMix64 (Steele, Lea and Flood 2014): draw `ordinal` of the stream that the seed starts, as a number of [0, 1) with 53 bits.
 * A row's place among others never changes it.
 */
export function createUniform(seed: number): (ordinal: number) => number {
  const start = mix64(BigInt.asUintN(64, BigInt(seed)));
  const startHigh = Number(start >> 32n) | 0;
  const startLow = Number(start & 0xffffffffn) | 0;
  return (ordinal) => {
    const next = ordinal + 1;
    const step = next | 0;
    const sum = (Math.imul(step, 0x7f4a7c15) >>> 0) + (startLow >>> 0);
    let low = sum | 0;
    let high =
      (highProduct(step, 0x7f4a7c15) +
        Math.imul(Math.floor(next / 4294967296), 0x7f4a7c15) +
        Math.imul(step, 0x9e3779b9) +
        startHigh +
        (sum > 0xffffffff ? 1 : 0)) |
      0;
    let l = low ^ ((low >>> 30) | (high << 2));
    let h = high ^ (high >>> 30);
    low = Math.imul(l, 0x1ce4e5b9);
    high = (highProduct(l, 0x1ce4e5b9) + Math.imul(h, 0x1ce4e5b9) + Math.imul(l, 0xbf58476d)) | 0;
    l = low ^ ((low >>> 27) | (high << 5));
    h = high ^ (high >>> 27);
    low = Math.imul(l, 0x133111eb);
    high = (highProduct(l, 0x133111eb) + Math.imul(h, 0x133111eb) + Math.imul(l, 0x94d049bb)) | 0;
    l = low ^ ((low >>> 31) | (high << 1));
    h = high ^ (high >>> 31);
    return ((h >>> 0) * 2097152 + (l >>> 11)) / 9007199254740992;
  };
}

/** The high 32 bits of the product of two unsigned 32-bit numbers. */
function highProduct(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16);
  return (Math.imul(a1, b1) + (middle >>> 16) + (((middle & 0xffff) + Math.imul(a0, b1)) >>> 16)) | 0;
}

function mix64(seed: bigint): bigint {
  let z = BigInt.asUintN(64, seed + golden);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
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
