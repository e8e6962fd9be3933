import { averageCode } from './averages.js';
import { doc, identifier, join, list, none, ts, type Code } from './code.js';
import { argumentsOf, type Functions } from './functions.js';
import type { TableGroup, WeightGroup } from './groups.js';
import { idsOf, inputsCall } from './inputs.js';
import { frequenciesOf, type LossCode } from './losses.js';
import type { Plan, PlannedInput } from './plan.js';
import { hasTableL2 } from './table-updates.js';
import { usesRun } from './schedule.js';
import { stepArguments } from './updates.js';

type Rows = Extract<PlannedInput, { readonly kind: 'rows' }>;

/** Lookups that a loss depends on. */
const trainedLookups = ({ inputs }: Plan): readonly Rows[] =>
  inputs.flatMap((input) => (input.kind === 'rows' && input.isReached ? [input] : []));

/** `Trainer`: one step of a batch. */
export function trainerCode(
  plan: Plan,
  functions: Functions,
  loss: LossCode,
  weightGroups: readonly WeightGroup[],
  tableGroups: readonly TableGroup[],
): Code {
  const { names, weights: all, noise, model } = plan;
  const clip = model.train.clipNorm;
  const lookups = trainedLookups(plan);
  const weights = all.filter(({ frozen }) => !frozen);
  const updated = new Set(lookups.map(({ table }) => table.name));
  const groups = tableGroups.map((group) => ({ ...group, members: group.members.filter(({ name }) => updated.has(name)) }));
  const tables = plan.tables.filter(({ name }) => updated.has(name));
  const [hasWeights, hasTables] = [weights.length > 0, tables.length > 0];
  const hasL2 = weights.some(({ l2 }) => l2 !== 0);
  const hasFrequencies = frequenciesOf(plan).length > 0;

  const merged = tables.map(({ name, l2 }) => mergedCode(plan, name, l2, lookups));
  const updates = [...weightGroups, ...groups].map(({ update }) => update);
  const factor = updates.some(({ usesFactor }) => usesFactor);
  const { ema } = model.train;
  const average =
    ema === undefined
      ? undefined
      : averageCode(ema, {
          tables: groups.flatMap(({ members, isSweep }) => members.map(({ name }) => ({ key: names.table(name), isSweep }))),
          hasWeights,
        });
  const step = factor || average !== undefined || updates.some(({ usesStep }) => usesStep) || noise.length > 0;
  const scaleOfAll = clip?.scope === 'global' ? ts`scale` : undefined;
  const norm = [
    ...(hasWeights ? [ts`(await squares(gradients))`] : []),
    ...tables.map(({ name }) => ts`rowSquares(merged.${identifier(names.table(name))})`),
  ];
  const statements = [
    ...(step ? [ts`step += 1;`] : []),
    ...(factor ? [ts`const factor = learningRateFactor(step${usesRun(plan) ? ts`, run` : none});`] : []),
    ts`const rows = batch.map(({ features }) => features);`,
    ts`const inputs = ${inputsCall(plan, false)};`,
    ...(hasTables ? [ts`const gathered = { ${lookups.map((input) => gatheredField(plan, input))} };`] : []),
    ...(noise.length > 0 ? [ts`const noise = { ${noiseFields(plan)} };`] : []),
    gradientsCode(functions, loss, hasWeights, hasTables),
    ts`const [loss] = await value.data();`,
    ...(hasWeights ? [ts`const gradients = ${weightGradients(plan, hasL2)};`] : []),
    ...(hasTables ? [ts`const merged = { ${merged} };`] : []),
    ...(scaleOfAll ? [ts`const scale = clipScale(${join(norm, ' + ')});`] : []),
    ...(average?.before ?? []),
    ...weightGroups.map((group, i) => weightLoop(group, weightGroups.slice(0, i), clip?.scope)),
    ...groups.flatMap((group) => tableCalls(plan, group, clip?.scope)),
    ...(average?.after ?? []),
    ts`tf.dispose([value, grads, { ...inputs }${hasWeights ? ts`, gradients` : none}${hasTables ? ts`, gathered` : none}${noise.length > 0 ? ts`, noise` : none}]);`,
    ts`return loss;`,
  ];
  const kept = [
    ...weightLists(plan, weightGroups, hasL2),
    ...tableSlots(plan, groups),
    ...(average?.kept ?? []),
    ...(hasFrequencies ? [ts`const logShares = logSharesOf(rows);`] : []),
    ...(step ? [ts`let step = 0;`] : []),
  ];
  const parameters = [
    ts`model: Model`,
    ...(hasFrequencies ? [ts`rows: readonly TrainingRow[]`] : []),
    ...(factor && usesRun(plan) ? [ts`run: RunLength`] : []),
    ...(noise.length > 0 ? [ts`seed = defaults.seed`] : []),
  ];
  const about = doc(hasFrequencies ? 'For a model, given all rows that it is trained on.' : undefined);
  return ts`${clip ? clipCode(clip.norm, hasWeights, hasTables) : none}export interface Trainer {
  ${doc("One step; gives the batch's mean loss before it.")}readonly step: (batch: readonly TrainingRow[]) => Promise<number>;
  ${average ? ts`${doc('Puts the moving averages in the place of the weights: no step follows.')}readonly useAverages: () => void;\n` : none}readonly dispose: () => void;
}

${about}export function createTrainer(${join(parameters)}): Trainer {
  ${kept}
  return {
    step: async (batch) => {
${statements}
    },
    ${average ? ts`${average.use}\n` : none}dispose: ${disposal(weightGroups, ema !== undefined && hasWeights)},
  };
}`;
}

