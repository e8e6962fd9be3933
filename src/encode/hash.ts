const encoder = new TextEncoder();
let bytes = new Uint8Array(256);

/** MurmurHash3_x86_32 (A. Appleby, SMHasher) of the UTF-8 of a text; unsigned. Lone surrogates count as U+FFFD. */
export function murmur3(text: string, seed = 0): number {
  if (bytes.length < text.length * 3) bytes = new Uint8Array(text.length * 6);
  return murmur3Bytes(bytes, 0, encoder.encodeInto(text, bytes).written, seed);
}

/** The same over `data[from … to - 1]`. */
export function murmur3Bytes(data: Uint8Array, from: number, to: number, seed = 0): number {
  const at = (i: number): number => data[i] ?? 0;
  const blocks = from + ((to - from) & ~3);
  let h = seed;
  for (let i = from; i < blocks; i += 4) {
    h ^= scramble(at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24));
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = to - 1; i >= blocks; i--) tail = (tail << 8) | at(i);
  h ^= scramble(tail) ^ (to - from);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function scramble(k: number): number {
  const x = Math.imul(k, 0xcc9e2d51);
  return Math.imul((x << 15) | (x >>> 17), 0x1b873593);
}
