import { doc, identifier, none, ts, type Code } from '../code/code.js';
import type { Plan } from './plan.js';

/** The share of a step's weights in the average: all of them in the first. */
const shareCode = (momentum: number): Code => ts`const share = step === 1 ? 1 : 1 - ${momentum};`;

/** The functions of a table's moving average. */
export function averagesCode(plan: Plan, hasTables: boolean): readonly Code[] {
  const { ema } = plan.model.train;
  if (ema === undefined || !hasTables) return [];
  return [
    ts`${doc('A moving average of a table. A row that no batch touches stays where it is, so that its average is only brought up to date when it is touched or read.')}export interface TableAverage {
  readonly values: Float32Array;
  ${doc('The step that each row is up to date with.')}readonly upTo: Float64Array;
}

export function tableAverage({ rows, values }: Table): TableAverage {
  return { values: values.slice(), upTo: new Float64Array(rows) };
}

${doc('After `step`, if the rows have not changed since they were up to date.')}export function catchUp({ dim, values }: Table, average: TableAverage, touched: Iterable<number>, step: number): void {
  for (const row of touched) {
    const left = ${ema} ** (step - average.upTo[row]);
    if (step > average.upTo[row])
      for (let at = row * dim; at < (row + 1) * dim; at++) average.values[at] = values[at] + left * (average.values[at] - values[at]);
    average.upTo[row] = step;
  }
}

${doc('After the update of a step.')}export function averageRows({ dim, values }: Table, average: TableAverage, touched: Iterable<number>, step: number): void {
  ${shareCode(ema)}
  for (const row of touched) {
    for (let at = row * dim; at < (row + 1) * dim; at++) average.values[at] += share * (values[at] - average.values[at]);
    average.upTo[row] = step;
  }
}

export function swap(a: Float32Array, b: Float32Array): void {
  const kept = a.slice();
  a.set(b);
  b.set(kept);
}`,
  ];
}

export interface Averaged {
  /** By its key in `model.tables`, and whether a step updates all rows of it. */
  readonly tables: readonly { readonly key: string; readonly isSweep: boolean }[];
  readonly hasWeights: boolean;
}

/** What a trainer keeps, and does before and after the updates of a step. */
export interface AverageCode {
  readonly kept: readonly Code[];
  readonly before: readonly Code[];
  readonly after: readonly Code[];
  /** Brings the averages of all rows up to date. */
  readonly settle: readonly Code[];
  /** Puts the averages in the place of the weights, and the weights in theirs. */
  readonly swap: Code;
  /** What of them goes into a checkpoint. */
  readonly memory: { readonly variables: readonly Code[]; readonly values: readonly Code[] };
  /** After the averages were read from a checkpoint. */
  readonly restore: readonly Code[];
}

export function averageCode(momentum: number, use: (name: string) => Code, { tables, hasWeights }: Averaged): AverageCode {
  const all = (key: string): Code => ts`new Array(model.tables.${identifier(key)}.rows).keys()`;
  const rowsOf = ({ key, isSweep }: Averaged['tables'][number]): Code =>
    isSweep ? all(key) : ts`merged.${identifier(key)}.touched`;
  const of = (key: string): Code => ts`model.tables.${identifier(key)}, averages.${identifier(key)}`;
  const weights = ts`${shareCode(momentum)}
tf.tidy(() => {
  weights.forEach(({ weight }, i) => {
    weightAverages[i].assign(weightAverages[i].add(weight.sub(weightAverages[i]).mul(share)));
  });
});`;
  return {
    kept: [
      ...(hasWeights ? [ts`const weightAverages = weights.map(({ weight }) => tf.variable(weight));`] : []),
      ...(tables.length > 0
        ? [
            ts`const averages = { ${tables.map(({ key }) => ts`${identifier(key)}: ${use('tableAverage')}(model.tables.${identifier(key)}),`)} };`,
          ]
        : []),
    ],
    before: tables
      .filter(({ isSweep }) => !isSweep)
      .map((table) => ts`${use('catchUp')}(${of(table.key)}, ${rowsOf(table)}, step - 1);`),
    after: [
      ...(hasWeights ? [weights] : []),
      ...tables.map((table) => ts`${use('averageRows')}(${of(table.key)}, ${rowsOf(table)}, step);`),
    ],
    settle: tables.map(({ key }) => ts`${use('catchUp')}(${of(key)}, ${all(key)}, step);`),
    memory: {
      variables: hasWeights ? [ts`...weightAverages.map((average, i) => [\`average.\${i}\`, average] as const),`] : [],
      values:
        tables.length > 0
          ? [
              ts`...Object.entries(averages).map(([table, { values }]) => [\`average.\${table}\`, { shape: [values.length], values }] as const),`,
            ]
          : [],
    },
    restore: tables.map(({ key }) => ts`averages.${identifier(key)}.upTo.fill(step);`),
    swap: ts`swapAverages: () => {
      ${tables.map(
        ({ key }) => ts`${use('catchUp')}(${of(key)}, ${all(key)}, step);
${use('swap')}(model.tables.${identifier(key)}.values, averages.${identifier(key)}.values);`,
      )}
      ${
        hasWeights
          ? ts`weights.forEach(({ weight }, i) => {
        tf.tidy(() => {
          const live = weight.clone();
          weight.assign(weightAverages[i]);
          weightAverages[i].assign(live);
        });
      });`
          : none
      }
    },`,
  };
}
