import type { NodeId } from '../../graph/graph.js';
import { doc, identifier, join, none, trusted, ts, type Code } from '../code/code.js';
import { printStage, type StageCode } from './forward.js';
import { createNames } from '../code/names.js';
import type { Plan } from './plan.js';
import type { Result } from './results.js';
import type { LayerName } from './runtime/layers.js';
import type { Stage } from './stages.js';

/** The functions that a network becomes. */
export interface Functions {
  /** What is served, where that is less than training computes: its `forward` begins with this. */
  readonly serve?: NetworkFunction;
  readonly forward: NetworkFunction;
  /** The own loss of a label, [rows]. */
  readonly losses: readonly (NetworkFunction & { readonly label: string })[];
  readonly layers: ReadonlySet<LayerName>;
}

export interface NetworkFunction {
  readonly name: string;
  readonly code: Code;
  readonly parameters: readonly Parameter[];
  readonly results: readonly Result[];
}

export type ParameterName = 'tensors' | 'weights' | 'states' | 'inputs' | 'noise' | 'isTraining' | 'targets';

interface Parameter {
  readonly name: ParameterName;
  /** With its type, as it is declared. */
  readonly code: Code;
}

const parameterOrder: readonly ParameterName[] = ['tensors', 'weights', 'states', 'inputs', 'targets', 'noise', 'isTraining'];
const locals = [
  ...parameterOrder,
  'rows',
  'dropout',
  'kept',
  'take',
  'statistics',
  'statisticsOfPresent',
  'moved',
  'serve',
  'served',
];

/** Whether `forward` gives more than logits. */
export const givesMore = ({ results, stages }: Plan): boolean =>
  results.of(stages.forward).some(({ label }) => label === undefined);

/** The type of what is read in training. */
export const inputsType = ({ inputs }: Plan): Code =>
  inputs.some(({ inTraining }) => inTraining) ? ts`TrainingInputs` : ts`Inputs`;

export function functionsOf(plan: Plan): Functions {
  const { stages, model } = plan;
  const layers = new Set<LayerName>();
  const use = (layer: LayerName): Code => {
    layers.add(layer);
    return identifier(layer);
  };
  const training = [
    ...(plan.noise.length > 0 ? ['without noise nothing is dropped'] : []),
    ...(plan.states.length > 0 ? ['training moves the running statistics'] : []),
  ];
  const about = (what: string): string => [what, ...training].join('; ') + '.';
  const describe = (what: string): string => (model.doc === undefined ? what : `${model.doc}\n\n${what}`);
  const serve =
    stages.served &&
    forwardFunction(plan, stages.served, use, {
      name: 'serve',
      about: describe(about('The forward pass to what is served')),
      inputs: ts`Inputs`,
      gives: ts`Served`,
    });
  const forward = forwardFunction(plan, stages.forward, use, {
    name: 'forward',
    about: serve ? about('The rest of the forward pass, which only training needs') : describe(about('The forward pass')),
    inputs: serve ? inputsType(plan) : ts`Inputs`,
    gives: givesMore(plan) ? ts`Tensors` : ts`Logits`,
    ...(serve && { serve }),
  });
  const newName = createNames([...locals, 'forward', 'predict', 'inputsOf']);
  const losses = stages.losses.map(({ label, node, stage }) => {
    const name = newName(`${plan.names.label(label)} loss`);
    return { label, ...lossFunction(plan, { label, node, stage, name }, use) };
  });
  return { ...(serve && { serve }), forward, losses, layers };
}

interface Printing {
  readonly code: StageCode;
  readonly reads: ReadonlySet<ParameterName>;
}

/** Prints a stage whose earlier results are members of `tensors`, and notes what it reads. */
function print(plan: Plan, stage: Stage, use: (layer: LayerName) => Code, given: (node: NodeId) => Code): Printing {
  const { names } = plan;
  const reads = new Set<ParameterName>();
  const read = (name: ParameterName): Code => {
    reads.add(name);
    return identifier(name);
  };
  const code = printStage(plan.graph, stage, {
    leaf: (node) => {
      if (node.kind === 'parameter') return ts`${read('weights')}.${identifier(names.weight(node.name))}`;
      return /^(label|frequency)\./.test(node.name)
        ? ts`${read('targets')}.${identifier(names.target(node.name))}`
        : ts`${read('inputs')}.${identifier(names.input(node.name))}`;
    },
    state: (name) => ts`${read('states')}.${identifier(names.state(name))}`,
    noise: (name) => ts`${read('noise')}?.${identifier(names.noise(name))}`,
    isTraining: () => {
      if (plan.noise.length === 0) return read('isTraining');
      return ts`${read('noise')} !== undefined`;
    },
    given,
    newName: createNames(locals),
    use,
  });
  return { code, reads };
}

