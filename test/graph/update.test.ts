import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { printKernels } from '../../src/graph/update/assemblyscript.js';
import { rowSlotWidth, scalarUpdate } from '../../src/graph/update/evaluate.js';
import {
  initialSlots,
  isRowWise,
  scalarNames,
  scalarValues,
  slotNames,
  updateName,
  updateRules,
} from '../../src/graph/update/rules.js';
import type { UpdateName } from '../../src/graph/update/rules.js';
import { printTypeScript } from '../../src/graph/update/typescript.js';
import { optimizerRules, inRange, withDefaults } from '../../src/model/optimizers.js';
import type { RuleName } from '../../src/model/optimizers.js';

type Parameters = Readonly<Record<string, number>>;
type ByHand = (p: Parameters, start: number, gradients: readonly number[]) => number;

/** Formulas written out by hand, one weight over a sequence of gradients; as a row of one weight where a rule is of rows. */
const byHand: Readonly<Record<UpdateName, ByHand>> = {
  sgd: (p, start, gradients) => gradients.reduce((w, g) => w - p.learning_rate! * g, start),
  momentum: (p, start, gradients) => {
    let w = start;
    let u = 0;
    for (const g of gradients) {
      u = p.momentum! * u - p.learning_rate! * g;
      w += u;
    }
    return w;
  },
  /** Sutskever et al. 2013, Eq. (3) and (4): the gradient is that of the point ahead, and what is kept is that point. */
  nesterov: (p, start, gradients) => {
    let ahead = start;
    let u = 0;
    for (const g of gradients) {
      const behind = ahead - p.momentum! * u;
      u = p.momentum! * u - p.learning_rate! * g;
      ahead = behind + u + p.momentum! * u;
    }
    return ahead;
  },
  adagrad: (p, start, gradients) => {
    let w = start;
    let s = p.initial_accumulator!;
    for (const g of gradients) {
      s += g * g;
      w -= (p.learning_rate! * g) / Math.sqrt(s + p.epsilon!);
    }
    return w;
  },
  rowwiseAdagrad: (p, start, gradients) =>
    rowByHand(
      p,
      [start],
      gradients.map((g) => [g]),
    )[0]!,
  adam: (p, start, gradients) => adamByHand(p, start, gradients, 0),
  adamw: (p, start, gradients) => adamByHand(p, start, gradients, p.weight_decay!),
  /** Kingma and Ba 2015, Algorithm 2, with Keras's epsilon. */
  adamax: (p, start, gradients) => {
    let w = start;
    let m = 0;
    let u = 0;
    gradients.forEach((g, i) => {
      m = p.beta1! * m + (1 - p.beta1!) * g;
      u = Math.abs(g) > p.beta2! * u ? Math.abs(g) : p.beta2! * u;
      w -= ((p.learning_rate! / (1 - p.beta1! ** (i + 1))) * m) / (u + p.epsilon!);
    });
    return w;
  },
  rmsprop: (p, start, gradients) => rmsByHand(p, start, gradients),
  rmspropMomentum: (p, start, gradients) => rmsByHand(p, start, gradients),
  ftrl: (p, start, gradients) => ftrlByHand(p, start, gradients),
  ftrlPower: (p, start, gradients) => ftrlByHand(p, start, gradients),
};

/** FBGEMM's row-wise Adagrad: one sum a row, of the mean of its squared gradients. */
const rowByHand = (p: Parameters, start: readonly number[], gradients: readonly (readonly number[])[]): readonly number[] => {
  let row = start;
  let sum = p.initial_accumulator!;
  for (const g of gradients) {
    sum += g.reduce((squares, x) => squares + x ** 2, 0) / g.length;
    row = row.map((w, i) => w - (p.learning_rate! / (Math.sqrt(sum) + p.epsilon!)) * g[i]!);
  }
  return row;
};

/** Keras 3's RMSprop, not centered. */
const rmsByHand: ByHand = (p, start, gradients) => {
  let w = start;
  let v = 0;
  let moved = 0;
  for (const g of gradients) {
    v = p.rho! * v + (1 - p.rho!) * g ** 2;
    moved = p.momentum! * moved + (p.learning_rate! * g) / Math.sqrt(v + p.epsilon!);
    w -= moved;
  }
  return w;
};

