import { readdirSync, readFileSync } from 'node:fs';

/** A piece of a text to replace. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Numbers in [0, 1) that are the same for the same seed: mulberry32. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pieces = [
  ...[
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    ',',
    ':',
    '=',
    '"',
    '_',
    '\n',
    ' ',
    '// note\n',
    '/// doc\n',
    '->',
    '..',
    '@',
    '1e9',
    '\u{1f3ac}',
  ],
  ...[
    'model M { }',
    'features { a: category }',
    'label liked: binary',
    'x = linear(y, 4)',
    'repeat 2 { }',
    'block b(x: vector[d]) { return x }',
  ],
  ...[
    'train { epochs: 3 }',
    'adam(1e-3)',
    'user_id',
    'extends',
    'network {',
    'import { a } from "./b.rec"',
    'dim: 8',
    '// rec-ignore unused-feature: no',
  ],
];

/** One edit that a person, or a cat, may make: letters are typed, words and lines taken away, pieces put in or moved. */
export function someEdit(text: string, next: () => number): Edit {
  const at = Math.floor(next() * (text.length + 1));
  const kind = next();
  if (kind < 0.35) return { start: at, end: at, text: 'abcdefghijklmnopqrstuvwxyz_019 .,:()'.charAt(Math.floor(next() * 36)) };
  if (kind < 0.55) return { start: at, end: Math.min(text.length, at + 1 + Math.floor(next() * 3)), text: '' };
  if (kind < 0.75) return { start: at, end: at, text: pieces[Math.floor(next() * pieces.length)] ?? '' };
  const from = Math.floor(next() * text.length);
  const piece = text.slice(from, from + Math.floor(next() * 60));
  if (kind < 0.85) return { start: at, end: at, text: piece };
  const line = text.indexOf('\n', at);
  return { start: at, end: line < 0 ? text.length : line, text: '' };
}

export const apply = (text: string, { start, end, text: by }: Edit): string => text.slice(0, start) + by + text.slice(end);

const folder = new URL('../../specs/', import.meta.url);

/** The specs of the repository, by name. */
export const specs: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith('.rec'))
    .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);
