import { elementsOf, isOfRows } from '../../graph/shapes.js';
import { averageCode } from './averages.js';
import { doc, identifier, join, list, none, ts, type Code } from '../code/code.js';
import { argumentsOf, type Functions } from './functions.js';
import type { TableGroup, WeightGroup } from './groups.js';
import { inputsCall } from './inputs.js';
import { frequenciesOf, type LossCode } from './losses.js';
import { lossOfParts, partRowsOf } from './parts-of-batch.js';
import type { Plan, PlannedInput } from './plan.js';
import { hasPlateau, usesRun } from './schedule.js';
import { mergeStatements } from './table-updates.js';
import { stepArguments } from './updates.js';

type Rows = Extract<PlannedInput, { readonly kind: 'rows' }>;

/** Lookups that a loss depends on, of tables that steps move. */
const trainedLookups = ({ inputs }: Plan): readonly Rows[] =>
  inputs.flatMap((input) => (input.kind === 'rows' && input.isReached && !input.table.frozen ? [input] : []));

export interface TrainerCode {
  readonly code: Code;
  /** What a call of `createTrainer` passes, from `model`, `data`, `run` and `seed`. */
  readonly call: Code;
  /** Whether a step takes what plateaus have made of learning rates. */
  readonly takesPlateau: boolean;
  /** What it takes from `updates.ts`. */
  readonly updates: readonly string[];
}

