import { createBuilder } from '../src/graph/builder.js';
import { loadEngine } from '../src/train/engines/index.js';

export interface Speeds {
  /** Of products of [512, 192] and [192, 192], as the timed model has them, by onnxruntime in one thread. */
  readonly multiplyAddsPerSecond: number;
  /** Bytes read and bytes written, when floats are copied from one place of memory to another. */
  readonly bytesPerSecond: number;
}

const [rows, width, layers] = [512, 192, 8];
const seconds = 0.8;
const copiedFloats = 2 ** 25;

/** The best of many calls of `work`. */
const fastest = async (work: () => Promise<void> | void): Promise<number> => {
  let best = Infinity;
  for (const end = performance.now() + 1000 * seconds; performance.now() < end;) {
    const begin = performance.now();
    await work();
    best = Math.min(best, performance.now() - begin);
  }
  return best / 1000;
};

const products = async (): Promise<number> => {
  const builder = createBuilder();
  let x = builder.input('x', ['rows', width]);
  for (let layer = 0; layer < layers; layer++) x = builder.matmul(x, builder.parameter(`w${String(layer)}`, [width, width]));
  const graph = builder.finish({ y: x });
  const engine = await loadEngine('onnxruntime');
  const session = await engine.prepare({ graph, parameters: [], states: [], sites: [], isRowLocal: true }, { rows, threads: 1 });
  for (const input of Object.values(session.inputs)) input.fill(1 / width);
  const time = await fastest(session.run);
  await session.close();
  return (rows * width * width * layers) / time;
};

const copies = async (): Promise<number> => {
  const [from, to] = [new Float32Array(copiedFloats).fill(1), new Float32Array(copiedFloats).fill(2)];
  return (2 * from.byteLength) / (await fastest(() => to.set(from)));
};

/** What one core does here; started once for each core at the same time, what they do together. */
export const measureSpeeds = async (): Promise<Speeds> => ({
  multiplyAddsPerSecond: await products(),
  bytesPerSecond: await copies(),
});

if (process.argv[2] === 'measure') console.log(JSON.stringify(await measureSpeeds()));
