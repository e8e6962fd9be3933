import type { Term } from './algebra.js';
import { flushBelow, nameTerm, terms } from './algebra.js';
import type { UpdateName } from './rules.js';
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
`;

const printKernel = (name: UpdateName): string => {
  const slots = slotNames(name);
  const scalars = scalarNames(name);
  const named = (keys: readonly string[], prefix: string): Record<string, Term> =>
    Object.fromEntries(keys.map((key) => [key, nameTerm(`${prefix}${key}`)]));
  const updated = updateRules[name].update(terms, {
    weight: nameTerm('w'),
    gradient: nameTerm('g'),
    slots: named(slots, 'old_'),
    scalars: named(scalars, 'c_'),
  });
  const known = new Map(Object.entries(updated.slots).map(([slot, term]) => [term, `new_${slot}`]));
  const address = (s: number): string => `weight + ${s + 1} * slotStride`;
  const block = [
    `@inline`,
    `function ${name}Block(weight: usize, slotStride: usize, g: v128${scalars.map((key) => `, c_${key}: v128`).join('')}): void {`,
    `  const w = v128.load(weight);`,
    ...slots.map((slot, s) => `  const old_${slot} = v128.load(${address(s)});`),
    ...Object.entries(updated.slots).flatMap(([slot, term], s) => [
      `  const new_${slot} = ${simd(term, new Map())};`,
      `  v128.store(${address(s)}, new_${slot});`,
    ]),
    `  v128.store(weight, ${simd(updated.weight, known)});`,
    `}`,
  ];
  const loads = scalars.map((key, j) => `  const c_${key} = v128.load32_splat(scalars, ${4 * j});`);
  const call = (weight: string, gradient: string): string =>
    `${name}Block(${weight}, slotStride, ${gradient}${scalars.map((key) => `, c_${key}`).join('')});`;
  const dense = [
    `export function ${name}(weight: usize, slotStride: usize, gradient: usize, bytes: usize, scalars: usize): void {`,
    ...loads,
    `  for (let i: usize = 0; i < bytes; i += 16) ${call('weight + i', 'v128.load(gradient + i)')}`,
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
    `      for (let i: usize = 0; i < slotStride; i += 16) ${call('row + i', 'v128.load(gradient + i)')}`,
    `    }`,
    `  }`,
    `  return seen;`,
    `}`,
  ];
  const sweep = [
    `export function ${name}Sweep(table: usize, rowStride: usize, slotStride: usize, slotOf: usize, from: usize, to: usize, merged: usize, scalars: usize): void {`,
    ...loads,
    `  const zero = f32x4.splat(0);`,
    `  for (let r = from; r < to; r++) {`,
    `    const row = table + r * rowStride;`,
    `    const place = <usize>load<u32>(slotOf + (r << 2));`,
    `    if (place == 0) {`,
    `      for (let i: usize = 0; i < slotStride; i += 16) ${call('row + i', 'zero')}`,
    `    } else {`,
    `      const gradient = merged + (place - 1) * slotStride;`,
    `      for (let i: usize = 0; i < slotStride; i += 16) ${call('row + i', 'v128.load(gradient + i)')}`,
    `    }`,
    `  }`,
    `}`,
  ];
  return [...block, '', ...dense, '', ...rows, '', ...sweep, ''].join('\n');
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
    case 'flush':
      return `flush(${simd(term.x, known)})`;
    case 'power':
      return `power(${simd(term.a, known)}, ${simd(term.b, known)})`;
    default:
      return term satisfies never;
  }
};