/** McMahan et al. 2013, Algorithm 1, with Keras's shrinkage and power. */
const ftrlByHand: ByHand = (p, start, gradients) => {
  const alpha = p.learning_rate!;
  let w = start;
  let n = p.initial_accumulator!;
  let z = 0;
  for (const g of gradients) {
    const before = n ** -p.learning_rate_power!;
    n += g ** 2;
    const sigma = (n ** -p.learning_rate_power! - before) / alpha;
    z += g + 2 * p.l2_shrinkage! * w - sigma * w;
    w = Math.abs(z) <= p.l1! ? 0 : (Math.sign(z) * p.l1! - z) / ((p.beta! + n ** -p.learning_rate_power!) / alpha + 2 * p.l2!);
  }
  return w;
};

const adamByHand = (p: Parameters, start: number, gradients: readonly number[], decay: number): number => {
  const [rate, b1, b2, epsilon] = [p.learning_rate!, p.beta1!, p.beta2!, p.epsilon!];
  let w = start;
  let m = 0;
  let v = 0;
  gradients.forEach((g, i) => {
    const t = i + 1;
    w -= rate * decay * w;
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    w -= (((rate * Math.sqrt(1 - Math.pow(b2, t))) / (1 - Math.pow(b1, t))) * m) / (Math.sqrt(v) + epsilon);
  });
  return w;
};

const gradients = Array.from({ length: 20 }, (_, t) => Math.sin(1 + 3 * t) * (t % 7 === 3 ? 0 : 1));

const cases: readonly (readonly [RuleName, Readonly<Record<string, number>>])[] = [
  ['sgd', { learning_rate: 0.1 }],
  ['sgd', { learning_rate: 0.1, momentum: 0.9 }],
  ['sgd', { learning_rate: 0.1, momentum: 0.9, nesterov: 1 }],
  ['adagrad', { learning_rate: 0.4 }],
  ['rowwise_adagrad', { learning_rate: 0.4 }],
  ['rowwise_adagrad', { learning_rate: 0.4, initial_accumulator: 0.3, epsilon: 1e-2 }],
  ['adam', { learning_rate: 0.01, beta1: 0.8, epsilon: 1e-3 }],
  ['adamw', { learning_rate: 0.01, weight_decay: 0.1 }],
  ['adamax', { learning_rate: 0.01 }],
  ['adamax', { learning_rate: 0.1, beta1: 0.6, beta2: 0.7, epsilon: 1e-2 }],
  ['rmsprop', { learning_rate: 0.01 }],
  ['rmsprop', { learning_rate: 0.01, rho: 0.6, momentum: 0.8, epsilon: 1e-3 }],
  ['ftrl', { learning_rate: 0.1 }],
  ['ftrl', { learning_rate: 0.1, l1: 0.3, l2: 0.05, l2_shrinkage: 0.02, beta: 1 }],
  ['ftrl', { learning_rate: 0.1, learning_rate_power: -0.3, l1: 0.01, l2: 0.05, beta: 0.5 }],
];

describe.each(cases)('%s %j', (rule, given) => {
  const optimizer = { rule, parameters: withDefaults(rule, given), exact: false };
  const name = updateName(optimizer);
  const slots = slotNames(name);
  const expected = byHand[name](optimizer.parameters, 0.7, gradients);

  it('follows its formula in float64', () => {
    const values = new Float64Array(24);
    values.set([0.7, ...initialSlots(name, optimizer.parameters)]);
    gradients.forEach((gradient, t) => {
      values[15] = gradient;
      values.set(scalarValues(name, { ...optimizer.parameters, dim: 1 }, t + 1), 16);
      scalarUpdate(name)(values, 0, 1, 15, 1, 16);
    });
    expect(values[0]).toBeCloseTo(expected, 12);
  });

  it('says the same as TypeScript text', () => {
    const { scalars, row, body } = printTypeScript(optimizer, {
      weight: 'weights[0]',
      gradient: 'gradient',
      step: 'step',
      slots: Object.fromEntries(slots.map((slot) => [slot, `${slot}[0]`])),
    });
    const declarations = slots.map((slot, s) => `const ${slot} = [${initialSlots(name, optimizer.parameters)[s]}];`);
    const run = runInNewContext(
      `(gradients) => { const weights = [0.7]; const dim = 1; ${declarations.join(' ')}
       gradients.forEach((gradient, t) => {
         const step = t + 1; const squares = gradient ** 2; ${scalars.join(' ')} ${row.join(' ')} ${body.join(' ')}
       });
       return weights[0]; }`,
    ) as (gradients: readonly number[]) => number;
    expect(run(gradients)).toBeCloseTo(expected, 12);
  });

  it('moves without a gradient only if it says so', () => {
    const values = new Float64Array(16);
    const kept = initialSlots(name, optimizer.parameters).map((value) => value + 0.5);
    values.set([0.7, ...kept.flatMap((value) => new Array<number>(isRowWise(name) ? rowSlotWidth : 1).fill(value))]);
    values.set(scalarValues(name, { ...optimizer.parameters, dim: 1 }, 3), 8);
    const before = [...values];
    scalarUpdate(name)(values, 0, 1, undefined, 1, 8);
    expect([...values].some((value, i) => value !== before[i])).toBe(updateRules[name].movesUntouched);
  });
});

