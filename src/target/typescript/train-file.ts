import { updateName, updateRules } from '../../graph/update/rules.js';
import type { Label } from '../../model/model.js';
import { doc, identifier, join, list, none, ts, type Code } from './code.js';
import type { Plan, PlannedInput } from './plan.js';
import { rowUpdate, tensorUpdate, type UpdateCode } from './updates.js';
import type { RandomName } from './runtime/random.js';

export interface TrainFile {
  readonly code: Code;
  readonly draws: ReadonlySet<RandomName>;
}

/** `train.ts`: losses, updates, and the loop over epochs. */
export function trainFile(plan: Plan): TrainFile {
  const { model, tables, noise } = plan;
  const draws = new Set<RandomName>([
    ...(model.train.shuffle ? (['shuffledOrder'] as const) : []),
    ...(noise.length > 0 ? (['noiseOf'] as const) : []),
  ]);
  const hasTables = tables.length > 0;
  const types = [...(hasTables ? [ts`type Table`] : []), ts`type Logits`, ts`type Model`];
  const random = draws.size === 0 ? none : ts`\nimport { ${join([...draws].map(identifier))} } from './random.js';`;
  const imports = ts`import * as tf from '@tensorflow/tfjs';
import type { ${hasTables ? ts`EncodedRow, ` : none}LabelledExample, TrainingRow } from './encoder.js';
import { forward, inputsOf, ${join(types)} } from './model.js';${random}`;
  const all = [
    imports,
    optionsCode(plan),
    parseCode,
    trainCode(plan),
    lossCode(plan),
    plan.weights.length > 0 ? weightsCode(plan) : none,
    hasTables ? tablesCode(plan) : none,
    trainerCode(plan),
  ];
  return {
    code: join(
      all.filter(({ code }) => code !== ''),
      '\n\n',
    ),
    draws,
  };
}

function optionsCode({ model, noise }: Plan): Code {
  const { epochs, batch, shuffle } = model.train;
  const seeded = [...(shuffle ? ['the order of rows'] : []), ...(noise.length > 0 ? ['dropout'] : [])].join(' and of ');
  const seed = seeded === '' ? 'Of first weights.' : `Of ${seeded}.`;
  return ts`export interface TrainOptions {
  readonly epochs: number;
  ${doc('Rows of a step.')}readonly batch: number;
  ${doc(seed)}readonly seed: number;
}

export const defaults: TrainOptions = { epochs: ${epochs}, batch: ${batch}, seed: ${model.train.seed} };`;
}

const parseCode = ts`${doc('Rows of a file with one JSON object a line.')}export function parseExamples(jsonl: string): LabelledExample[] {
  return jsonl
    .split('\\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as LabelledExample);
}`;

function trainCode(plan: Plan): Code {
  const order = plan.model.train.shuffle ? ts`shuffledOrder(seed, epoch, rows.length)` : ts`Int32Array.from(rows, (_, i) => i)`;
  const seed = plan.noise.length > 0 ? ts`, seed` : none;
  const options = plan.model.train.shuffle || plan.noise.length > 0 ? ts`epochs, batch, seed` : ts`epochs, batch`;
  return ts`${doc('Trains the model in place; `onEpoch` hears the mean loss of each epoch.')}export async function train(
  model: Model,
  rows: readonly TrainingRow[],
  options: Partial<TrainOptions> = {},
  onEpoch?: (epoch: number, loss: number) => void,
): Promise<void> {
  const { ${options} } = { ...defaults, ...options };
  const trainer = createTrainer(model${seed});
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = ${order};
      let total = 0;
      for (let at = 0; at < rows.length; at += batch) {
        const taken = Array.from(order.subarray(at, at + batch), (i) => rows[i]);
        total += (await trainer.step(taken)) * taken.length;
      }
      onEpoch?.(epoch, total / rows.length);
    }
  } finally {
    trainer.dispose();
  }
}`;
}

// ── Losses ──────────────────────────────────────────────────────────────────────────────────────

function lossCode({ model, names, graph }: Plan): Code {
  const labels = graph.logits.flatMap(({ label }) => model.labels.filter(({ name }) => name === label));
  const losses = labels.map((label) => {
    const loss = ts`${rowLoss(label, identifier(names.label(label.name)))}.mean()`;
    return label.weight === 1 ? loss : ts`${loss}.mul(${label.weight})`;
  });
  const [first = ts`tf.scalar(0)`, ...others] = losses;
  return ts`${doc("The batch's mean loss.")}function lossOf(logits: Logits, batch: readonly TrainingRow[]): tf.Scalar {
  const label = (of: (labels: TrainingRow['labels']) => number): tf.Tensor1D => tf.tensor1d(batch.map(({ labels }) => of(labels)));
  return ${first}${others.map((loss) => ts`.add(${loss})`)}.asScalar();
}`;
}

