import type { Initializer } from '../model/model.js';

/**
 * Randomness without state: every number is a function of a seed, a purpose and a position, so that drawing more of one thing
 * moves nothing else. The generator is Threefry-2x32 with 20 rounds [Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"].
 */
export interface Stream {
  readonly key0: number;
  readonly key1: number;
}

const parity = 0x1bd11bda;

/**
 * Blocks `from` … of a stream, counted in the low word of its counter under one high word: two 32-bit words a block, `count` in all
 * (an odd one is rounded up where `out` has room).
 */
export const fillBits = (stream: Stream, high: number, from: number, out: Uint32Array, count = out.length): void => {
  const k0 = stream.key0;
  const k1 = stream.key1;
  const k2 = k0 ^ k1 ^ parity;
  const blocks = (count + 1) >> 1;
  for (let b = 0; b < blocks; b++) {
    let x0 = ((from + b) | 0) + k0;
    let x1 = (high | 0) + k1;
    for (let group = 0; group < 5; group++) {
      if ((group & 1) === 0) {
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
      } else {
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
        x0 = (x0 + x1) | 0;
        x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
      }
      const at = group % 3;
      x0 = (x0 + (at === 0 ? k1 : at === 1 ? k2 : k0)) | 0;
      x1 = (x1 + (at === 0 ? k2 : at === 1 ? k0 : k1) + group + 1) | 0;
    }
    out[2 * b] = x0;
    out[2 * b + 1] = x1;
  }
};

/** The stream of one purpose, such as `weight/deep.0.b`: its key is the seed's key, enciphered with the purpose's text. */
export const stream = (seed: number, purpose: string): Stream => {
  const words = new Uint32Array(2);
  let key: Stream = { key0: seed | 0, key1: Math.floor(seed / 2 ** 32) | 0 };
  for (let i = 0; i <= purpose.length; i += 2) {
    const pair = i === purpose.length ? purpose.length : (purpose.charCodeAt(i) << 16) | (purpose.charCodeAt(i + 1) || 0);
    fillBits(key, i, pair, words);
    key = { key0: (words[0] ?? 0) | 0, key1: (words[1] ?? 0) | 0 };
  }
  return key;
};

/** 24 bits as a number in [0, 1) that float32 holds exactly. */
const unit = (word: number): number => (word >>> 8) * 2 ** -24;

/** Never 0, never 1. */
const openUnit = (word: number): number => ((word >>> 0) + 0.5) * 2 ** -32;

const chunk = 4096;

/** Uniform in [low, high): elements `from` … of the stream; `from` is even. */
export const fillUniform = (of: Stream, low: number, high: number, out: Float32Array | Float64Array, from = 0): void => {
  const words = new Uint32Array(chunk);
  for (let start = 0; start < out.length; start += chunk) {
    fillBits(of, 0, (from + start) / 2, words, Math.min(chunk, out.length - start));
    const end = Math.min(chunk, out.length - start);
    for (let i = 0; i < end; i++) out[start + i] = low + (high - low) * unit(words[i] ?? 0);
  }
};

/** Normal, by Box and Muller: one block makes two neighbours. */
export const fillNormal = (of: Stream, mean: number, deviation: number, out: Float32Array | Float64Array, from = 0): void => {
  const words = new Uint32Array(chunk);
  for (let start = 0; start < out.length; start += chunk) {
    fillBits(of, 0, (from + start) / 2, words, Math.min(chunk, out.length - start));
    const end = Math.min(chunk, out.length - start);
    for (let i = 0; i < end; i += 2) {
      const radius = deviation * Math.sqrt(-2 * Math.log(openUnit(words[i] ?? 0)));
      const angle = 2 * Math.PI * openUnit(words[i + 1] ?? 0);
      out[start + i] = mean + radius * Math.cos(angle);
      if (i + 1 < end) out[start + i + 1] = mean + radius * Math.sin(angle);
    }
  }
};

/** Normal, redrawn beyond two deviations: draw a of element i is block i of counter row a. */
export const fillTruncatedNormal = (
  of: Stream,
  mean: number,
  deviation: number,
  out: Float32Array | Float64Array,
  from = 0,
): void => {
  const words = new Uint32Array(chunk);
  const again = new Uint32Array(2);
  const draw = (first: number, second: number): number =>
    Math.sqrt(-2 * Math.log(openUnit(first))) * Math.cos(2 * Math.PI * openUnit(second));
  for (let start = 0; start < out.length; start += chunk / 2) {
    const end = Math.min(chunk / 2, out.length - start);
    fillBits(of, 0, from + start, words, 2 * end);
    for (let i = 0; i < end; i++) {
      let z = draw(words[2 * i] ?? 0, words[2 * i + 1] ?? 0);
      for (let attempt = 1; z < -2 || z > 2; attempt++) {
        fillBits(of, attempt, from + start + i, again);
        z = draw(again[0] ?? 0, again[1] ?? 0);
      }
      out[start + i] = mean + deviation * z;
    }
  }
};