// ── What the trainer keeps ──────────────────────────────────────────────────────────────────────

function weightLists({ names }: Plan, groups: readonly WeightGroup[], hasL2: boolean): readonly Code[] {
  const lists = groups.map((group) => {
    const entries = group.members.map(({ name, l2 }) => {
      const weight = ts`model.weights.${identifier(names.weight(name))}`;
      const slots = group.update.slots.length > 0 ? ts`, slots: ${identifier(group.slots)}(${weight})` : none;
      return ts`{ weight: ${weight}${hasL2 ? ts`, l2: ${l2}` : none}${slots} },`;
    });
    return ts`const ${identifier(group.list)} = [\n${entries}\n];`;
  });
  const whole = ts`const weights = [${join(groups.map(({ list: name }) => ts`...${identifier(name)}`))}];`;
  return [...lists, ...(groups.length > 1 ? [whole] : [])];
}

function tableSlots({ names, tables }: Plan, groups: readonly TableGroup[]): readonly Code[] {
  const fields = tables.flatMap(({ name }) => {
    const group = groups.find(({ members, update }) => update.slots.length > 0 && members.some((one) => one.name === name));
    const key = identifier(names.table(name));
    return group ? [ts`${key}: ${identifier(group.slots)}(model.tables.${key}),`] : [];
  });
  return fields.length > 0 ? [ts`const slots = { ${fields} };`] : [];
}

function disposal(groups: readonly WeightGroup[], hasAverages: boolean): Code {
  const slots = groups
    .filter(({ update }) => update.slots.length > 0)
    .map(({ list: name }) => ts`${identifier(name)}.map(({ slots }) => ({ ...slots }))`);
  const kept = [...slots, ...(hasAverages ? [ts`weightAverages`] : [])];
  const [only = none] = kept;
  if (kept.length === 0) return ts`() => undefined`;
  return kept.length === 1 ? ts`() => tf.dispose(${only})` : ts`() => tf.dispose([${join(kept)}])`;
}

// ── A step ──────────────────────────────────────────────────────────────────────────────────────

function gatheredField({ names }: Plan, { name }: Rows): Code {
  const key = identifier(names.input(name));
  return ts`${key}: tf.variable(inputs.${key}),`;
}

function noiseFields({ names, noise }: Plan): readonly Code[] {
  return noise.map(({ name, shape }) => {
    const own = shape[0] === 'rows' ? shape.slice(1) : shape;
    const width = own.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
    const rows = shape[0] === 'rows' ? ts`rows.length` : ts`1`;
    const dims = list(shape.map((dim) => (typeof dim === 'number' ? dim : ts`rows.length`)));
    return ts`${identifier(names.noise(name))}: tf.tensor(noiseOf(seed, ${name}, step, ${rows}, ${width}), ${dims}),`;
  });
}