/** Loss of each row, from logits in stable form, as graph/lowering/losses.ts has it. */
function rowLoss({ task }: Label, name: Code): Code {
  const logit = ts`logits.${name}`;
  const label = ts`label(({ ${name} }) => ${name})`;
  switch (task.kind) {
    case 'binary':
      return ts`${logit}.softplus().sub(${logit}.mul(${label}))`;
    case 'number':
      return ts`${logit}.sub(${label}).square()`;
    case 'class':
      return ts`tf.oneHot(${label}.cast('int32'), ${task.classes}).mul(${logit}.logSoftmax()).sum(1).neg()`;
    default:
      return task satisfies never;
  }
}

// ── Updates ─────────────────────────────────────────────────────────────────────────────────────

const stepParameter = ({ usesStep }: UpdateCode): Code => (usesStep ? ts`, step: number` : none);
const stepArgument = ({ usesStep }: UpdateCode): Code => (usesStep ? ts`, step` : none);

function weightsCode(plan: Plan): Code {
  const { rest } = plan.model.train.optimizer;
  const update = tensorUpdate(rest);
  const hasSlots = update.slots.length > 0;
  const fields = update.slots.map(({ name }) => ts`readonly ${identifier(name)}: tf.Variable;`);
  const values = update.slots.map(
    ({ name, initial }) => ts`${identifier(name)}: tf.variable(tf.fill(weight.shape, ${initial})),`,
  );
  const slots = ts`${doc('What the updates remember of a weight.')}interface WeightSlots {
${fields}
}

function weightSlots(weight: tf.Variable): WeightSlots {
  return tf.tidy(() => ({ ${values} }));
}

`;
  const parameters = ts`weight: tf.Variable, gradient: tf.Tensor${hasSlots ? ts`, slots: WeightSlots` : none}${stepParameter(update)}`;
  return ts`${hasSlots ? slots : none}${doc(`${titles[updateName(rest)]}, for a whole weight.`)}function updateWeight(${parameters}): void {
  ${update.scalars}
  tf.tidy(() => {
    ${update.body}
  });
}`;
}

const titles = {
  sgd: 'Stochastic gradient descent',
  momentum: 'Stochastic gradient descent with momentum',
  adagrad: 'Adagrad',
  adam: 'Adam',
  adamw: 'AdamW',
  ftrl: 'FTRL-Proximal',
  ftrlPower: 'FTRL-Proximal',
} as const;

/** Whether rows that a batch does not touch are updated as well. */
function isSweep({ model }: Plan): boolean {
  const { embeddings } = model.train.optimizer;
  return embeddings.exact && updateRules[updateName(embeddings)].movesUntouched;
}

const hasTableL2 = ({ tables }: Plan): boolean => tables.some(({ l2 }) => l2 !== 0);

