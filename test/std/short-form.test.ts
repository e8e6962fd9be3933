import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lower } from '../../src/graph/lower.js';
import { stepGraph } from '../../src/graph/pipeline.js';
import { printGraph } from '../../src/graph/text.js';
import { print } from '../../src/language/printer.js';
import { check } from '../../src/model/check.js';
import { expand } from '../../src/model/expand.js';
import type { CheckedModel } from '../../src/model/model.js';
import { modelOf, spec, withoutSpans } from '../model/support.js';

/** Keys of a section; undefined ones are not given. */
type Keys = Readonly<Record<string, string | number | undefined>>;

/** Which layer the manual says that the keys of `cross` choose, and the keys that it has with their defaults. */
function layerOf(keys: Keys): { readonly name: string; readonly needs: readonly string[]; readonly options: Keys } {
  const kind = keys.kind;
  if (kind === 'v1') return { name: 'cross_v1', needs: [], options: {} };
  if (kind === 'full') return { name: 'cross_full', needs: [], options: {} };
  if (kind === 'gated') return { name: 'gated_cross', needs: [], options: {} };
  if (kind === 'tfrs') return { name: 'cross_tfrs', needs: [], options: { activation: 'identity', diag_scale: 0 } };
  const count = keys.experts ?? 1;
  const experts = { rank: '', experts: count, gate: 'softmax', score: `linear(_, ${count}, use_bias: false)` };
  if (keys.activation !== undefined) {
    const gate = keys.experts === undefined ? 'ones' : 'softmax';
    return { name: 'cross_mix', needs: ['rank'], options: { ...experts, gate, activation: '' } };
  }
  if (keys.experts !== undefined) return { name: 'cross_experts', needs: ['rank'], options: experts };
  if (keys.rank !== undefined) return { name: 'cross_low_rank', needs: ['rank'], options: { rank: '' } };
  return { name: 'cross_full', needs: [], options: {} };
}

const listed = (keys: Keys): string =>
  Object.entries(keys)
    .flatMap(([key, value]) => (value === undefined ? [] : `${key}: ${value}`))
    .join(', ');

/** Every option spelled out: as given, or its default. */
const spelled = (defaults: Keys, given: Keys): string =>
  listed(Object.fromEntries(Object.entries(defaults).map(([key, otherwise]) => [key, given[key] ?? otherwise])));

/** The layer as a function with holes. */
function layerText(keys: Keys): string {
  const { name, options } = layerOf(keys);
  return `${name}(${['_', '_', spelled(options, keys)].filter((text) => text !== '').join(', ')})`;
}

const withLayers = (layers: string, label = 'binary'): string =>
  `model M { features { user: category, movie: category(size: 9), age: number, title: number[3] } label y: ${label}
    embeddings { dim: 2 } train { l2: 0.5, init: he_normal } ${layers} }`;

interface Structure {
  readonly cross?: Keys | undefined;
  readonly deep?: Keys | undefined;
  readonly combine?: string | undefined;
  readonly label: string;
}

/** The model in the short form. */
const short = ({ cross, deep, combine, label }: Structure): string =>
  withLayers(
    [
      cross && `cross { ${listed(cross)} }`,
      deep && `deep { ${listed(deep)} }`,
      combine !== undefined && cross && deep && `combine: ${combine}`,
    ]
      .filter((part) => typeof part === 'string')
      .join(' '),
    label,
  );

/** The network that the manual says it stands for, with every default spelled out. */
function long({ cross, deep, combine, label }: Structure): string {
  const one = cross && `cross(x0, depth: ${cross.depth ?? 2}, layer: ${layerText(cross)})`;
  const crosses = one && ((cross.heads ?? 1) === 1 ? one : `concat([${one} for i in ${cross.heads ?? 1}])`);
  const below = crosses === undefined || combine === 'parallel' ? 'x0' : 'cross';
  const defaults = { units: '', activation: 'relu', dropout: 0, norm: 'identity' };
  const top = deep ? (crosses && combine === 'parallel' ? 'concat(cross, deep)' : 'deep') : 'cross';
  const classes = /^class\((\d)\)$/.exec(label)?.[1] ?? '1';
  return withLayers(
    `network {
      x0 = concat(user, movie, age, title)
      ${crosses ? `cross = ${crosses}` : ''}
      ${deep ? `deep = mlp(${below}, ${spelled(defaults, deep)})` : ''}
      y = linear(${top}, ${classes})
    }`,
    label,
  );
}

/** The same graph, and weights that start the same. */
function expectSame(one: CheckedModel, other: CheckedModel): void {
  expect(printGraph(lower(one, 'train'))).toBe(printGraph(lower(other, 'train')));
  expect(withoutSpans(one.network)).toEqual(withoutSpans(other.network));
}