/** `Trainer`: one step of a batch. */
export function trainerCode(
  plan: Plan,
  functions: Functions,
  loss: LossCode,
  weightGroups: readonly WeightGroup[],
  tableGroups: readonly TableGroup[],
): TrainerCode {
  const { names, weights: all, noise, model } = plan;
  const used = new Set<string>();
  const use = (name: string): Code => {
    used.add(name);
    return identifier(name);
  };
  const clip = model.train.clipNorm;
  const lookups = trainedLookups(plan);
  const weights = all.filter(({ frozen }) => !frozen);
  const updated = new Set(lookups.map(({ table }) => table.name));
  const groups = tableGroups.map((group) => ({ ...group, members: group.members.filter(({ name }) => updated.has(name)) }));
  const tables = plan.tables.filter(({ name }) => updated.has(name));
  const [hasWeights, hasTables] = [weights.length > 0, tables.length > 0];
  const hasL2 = weights.some(({ l2 }) => l2 !== 0);
  const hasFrequencies = frequenciesOf(plan).length > 0;

  const updates = [...weightGroups, ...groups].map(({ update }) => update);
  const factor = updates.some(({ usesFactor }) => usesFactor);
  const takesPlateau = factor && hasPlateau(plan);
  const partRows = partRowsOf(model);
  const { ema } = model.train;
  const average =
    ema === undefined
      ? undefined
      : averageCode(ema, use, {
          tables: groups.flatMap(({ members, isSweep }) => members.map(({ name }) => ({ key: names.table(name), isSweep }))),
          hasWeights,
        });
  const step = factor || average !== undefined || updates.some(({ usesStep }) => usesStep) || noise.length > 0;
  const scaleOfAll = clip?.scope === 'global' ? ts`scale` : undefined;
  const norm = () => [
    ...(hasWeights ? [ts`(await ${use('squares')}(gradients))`] : []),
    ...tables.map(({ name }) => ts`${use('rowSquares')}(merged.${identifier(names.table(name))})`),
  ];
  const asked = lookups.map(({ name }) => {
    const key = identifier(names.input(name));
    return ts`${key}: grads[gathered.${key}.name],`;
  });
  const read = hasTables
    ? [ts`const [[loss], looked] = await Promise.all([value.data(), numbersOf({ ${asked} })]);`]
    : [ts`const [loss] = await value.data();`];
  const weightUpdates = [
    ...(average?.before ?? []),
    ...weightGroups.map((group, i) => weightLoop(group, weightGroups.slice(0, i), clip?.scope, use)),
  ];
  const waits = clip !== undefined || average !== undefined;
  const statements = [
    ...(step ? [ts`step += 1;`] : []),
    ...(factor
      ? [
          ts`const factor = ${use('learningRateFactor')}(step${usesRun(plan) ? ts`, run` : none}${takesPlateau ? ts`, plateau` : none});`,
        ]
      : []),
    ts`const inputs = ${inputsCall(plan, false)};`,
    ...(hasTables ? [ts`const gathered = { ${lookups.map((input) => gatheredField(plan, input))} };`] : []),
    ...(noise.length > 0 ? [ts`const noise = { ${noiseFields(plan)} };`] : []),
    gradientsCode(plan, functions, loss, { hasWeights, hasTables, inParts: partRows !== undefined }),
    ...(hasWeights ? [ts`const gradients = ${weightGradients(plan, hasL2)};`] : []),
    ...(waits ? [] : weightUpdates),
    ...read,
    ...tables.flatMap((table) => mergeStatements(plan, table, lookups, use)),
    ...(scaleOfAll ? [ts`const scale = ${use('clipScale')}(${join(norm(), ' + ')});`] : []),
    ...(waits ? weightUpdates : []),
    ...groups.flatMap((group) => tableCalls(plan, group, clip?.scope, use)),
    ...(average?.after ?? []),
    ts`tf.dispose([value, grads, { ...inputs }${hasWeights ? ts`, gradients` : none}${hasTables ? ts`, gathered` : none}${noise.length > 0 ? ts`, noise` : none}]);`,
    ts`return loss;`,
  ];
  const merged = tables.map(({ name }) => {
    const key = identifier(names.table(name));
    return ts`${key}: ${use('rowGradients')}(model.tables.${key}),`;
  });
  const slotted = tableSlots(plan, groups, use);
  const kept = [
    ...weightLists(plan, weightGroups, hasL2, use),
    ...(slotted.length > 0 ? [ts`const slots = { ${slotted} };`] : []),
    ...(hasTables ? [ts`const merged = { ${merged} };`] : []),
    ...(average?.kept ?? []),
    ...(hasFrequencies ? [ts`const logShares = logSharesOf(data);`] : []),
    memoryCode(weightGroups, slotted.length > 0, average?.memory),
    ...(step ? [ts`let step = 0;`] : []),
  ];
  const parameters = [
    { declared: ts`model: Model`, given: ts`model` },
    ...(hasFrequencies ? [{ declared: ts`data: TrainingBatch`, given: ts`data` }] : []),
    ...(factor && usesRun(plan) ? [{ declared: ts`run: RunLength`, given: ts`{ steps, epochs }` }] : []),
    ...(noise.length > 0 ? [{ declared: ts`seed = defaults.seed`, given: ts`seed` }] : []),
  ];
  const about = doc(hasFrequencies ? 'For a model, given all rows that it is trained on.' : undefined);
  const aboutStep = takesPlateau
    ? "One step; gives the batch's mean loss before it. Learning rates are multiplied by what plateaus have made of them."
    : "One step; gives the batch's mean loss before it.";
  const code = ts`${partRows === undefined ? none : lossOfParts(partRows, plan.states.length > 0)}${hasTables ? numbersOf : none}export interface Trainer {
  ${doc(aboutStep)}readonly step: (batch: TrainingBatch${takesPlateau ? ts`, plateau?: number` : none}) => Promise<number>;
  ${doc('What the updates remember.')}readonly memory: () => Promise<readonly NamedArray[]>;
  ${doc('Goes on from what the updates remembered after so many steps.')}readonly restore: (memory: readonly NamedArray[], steps: number) => void;
  ${average ? ts`${doc('Puts the moving averages in the place of the weights, and back.')}readonly swapAverages: () => void;\n` : none}readonly dispose: () => void;
}

${about}export function createTrainer(${join(parameters.map(({ declared }) => declared))}): Trainer {
  ${kept}
  return {
    step: async (batch${takesPlateau ? ts`, plateau = 1` : none}) => {
${statements}
    },
    memory: ${average && average.settle.length > 0 ? ts`() => {\n${average.settle}\nreturn readParts(memory);\n}` : ts`() => readParts(memory)`},
    restore: (${step ? ts`arrays, steps` : ts`arrays`}) => {
      writeParts(memory, arrays);
      ${step ? ts`step = steps;` : none}
      ${average?.restore ?? []}
    },
    ${average ? ts`${average.swap}\n` : none}dispose: () => {
      tf.dispose([...memory.variables.values()]);
    },
  };
}`;
  const call = ts`createTrainer(${join(parameters.map(({ given }) => given))})`;
  const types = factor && usesRun(plan) ? ['type RunLength'] : [];
  return { code, call, takesPlateau, updates: [...[...used].sort(), ...types] };
}