const declarations = (plan: Plan, inputs: Code): Readonly<Record<ParameterName, Code>> => ({
  tensors: ts`tensors: ${givesMore(plan) ? ts`Tensors` : ts`Logits`}`,
  weights: ts`weights: Weights`,
  states: ts`states: States`,
  inputs: ts`inputs: ${inputs}`,
  targets: ts`targets: Targets`,
  noise: ts`noise?: Noise`,
  isTraining: ts`isTraining = false`,
});

const parametersOf = (plan: Plan, reads: ReadonlySet<ParameterName>, inputs: Code): readonly Parameter[] =>
  parameterOrder.flatMap((name) => (reads.has(name) ? [{ name, code: declarations(plan, inputs)[name] }] : []));

interface ForwardRequest {
  readonly name: string;
  readonly about: string;
  readonly inputs: Code;
  readonly gives: Code;
  /** The function that has computed what the stage is given. */
  readonly serve?: NetworkFunction;
}

function forwardFunction(plan: Plan, stage: Stage, use: (layer: LayerName) => Code, request: ForwardRequest): NetworkFunction {
  const { name, about, inputs, gives, serve } = request;
  const given = (node: NodeId): Code => ts`served.${identifier(plan.results.nameOf(node))}`;
  const { code, reads } = print(plan, stage, use, given);
  const results = plan.results.of(stage);
  const all = new Set<ParameterName>(['weights', 'inputs', ...reads, ...(serve?.parameters.map((one) => one.name) ?? [])]);
  const parameters = parametersOf(plan, all, inputs);
  const [first] = plan.inputs;
  const count = first ? ts`inputs.${identifier(plan.names.input(first.name))}.shape[0] ?? 0` : ts`1`;
  const rows = code.usesRows ? ts`const rows = ${count};\n` : none;
  const served = serve ? ts`const served = serve(${argumentsOf(serve)});\n` : none;
  const fields = results.map((result) => {
    const value = code.results.get(result.node) ?? none;
    const key = identifier(result.name);
    return value.code === key.code ? key : ts`${key}: ${value}`;
  });
  const body = ts`${code.statements}${code.statements.length > 0 ? ts`\n` : none}return { ${join(fields)} };`;
  return {
    name,
    code: ts`${doc(about)}export function ${identifier(name)}(${join(parameters.map((one) => one.code))}): ${gives} {
  return tf.tidy(() => {
    ${rows}${served}${body}
  });
}`,
    parameters,
    results,
  };
}

interface LossRequest {
  readonly label: string;
  readonly node: NodeId;
  readonly stage: Stage;
  readonly name: string;
}

function lossFunction(plan: Plan, { label, node, stage, name }: LossRequest, use: (layer: LayerName) => Code): NetworkFunction {
  const reads = new Set<ParameterName>();
  const given = (id: NodeId): Code => {
    reads.add('tensors');
    return ts`tensors.${identifier(plan.results.nameOf(id))}`;
  };
  const printed = print(plan, stage, use, given);
  const { code } = printed;
  const [first] = plan.stages.forward.results;
  if (code.usesRows) reads.add('tensors');
  const parameters = parametersOf(plan, new Set([...reads, ...printed.reads]), inputsType(plan));
  const rows =
    code.usesRows && first !== undefined
      ? ts`const rows = tensors.${identifier(plan.results.nameOf(first))}.shape[0] ?? 0;\n`
      : none;
  const value = code.results.get(node) ?? ts`tf.scalar(0)`;
  const declaration = `const ${value.code} = `;
  const last = code.statements.at(-1);
  const returned = last?.code.startsWith(declaration)
    ? [...code.statements.slice(0, -1), ts`return ${trusted(last.code.slice(declaration.length))}`]
    : [...code.statements, ts`return ${value};`];
  return {
    name,
    code: ts`${doc(`The loss of each row for \`${label}\`, [rows].`)}export function ${identifier(name)}(${join(parameters.map((one) => one.code))}): tf.Tensor {
  return tf.tidy(() => {
    ${rows}${returned}
  });
}`,
    parameters,
    results: [],
  };
}

/** What a call passes where variables are called as the parameters are. */
export function argumentsOf(
  { parameters }: Pick<NetworkFunction, 'parameters'>,
  spelled: Partial<Readonly<Record<ParameterName, Code>>> = {},
): Code {
  return join(parameters.map(({ name }) => spelled[name] ?? identifier(name)));
}
