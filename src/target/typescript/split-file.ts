import type { Split } from '../../model/model.js';
import { doc, identifier, join, list, none, ts, type Code } from '../code/code.js';
import type { Plan } from './plan.js';
import { assemble } from '../code/parts.js';
import { valueParts, type ValueName } from '../code/value-parts.js';

const names = ['train', 'valid', 'test'] as const;

/** `split.ts`: which rows train, and which ones measure. */
export function splitFile({ model }: Plan): Code {
  const used = new Set<ValueName>();
  const use = (name: ValueName): Code => {
    used.add(name);
    return identifier(name);
  };
  const split = model.data?.split;
  const types = ts`import type { RawRow } from './rows.js';

export type SplitName = 'train' | 'valid' | 'test';`;
  const body = split === undefined ? [wholeCode] : splitCode(split, use);
  return join(
    [types, ...body, assemble(valueParts, used)].filter(({ code }) => code !== ''),
    '\n\n',
  );
}

const about = doc('What each row is for, by its place in the file from 0; undefined where it is left out.');

const wholeCode = ts`${about}export const splitRows = (rows: readonly (readonly [place: number, row: RawRow])[]): readonly (SplitName | undefined)[] => rows.map(() => 'train');`;

function splitCode(split: Split, use: (name: ValueName) => Code): readonly Code[] {
  const head = ts`${about}export function splitRows(rows: readonly (readonly [place: number, row: RawRow])[]): readonly (SplitName | undefined)[]`;
  switch (split.kind) {
    case 'random':
      return [
        ts`${head} {
  const uniform = createUniform(${split.seed});
  return rows.map(([place]) => {
    const u = uniform(place);
    ${branches(split)}
  });
}`,
        uniformCode,
      ];
    case 'column': {
      const entries = names.flatMap((name) => split[name].map((value) => list([value, name])));
      return [
        ts`const splits = new Map<string | null, SplitName>([\n${entries.map((entry) => ts`${entry},`)}\n]);

${head} {
  return rows.map(([, row]) => splits.get(${use('readText')}(${use('column')}(row, ${split.column}))));
}`,
      ];
    }
    case 'time':
      return [
        ts`${head} {
  const times = timesOf(rows.map(([, row]) => ${use('column')}(row, ${split.column})));
  const order = [...times.keys()].filter((i) => !Number.isNaN(times[i])).sort((a, b) => times[a] - times[b] || a - b);
  const train = Math.round(order.length * ${split.train});
  ${split.test === 0 ? none : ts`const valid = Math.min(order.length - train, Math.round(order.length * ${split.valid}));`}
  const splits = new Array<SplitName | undefined>(rows.length).fill(undefined);
  order.forEach((row, place) => {
    splits[row] = place < train ? 'train' : ${split.test === 0 ? ts`'valid'` : ts`place < train + valid ? 'valid' : 'test'`};
  });
  return splits;
}

${doc('Numbers if all are, else seconds of times.')}function timesOf(values: readonly unknown[]): readonly number[] {
  try {
    return values.map((value) => ${use('readNumber')}(value) ?? NaN);
  } catch {
    return values.map((value) => ${use('readTime')}(value) ?? NaN);
  }
}`,
      ];
    default:
      return split satisfies never;
  }
}

function branches({ train, valid, test }: Extract<Split, { readonly kind: 'random' }>): Code {
  const last = test > 0 ? 'test' : valid > 0 ? 'valid' : 'train';
  if (train >= 1) return ts`return 'train';`;
  const second = valid > 0 && last === 'test' ? ts`  if (u < ${train + valid}) return 'valid';\n` : none;
  return ts`if (u < ${train}) return 'train';\n${second}return ${last};`;
}

const uniformCode = ts`${doc('SplitMix64 [Steele, Lea and Flood 2014]: a number of [0, 1) for each place, whatever other rows there are.')}function createUniform(seed: number): (place: number) => number {
  const golden = 0x9e3779b97f4a7c15n;
  const mix = (mixed: bigint): bigint => {
    let z = BigInt.asUintN(64, mixed);
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
  const start = mix(BigInt(seed) + golden);
  return (place) => Number(mix(start + BigInt(place + 1) * golden) >> 11n) / 2 ** 53;
}`;