const numbersOf = ts`${doc('The numbers of tensors, asked for all at once.')}async function numbersOf<K extends string>(tensors: Readonly<Record<K, tf.Tensor>>): Promise<Readonly<Record<K, Float32Array>>> {
  const read = Object.entries<tf.Tensor>(tensors).map(async ([name, tensor]) => [name, await tensor.data<'float32'>()]);
  return Object.fromEntries(await Promise.all(read)) as Record<K, Float32Array>;
}

`;

// ── What the trainer keeps ──────────────────────────────────────────────────────────────────────

type Use = (name: string) => Code;

function weightLists({ names }: Plan, groups: readonly WeightGroup[], hasL2: boolean, use: Use): readonly Code[] {
  const lists = groups.map((group) => {
    const entries = group.members.map(({ name, l2 }) => {
      const weight = ts`model.weights.${identifier(names.weight(name))}`;
      const slots = group.update.slots.length > 0 ? ts`, slots: ${use(group.slots)}(${weight})` : none;
      return ts`{ weight: ${weight}${hasL2 ? ts`, l2: ${l2}` : none}${slots} },`;
    });
    return ts`const ${identifier(group.list)} = [\n${entries}\n];`;
  });
  const whole = ts`const weights = [${join(groups.map(({ list: name }) => ts`...${identifier(name)}`))}];`;
  return [...lists, ...(groups.length > 1 ? [whole] : [])];
}

function tableSlots({ names, tables }: Plan, groups: readonly TableGroup[], use: Use): readonly Code[] {
  return tables.flatMap(({ name }) => {
    const group = groups.find(({ members, update }) => update.slots.length > 0 && members.some((one) => one.name === name));
    const key = identifier(names.table(name));
    return group ? [ts`${key}: ${use(group.slots)}(model.tables.${key}),`] : [];
  });
}

/** What of it goes on in a checkpoint. */
function memoryCode(
  groups: readonly WeightGroup[],
  hasSlots: boolean,
  averages: { readonly variables: readonly Code[]; readonly values: readonly Code[] } = { variables: [], values: [] },
): Code {
  const variables = [
    ...groups
      .filter(({ update }) => update.slots.length > 0)
      .map(
        ({ list: name }) =>
          ts`...${identifier(name)}.flatMap(({ slots }, i) => Object.entries(slots).map(([slot, variable]) => [\`${identifier(name)}.\${i}.\${slot}\`, variable] as const)),`,
      ),
    ...averages.variables,
  ];
  const values = [
    ...(hasSlots
      ? [
          ts`...Object.entries(slots).flatMap(([table, own]) => Object.entries(own).map(([slot, values]) => [\`\${table}.\${slot}\`, { shape: [values.length], values }] as const)),`,
        ]
      : []),
    ...averages.values,
  ];
  const map = (entries: readonly Code[], type: Code): Code =>
    entries.length === 0 ? ts`new Map()` : ts`new Map<string, ${type}>([\n${entries}\n])`;
  return ts`const memory: Parts = {
    variables: ${map(variables, ts`tf.Variable`)},
    values: ${map(values, ts`Pick<NamedArray, 'shape' | 'values'>`)},
  };`;
}

// ── A step ──────────────────────────────────────────────────────────────────────────────────────

function gatheredField({ names }: Plan, { name }: Rows): Code {
  const key = identifier(names.input(name));
  return ts`${key}: tf.variable(inputs.${key}),`;
}

function noiseFields({ names, noise }: Plan): readonly Code[] {
  return noise.map(({ name, shape }) => {
    const rows = isOfRows(shape) ? ts`batch.rows` : ts`1`;
    const dims = list(shape.map((dim) => (typeof dim === 'number' ? dim : ts`batch.rows`)));
    return ts`${identifier(names.noise(name))}: tf.tensor(noiseOf(seed, ${name}, step, ${rows}, ${elementsOf(shape, 1)}), ${dims}),`;
  });
}

/** What a part of a batch is given of its noise: that of weights is the same for each part. */
function noiseOfPart({ names, noise }: Plan): Code {
  const [ofRows, ofWeights] = [true, false].map((wanted) =>
    noise.flatMap(({ name, shape }) => (isOfRows(shape) === wanted ? [identifier(names.noise(name))] : [])),
  ) as [Code[], Code[]];
  if (ofRows.length === 0) return ts`noise`;
  if (ofWeights.length === 0) return ts`rowsOf(noise)`;
  return ts`{ ...noise, ...rowsOf({ ${join(
    ofRows.map((key) => ts`${key}: noise.${key}`),
    ', ',
  )} }) }`;
}

