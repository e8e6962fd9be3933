import { isSequence } from '../network.js';
import { meant } from '../suggest.js';
import { below, fail, inner, numbered, type Place } from './context.js';
import { known, tensor, truth, x, type Builtin } from './given.js';
import { binary, fixedShape, make } from './tensors.js';
import { valueText, type TensorValue } from './values.js';
import { makeWeight } from './weights.js';
import type { Span } from '../../language/source.js';

/** Keras's epsilon and momentum would be 1e-3 and 0.99; these are PyTorch's, which FuxiCTR's published runs use. */
const normDefaults = { epsilon: 1e-5, momentum: 0.9 };

/** Where a function's own weights, states and noise are called `name`. */
const within = (place: Place, name: string): Place => ({ ...inner(place), path: below(place.path, name) });

/** A running statistic under the path of `place`. */
function makeState(place: Place, span: Span, own: string, shape: readonly number[], initial: number): string {
  const { states } = place.context;
  const name = numbered(place.path, own);
  if (place.reuse === true && states.has(name))
    fail(place, 'not-yet', span, { what: '`batch_norm` in a function that is shared' });
  states.set(name, { name, shape, initial });
  return name;
}

function batchNorm(
  place: Place,
  given: TensorValue,
  span: Span,
  options: { affine: boolean; epsilon: number; momentum: number },
) {
  const shape = fixedShape(place, span, given, '`batch_norm`');
  const inside = within(place, 'batch_norm');
  const mean = makeState(inside, span, 'mean', shape, 0);
  const variance = makeState(inside, span, 'variance', shape, 1);
  const { epsilon, momentum } = options;
  const normed = make(place, span, 'batch_norm', { x: given.node, mean, variance, epsilon, momentum }, given);
  if (!options.affine) return normed;
  const weight = (name: string, value: number): TensorValue =>
    makeWeight(inside, span, { name, shape, isBias: true, init: { kind: 'constant', value } });
  const scaled = binary(place, span, 'multiply', '*', normed, weight('scale', 1));
  return binary(place, span, 'add', '+', scaled, weight('shift', 0));
}

/** What is one thing while training and another, or nothing, afterwards. */
export const trainingBuiltins: Readonly<Record<string, Builtin>> = {
  dropout: {
    doc: 'Sets a share of the elements to 0 while training and scales the others; the identity afterwards.',
    parameters: [x, { name: 'rate' }],
    run: (place, given, span) => {
      const rate = known(place, given.rate, span, '`rate` of `dropout`');
      if (!(rate >= 0 && rate < 1))
        fail(place, 'out-of-range', given.rate?.span ?? span, {
          where: '`rate` of `dropout`',
          wanted: 'a number ≥ 0 and < 1',
          found: String(rate),
        });
      const value = tensor(place, given, 'x', span, '`dropout`');
      if (rate === 0) return value;
      const path = numbered(place.context.noises, numbered(place.path, 'dropout'));
      return make(place, span, 'dropout', { x: value.node, rate, path }, value);
    },
  },
  batch_norm: {
    doc: '(x - μ) / √(σ² + ε) for each element, over the rows of the batch; over the training rows afterwards. Then γ x + β, unless `affine` is false.',
    parameters: [
      x,
      { name: 'affine', optional: true },
      { name: 'epsilon', optional: true },
      { name: 'momentum', optional: true },
    ],
    run: (place, given, span) => {
      const number = (key: 'epsilon' | 'momentum', most: number): number => {
        const value = given[key] ? known(place, given[key], span, `\`${key}\` of \`batch_norm\``) : normDefaults[key];
        if (value > 0 && value < most) return value;
        return fail(place, 'out-of-range', given[key]?.span ?? span, {
          where: `\`${key}\` of \`batch_norm\``,
          wanted: `a number > 0 and < ${String(most)}`,
          found: String(value),
        });
      };
      const value = tensor(place, given, 'x', span, '`batch_norm`');
      if (!value.rows)
        return fail(place, 'wrong-operand', given.x?.span ?? span, {
          what: '`batch_norm`',
          wanted: 'a tensor that differs by row',
          found: `${valueText(value)}, the same for every row`,
        });
      return batchNorm(place, value, span, {
        affine: given.affine ? truth(place, given.affine, '`affine` of `batch_norm`') : true,
        epsilon: number('epsilon', 1),
        momentum: number('momentum', 1),
      });
    },
  },
  target: {
    doc: 'The observed value of a label; in a loss only.',
    parameters: [{ name: 'label' }],
    run: (place, given, span) => {
      const value = given.label?.value;
      const name = value?.kind === 'text' ? value.value : '';
      const { labels } = place.context;
      if (labels.some((l) => l.name === name))
        return make(place, span, 'target', { label: name }, { shape: [], indices: [], rows: true });
      return fail(
        place,
        'wrong-operand',
        given.label?.span ?? span,
        {
          what: '`target`',
          wanted: 'the name of a label',
          found: name === '' ? valueText(value ?? { kind: 'poison' }) : `\`${name}\``,
        },
        meant(
          given.label?.span ?? span,
          labels.map((l) => l.name),
        ),
      );
    },
  },
  batch: {
    doc: 'The batch axis written out: of `vector[d]` a `matrix[rows, d]` of all rows; in a loss only.',
    parameters: [x],
    run: (place, given, span) => {
      const value = tensor(place, given, 'x', span, '`batch`');
      if (!value.rows)
        return fail(place, 'wrong-operand', given.x?.span ?? span, {
          what: '`batch`',
          wanted: 'a tensor that differs by row',
          found: `${valueText(value)}, the same for every row`,
        });
      fixedShape(place, span, value, '`batch`');
      const index = value.indices.find(({ size }) => isSequence(size));
      if (index)
        return fail(
          place,
          'wrong-operand',
          given.x?.span ?? span,
          { what: '`batch`', wanted: 'one value a row', found: `the values of a sequence, under \`${index.name}\`` },
          { help: `reduce it first: \`batch(sum[${index.name}](…))\`` },
        );
      return make(
        place,
        span,
        'batch',
        { x: value.node },
        { ...value, shape: [{ ragged: 'batch' }, ...value.shape], rows: false },
      );
    },
  },
};
