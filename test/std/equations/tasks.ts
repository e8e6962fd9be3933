import { list, shapesBelow, sum, vector, type Tensor } from '../tensors.js';
import {
  flat,
  functions,
  linear,
  mlp,
  mlpShapes,
  rowsOf,
  softmax,
  within,
  type Equation,
  type Shapes,
  type Weights,
} from './equation.js';

/** Σ_e softmax(W x)_e y_e over experts of u numbers */
function mixture(weights: Weights, d: number, x: Tensor, u: number, experts: readonly Tensor[]): Tensor {
  const g = softmax(experts.length, linear(weights, d, experts.length, x, false));
  return vector(u, (a) => sum(experts.length, (e) => g(e) * experts[e]!(a)));
}

/** Paths in the order in which they are taken; of equal ones, all but the first are numbered. */
function paths(): (path: string) => string {
  const taken = new Map<string, number>();
  return (path) => {
    const count = (taken.get(path) ?? 0) + 1;
    taken.set(path, count);
    return count === 1 ? path : `${path}_${count}`;
  };
}

/** Where the experts and gates of a block stand, below it. */
interface Places {
  readonly experts: readonly string[];
  readonly gates: readonly string[];
}

const mmoePlaces = (tasks: number, experts: number): Places => {
  const path = paths();
  return { experts: list(experts, (e) => path(`${e}`)), gates: list(tasks, (t) => path(`${t}`)) };
};

/** The experts of each task and, last, the shared ones; the gates likewise. */
interface Extraction {
  readonly experts: readonly (readonly string[])[];
  readonly gates: readonly string[];
}

const extractionPlaces = (tasks: number, own: number, shared: number): Extraction => {
  const path = paths();
  const common = list(shared, (e) => path(`${e}`));
  const privates = list(tasks, (t) => path(`${t}`)).map((place) => list(own, (e) => `${place}.${e}`));
  return { experts: [...privates, common], gates: [...list(tasks, (t) => `${path(`${t}`)}.mixture`), 'mixture'] };
};

const tanh = functions.tanh!;

/** `mlp(_, [u], activation: tanh)` on d numbers. */
const expert = (weights: Weights, place: string, d: number, u: number, x: Tensor): Tensor =>
  mlp(within(weights, `${place}.mlp`), d, [u], x, tanh);
const expertShapes = (place: string, d: number, u: number): Shapes => shapesBelow(`${place}.mlp`, mlpShapes(d, [u]));

const merged = (shapes: readonly Shapes[]): Shapes => Object.assign({}, ...shapes) as Shapes;

interface Layer {
  readonly tasks: number;
  readonly own: number;
  readonly shared: number;
  /** Sizes of the inputs and outputs. */
  readonly d: number;
  readonly u: number;
}

/** Weights of an extraction layer; the last of a network makes no shared gate. */
function extractionShapes({ tasks, own, shared, d, u }: Layer, last: boolean): Shapes {
  const { experts, gates } = extractionPlaces(tasks, own, shared);
  return merged([
    ...experts.flat().map((place) => expertShapes(place, d, u)),
    ...gates
      .slice(0, last ? tasks : tasks + 1)
      .map((gate, t): Shapes => ({ [`${gate}.linear.weight`]: [t === tasks ? tasks * own + shared : own + shared, d] })),
  ]);
}

/** y_t = Σ_e softmax(W_t x_t)_e E_e over the experts of task t and the shared ones; the shared output, over all. */
function extraction(
  weights: Weights,
  { tasks, own, shared, d, u }: Layer,
  x: readonly Tensor[],
  last: boolean,
): readonly Tensor[] {
  const places = extractionPlaces(tasks, own, shared);
  const outputs = places.experts.map((group, t) => group.map((place) => expert(weights, place, d, u, x[t]!)));
  const common = outputs[tasks]!;
  const gate = (t: number, of: readonly Tensor[]) => mixture(within(weights, `${places.gates[t]!}.linear`), d, x[t]!, u, of);
  const own_ = list(tasks, (t) => gate(t, [...outputs[t]!, ...common]));
  return last ? own_ : [...own_, gate(tasks, outputs.flat())];
}