describe('the table', () => {
  it('prints three kernels for every update', () => {
    const text = printKernels();
    for (const name of Object.keys(updateRules))
      for (const suffix of ['', 'Rows', 'Sweep']) expect(text).toContain(`export function ${name}${suffix}(`);
  });

  it('prints readable statements', () => {
    expect(
      printTypeScript(
        { rule: 'adam', parameters: withDefaults('adam'), exact: false },
        { weight: 'weights[i]', gradient: 'g', step: 'step', slots: { mean: 'mean[i]', square: 'square[i]' } },
      ),
    ).toEqual({
      scalars: [
        'const meanRate = 1 - 0.9;',
        'const squareRate = 1 - 0.999;',
        'const rate = 0.001 * Math.sqrt(1 - 0.999 ** step) / (1 - 0.9 ** step);',
        'const epsilon = 1e-7;',
      ],
      row: [],
      body: [
        'mean[i] += meanRate * (g - mean[i]);',
        'square[i] += squareRate * (g * g - square[i]);',
        'weights[i] -= rate * mean[i] / (Math.sqrt(square[i]) + epsilon);',
      ],
    });
  });

  it('updates a row by the mean of its squared gradients, padding aside', () => {
    const p = { ...withDefaults('rowwise_adagrad', { learning_rate: 0.1, epsilon: 1e-2 }), dim: 3 };
    const start = [0.7, -0.2, 0.1];
    const values = new Float64Array(24);
    values.set(start);
    const steps = Array.from({ length: 20 }, (_, t) => [Math.sin(t), Math.cos(3 * t), t % 4 === 0 ? 0 : 0.3]);
    for (const [t, gradient] of steps.entries()) {
      values.set(gradient, 8);
      values.set(scalarValues('rowwiseAdagrad', p, t + 1), 16);
      scalarUpdate('rowwiseAdagrad')(values, 0, 4, 8, 4, 16);
    }
    rowByHand(p, start, steps).forEach((wanted, i) => {
      expect(values[i]).toBeCloseTo(wanted, 12);
    });
    expect(values[3]).toBe(0);
  });

  it('multiplies the learning rate by what a schedule says, but where weights are made of it', () => {
    const adam = withDefaults('adam');
    const third = { ...adam, learning_rate: adam.learning_rate! / 3 };
    expect(scalarValues('adam', adam, 5, 1 / 3)).toEqual(scalarValues('adam', third, 5));
    expect(scalarValues('adam', adam, 5, 1 / 3)).not.toEqual(scalarValues('adam', adam, 5));
    expect(scalarValues('ftrl', withDefaults('ftrl'), 5, 1 / 3)).toEqual(scalarValues('ftrl', withDefaults('ftrl'), 5));
  });

  it('keeps decaying means off the denormal numbers', () => {
    const values = new Float64Array([1, 1e-29, 1e-29, 0, 0.1, 0.001, 0.01, 1e-7]);
    for (let step = 0; step < 40; step++) scalarUpdate('adam')(values, 0, 1, 3, 1, 4);
    expect(values[1]).toBe(0);
    expect(values[2]).not.toBe(0);
  });

  it('knows the names and ranges of hyperparameters', () => {
    for (const [rule, { parameters }] of Object.entries(optimizerRules)) {
      expect(parameters[0]?.name).toBe('learning_rate');
      for (const parameter of parameters)
        expect(inRange(parameter.default, parameter.range), `${rule} ${parameter.name}`).toBe(true);
    }
    expect(withDefaults('sgd')).toEqual({ learning_rate: 0.01, momentum: 0, nesterov: 0 });
    expect(withDefaults('adam', { beta1: 0.5 })).toEqual({ learning_rate: 1e-3, beta1: 0.5, beta2: 0.999, epsilon: 1e-7 });
    expect(inRange(0, { min: 0, minExclusive: true })).toBe(false);
    expect(inRange(1, { min: 0, max: 1, maxExclusive: true })).toBe(false);
    expect(inRange(NaN, { min: 0 })).toBe(false);
    expect(scalarNames('adamw')).toEqual(['mean_rate', 'square_rate', 'rate', 'epsilon', 'decay']);
  });
});
