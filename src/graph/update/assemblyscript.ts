import type { Term } from './algebra.js';
import { flushBelow, nameTerm, terms } from './algebra.js';
import type { UpdateName, UpdateRule } from './rules.js';
import { scalarNames, slotNames, updateRules } from './rules.js';

/**
 * Kernels of every update as AssemblyScript. Addresses and strides are in bytes, all multiples of 16; scalar j of a step is the
 * float at `scalars + 4·j`. A weight's slot s lies `(s + 1) · slotStride` behind it. For each update NAME:
 * `NAME` over `bytes` of weights and gradients; `NAMERows` over the rows that `touched` lists, `merged` being their gradients one
 * after the other; `NAMESweep` over all rows, where `slotOf[row]` is 1 + the row's place in `merged`, or 0: its gradient is zero.
 */
export const printKernels = (): string => [prelude, ...(Object.keys(updateRules) as UpdateName[]).map(printKernel)].join('\n');

/**
 * Rows whose cache lines are read, all at once, before they are updated: reads that wait for memory overlap, where one row's
 * arithmetic would keep the next row's reads from starting. `NAMERows` returns what it saw, so that no compiler drops these reads.
 */
const rowsTouchedAhead = 16;

/** A NaN is not below the bound, and stays. */
const prelude = `import { power } from '../../kernels/power';

@inline
function flush(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(${flushBelow})));
}

/** The sum of squares, in every lane. */
@inline
function squaresOf(x: usize, bytes: usize): v128 {
  let sums = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const values = v128.load(x + i);
    sums = f32x4.add(sums, f32x4.mul(values, values));
  }
  sums = f32x4.add(sums, v128.shuffle<f32>(sums, sums, 2, 3, 0, 1));
  return f32x4.add(sums, v128.shuffle<f32>(sums, sums, 1, 0, 3, 2));
}
`;

const named = (keys: readonly string[], prefix: string): Record<string, Term> =>
  Object.fromEntries(keys.map((key) => [key, nameTerm(`${prefix}${key}`)]));

/** Statements that compute and keep terms one after the other, and then what they are known by. */
const keep = (
  of: Readonly<Record<string, Term>>,
  prefix: string,
  store: ((s: number) => string) | undefined,
  known: Map<Term, string>,
): readonly string[] =>
  Object.entries(of).flatMap(([key, term], s) => {
    const lines = [`  const ${prefix}${key} = ${simd(term, known)};`];
    known.set(term, `${prefix}${key}`);
    return store === undefined ? lines : [...lines, `  v128.store(${store(s)}, ${prefix}${key});`];
  });

/** `NAMEBlock` updates four weights, whose slots lie in rows of their own. */
const printBlock = (name: UpdateName): readonly string[] => {
  const slots = slotNames(name);
  const scalars = scalarNames(name);
  const address = (s: number): string => `weight + ${s + 1} * slotStride`;
  const at = { weight: nameTerm('w'), gradient: nameTerm('g'), slots: named(slots, 'old_'), scalars: named(scalars, 'c_') };
  const updated = updateRules[name].update(terms, at);
  const known = new Map<Term, string>();
  return [
    `@inline`,
    `function ${name}Block(weight: usize, slotStride: usize, g: v128${scalars.map((key) => `, c_${key}: v128`).join('')}): void {`,
    `  const w = v128.load(weight);`,
    ...slots.map((slot, s) => `  const old_${slot} = v128.load(${address(s)});`),
    ...keep(updated.slots, 'new_', address, known),
    `  v128.store(weight, ${simd(updated.weight, known)});`,
    `}`,
  ];
};

/** `NAMERow` updates a row of weights, behind which each slot stands four times over. */
const printRow = (name: UpdateName, row: NonNullable<UpdateRule['row']>): readonly string[] => {
  const slots = slotNames(name);
  const scalars = scalarNames(name);
  const address = (s: number): string => `weight + slotStride + ${16 * s}`;
  const given = { slots: named(slots, 'old_'), scalars: named(scalars, 'c_') };
  const ofRow = row(terms, { ...given, squares: nameTerm('squares') });
  const ofWeights = { ...named(scalars, 'c_'), ...named(Object.keys(ofRow.scalars), 'r_') };
  const at = { weight: nameTerm('w'), gradient: nameTerm('g'), slots: named(slots, 'new_'), scalars: ofWeights };
  const known = new Map<Term, string>();
  return [
    `function ${name}Row(weight: usize, slotStride: usize, gradient: usize, bytes: usize${scalars.map((key) => `, c_${key}: v128`).join('')}): void {`,
    `  const squares = squaresOf(gradient, bytes);`,
    ...slots.map((slot, s) => `  const old_${slot} = v128.load(${address(s)});`),
    ...keep(ofRow.slots, 'new_', address, known),
    ...keep(ofRow.scalars, 'r_', undefined, known),
    `  for (let i: usize = 0; i < bytes; i += 16) {`,
    `    const w = v128.load(weight + i);`,
    `    const g = v128.load(gradient + i);`,
    `    v128.store(weight + i, ${simd(updateRules[name].update(terms, at).weight, known)});`,
    `  }`,
    `}`,
  ];
};