const ple = (tasks: number, layers: number, own: number, shared: number, call?: string): Equation => {
  const layer = (s: { readonly d: number; readonly m: number }, l: number): Layer => ({
    tasks,
    own,
    shared,
    d: l === 0 ? s.d : s.m,
    u: s.m,
  });
  // The list of inputs takes the first paths.
  const place = (l: number) => `ple.${l <= tasks ? `${l}_2` : `${l}`}.extraction`;
  return {
    call: ({ m }) => {
      const expertText = `mlp(_, [${m}], activation: tanh)`;
      return `concat(${call?.replace('EXPERT', expertText) ?? `ple(x, tasks: ${tasks}, expert: ${expertText}, layers: ${layers}, own: ${own}, shared: ${shared})`})`;
    },
    weights: (s) => merged(list(layers, (l) => shapesBelow(place(l), extractionShapes(layer(s, l), l === layers - 1)))),
    size: ({ m }) => tasks * m,
    value: (s, _, x, weights) => {
      let y: readonly Tensor[] = list(tasks + 1, () => x);
      for (let l = 0; l < layers; l++) y = extraction(within(weights, place(l)), layer(s, l), y, l === layers - 1);
      return flat(s.m, y);
    },
  };
};

const mmoe = (tasks: number): Equation => ({
  call: ({ experts, m }) => `concat(mmoe(x, tasks: ${tasks}, experts: ${experts}, expert: mlp(_, [${m}], activation: tanh)))`,
  weights: ({ d, m, experts }) => {
    const places = mmoePlaces(tasks, experts);
    return shapesBelow(
      'mmoe',
      merged([
        ...places.experts.map((place) => expertShapes(place, d, m)),
        ...places.gates.map((gate): Shapes => ({ [`${gate}.mixture.linear.weight`]: [experts, d] })),
      ]),
    );
  },
  size: ({ m }) => tasks * m,
  value: ({ d, m, experts }, _, x, weights) => {
    const places = mmoePlaces(tasks, experts);
    const own = within(weights, 'mmoe');
    const f = places.experts.map((place) => expert(own, place, d, m, x));
    return flat(
      m,
      places.gates.map((gate) => mixture(within(own, `${gate}.mixture.linear`), d, x, m, f)),
    );
  },
});

export const tasks: Readonly<Record<string, Equation>> = {
  mixture: {
    widths: ({ d, n, m }) => ({ x0: n * m, x: d }),
    call: ({ n }) => `mixture(x, unflatten(x0, ${n}))`,
    weights: ({ d, n }) => ({ 'linear.weight': [n, d] }),
    size: ({ m }) => m,
    value: ({ d, n, m }, x0, x, weights) => mixture(within(weights, 'linear'), d, x, m, rowsOf(n, m, x0)),
  },
  'mmoe of 1 task': mmoe(1),
  'mmoe of 3 tasks': mmoe(3),
  extraction: {
    call: ({ m }) => `concat(extraction(x0, x, x0 * x, own: 1, shared: 2, expert: mlp(_, [${m}], activation: tanh)))`,
    weights: ({ d, m }) => shapesBelow('extraction', extractionShapes({ tasks: 2, own: 1, shared: 2, d, u: m }, false)),
    size: ({ m }) => 3 * m,
    value: ({ d, m }, x0, x, weights) => {
      const both = vector(d, (i) => x0(i) * x(i));
      const layer = { tasks: 2, own: 1, shared: 2, d, u: m };
      return flat(m, extraction(within(weights, 'extraction'), layer, [x0, x, both], false));
    },
  },
  'ple with its defaults': ple(2, 2, 2, 2, 'ple(x, 2, EXPERT)'),
  'ple of 1 layer': ple(2, 1, 1, 2),
  'ple of 3 tasks and 3 layers': ple(3, 3, 1, 1),
};
