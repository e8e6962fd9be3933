const encoder = new TextEncoder();
let bytes = new Uint8Array(256);

/** MurmurHash3_x86_32 (A. Appleby, SMHasher) of the UTF-8 of a text; unsigned. Lone surrogates count as U+FFFD. */
export function murmur3(text: string, seed = 0): number {
  const ascii = murmur3Ascii(text, seed);
  if (ascii >= 0) return ascii;
  if (bytes.length < text.length * 3) bytes = new Uint8Array(text.length * 6);
  return murmur3Bytes(bytes, 0, encoder.encodeInto(text, bytes).written, seed);
}

/** The same of ASCII, whose characters are its bytes, with nothing written anywhere; -1 of any other text. */
export function murmur3Ascii(text: string, seed = 0): number {
  const { length } = text;
  const blocks = length & ~3;
  let h = seed;
  let seen = 0;
  for (let i = 0; i < blocks; i += 4) {
    const [a, b] = [text.charCodeAt(i), text.charCodeAt(i + 1)];
    const [c, d] = [text.charCodeAt(i + 2), text.charCodeAt(i + 3)];
    seen |= a | b | c | d;
    h = mix(h, a | (b << 8) | (c << 16) | (d << 24));
  }
  let tail = 0;
  for (let i = length - 1; i >= blocks; i--) {
    const code = text.charCodeAt(i);
    seen |= code;
    tail = (tail << 8) | code;
  }
  return seen > 0x7f ? -1 : finish(h ^ scramble(tail) ^ length);
}

/** The same over `data[from … to - 1]`. */
export function murmur3Bytes(data: Uint8Array, from: number, to: number, seed = 0): number {
  const at = (i: number): number => data[i] ?? 0;
  const blocks = from + ((to - from) & ~3);
  let h = seed;
  for (let i = from; i < blocks; i += 4) {
    h = mix(h, at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24));
  }
  let tail = 0;
  for (let i = to - 1; i >= blocks; i--) tail = (tail << 8) | at(i);
  return finish(h ^ scramble(tail) ^ (to - from));
}

function mix(h: number, block: number): number {
  const x = h ^ scramble(block);
  return (Math.imul((x << 13) | (x >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(h: number): number {
  const x = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  const y = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (y ^ (y >>> 16)) >>> 0;
}

function scramble(k: number): number {
  const x = Math.imul(k, 0xcc9e2d51);
  return Math.imul((x << 15) | (x >>> 17), 0x1b873593);
}
