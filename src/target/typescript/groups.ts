import { movesAll } from '../../graph/update/cost.js';
import type { UpdateName } from '../../graph/update/rules.js';
import type { Optimizer, Optimizers, Table } from '../../model/model.js';
import { optimizerOfTable, optimizerOfWeight } from '../../model/optimizers.js';
import { createNames } from '../code/names.js';
import type { Plan, PlannedWeight } from './plan.js';
import { rowUpdate, tensorUpdate, type UpdateCode } from './updates.js';

/** What follows one update rule, and the names of the code for it. */
interface Group {
  readonly optimizer: Optimizer;
  readonly update: UpdateCode;
  /** The function that updates. */
  readonly function: string;
  /** The type of what is remembered, and the function that makes it. */
  readonly slotsType: string;
  readonly slots: string;
}

export interface WeightGroup extends Group {
  readonly members: readonly PlannedWeight[];
  /** The list of its weights in the trainer. */
  readonly list: string;
}

export interface TableGroup extends Group {
  readonly members: readonly Table[];
  /** Whether rows that a batch does not touch are updated as well. */
  readonly isSweep: boolean;
}

export const titles: Readonly<Record<UpdateName, string>> = {
  sgd: 'Stochastic gradient descent',
  momentum: 'Stochastic gradient descent with momentum',
  nesterov: 'Stochastic gradient descent with Nesterov momentum',
  adagrad: 'Adagrad',
  rowwiseAdagrad: 'Row-wise Adagrad',
  adam: 'Adam',
  adamw: 'AdamW',
  adamax: 'Adamax',
  rmsprop: 'RMSprop',
  rmspropMomentum: 'RMSprop with momentum',
  ftrl: 'FTRL-Proximal',
  ftrlPower: 'FTRL-Proximal',
};

/** The weights that steps move, by the rules that they follow. */
export function weightGroups({ model, weights }: Plan): readonly WeightGroup[] {
  const trained = weights.filter(({ frozen }) => !frozen);
  const { optimizer } = model.train;
  return grouped(trained, optimizer, ({ name }) => optimizerOfWeight(optimizer, name)).map((group) => ({
    ...group,
    update: tensorUpdate(group.optimizer, model.train.schedule !== undefined),
    function: group.name('update', 'Weight'),
    slotsType: group.name('', 'WeightSlots'),
    slots: group.name('', 'weightSlots'),
    list: group.name('', 'weights'),
  }));
}

export function tableGroups({ model, tables }: Plan): readonly TableGroup[] {
  const { optimizer } = model.train;
  const moved = tables.filter(({ frozen }) => !frozen);
  return grouped(moved, optimizer, ({ name }) => optimizerOfTable(optimizer, name)).map((group) => ({
    ...group,
    update: rowUpdate(group.optimizer, model.train.schedule !== undefined),
    isSweep: movesAll(group.optimizer),
    function: group.name('update', 'Rows'),
    slotsType: group.name('', 'TableSlots'),
    slots: group.name('', 'tableSlots'),
  }));
}

interface Members<T> {
  readonly optimizer: Optimizer;
  readonly members: readonly T[];
  /** A name that says which part it is for, if there is more than one. */
  readonly name: (before: string, after: string) => string;
}

function grouped<T>(all: readonly T[], optimizers: Optimizers, optimizerOf: (one: T) => Optimizer): readonly Members<T>[] {
  const members = new Map<string, T[]>();
  for (const one of all) {
    const key = JSON.stringify(optimizerOf(one));
    members.set(key, [...(members.get(key) ?? []), one]);
  }
  const { parts, embeddings, rest } = optimizers;
  const named: readonly (readonly [string, Optimizer])[] = [...Object.entries(parts), ['embeddings', embeddings], ['rest', rest]];
  const newName = createNames();
  return [...members].flatMap(([key, some]) => {
    const [part, optimizer] = named.find(([, one]) => JSON.stringify(one) === key) ?? [];
    if (part === undefined || !optimizer) return [];
    const own = newName(part);
    const name = (before: string, after: string): string => {
      if (members.size === 1) return before + after;
      const middle = before === '' ? own : upperFirst(own);
      return /^[A-Z]/.test(after) && before === '' ? upperFirst(own) + after : before + middle + upperFirst(after);
    };
    return [{ optimizer, members: some, name }];
  });
}

const upperFirst = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
