import { scan } from '../../src/language/scanner.js';
import { fragments, numbers, punctuation, strings, words } from './words.js';

/** A whole number from 0 up to, but not, `below`. */
export type Random = (below: number) => number;

/** Mulberry32: a stream of its own for each case, so that one case can be made again alone. */
export function randomOf(seed: number, index: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** A text cut at its tokens, which stand at the odd places. */
type Pieces = readonly string[];

function cut(text: string): Pieces {
  const pieces: string[] = [];
  let end = 0;
  for (const { startOffset, image } of scan({ path: 'spec.rec', text }).tokens) {
    pieces.push(text.slice(end, startOffset), image);
    end = startOffset + image.length;
  }
  return [...pieces, text.slice(end)];
}

const pick = <T>(random: Random, from: readonly T[]): T => {
  const found = from[random(from.length)];
  if (found === undefined) throw new RangeError('nothing to pick from');
  return found;
};

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

const letters = [
  ...[
    '\u0000',
    '\u001b',
    '\u007f',
    '\u00a0',
    '\u0301',
    '\u200b',
    '\u202e',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\uffff',
    '\ud800',
    '\udc00',
  ],
  ...['é', 'ß', 'İ', 'ſ', '你', '😀', '👩‍👩‍👧', '𝒙', '\r', '\r\n', '\n', '\t', '\\', '"', "'", '`', '$', ';', '#', '?'],
];

function character(random: Random): string {
  const kind = random(4);
  if (kind === 0) return pick(random, letters);
  return String.fromCharCode(kind === 1 ? random(0x10000) : random(128));
}

function token(random: Random): string {
  const kind = random(23);
  if (kind < 8) return pick(random, words);
  if (kind < 16) return pick(random, punctuation);
  if (kind < 19) return pick(random, numbers);
  if (kind < 20) return pick(random, strings);
  if (kind < 22) return pick(random, fragments);
  return times(random(6), () => character(random)).join('');
}

const number = (random: Random): string => {
  const digits = (most: number): string => times(1 + random(most), () => String(random(10))).join('');
  return pick(random, [
    () => pick(random, numbers),
    () => digits(400),
    () => `${digits(20)}.${digits(400)}`,
    () => `${digits(3)}e${pick(random, ['', '-', '+'])}${digits(4)}`,
    () => times(1 + random(9), () => digits(3)).join('_'),
  ])();
};

const tokenPlace = (random: Random, pieces: Pieces): number => 2 * random((pieces.length - 1) / 2) + 1;

/** Changes the pieces in place at one token or two. */
type Edit = (pieces: string[], at: number, random: Random) => void;

const edits: readonly Edit[] = [
  (pieces, at) => (pieces[at] = ''),
  (pieces, at) => (pieces[at] = `${pieces[at] ?? ''} ${pieces[at] ?? ''}`),
  (pieces, at, random) => {
    const other = tokenPlace(random, pieces);
    [pieces[at], pieces[other]] = [pieces[other] ?? '', pieces[at] ?? ''];
  },
  (pieces, at, random) => (pieces[at] = pieces[tokenPlace(random, pieces)] ?? ''),
  (pieces, at, random) => (pieces[at] = token(random)),
  (pieces, at, random) => (pieces[at] = `${pieces[at] ?? ''} ${token(random)}`),
  (pieces, at, random) => (pieces[at] = number(random)),
  (pieces, at, random) => (pieces[at] = `${pieces[at] ?? ''}${character(random)}`),
  (pieces, at, random) => (pieces[at] = `${pieces[at] ?? ''} // ${character(random)}\n`),
];

function edited(random: Random, pieces: Pieces): string {
  const changed = [...pieces];
  for (let count = 1 + random(2) * random(5); count > 0 && changed.length > 1; count--) {
    pick(random, edits)(changed, tokenPlace(random, changed), random);
  }
  return changed.join('');
}

/** Ends of one text after the beginning of another. */
function spliced(random: Random, specs: readonly Pieces[]): string {
  const part = (): Pieces => {
    const pieces = pick(random, specs);
    const start = random(3) === 0 ? 0 : random(pieces.length);
    return pieces.slice(start, start + 1 + random(pieces.length - start));
  };
  const all = times(2 + random(3), part).flat();
  return random(2) === 0 ? all.join('') : edited(random, all.length % 2 === 1 ? all : [...all, '']);
}

const nested = [
  ['(', ')'],
  ['[', ']'],
  ['{ a: ', ' }'],
  ['f(', ')'],
  ['x[', ']'],
  ['-', ''],
  ['not ', ''],
  ['if x then ', ' else y'],
  ['if ', ' then x else y'],
  ['[', ' for x in 2]'],
  ['sum[i](', ')'],
  ['a + ', ''],
  ['', '.T'],
  ['', '(x)'],
  ['', ' @ b'],
] as const;

/** Brackets, conditions and chains in each other, more than any text of a person has. */
function deep(random: Random): string {
  const kinds = times(1 + random(3), () => pick(random, nested));
  const levels = times(1 + random(random(8) === 0 ? 5000 : 150), () => pick(random, kinds));
  const left = levels.map(([open]) => open).join('');
  const right = levels
    .map(([, close]) => close)
    .reverse()
    .join('');
  const expression = `${left}${pick(random, ['x', '1', 'price', '', '_'])}${right.slice(0, right.length - random(2) * random(9))}`;
  return inBody(`x = ${expression}`);
}

const inBody = (statements: string): string =>
  `model M { features { user: category, history: category[](max_length: 3), price: number } label y: binary embeddings { dim: 4 } network { ${statements} y = sum(x) + price } }`;

/** Kinds of texts that people do not write, each with how often it is made; `specs` are texts that they do. */
export function mutantsOf(texts: readonly string[]): (random: Random) => string {
  const specs = texts.map(cut);
  const kinds: readonly (readonly [number, (random: Random) => string])[] = [
    [50, (random) => edited(random, pick(random, specs))],
    [12, (random) => spliced(random, specs)],
    [10, (random) => times(random(60), () => token(random)).join(' ')],
    [12, (random) => inBody(`x = ${times(random(25), () => token(random)).join(' ')}`)],
    [6, deep],
    [5, (random) => times(random(400), () => character(random)).join('')],
    [5, (random) => new TextDecoder().decode(Uint8Array.from(times(random(400), () => random(256))))],
  ];
  const wheel = kinds.flatMap(([often, make]) => times(often, () => make));
  return (random) => pick(random, wheel)(random);
}