function tablesCode(plan: Plan): Code {
  const { embeddings } = plan.model.train.optimizer;
  const update = rowUpdate(embeddings);
  const hasSlots = update.slots.length > 0;
  const fields = update.slots.map(({ name }) => ts`readonly ${identifier(name)}: Float32Array;`);
  const values = update.slots.map(({ name, initial }) => {
    const made = ts`new Float32Array(values.length)`;
    return ts`${identifier(name)}: ${made}${initial === 0 ? none : ts`.fill(${initial})`},`;
  });
  const slots = ts`${doc('What the updates remember of a table.')}interface TableSlots {
${fields}
}

function tableSlots({ values }: Table): TableSlots {
  return { ${values} };
}

`;
  const l2 = hasTableL2(plan);
  const merge = ts`interface Lookup {
  readonly idsOf: (row: EncodedRow) => readonly number[];
  readonly pool: 'mean' | 'sum';
  ${doc('Of what was looked up, [rows, dim].')}readonly gradient: ArrayLike<number>;
}

${doc('The gradients of the rows of a table that a batch has touched.')}interface Merged {
  ${doc('Where the gradient of a row of the table is: at `dim` times this in `gradients`.')}readonly places: ReadonlyMap<number, number>;
  readonly gradients: Float64Array;
}

${doc(`Adds up the gradients of each row over all its lookups${l2 ? ', and L2' : ''}.`)}function mergeRows(${l2 ? ts`{ dim, values }: Table, l2: number` : ts`{ dim }: Table`}, rows: readonly EncodedRow[], lookups: readonly Lookup[]): Merged {
  const places = new Map<number, number>();
  for (const { idsOf } of lookups)
    for (const row of rows) for (const id of idsOf(row)) if (!places.has(id)) places.set(id, places.size);
  const gradients = new Float64Array(places.size * dim);
  for (const { idsOf, pool, gradient } of lookups)
    rows.forEach((row, i) => {
      const ids = idsOf(row);
      const scale = pool === 'mean' ? 1 / ids.length : 1;
      for (const id of ids) {
        const to = (places.get(id) ?? 0) * dim;
        for (let j = 0; j < dim; j++) gradients[to + j] += scale * gradient[i * dim + j];
      }
    });
${
  l2
    ? ts`  if (l2 !== 0)
    for (const [id, place] of places) for (let j = 0; j < dim; j++) gradients[place * dim + j] += l2 * values[id * dim + j];
`
    : none
}  return { places, gradients };
}`;
  const parameters = ts`{ dim, values${isSweep(plan) ? ts`, rows` : none} }: Table, { places, gradients }: Merged${hasSlots ? ts`, slots: TableSlots` : none}${stepParameter(update)}`;
  const each = isSweep(plan)
    ? ts`for (let row = 0; row < rows; row++) {
    const place = places.get(row);`
    : ts`for (const [row, place] of places) {`;
  const gradient = isSweep(plan) ? ts`place === undefined ? 0 : gradients[place * dim + j]` : ts`gradients[place * dim + j]`;
  const about = `${titles[updateName(embeddings)]}, for ${isSweep(plan) ? 'all rows' : 'the rows that a batch has touched'}.`;
  return ts`${hasSlots ? slots : none}${merge}

${doc(about)}function updateRows(${parameters}): void {
  ${update.scalars}
  ${each}
    for (let j = 0; j < dim; j++) {
      const at = row * dim + j;
      const gradient = ${gradient};
      ${update.body}
    }
  }
}`;
}

// ── A step ──────────────────────────────────────────────────────────────────────────────────────

type Rows = Extract<PlannedInput, { readonly kind: 'rows' }>;