interface GradientOptions {
  readonly hasWeights: boolean;
  readonly hasTables: boolean;
  /** Whether rows see those of a part of the batch alone. */
  readonly inParts: boolean;
}

function gradientsCode(
  plan: Plan,
  functions: Functions,
  loss: LossCode,
  { hasWeights, hasTables, inParts }: GradientOptions,
): Code {
  const read = hasTables ? ts`{ ...inputs, ...gathered }` : ts`inputs`;
  const sharesInputs = hasTables && functions.losses.some(({ parameters }) => parameters.some(({ name }) => name === 'inputs'));
  const hasNoise = inParts && plan.noise.length > 0;
  const given = {
    weights: ts`model.weights`,
    states: ts`model.states`,
    inputs: sharesInputs || inParts ? ts`read` : read,
    isTraining: ts`true`,
    ...(hasNoise && { noise: ts`drawn` }),
    ...(inParts && { batch: ts`part` }),
  };
  const call = loss.call({ ...given, tensors: ts`forward(${argumentsOf(functions.forward, given)})` });
  const ofPart = ts`lossOfParts(batch, ${plan.states.length > 0 ? ts`model.states, ` : none}(part, rowsOf) => {
const read = rowsOf(${read});
${hasNoise ? ts`const drawn = ${noiseOfPart(plan)};\n` : none}return ${call};
})`;
  const body = inParts ? ofPart : sharesInputs ? ts`{\nconst read = ${read};\nreturn ${call};\n}` : call;
  const variables = [
    ...(hasWeights ? [ts`...weights.map(({ weight }) => weight)`] : []),
    ...(hasTables ? [ts`...Object.values(gathered)`] : []),
  ];
  return ts`const { value, grads } = tf.variableGrads(() => ${body}, [${join(variables)}]);`;
}

/** A weight that no loss depends on has no gradient but its decay. */
function weightGradients({ weights }: Plan, hasL2: boolean): Code {
  const isWhole = weights.every(({ frozen, isReached }) => frozen || isReached);
  const gradient = isWhole ? ts`grads[weight.name]` : ts`(grads[weight.name] ?? tf.zerosLike(weight))`;
  if (!hasL2) return ts`weights.map(({ weight }) => ${gradient})`;
  const decayed = ts`tf.tidy(() => ${gradient}.add(weight.mul(l2)))`;
  return ts`weights.map(({ weight, l2 }) => (l2 === 0 ? ${gradient}.clone() : ${decayed}))`;
}

type Scope = 'global' | 'each' | undefined;

function weightLoop(group: WeightGroup, before: readonly WeightGroup[], scope: Scope, use: Use): Code {
  const { update } = group;
  const slots = update.slots.length > 0 ? ts`, slots` : none;
  const at = join([...before.map(({ list: name }) => ts`${identifier(name)}.length`), ts`i`], ' + ');
  const gradient = ts`gradients[${at}]`;
  const scale = { global: () => ts`scale`, each: () => ts`${use('clipScale')}(await ${use('squares')}([${gradient}]))` };
  const call = (of: Code): Code => ts`${use(group.function)}(weight, ${of}${slots}${stepArguments(update)});`;
  return ts`for (const [i, { weight${slots} }] of ${identifier(group.list)}.entries()) {
        ${
          scope
            ? ts`const clipped = ${gradient}.mul(${scale[scope]()});
        ${call(ts`clipped`)}
        clipped.dispose();`
            : call(gradient)
        }
      }`;
}

function tableCalls({ names }: Plan, group: TableGroup, scope: Scope, use: Use): readonly Code[] {
  return group.members.flatMap(({ name }) => {
    const key = identifier(names.table(name));
    const merged = ts`merged.${key}`;
    const scale = { global: () => ts`scale`, each: () => ts`${use('clipScale')}(${use('rowSquares')}(${merged}))` };
    const scaled = scope ? [ts`${use('scaleRows')}(${merged}, ${scale[scope]()});`] : [];
    const slots = group.update.slots.length > 0 ? ts`, slots.${key}` : none;
    return [...scaled, ts`${use(group.function)}(model.tables.${key}, ${merged}${slots}${stepArguments(group.update)});`];
  });
}