const values: Readonly<Record<string, readonly (string | number | undefined)[]>> = {
  kind: [undefined, 'v1', 'full', 'gated', 'tfrs'],
  rank: [undefined, 2],
  experts: [undefined, 3],
  gate: [undefined, 'sigmoid', 'ones'],
  activation: [undefined, 'tanh'],
  diag_scale: [undefined, 0.5],
  score: [undefined, 'mlp'],
};

/** Every choice of the keys that say which layer. */
const combinations = Object.entries(values).reduce<readonly Keys[]>(
  (before, [key, choices]) => before.flatMap((keys) => choices.map((value) => ({ ...keys, [key]: value }))),
  [{}],
);

const completed = (keys: Keys): Keys =>
  keys.score === undefined ? keys : { ...keys, score: `mlp(_, [4, ${keys.experts ?? 1}], activation: tanh)` };

const foreign = (keys: Keys): readonly string[] => {
  const known = ['kind', ...Object.keys(layerOf(keys).options)];
  return Object.keys(keys).filter((key) => keys[key] !== undefined && !known.includes(key));
};
const missing = (keys: Keys): readonly string[] => layerOf(keys).needs.filter((key) => keys[key] === undefined);
const isValid = (keys: Keys): boolean => foreign(keys).length === 0 && missing(keys).length === 0;
const valid = combinations.filter(isValid).map(completed);

describe('the keys of cross', { timeout: 30_000 }, () => {
  test('that fit together choose the documented layer', () => {
    expect(valid).toHaveLength(27);
    for (const keys of valid) {
      const structure = { cross: { ...keys, depth: 1 }, label: 'binary' };
      expectSame(modelOf(short(structure)), modelOf(long(structure)));
    }
  });

  test('that do not are errors, each key by name', () => {
    for (const keys of combinations.filter((one) => !isValid(one)).map(completed)) {
      const { diagnostics, models } = check(spec(short({ cross: keys, label: 'binary' })));
      const wanted = [...foreign(keys).map((key) => `\`${key}\``), ...missing(keys).map((key) => `needs \`${key}\``)];
      expect(models).toEqual([]);
      expect(diagnostics.map((d) => d.code).sort(), listed(keys)).toEqual([
        ...missing(keys).map(() => 'missing-key'),
        ...foreign(keys).map(() => 'unknown-key'),
      ]);
      const messages = diagnostics.map((d) => d.message).join('\n');
      for (const text of wanted) expect(messages).toContain(text);
    }
  });
});

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const crosses = fc
  .record({
    layer: fc.constantFrom(...valid),
    depth: optional(fc.integer({ min: 0, max: 3 })),
    heads: optional(fc.integer({ min: 1, max: 3 })),
  })
  .map(({ layer, depth, heads }): Keys => ({ ...layer, depth, heads }));
const deeps = fc.record({
  units: fc.constantFrom('[]', '[4]', '[4, 3]'),
  activation: optional(fc.constantFrom('tanh', 'softplus')),
  dropout: optional(fc.constantFrom(0, 0.25)),
  norm: optional(fc.constantFrom('identity', 'sigmoid')),
});
const structures: fc.Arbitrary<Structure> = fc
  .record({
    cross: optional(crosses),
    deep: optional<Keys>(deeps),
    combine: optional(fc.constantFrom('stacked', 'parallel')),
    label: fc.constantFrom('binary', 'number', 'class(4)'),
  })
  .filter(({ cross, deep }) => cross !== undefined || deep !== undefined);

test('the short form is the network of the manual, and expand prints one that compiles to the same', { timeout: 30_000 }, () => {
  fc.assert(
    fc.property(structures, (structure) => {
      const checked = check(spec(short(structure)));
      const model = modelOf(short(structure));
      expectSame(model, modelOf(long(structure)));
      const text = print(expand(checked));
      const again = modelOf(text);
      expectSame(again, model);
      expect(withoutSpans(again)).toEqual(withoutSpans(model));
      expect(print(expand(check(spec(text))))).toBe(text);
    }),
    { seed: 3, numRuns: 30 },
  );
});

test.each<readonly [string, Structure]>([
  ['cross only', { cross: {}, label: 'binary' }],
  ['deep only', { deep: { units: '[4]', dropout: 0.5 }, label: 'number' }],
  ['stacked', { cross: { rank: 2, heads: 2 }, deep: { units: '[4]' }, label: 'class(3)' }],
  ['parallel', { cross: { rank: 2, experts: 2 }, deep: { units: '[4]' }, combine: 'parallel', label: 'binary' }],
])('%s: the step is that of the network of the manual', (_, structure) => {
  const [one, other] = [stepGraph(modelOf(short(structure))), stepGraph(modelOf(long(structure)))];
  expect(printGraph(one.graph)).toBe(printGraph(other.graph));
  expect(one.parameters).toEqual(other.parameters);
  expect(one.sites).toEqual(other.sites);
});
