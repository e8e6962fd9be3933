import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scan } from '../../src/language/scanner.js';
import type { Span } from '../../src/language/source.js';
import { check, type Checked } from '../../src/model/check.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { mutantsOf, randomOf } from '../fuzz/mutants.js';
import { faultsOf } from '../fuzz/survives.js';
import { texts } from '../fuzz/texts.js';
import { fragments, numbers, punctuation, strings, words } from '../fuzz/words.js';
import { spec } from './support.js';
import { goodSpecs } from './specs.js';

/** More by hand: `RECCOMPILE_FUZZ=200000 npx vitest run test/model/fuzz`. */
const runs = Number(process.env.RECCOMPILE_FUZZ ?? 1500);
const seed = Number(process.env.RECCOMPILE_FUZZ_SEED ?? 1);
const limit = { numRuns: runs, seed, ...(runs <= 1500 && { interruptAfterTimeLimit: 2500, markInterruptAsFailure: false }) };
const patience = { timeout: 3_600_000 };
/** Of the processor, for one check: a busy machine is slow, a loop never ends. */
const mostSeconds = runs > 1500 ? 2 : 5;

const token = fc.oneof(
  { arbitrary: fc.constantFrom(...words), weight: 8 },
  { arbitrary: fc.constantFrom(...punctuation), weight: 8 },
  { arbitrary: fc.constantFrom(...numbers), weight: 3 },
  { arbitrary: fc.constantFrom(...strings), weight: 1 },
  { arbitrary: fc.constantFrom(...fragments), weight: 2 },
  { arbitrary: fc.string({ maxLength: 6, unit: 'binary' }), weight: 1 },
);

const pieces = goodSpecs.map((text) => {
  const found: string[] = [];
  let end = 0;
  for (const t of scan(spec(text)).tokens) {
    found.push(text.slice(end, t.startOffset), t.image);
    end = t.startOffset + t.image.length;
  }
  return [...found, text.slice(end)];
});

type Edit =
  | { readonly kind: 'delete' | 'double' }
  | { readonly kind: 'swap' | 'copy'; readonly other: number }
  | { readonly kind: 'replace' | 'insert'; readonly by: string };

const edit = fc.record({
  at: fc.nat(),
  edit: fc.oneof<fc.Arbitrary<Edit>[]>(
    fc.constantFrom<Edit>({ kind: 'delete' }, { kind: 'double' }),
    fc.record({ kind: fc.constantFrom('swap' as const, 'copy' as const), other: fc.nat() }),
    fc.record({ kind: fc.constantFrom('replace' as const, 'insert' as const), by: token }),
    fc.record({ kind: fc.constant('replace' as const), by: fc.constantFrom(...numbers) }),
  ),
});

/** Tokens stand at the odd places of the pieces. */
function mutate(text: readonly string[], at: number, change: Edit): readonly string[] {
  const place = (n: number): number => 2 * (n % ((text.length - 1) / 2)) + 1;
  const i = place(at);
  const out = [...text];
  switch (change.kind) {
    case 'delete':
      out[i] = '';
      break;
    case 'double':
      out[i] = `${text[i] ?? ''} ${text[i] ?? ''}`;
      break;
    case 'swap':
    case 'copy': {
      const other = place(change.other);
      out[i] = text[other] ?? '';
      if (change.kind === 'swap') out[other] = text[i] ?? '';
      break;
    }
    case 'replace':
      out[i] = change.by;
      break;
    case 'insert':
      out[i] = `${text[i] ?? ''} ${change.by}`;
      break;
    default:
      change satisfies never;
  }
  return out;
}

const mutated = fc
  .record({ which: fc.nat({ max: pieces.length - 1 }), edits: fc.array(edit, { minLength: 1, maxLength: 5 }) })
  .map(({ which, edits }) =>
    edits.reduce<readonly string[]>((text, e) => mutate(text, e.at, e.edit), pieces[which] ?? []).join(''),
  );
const soup = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(' '));
const bodySoup = fc
  .array(token, { maxLength: 25 })
  .map(
    (tokens) =>
      `model M { features { user: category, history: category[](max_length: 3), price: number } label y: binary embeddings { dim: 4 } network { x = ${tokens.join(' ')} y = sum(x) + price } }`,
  );

const isInside = ({ source, start, end }: Span): boolean => 0 <= start && start <= end && end <= source.text.length;

function inspect(text: string, settings?: readonly string[]): Checked {
  const before = process.cpuUsage();
  const checked = check(spec(text), settings && { settings });
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(mostSeconds);
  for (const d of checked.diagnostics) {
    const places = [d.span, ...[...d.labels, ...d.notes, ...d.trace].map((m) => m.span)];
    expect(places.every(isInside)).toBe(true);
    if (d.fix) expect(isInside(d.fix.span)).toBe(true);
    expect(d.span.source.path).not.toMatch(/^std/);
    expect(`${d.message} ${d.help ?? ''}`).not.toMatch(/``|undefined|\[object/);
  }
  const drawn = renderDiagnostics(checked.diagnostics);
  expect(drawn === '').toBe(checked.diagnostics.length === 0);
  return checked;
}

describe('no text makes the checker throw, loop, or point outside', () => {
  test('tokens in any order', patience, () => {
    fc.assert(
      fc.property(soup, (text) => void inspect(text)),
      limit,
    );
  });

  test('expressions in any order', patience, () => {
    fc.assert(
      fc.property(bodySoup, (text) => void inspect(text)),
      limit,
    );
  });

  test('good specs with a few changes', patience, () => {
    fc.assert(
      fc.property(mutated, (text) => void inspect(text)),
      limit,
    );
  });

  test('mutants, which are expanded and formatted, too', patience, () => {
    const mutant = mutantsOf(texts);
    for (let index = 0; index < runs / 3; index++) {
      const text = mutant(randomOf(seed, index));
      const faults = faultsOf(text).filter((fault) => !fault.startsWith('takes'));
      expect(faults, text).toEqual([]);
    }
  });

  test('settings of any kind', patience, () => {
    const setting = fc
      .tuple(fc.array(fc.constantFrom(...words), { maxLength: 3 }), token)
      .map(([path, value]) => `${path.join('.')}=${value}`);
    const text = goodSpecs[4] ?? '';
    fc.assert(
      fc.property(fc.array(setting, { maxLength: 2 }), (settings) => void inspect(text, settings)),
      { ...limit, numRuns: Math.ceil(runs / 10) },
    );
  });
});

test('a text of a megabyte of noise is read', patience, () => {
  const noise =
    fc.sample(fc.array(token, { minLength: 150_000, maxLength: 150_000, size: 'max' }), { numRuns: 1, seed: 5 })[0] ?? [];
  const text = noise.join(' ');
  expect(text.length).toBeGreaterThan(600_000);
  expect(check(spec(text)).diagnostics.length).toBeGreaterThan(0);
});