const printKernel = (name: UpdateName): string => {
  const rule = updateRules[name];
  const row = rule.row?.bind(rule);
  const scalars = scalarNames(name);
  const loads = scalars.map((key, j) => `  const c_${key} = v128.load32_splat(scalars, ${4 * j});`);
  const given = scalars.map((key) => `, c_${key}`).join('');
  /** The statement that updates `bytes` of weights; without a gradient it is zero, which leaves all that rows remember alone. */
  const update = (weight: string, gradient: string | undefined, bytes: string): string => {
    if (row) return gradient === undefined ? '{}' : `${name}Row(${weight}, slotStride, ${gradient}, ${bytes}${given});`;
    const g = gradient === undefined ? 'f32x4.splat(0)' : `v128.load(${gradient} + i)`;
    return `for (let i: usize = 0; i < ${bytes}; i += 16) ${name}Block(${weight} + i, slotStride, ${g}${given});`;
  };
  const dense = [
    `export function ${name}(weight: usize, slotStride: usize, gradient: usize, bytes: usize, scalars: usize): void {`,
    ...loads,
    `  ${update('weight', 'gradient', 'bytes')}`,
    `}`,
  ];
  const rows = [
    `export function ${name}Rows(table: usize, rowStride: usize, slotStride: usize, touched: usize, count: usize, merged: usize, scalars: usize): u32 {`,
    ...loads,
    `  let seen: u32 = 0;`,
    `  for (let from: usize = 0; from < count; from += ${rowsTouchedAhead}) {`,
    `    const to = min(count, from + ${rowsTouchedAhead});`,
    `    for (let t = from; t < to; t++) {`,
    `      const row = table + <usize>load<u32>(touched + (t << 2)) * rowStride;`,
    `      for (let i: usize = 0; i < rowStride; i += 64) seen ^= load<u32>(row + i);`,
    `    }`,
    `    for (let t = from; t < to; t++) {`,
    `      const row = table + <usize>load<u32>(touched + (t << 2)) * rowStride;`,
    `      const gradient = merged + t * slotStride;`,
    `      ${update('row', 'gradient', 'slotStride')}`,
    `    }`,
    `  }`,
    `  return seen;`,
    `}`,
  ];
  const sweep = [
    `export function ${name}Sweep(table: usize, rowStride: usize, slotStride: usize, slotOf: usize, from: usize, to: usize, merged: usize, scalars: usize): void {`,
    ...loads,
    `  for (let r = from; r < to; r++) {`,
    `    const row = table + r * rowStride;`,
    `    const place = <usize>load<u32>(slotOf + (r << 2));`,
    `    if (place == 0) {`,
    `      ${update('row', undefined, 'slotStride')}`,
    `    } else {`,
    `      const gradient = merged + (place - 1) * slotStride;`,
    `      ${update('row', 'gradient', 'slotStride')}`,
    `    }`,
    `  }`,
    `}`,
  ];
  return [...(row ? printRow(name, row) : printBlock(name)), '', ...dense, '', ...rows, '', ...sweep, ''].join('\n');
};

const simd = (term: Term, known: ReadonlyMap<Term, string>): string => {
  const name = known.get(term);
  if (name !== undefined) return name;
  switch (term.kind) {
    case 'name':
      return term.name;
    case 'constant':
      return `f32x4.splat(${term.value})`;
    case 'add':
      return `f32x4.add(${simd(term.a, known)}, ${simd(term.b, known)})`;
    case 'subtract':
      return `f32x4.sub(${simd(term.a, known)}, ${simd(term.b, known)})`;
    case 'multiply':
      return `f32x4.mul(${simd(term.a, known)}, ${simd(term.b, known)})`;
    case 'divide':
      return `f32x4.div(${simd(term.a, known)}, ${simd(term.b, known)})`;
    case 'minimum':
      return `f32x4.min(${simd(term.a, known)}, ${simd(term.b, known)})`;
    case 'maximum':
      return `f32x4.max(${simd(term.a, known)}, ${simd(term.b, known)})`;
    case 'squareRoot':
      return `f32x4.sqrt(${simd(term.x, known)})`;
    case 'absolute':
      return `f32x4.abs(${simd(term.x, known)})`;
    case 'flush':
      return `flush(${simd(term.x, known)})`;
    case 'power':
      return `power(${simd(term.a, known)}, ${simd(term.b, known)})`;
    default:
      return term satisfies never;
  }
};
