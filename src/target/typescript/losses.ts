import type { Label } from '../../model/model.js';
import { doc, identifier, join, none, ts, type Code } from '../code/code.js';
import { argumentsOf, givesMore, inputsType, type Functions, type NetworkFunction, type ParameterName } from './functions.js';
import type { Plan } from './plan.js';

/** `lossOf`, and what own losses need of the rows. */
export interface LossCode {
  readonly code: Code;
  /** What a call passes. */
  readonly call: (spelled: Partial<Readonly<Record<LossArgument, Code>>>) => Code;
}

type LossArgument = ParameterName | 'batch' | 'logShares';

export const frequenciesOf = ({ targets }: Plan): readonly string[] =>
  targets.flatMap((target) => (target.kind === 'frequency' ? [target.feature] : []));

export function lossCode(plan: Plan, { losses }: Functions): LossCode {
  const { model, graph, names } = plan;
  const own = new Map(losses.map((one) => [one.label, one]));
  const labels = graph.logits.flatMap(({ label }) => model.labels.filter(({ name }) => name === label));
  const hasOwn = own.size > 0;
  const tensors = hasOwn ? ts`tensors` : ts`logits`;
  const summands = labels.map((label) => {
    const found = own.get(label.name);
    const ofRows = found ? ownLoss(found) : rowLoss(label, tensors, identifier(names.label(label.name)));
    return label.weight === 1 ? ts`${ofRows}.mean()` : ts`${ofRows}.mean().mul(${label.weight})`;
  });
  const [first = ts`tf.scalar(0)`, ...others] = summands;
  const needed = new Set(losses.flatMap(({ parameters }) => parameters.map(({ name }) => name)));
  const types: readonly (readonly [LossArgument, Code])[] = [
    ['weights', ts`weights: Weights`],
    ['states', ts`states: States`],
    ['inputs', ts`inputs: ${inputsType(plan)}`],
    ['noise', ts`noise: Noise`],
  ];
  const passed = types.filter(([name]) => needed.has(name as ParameterName));
  const hasFrequencies = frequenciesOf(plan).length > 0;
  const parameters = [
    ts`${tensors}: ${givesMore(plan) && hasOwn ? ts`Tensors` : ts`Logits`}`,
    ...passed.map(([, declared]) => declared),
    ts`batch: TrainingBatch`,
    ...(hasFrequencies ? [ts`logShares: LogShares`] : []),
  ];
  const code = ts`${hasFrequencies ? sharesCode(plan) : none}${doc("The batch's mean loss.")}function lossOf(${join(parameters)}): tf.Scalar {
  ${targetsCode(plan)}return ${first}${others.map((loss) => ts`.add(${loss})`)}.asScalar();
}`;
  const order: readonly LossArgument[] = [
    'tensors',
    ...passed.map(([name]) => name),
    'batch',
    ...(hasFrequencies ? (['logShares'] as const) : []),
  ];
  return { code, call: (spelled) => ts`lossOf(${join(order.map((name) => spelled[name] ?? identifier(name)))})` };
}

const ownLoss = (found: NetworkFunction): Code => ts`${identifier(found.name)}(${argumentsOf(found, { isTraining: ts`true` })})`;

function targetsCode({ targets, names }: Plan): Code {
  if (targets.length === 0) return none;
  const fields = targets.map((target) => {
    const key = identifier(names.target(target.name));
    if (target.kind === 'label') {
      const name = identifier(names.label(target.label));
      return ts`${key}: tf.tensor1d(batch.labels.${name}),`;
    }
    const feature = identifier(names.feature(target.feature));
    return ts`${key}: tf.tensor1d(Float32Array.from(batch.${feature}, (id) => logShares.${feature}.get(id) ?? -Infinity)),`;
  });
  return ts`const targets = {\n${fields}\n};\n`;
}

/** What own losses ask of all rows to train on. */
function sharesCode(plan: Plan): Code {
  const features = frequenciesOf(plan).map((name) => identifier(plan.names.feature(name)));
  return ts`${doc('log of the share of the training rows that have each id.')}interface LogShares {
${features.map((name) => ts`readonly ${name}: ReadonlyMap<number, number>;`)}
}

function logSharesOf(data: TrainingBatch): LogShares {
  const of = (ids: Int32Array): ReadonlyMap<number, number> => {
    const counts = new Map<number, number>();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    return new Map([...counts].map(([id, count]) => [id, Math.log(count / ids.length)]));
  };
  return { ${features.map((name) => ts`${name}: of(data.${name}),`)} };
}

`;
}

/** Loss of each row, from logits in stable form, as graph/lowering/losses.ts has it. */
function rowLoss({ task }: Label, tensors: Code, name: Code): Code {
  const logit = ts`${tensors}.${name}`;
  const label = ts`tf.tensor1d(batch.labels.${name})`;
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
