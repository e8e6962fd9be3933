import type { Optimizer } from '../../model/model.js';
import type { Term } from './algebra.js';
import { nameTerm, terms } from './algebra.js';
import { slotNames, scalarNames, updateName, updateRules } from './rules.js';

/** How the generated program spells what an update reads and writes. Slots' names are those of `slotNames`. */
export interface Spelling {
  /** Something that can be assigned to, such as `weights[i]`. */
  readonly weight: string;
  readonly gradient: string;
  /** The like for each slot, such as `mean[i]`. */
  readonly slots: Readonly<Record<string, string>>;
  /** The number of this step, from 1. */
  readonly step: string;
  /** What a schedule multiplies the learning rate by, if there is one. */
  readonly factor?: string | undefined;
  /** Of a rule of rows: the sum of a row's squared gradients; by default `squares`. The row's size is `dim`. */
  readonly squares?: string;
  /** A scalar's name in the program; by default in camel case. */
  readonly scalar?: (name: string) => string;
}

export interface UpdateText {
  /** Declarations for the beginning of a step: `const rate = …;` */
  readonly scalars: readonly string[];
  /** Of a rule of rows: statements for one row, before its elements. */
  readonly row: readonly string[];
  /** Statements for one element, slots first, then the weight. */
  readonly body: readonly string[];
}

/** An update as statements of a loop over plain arrays, hyperparameters written as literals. */
export const printTypeScript = (optimizer: Optimizer, spelling: Spelling): UpdateText => {
  const name = updateName(optimizer);
  const rule = updateRules[name];
  const spell = spelling.scalar ?? camelCase;
  const literals = Object.fromEntries(Object.entries(optimizer.parameters).map(([key, value]) => [key, terms.constant(value)]));
  const rate = literals.learning_rate ?? nameTerm('learning_rate');
  const isScheduled = spelling.factor !== undefined && rule.keepsRate !== true;
  const scheduled = isScheduled ? terms.multiply(rate, nameTerm(spelling.factor ?? '')) : rate;
  const given = { ...literals, learning_rate: scheduled, dim: nameTerm('dim') };
  const scalars = rule.scalars(terms, given, nameTerm(spelling.step));
  const spelled = (keys: readonly string[]): Record<string, Term> =>
    Object.fromEntries(keys.map((key) => [key, nameTerm(spell(key))]));
  const slotOf = (slot: string): string => spelling.slots[slot] ?? slot;
  const slots = Object.fromEntries(slotNames(name).map((slot) => [slot, nameTerm(slotOf(slot))]));
  const known = new Map<Term, string>();
  const at = { slots, scalars: spelled(scalarNames(name)) };
  const ofRow = rule.row?.(terms, { ...at, squares: nameTerm(spelling.squares ?? 'squares') });
  const assignSlots = (updated: Readonly<Record<string, Term>>): readonly string[] =>
    Object.entries(updated).map(([slot, term]) => {
      const text = assign(slotOf(slot), term, known);
      known.set(term, slotOf(slot));
      return text;
    });
  const declare = ([key, term]: readonly [string, Term]): string => `const ${spell(key)} = ${print(term, 0, known)};`;
  const row = ofRow === undefined ? [] : [...assignSlots(ofRow.slots), ...Object.entries(ofRow.scalars).map(declare)];
  const { slots: updatedSlots, weight } = rule.update(terms, {
    weight: nameTerm(spelling.weight),
    gradient: nameTerm(spelling.gradient),
    slots,
    scalars: { ...at.scalars, ...spelled(Object.keys(ofRow?.scalars ?? {})) },
  });
  return {
    scalars: Object.entries(scalars).map(([key, term]) => declare([key, withoutZeros(term)])),
    row,
    body: [...(ofRow === undefined ? assignSlots(updatedSlots) : []), assign(spelling.weight, weight, known)],
  };
};

const isZero = (term: Term): boolean => term.kind === 'constant' && term.value === 0;

/** What hyperparameters that are 0 leave of a scalar. */
const withoutZeros = (term: Term): Term => {
  if (!('b' in term)) return term;
  const [a, b] = [withoutZeros(term.a), withoutZeros(term.b)];
  if (term.kind === 'multiply' && (isZero(a) || isZero(b))) return terms.constant(0);
  if (term.kind === 'divide' && isZero(a)) return a;
  if (term.kind === 'add' && isZero(a)) return b;
  if ((term.kind === 'add' || term.kind === 'subtract') && isZero(b)) return a;
  if (term.kind === 'subtract' && isZero(a) && b.kind === 'constant') return terms.constant(-b.value);
  return { ...term, a, b };
};

const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

type Known = ReadonlyMap<Term, string>;

/** `x += …` and `x -= …` where the value is a change of what stands there. */
const assign = (target: string, value: Term, known: Known): string => {
  const term = value.kind === 'flush' ? value.x : value;
  if ((term.kind === 'add' || term.kind === 'subtract') && term.a.kind === 'name' && term.a.name === target)
    return `${target} ${term.kind === 'add' ? '+=' : '-='} ${print(term.b, 0, known)};`;
  return `${target} = ${print(term, 0, known)};`;
};

const operators = {
  add: { sign: '+', strength: 1 },
  subtract: { sign: '-', strength: 1 },
  multiply: { sign: '*', strength: 2 },
  divide: { sign: '/', strength: 2 },
  power: { sign: '**', strength: 3 },
} as const;

/** `strength` is what the surroundings bind with: a weaker term needs parentheses. */
const print = (term: Term, strength: number, known: Known): string => {
  const name = known.get(term);
  if (name !== undefined) return name;
  switch (term.kind) {
    case 'name':
      return term.name;
    case 'constant':
      return String(term.value);
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
    case 'power': {
      const own = operators[term.kind];
      const text = `${print(term.a, own.strength + (term.kind === 'power' ? 1 : 0), known)} ${own.sign} ${print(term.b, own.strength + 1, known)}`;
      return own.strength < strength ? `(${text})` : text;
    }
    case 'minimum':
      return `Math.min(${print(term.a, 0, known)}, ${print(term.b, 0, known)})`;
    case 'maximum':
      return `Math.max(${print(term.a, 0, known)}, ${print(term.b, 0, known)})`;
    case 'squareRoot':
      return `Math.sqrt(${print(term.x, 0, known)})`;
    case 'absolute':
      return `Math.abs(${print(term.x, 0, known)})`;
    case 'flush':
      return print(term.x, strength, known);
    default:
      return term satisfies never;
  }
};