function gradientsCode(functions: Functions, loss: LossCode, hasWeights: boolean, hasTables: boolean): Code {
  const read = hasTables ? ts`{ ...inputs, ...gathered }` : ts`inputs`;
  const sharesInputs = hasTables && functions.losses.some(({ parameters }) => parameters.some(({ name }) => name === 'inputs'));
  const inputs = sharesInputs ? ts`read` : read;
  const given = { weights: ts`model.weights`, states: ts`model.states`, inputs, isTraining: ts`true` };
  const forward = ts`forward(${argumentsOf(functions.forward, given)})`;
  const call = loss.call({ ...given, tensors: forward });
  const body = sharesInputs ? ts`{\nconst read = ${read};\nreturn ${call};\n}` : call;
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

function weightLoop(group: WeightGroup, before: readonly WeightGroup[], scope: Scope): Code {
  const { update } = group;
  const slots = update.slots.length > 0 ? ts`, slots` : none;
  const at = join([...before.map(({ list: name }) => ts`${identifier(name)}.length`), ts`i`], ' + ');
  const gradient = ts`gradients[${at}]`;
  const scale = { global: ts`scale`, each: ts`clipScale(await squares([${gradient}]))` };
  const call = (of: Code): Code => ts`${identifier(group.function)}(weight, ${of}${slots}${stepArguments(update)});`;
  return ts`for (const [i, { weight${slots} }] of ${identifier(group.list)}.entries()) {
        ${
          scope
            ? ts`const clipped = ${gradient}.mul(${scale[scope]});
        ${call(ts`clipped`)}
        clipped.dispose();`
            : call(gradient)
        }
      }`;
}

function tableCalls({ names }: Plan, group: TableGroup, scope: Scope): readonly Code[] {
  return group.members.map(({ name }) => {
    const key = identifier(names.table(name));
    const scale = { global: ts`scale`, each: ts`clipScale(rowSquares(merged.${key}))` };
    const rows = scope ? ts`scaled(merged.${key}, ${scale[scope]})` : ts`merged.${key}`;
    const slots = group.update.slots.length > 0 ? ts`, slots.${key}` : none;
    return ts`${identifier(group.function)}(model.tables.${key}, ${rows}${slots}${stepArguments(group.update)});`;
  });
}

function mergedCode(plan: Plan, table: string, l2: number, lookups: readonly Rows[]): Code {
  const { names } = plan;
  const key = identifier(names.table(table));
  const sites = lookups
    .filter((lookup) => lookup.table.name === table)
    .map((lookup) => {
      const { site } = lookup;
      const name = identifier(names.input(lookup.name));
      const form =
        site.form === 'sequence'
          ? ts`pool: 'sum', length: ${site.length ?? 1}`
          : ts`pool: ${site.form === 'mean' ? 'mean' : 'sum'}`;
      return ts`{ idsOf: (row) => ${idsOf(plan, lookup)}, ${form}, gradient: await grads[gathered.${name}.name].data() },`;
    });
  const decay = hasTableL2(plan) ? ts`${l2}, ` : none;
  return ts`${key}: mergeRows(model.tables.${key}, ${decay}rows, [${sites}]),`;
}

function clipCode(norm: number, hasWeights: boolean, hasTables: boolean): Code {
  const squares = ts`async function squares(tensors: readonly tf.Tensor[]): Promise<number> {
  const sum = tf.tidy(() => tf.addN(tensors.map((tensor) => tensor.square().sum())));
  const [value] = await sum.data();
  sum.dispose();
  return value;
}

`;
  const rows = ts`const rowSquares = ({ gradients }: Merged): number => gradients.reduce((sum, g) => sum + g * g, 0);

const scaled = ({ places, gradients }: Merged, scale: number): Merged => ({ places, gradients: gradients.map((g) => g * scale) });

`;
  return ts`${doc('What a gradient is multiplied by so that its norm is at most the limit.')}const clipScale = (squares: number): number => Math.min(1, ${norm} / Math.sqrt(squares));

${hasWeights ? squares : none}${hasTables ? rows : none}`;
}
