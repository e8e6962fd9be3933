import { fillInitial } from '../../graph/random.js';
import { elementsOf } from '../../graph/shapes.js';
import type { DenseParameter } from '../../graph/step.js';
import { averageShare } from '../../graph/update/decay.js';
import type { UpdateName } from '../../graph/update/rules.js';
import { initialSlots, isRowWise, scalarValues, slotNames, updateName } from '../../graph/update/rules.js';
import type { TrainSection } from '../../model/model.js';
import { optimizerOfWeight } from '../../model/optimizers.js';
import { arrayIn, variableOf, type LiveArray } from './arrays.js';
import type { Tensor, TfjsNamespace, Variable } from './namespace.js';
import { updateTensors } from './update.js';

/** Weights that follow one rule lie one after the other in one variable, so that a step updates them at once. */
interface WeightGroup {
  readonly members: readonly Member[];
  /** [1, numbers], or [members, numbers of each] for a rule of rows: a weight is a row. */
  readonly weight: Variable;
  readonly training?: GroupTraining;
}

interface Member extends DenseParameter {
  readonly size: number;
  readonly offset: number;
}

interface GroupTraining {
  readonly name: UpdateName;
  readonly parameters: Readonly<Record<string, number>>;
  readonly slots: readonly Variable[];
  readonly average?: Variable;
}

/** The dense weights of a model, on the backend. */
export interface DenseWeights {
  /** By name; within a `tidy`. With averages, their moving averages instead. */
  readonly leaves: (averaged: boolean) => Record<string, Tensor>;
  /** Adds L2 to the gradients of the step, by name; within a `tidy`. */
  readonly withL2: (gradients: ReadonlyMap<string, Tensor>) => ReadonlyMap<string, Tensor>;
  readonly update: (gradients: ReadonlyMap<string, Tensor>, step: number, factor: number) => void;
  readonly arrays: readonly LiveArray[];
  readonly averages: readonly LiveArray[];
  readonly slots: readonly LiveArray[];
  readonly dispose: () => void;
}

/** First values are those that every engine starts with. */
export const createDenseWeights = (
  tf: TfjsNamespace,
  parameters: readonly DenseParameter[],
  train: Pick<TrainSection, 'optimizer' | 'ema'>,
  seed: number,
): DenseWeights => {
  const groups = groupsOf(parameters, train).map((members) => createGroup(tf, members, train, seed));
  const trained = groups.flatMap(({ members, training, weight }) => (training ? [{ members, training, weight }] : []));
  const arraysOf = (variableIn: (group: WeightGroup) => Variable | undefined, suffix = ''): LiveArray[] =>
    groups.flatMap((group) => {
      const variable = variableIn(group);
      if (variable === undefined) return [];
      return group.members.map(({ name, shape, offset }) => arrayIn(tf, `${name}${suffix}`, shape, variable, offset));
    });
  const order = new Map(parameters.map(({ name }, i) => [name, i]));
  const inOrder = (arrays: LiveArray[]): LiveArray[] =>
    arrays.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  const arrays = inOrder(arraysOf(({ weight }) => weight));
  const averages = inOrder(arraysOf(({ weight, training }) => training?.average ?? weight));
  return {
    arrays,
    averages,
    leaves: (averaged) => Object.fromEntries((averaged ? averages : arrays).map(({ name, view }) => [name, view()])),
    withL2: (gradients) => {
      const sums = new Map(gradients);
      const weights = new Map(arrays.map((array) => [array.name, array]));
      for (const { name, l2, frozen } of parameters) {
        const [gradient, weight] = [gradients.get(name), weights.get(name)];
        if (!frozen && l2 !== 0 && gradient && weight) sums.set(name, tf.add(gradient, tf.mul(weight.view(), l2)));
      }
      return sums;
    },
    update: (gradients, step, factor) => {
      for (const { members, training, weight } of trained) {
        const all = members.map(({ name, size }) => {
          const gradient = gradients.get(name);
          return gradient === undefined ? tf.zeros([size]) : tf.reshape(gradient, [size]);
        });
        const [only] = all;
        const joined = tf.reshape(all.length === 1 && only ? only : tf.concat(all), weight.shape);
        const scalars = scalarValues(training.name, training.parameters, step, factor);
        const next = updateTensors(tf, training.name, { weight, slots: training.slots }, joined, scalars);
        weight.assign(next.weight);
        training.slots.forEach((slot, s) => slot.assign(next.slots[s] ?? slot));
        const { average } = training;
        if (average === undefined || train.ema === undefined) continue;
        average.assign(tf.add(average, tf.mul(tf.sub(next.weight, average), averageShare(train.ema, step))));
      }
    },
    slots: trained.flatMap(({ members, training }) =>
      members.flatMap(({ name, shape, offset }, row) => [
        ...slotNames(training.name).flatMap((slot, s) => {
          const variable = training.slots[s];
          if (variable === undefined) return [];
          const isOfRow = isRowWise(training.name);
          return [arrayIn(tf, `${name}/${slot}`, isOfRow ? [1] : shape, variable, isOfRow ? row : offset)];
        }),
        ...(training.average === undefined ? [] : [arrayIn(tf, `${name}/average`, shape, training.average, offset)]),
      ]),
    ),
    dispose: () => {
      for (const { weight, training } of groups) {
        weight.dispose();
        training?.slots.forEach((slot) => slot.dispose());
        training?.average?.dispose();
      }
    },
  };
};

/** Weights with the same rule; for a rule of rows of the same size as well. */
const groupsOf = (
  parameters: readonly DenseParameter[],
  { optimizer }: Pick<TrainSection, 'optimizer'>,
): readonly (readonly DenseParameter[])[] => {
  const groups = new Map<string, DenseParameter[]>();
  for (const parameter of parameters) {
    const of = optimizerOfWeight(optimizer, parameter.name);
    const size = isRowWise(updateName(of)) ? elementsOf(parameter.shape, 1) : 0;
    const key = parameter.frozen ? 'frozen' : JSON.stringify([updateName(of), of.parameters, size]);
    groups.set(key, [...(groups.get(key) ?? []), parameter]);
  }
  return [...groups.values()];
};

const createGroup = (
  tf: TfjsNamespace,
  parameters: readonly DenseParameter[],
  { optimizer, ema }: Pick<TrainSection, 'optimizer' | 'ema'>,
  seed: number,
): WeightGroup => {
  let total = 0;
  const members = parameters.map((parameter): Member => {
    const size = elementsOf(parameter.shape, 1);
    const offset = total;
    total += size;
    return { ...parameter, size, offset };
  });
  const values = new Float32Array(total);
  for (const { name, shape, initializer, size, offset } of members)
    fillInitial(seed, name, shape, initializer, values.subarray(offset, offset + size));
  const [first] = members;
  if (first === undefined || first.frozen) return { members, weight: variableOf(tf, values, [1, total]) };
  const of = optimizerOfWeight(optimizer, first.name);
  const name = updateName(of);
  const ofRows = isRowWise(name);
  const shape = ofRows ? [members.length, first.size] : [1, total];
  const given = ofRows ? { ...of.parameters, dim: first.size } : of.parameters;
  const slotShape = ofRows ? [members.length, 1] : shape;
  const slots = initialSlots(name, given).map((initial) =>
    variableOf(tf, new Float32Array(elementsOf(slotShape, 1)).fill(initial), slotShape),
  );
  return {
    members,
    weight: variableOf(tf, values, shape),
    training: { name, parameters: given, slots, ...(ema !== undefined && { average: variableOf(tf, values, shape) }) },
  };
};
