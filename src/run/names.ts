import { murmur3 } from '../encode/hash.js';

/** Names that Windows keeps for devices, with any extension. */
const device = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/;
const longest = 120;

/**
 * A name as a file's, without its extension: the same on every system and never the name of another, even where upper and lower case
 * are one. Small letters, digits, `_`, `-` and inner dots stay; all else is the hexadecimal of its UTF-8 bytes (`/` → `%2f`).
 */
export function fileName(name: string): string {
  const safe = name
    .replace(/[^a-z0-9_.-]/gu, escape)
    .replace(/^[.-]/, escape)
    .replace(/\.$/, escape)
    .replace(device, (found) => escape(found.slice(0, 1)) + found.slice(1));
  if (safe === '') return '%';
  return safe.length <= longest ? safe : `${safe.slice(0, longest - 18)}%%${digest(name)}`;
}

function escape(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function digest(name: string): string {
  return [1, 2].map((seed) => murmur3(name, seed).toString(16).padStart(8, '0')).join('');
}
