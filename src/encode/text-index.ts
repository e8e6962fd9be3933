import { grown } from './grown.js';
import { murmur3Ascii, murmur3Bytes } from './hash.js';

/** Distinct texts, numbered in the order they were added. Unlike a Map it holds more than 2^24, and no object for each. */
export interface TextIndex {
  readonly size: () => number;
  /** Number of a text, added if it is new. */
  readonly add: (text: string) => number;
  /** Number of a text, or -1. */
  readonly find: (text: string) => number;
  readonly text: (number: number) => string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The texts as one UTF-8 blob with offsets, and an open-addressing table of Int32. */
export function createTextIndex(expected = 16): TextIndex {
  let size = 0;
  let blob = new Uint8Array(expected * 16);
  let ends = new Uint32Array(expected + 1);
  let slots = emptySlots(expected * 2);

  function grow(): void {
    if (size + 1 >= ends.length) ends = grown(ends, ends.length * 2);
    if (size * 2 < slots.length) return;
    slots = emptySlots(slots.length);
    const slotMask = slots.length - 1;
    for (let i = 0; i < size; i++) {
      let at = murmur3Bytes(blob, start(i), end(i)) & slotMask;
      while (slots[at] !== -1) at = (at + 1) & slotMask;
      slots[at] = i;
    }
  }
  const start = (i: number): number => (i === 0 ? 0 : (ends[i - 1] ?? 0));
  const end = (i: number): number => ends[i] ?? 0;

  function locate(text: string, adding: boolean): number {
    const from = size === 0 ? 0 : end(size - 1);
    if (from + text.length * 3 > blob.length) {
      const more = new Uint8Array(Math.max(blob.length * 2, from + text.length * 3));
      more.set(blob.subarray(0, from));
      blob = more;
    }
    // A new text is written where it would stay, then compared in place.
    const to = from + encoder.encodeInto(text, blob.subarray(from)).written;
    const slotMask = slots.length - 1;
    let at = murmur3Bytes(blob, from, to) & slotMask;
    for (;;) {
      const number = slots[at] ?? -1;
      if (number < 0) break;
      if (end(number) - start(number) === to - from && same(blob, start(number), from, to - from)) return number;
      at = (at + 1) & slotMask;
    }
    if (!adding) return -1;
    slots[at] = size;
    ends[size] = to;
    size += 1;
    grow();
    return size - 1;
  }

  function find(text: string): number {
    const hash = murmur3Ascii(text);
    if (hash < 0) return locate(text, false);
    const slotMask = slots.length - 1;
    for (let at = hash & slotMask; ; at = (at + 1) & slotMask) {
      const number = slots[at] ?? -1;
      if (number < 0) return -1;
      const from = start(number);
      if (end(number) - from === text.length && isAt(blob, from, text)) return number;
    }
  }

  return {
    size: () => size,
    add: (text) => locate(text, true),
    find,
    text: (i) => decoder.decode(blob.subarray(start(i), end(i))),
  };
}

function emptySlots(atLeast: number): Int32Array {
  return new Int32Array(2 ** Math.ceil(Math.log2(Math.max(16, atLeast + 1)))).fill(-1);
}

function same(blob: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (blob[a + i] !== blob[b + i]) return false;
  return true;
}

/** Whether a text in ASCII stands there. */
function isAt(blob: Uint8Array, from: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (blob[from + i] !== text.charCodeAt(i)) return false;
  return true;
}
