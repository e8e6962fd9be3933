import type { io } from '@tensorflow/tfjs';
import type { BinaryFile } from '../files.js';
import type { StoredConstant } from './graph-writer.js';

/** Browsers keep files of this size in their caches; tfjs-converter cuts at it too. */
const shardBytes = 4 * 2 ** 20;

/** The numbers one after the other, little-endian as TensorFlow.js reads them, cut into files, with the manifest that tells what is where. */
export function weightShards(constants: readonly StoredConstant[]): {
  readonly manifest: io.WeightsManifestConfig;
  readonly files: readonly BinaryFile[];
} {
  const total = constants.reduce((sum, { values }) => sum + values.byteLength, 0);
  const count = Math.max(1, Math.ceil(total / shardBytes));
  const files = Array.from({ length: count }, (_, i): BinaryFile => {
    const length = Math.min(shardBytes, total - i * shardBytes);
    return { path: `group1-shard${String(i + 1)}of${String(count)}.bin`, bytes: new Uint8Array(length) };
  });
  let at = 0;
  for (const { values } of constants) {
    const bytes = littleEndian(values);
    for (let from = 0; from < bytes.length;) {
      const shard = Math.floor((at + from) / shardBytes);
      const offset = (at + from) % shardBytes;
      const piece = bytes.subarray(from, from + shardBytes - offset);
      files[shard]?.bytes.set(piece, offset);
      from += piece.length;
    }
    at += bytes.length;
  }
  const weights = constants.map(({ name, shape, values }): io.WeightsManifestEntry => ({
    name,
    shape: [...shape],
    dtype: values instanceof Float32Array ? 'float32' : 'int32',
  }));
  return { manifest: [{ paths: files.map(({ path }) => path), weights }], files };
}

const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

function littleEndian(values: Float32Array | Int32Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (isLittleEndian) return bytes;
  const swapped = Uint8Array.from(bytes);
  for (let i = 0; i < swapped.length; i += 4) swapped.subarray(i, i + 4).reverse();
  return swapped;
}
