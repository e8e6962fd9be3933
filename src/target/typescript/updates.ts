import { nameTerm, terms, type Term } from '../../graph/update/algebra.js';
import { initialSlots, isRowWise, scalarNames, slotNames, updateName, updateRules } from '../../graph/update/rules.js';
import { printTypeScript } from '../../graph/update/typescript.js';
import type { Optimizer } from '../../model/model.js';
import { identifier, join, none, trusted, ts, type Code } from '../code/code.js';

export interface UpdateCode {
  /** Names of slots and what they start from. */
  readonly slots: readonly { readonly name: string; readonly initial: number }[];
  /** Declarations for the beginning of a step. */
  readonly scalars: Code;
  /** Whether they need the step's number. */
  readonly usesStep: boolean;
  /** Whether they need what a schedule makes of the learning rate. */
  readonly usesFactor: boolean;
  /** Of a rule whose slots are numbers of a row: what is done for a row before its elements, from `squares`. */
  readonly row?: Code;
  readonly body: Code;
}

/** The update of one element of a table: `values[at]`, `slots.<slot>[at]`, from `gradient`; the slots of a row are `slots.<slot>[row]`. */
export function rowUpdate(optimizer: Optimizer, isScheduled: boolean): UpdateCode {
  const name = updateName(optimizer);
  const names = slotNames(name);
  const at = isRowWise(name) ? 'row' : 'at';
  const text = printTypeScript(optimizer, {
    weight: 'values[at]',
    gradient: 'gradient',
    slots: Object.fromEntries(names.map((slot) => [slot, `slots.${slot}[${at}]`])),
    step: 'step',
  });
  const row = isRowWise(name) ? { row: join(text.row.map(trusted), '\n') } : {};
  return { ...common(optimizer, isScheduled), ...row, body: join(text.body.map(trusted), '\n') };
}

/** The update of a whole weight as tensors: the variables `weight` and `slots.<slot>`, from the tensor `gradient`. */
export function tensorUpdate(optimizer: Optimizer, isScheduled: boolean): UpdateCode {
  const name = updateName(optimizer);
  const rule = updateRules[name];
  const slots = slotNames(name);
  const camel = (scalar: string): string => scalar.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const scalarTerms = (keys: readonly string[]): Readonly<Record<string, Term>> =>
    Object.fromEntries(keys.map((scalar) => [scalar, nameTerm(camel(scalar))]));
  const tensors = new Set(['weight', 'gradient', 'squares', ...slots.map((slot) => `slots.${slot}`)]);
  const known = new Map<Term, string>();
  const assign = (target: string, term: Term): Code => {
    const code = ts`${trusted(target)}.assign(${print(term, tensors, known).code});`;
    known.set(term, target);
    return code;
  };
  const assignSlots = (of: Readonly<Record<string, Term>>): readonly Code[] =>
    Object.entries(of).map(([slot, term]) => assign(`slots.${slot}`, term));
  const given = {
    slots: Object.fromEntries(slots.map((slot) => [slot, nameTerm(`slots.${slot}`)])),
    scalars: scalarTerms(scalarNames(name)),
  };
  const ofRow = rule.row?.(terms, { ...given, squares: nameTerm('squares') });
  const row = ofRow && [
    ts`const squares = gradient.square().sum();`,
    ...assignSlots(ofRow.slots),
    ...Object.entries(ofRow.scalars).map(([scalar, term]) => {
      tensors.add(camel(scalar));
      return ts`const ${identifier(camel(scalar))} = ${print(term, tensors, known).code};`;
    }),
  ];
  const updated = rule.update(terms, {
    ...given,
    weight: nameTerm('weight'),
    gradient: nameTerm('gradient'),
    scalars: { ...given.scalars, ...scalarTerms(Object.keys(ofRow?.scalars ?? {})) },
  });
  const body = row ?? assignSlots(updated.slots);
  const of = common(optimizer, isScheduled);
  const scalars = row ? ts`const dim = weight.size;\n${of.scalars}` : of.scalars;
  return { ...of, scalars, body: join([...body, assign('weight', updated.weight)], '\n') };
}

function common(optimizer: Optimizer, isScheduled: boolean): Omit<UpdateCode, 'body'> {
  const name = updateName(optimizer);
  const initial = initialSlots(name, optimizer.parameters);
  const names = slotNames(name);
  const { scalars } = printTypeScript(optimizer, {
    weight: 'weight',
    gradient: 'gradient',
    slots: {},
    step: 'step',
    factor: isScheduled ? 'factor' : undefined,
  });
  return {
    slots: names.map((slot, i) => ({ name: slot, initial: initial[i] ?? 0 })),
    scalars: join(scalars.map(trusted), '\n'),
    usesStep: scalars.some((line) => /\bstep\b/.test(line)),
    usesFactor: scalars.some((line) => /\bfactor\b/.test(line)),
  };
}

interface Printed {
  readonly code: Code;
  readonly isTensor: boolean;
}

const methods = {
  add: 'add',
  subtract: 'sub',
  multiply: 'mul',
  divide: 'div',
  power: 'pow',
  minimum: 'minimum',
  maximum: 'maximum',
} as const;

function print(term: Term, tensors: ReadonlySet<string>, known: ReadonlyMap<Term, string>): Printed {
  const of = (inner: Term): Printed => print(inner, tensors, known);
  const name = known.get(term);
  if (name !== undefined) return { code: trusted(name), isTensor: true };
  switch (term.kind) {
    case 'name':
      return { code: trusted(term.name), isTensor: tensors.has(term.name) };
    case 'constant':
      return { code: ts`${term.value}`, isTensor: false };
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
    case 'power':
    case 'minimum':
    case 'maximum': {
      const [a, b] = [of(term.a), of(term.b)];
      const method = identifier(methods[term.kind]);
      const commutes = term.kind === 'add' || term.kind === 'multiply';
      if (a.isTensor) return { code: ts`${a.code}.${method}(${b.code})`, isTensor: true };
      if (commutes) return { code: ts`${b.code}.${method}(${a.code})`, isTensor: true };
      return { code: ts`tf.${method}(${a.code}, ${b.code})`, isTensor: true };
    }
    case 'squareRoot':
      return { code: ts`${of(term.x).code}.sqrt()`, isTensor: true };
    case 'absolute':
      return { code: ts`${of(term.x).code}.abs()`, isTensor: true };
    case 'flush':
      return of(term.x);
    default:
      return term satisfies never;
  }
}

/** What an update is told of a step, as parameters and as arguments. */
export const stepParameters = ({ usesStep, usesFactor }: UpdateCode): Code =>
  ts`${usesStep ? ts`, step: number` : none}${usesFactor ? ts`, factor: number` : none}`;
export const stepArguments = ({ usesStep, usesFactor }: UpdateCode): Code =>
  ts`${usesStep ? ts`, step` : none}${usesFactor ? ts`, factor` : none}`;