/** Deviation of a standard normal that is redrawn beyond two: what is drawn is divided by it to have the deviation asked for, as in Keras. */
export const truncatedDeviation = 0.87962566103423978;

type Distribution = Extract<Initializer, { readonly kind: 'constant' | 'uniform' | 'normal' | 'truncated_normal' }>;

/** What an initializer means for a shape: Glorot and Bengio 2010, Eq. (12) and (16); He et al. 2015, Eq. (10). */
const distribution = (initializer: Initializer, shape: readonly number[]): Distribution => {
  const fanIn = shape.at(-1) ?? 1;
  const fanOut = shape.at(-2) ?? fanIn;
  const uniform = (limit: number): Distribution => ({ kind: 'uniform', low: -limit, high: limit });
  switch (initializer.kind) {
    case 'glorot_uniform':
      return uniform(Math.sqrt(6 / (fanIn + fanOut)));
    case 'glorot_normal':
      return { kind: 'normal', mean: 0, deviation: Math.sqrt(2 / (fanIn + fanOut)) };
    case 'he_uniform':
      return uniform(Math.sqrt(6 / fanIn));
    case 'he_normal':
      return { kind: 'truncated_normal', mean: 0, deviation: Math.sqrt(2 / fanIn) / truncatedDeviation };
    default:
      return initializer;
  }
};

/**
 * First values of a weight or table, row-major: a function of the seed, its name and its shape alone. `out` takes
 * the elements `from` …, an even number.
 */
export const fillInitial = (
  seed: number,
  name: string,
  shape: readonly number[],
  initializer: Initializer,
  out: Float32Array | Float64Array,
  from = 0,
): void => {
  const of = stream(seed, `weight/${name}`);
  const drawn = distribution(initializer, shape);
  switch (drawn.kind) {
    case 'constant':
      out.fill(drawn.value);
      break;
    case 'uniform':
      fillUniform(of, drawn.low, drawn.high, out, from);
      break;
    case 'normal':
      fillNormal(of, drawn.mean, drawn.deviation, out, from);
      break;
    case 'truncated_normal':
      fillTruncatedNormal(of, drawn.mean, drawn.deviation, out, from);
      break;
    default:
      drawn satisfies never;
  }
};

/** The order in which an epoch visits `order.length` rows: Fisher and Yates. */
export const shuffle = (seed: number, epoch: number, order: Int32Array): void => {
  for (let i = 0; i < order.length; i++) order[i] = i;
  permute(stream(seed, `shuffle/${epoch}`), order);
};

/** Puts numbers in an order that the stream draws. */
export const permute = (of: Stream, order: Int32Array): void => {
  const words = new Uint32Array(chunk);
  for (let i = order.length - 1, used = chunk, block = 0; i > 0; i--) {
    if (used === chunk) {
      fillBits(of, 0, block, words);
      block += chunk / 2;
      used = 0;
    }
    const j = Math.floor((words[used++] ?? 0) * 2 ** -32 * (i + 1));
    const kept = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = kept;
  }
};

/** The stream of one dropout site. */
export const noiseStream = (seed: number, site: string): Stream => stream(seed, `noise/${site}`);

const noiseWords = new Uint32Array(chunk);

/**
 * Noise of rows `firstRow` … of the batch of step `step`, [rows, width], uniform in [0, 1): a function of (seed, site, step, row, column),
 * whatever the shards are.
 */
export const fillNoise = (of: Stream, step: number, firstRow: number, width: number, out: Float32Array | Float64Array): void => {
  const blocks = (width + 1) >> 1;
  for (let start = 0, row = firstRow; start < out.length; start += width, row++)
    for (let column = 0; column < width; column += chunk) {
      const end = Math.min(chunk, width - column);
      fillBits(of, step, row * blocks + (column >> 1), noiseWords, end);
      for (let i = 0; i < end; i++) out[start + column + i] = unit(noiseWords[i] ?? 0);
    }
};