function trainerCode(plan: Plan): Code {
  const { names, weights, tables, noise, model } = plan;
  const clip = model.train.clipNorm;
  const lookups = plan.inputs.flatMap((input) => (input.kind === 'rows' ? [input] : []));
  const [weightUpdate, tableUpdate] = [tensorUpdate(model.train.optimizer.rest), rowUpdate(model.train.optimizer.embeddings)];
  const [hasWeights, hasTables] = [weights.length > 0, tables.length > 0];
  const hasL2 = weights.some(({ l2 }) => l2 !== 0);

  const weightList = weights.map(({ name, l2 }) => {
    const weight = ts`model.weights.${identifier(names.weight(name))}`;
    const slots = weightUpdate.slots.length > 0 ? ts`, slots: weightSlots(${weight})` : none;
    return ts`{ weight: ${weight}${hasL2 ? ts`, l2: ${l2}` : none}${slots} },`;
  });
  const tableList = tables.map(({ name }) => {
    const key = identifier(names.table(name));
    return ts`${key}: tableSlots(model.tables.${key}),`;
  });
  const gathered = lookups.map(({ feature }) => {
    const key = identifier(names.feature(feature));
    return ts`${key}: tf.variable(inputs.${key}),`;
  });
  const noiseFields = noise.map(({ name, shape }) => {
    const own = shape[0] === 'rows' ? shape.slice(1) : shape;
    const width = own.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
    const rows = shape[0] === 'rows' ? ts`rows.length` : ts`1`;
    const dims = list(shape.map((dim) => (typeof dim === 'number' ? dim : ts`rows.length`)));
    return ts`${identifier(names.noise(name))}: tf.tensor(noiseOf(seed, ${name}, step, ${rows}, ${width}), ${dims}),`;
  });
  const merged = tables.map(({ name, l2 }) => mergedCode(plan, name, l2, lookups));
  const step = weightUpdate.usesStep || tableUpdate.usesStep || noise.length > 0;
  const inputs = hasTables ? ts`{ ...inputs, ...gathered }` : ts`inputs`;
  const forward = ts`forward(model.weights, ${inputs}${noise.length > 0 ? ts`, noise` : none})`;
  const variables = [
    ...(hasWeights ? [ts`...weights.map(({ weight }) => weight)`] : []),
    ...(hasTables ? [ts`...Object.values(gathered)`] : []),
  ];
  const weightGradient = hasL2
    ? ts`weights.map(({ weight, l2 }) => (l2 === 0 ? grads[weight.name].clone() : tf.tidy(() => grads[weight.name].add(weight.mul(l2)))))`
    : ts`weights.map(({ weight }) => grads[weight.name])`;
  const scaleOfAll = clip?.scope === 'global' ? ts`scale` : undefined;
  const scaleOfWeight = scaleOfAll ?? (clip ? ts`clipScale(await squares([gradients[i]]))` : undefined);
  const scaleOfTable = (key: Code): Code | undefined =>
    scaleOfAll ?? (clip ? ts`clipScale(rowSquares(merged.${key}))` : undefined);
  const updateWeights = ts`for (const [i, { weight${weightUpdate.slots.length > 0 ? ts`, slots` : none} }] of weights.entries()) {
        ${
          scaleOfWeight
            ? ts`const clipped = gradients[i].mul(${scaleOfWeight});
        updateWeight(weight, clipped${weightUpdate.slots.length > 0 ? ts`, slots` : none}${stepArgument(weightUpdate)});
        clipped.dispose();`
            : ts`updateWeight(weight, gradients[i]${weightUpdate.slots.length > 0 ? ts`, slots` : none}${stepArgument(weightUpdate)});`
        }
      }`;
  const updateTables = tables.map(({ name }) => {
    const key = identifier(names.table(name));
    const scale = scaleOfTable(key);
    const rows = scale ? ts`scaled(merged.${key}, ${scale})` : ts`merged.${key}`;
    return ts`updateRows(model.tables.${key}, ${rows}${tableUpdate.slots.length > 0 ? ts`, slots.${key}` : none}${stepArgument(tableUpdate)});`;
  });
  const norm = [
    ...(hasWeights ? [ts`(await squares(gradients))`] : []),
    ...tables.map(({ name }) => ts`rowSquares(merged.${identifier(names.table(name))})`),
  ];
  const statements = [
    ...(step ? [ts`step += 1;`] : []),
    ts`const rows = batch.map(({ features }) => features);`,
    ts`const inputs = inputsOf(${hasTables ? ts`model.tables, ` : none}rows);`,
    ...(hasTables ? [ts`const gathered = { ${gathered} };`] : []),
    ...(noise.length > 0 ? [ts`const noise = { ${noiseFields} };`] : []),
    ts`const { value, grads } = tf.variableGrads(() => lossOf(${forward}, batch), [${join(variables)}]);`,
    ts`const [loss] = await value.data();`,
    ...(hasWeights ? [ts`const gradients = ${weightGradient};`] : []),
    ...(hasTables ? [ts`const merged = { ${merged} };`] : []),
    ...(scaleOfAll ? [ts`const scale = clipScale(${join(norm, ' + ')});`] : []),
    ...(hasWeights ? [updateWeights] : []),
    ...updateTables,
    ts`tf.dispose([value, grads, { ...inputs }${hasWeights ? ts`, gradients` : none}${hasTables ? ts`, gathered` : none}${noise.length > 0 ? ts`, noise` : none}]);`,
    ts`return loss;`,
  ];
  const dispose =
    hasWeights && weightUpdate.slots.length > 0
      ? ts`() => tf.dispose(weights.map(({ slots }) => ({ ...slots })))`
      : ts`() => undefined`;
  return ts`${clip ? clipCode(clip.norm, hasWeights, hasTables) : none}export interface Trainer {
  ${doc("One step; gives the batch's mean loss before it.")}readonly step: (batch: readonly TrainingRow[]) => Promise<number>;
  readonly dispose: () => void;
}

export function createTrainer(model: Model${noise.length > 0 ? ts`, seed = defaults.seed` : none}): Trainer {
  ${hasWeights ? ts`const weights = [\n${weightList}\n];` : none}
  ${hasTables && tableUpdate.slots.length > 0 ? ts`const slots = { ${tableList} };` : none}
  ${step ? ts`let step = 0;` : none}
  return {
    step: async (batch) => {
${statements}
    },
    dispose: ${dispose},
  };
}`;
}

function mergedCode({ names, tables }: Plan, table: string, l2: number, lookups: readonly Rows[]): Code {
  const key = identifier(names.table(table));
  const sites = lookups
    .filter((lookup) => lookup.table.name === table)
    .map(({ feature, many, pool }) => {
      const name = identifier(names.feature(feature));
      const ids = many ? ts`row.${name}` : ts`[row.${name}]`;
      return ts`{ idsOf: (row) => ${ids}, pool: ${pool}, gradient: await grads[gathered.${name}.name].data() },`;
    });
  const decay = tables.some((one) => one.l2 !== 0) ? ts`${l2}, ` : none;
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
