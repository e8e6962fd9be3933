import { widthOf } from '../feature-width.js';
import type { Span } from '../../language/source.js';
import { sameCodes, unlikeCodes } from '../codes.js';
import type { CategoryFeature, Feature } from '../model.js';
import { fail, inner, numbered, userSpan, type Place } from './context.js';
import { featureOf, known, truth, type Builtin, type Given } from './given.js';
import { deepest } from './limits.js';
import { asTensor, binary, lookup, make, matmul, numbersOf, reshape } from './tensors.js';
import { valueText, type Element, type TensorValue } from './values.js';
import { makeWeight, toInitializer, toL2 } from './weights.js';

/** A code is a float32 in every engine, which tells so many whole numbers apart. */
const mostCodes = 2 ** 24;

const feature = { name: 'feature' };

const categoryOf = (place: Place, given: Given, span: Span, what: string): CategoryFeature => {
  const found = featureOf(place, given, span, what);
  return found.kind === 'category'
    ? found
    : fail(place, 'wrong-operand', given.feature?.span ?? span, {
        what,
        wanted: 'a category',
        found: `\`${found.name}\`, a ${found.kind}`,
      });
};

const singleOf = (place: Place, given: Given, span: Span, what: string): CategoryFeature => {
  const found = categoryOf(place, given, span, what);
  return found.many
    ? fail(place, 'wrong-operand', given.feature?.span ?? span, {
        what,
        wanted: 'a category of one value',
        found: `\`${found.name}\`, which has several`,
      })
    : found;
};

/** Eᵀ x with E of its own: a table of rows for a category, a vector for a number, a matrix for several numbers. */
function embed(place: Place, of: Feature, size: number, given: Given, span: Span): TensorValue {
  const { context } = place;
  const init = given.init ? toInitializer(place, given.init) : place.options.init;
  const l2 = given.l2 ? toL2(place, given.l2) : place.options.l2;
  const frozen = given.frozen ? truth(place, given.frozen, '`frozen` of `embed`') : place.options.frozen;
  if (of.kind !== 'category') {
    const first = place.reuse === true ? context.tables.get(`${place.path.text}.embed`) : undefined;
    if (first) return unlikeShared(place, span, `a category, as \`${first.features.join('`, `')}\``, of);
    const shape = of.kind === 'number' ? [size] : [size, widthOf(of)];
    const weight = makeWeight(inner(place), span, {
      name: 'embed',
      shape,
      isBias: false,
      ...(init && { init }),
      ...(l2 !== undefined && { l2 }),
      ...(frozen !== undefined && { frozen }),
    });
    const x = numbersOf(place, span, of);
    return of.kind === 'number'
      ? binary(place, span, 'multiply', '*', reshape(place, span, x, []), weight)
      : matmul(place, span, weight, x);
  }
  const name = numbered(place.path, 'embed');
  const before = place.reuse === true ? context.tables.get(name) : undefined;
  if (place.reuse === true && context.weights.has(name)) return unlikeShared(place, span, 'a number, as at its first call', of);
  if (before && before.dim !== size)
    fail(place, 'size-mismatch', span, {
      what: 'a table that is shared',
      wanted: `size ${String(before.dim)}`,
      found: `size ${String(size)}`,
    });
  const first = before && context.features.find((f) => f.name === before.features[0]);
  if (first?.kind === 'category' && !sameCodes(first.codes, of.codes))
    fail(place, 'unlike-codes', span, { table: name, a: first.name, b: of.name }, unlikeCodes(first, of));
  if (!before)
    context.tables.set(name, {
      name,
      rows: context.embeddings.rowsOf(of),
      dim: size,
      features: [of.name],
      l2: frozen === true ? 0 : (l2 ?? context.embeddings.l2),
      initializer: init ?? context.embeddings.initializer,
      ...(frozen === true && { frozen }),
      span: userSpan(place, span),
    });
  const site = before && before.features[0] !== of.name ? `${name}.${of.name}` : name;
  if (before && !before.features.includes(of.name))
    context.tables.set(name, { ...before, features: [...before.features, of.name] });
  return lookup(place, span, { name: site, feature: of.name, table: name, dim: size, form: of.many?.pool ?? 'row' });
}

const unlikeShared = (place: Place, span: Span, wanted: string, of: Feature): never =>
  fail(place, 'wrong-operand', span, { what: 'an `embed` that is shared', wanted, found: `\`${of.name}\`, a ${of.kind}` });

function sequence(place: Place, of: CategoryFeature, at: Element | undefined, span: Span): TensorValue {
  const where = at?.span ?? span;
  if (!of.many)
    return fail(place, 'wrong-operand', where, {
      what: '`sequence`',
      wanted: 'a `category[]`',
      found: `\`${of.name}\`, which has one value a row`,
    });
  if (of.many.maxLength === undefined)
    return fail(
      place,
      'missing-key',
      where,
      { key: 'max_length', where: `\`${of.name}\` as a sequence` },
      {
        notes: [{ span: of.span, text: 'the feature is here' }],
        help: 'add it to the feature, such as `max_length: 50`: a sequence has room for so many values',
      },
    );
  const table = place.context.tables.get(of.table);
  if (!table) return asTensor(place, { kind: 'feature', feature: of }, where, '`sequence`');
  return lookup(place, span, {
    name: `${of.name}.sequence`,
    feature: of.name,
    table: table.name,
    dim: table.dim,
    form: 'sequence',
    length: of.many.maxLength,
  });
}

/** What takes a feature, not its vector. */
export const featureBuiltins: Readonly<Record<string, Builtin>> = {
  embed: {
    doc: 'Eᵀ x, with a table of its own, for a one-hot, multi-hot or number x; several values are pooled as the feature says.',
    parameters: [
      feature,
      { name: 'size' },
      { name: 'init', optional: true },
      { name: 'l2', optional: true },
      { name: 'frozen', optional: true },
    ],
    run: (place, given, span) => {
      const of = featureOf(place, given, span, '`embed`');
      const size = known(place, given.size, span, '`size` of `embed`', true);
      if (size < 1 || size > 65536)
        fail(place, 'out-of-range', given.size?.span ?? span, {
          where: '`size` of `embed`',
          wanted: 'a whole number ≥ 1 and ≤ 65536',
          found: String(size),
        });
      return embed(place, of, size, given, span);
    },
  },
  sequence: {
    doc: 'The rows of a `category[]` one by one, not pooled: as many as a row has values.',
    parameters: [feature],
    run: (place, given, span) => sequence(place, categoryOf(place, given, span, '`sequence`'), given.feature, span),
  },
  code: {
    doc: 'The integer of a category: equal for equal values.',
    parameters: [feature],
    run: (place, given, span) => {
      const of = singleOf(place, given, span, '`code`');
      const rows = place.context.embeddings.rowsOf(of);
      if (rows.kind === 'known' && rows.rows > mostCodes)
        fail(place, 'too-large', span, {
          what: `\`${of.name}\`, with ${String(rows.rows)} rows to tell apart,`,
          limit: String(mostCodes),
        });
      return make(place, span, 'code', { feature: of.name }, { shape: [], indices: [], rows: true });
    },
  },
  log_frequency: {
    doc: "log of the share of the training rows that have the row's category; in a loss only.",
    parameters: [feature],
    run: (place, given, span) => {
      const { name } = singleOf(place, given, span, '`log_frequency`');
      return make(place, span, 'log_frequency', { feature: name }, { shape: [], indices: [], rows: true });
    },
  },
  share: {
    doc: 'A function whose weights are made once: by its first call.',
    parameters: [{ name: 'f' }],
    run: (place, given, span) => {
      const value = given.f?.value;
      if (value?.kind !== 'function')
        return fail(place, 'wrong-operand', given.f?.span ?? span, {
          what: '`share`',
          wanted: 'a function',
          found: value ? valueText(value) : 'nothing',
        });
      const depth = value.is === 'partial' || value.is === 'shared' ? value.depth + 1 : 0;
      if (depth > deepest) fail(place, 'nesting-too-deep', span, {});
      return { kind: 'function', is: 'shared', of: value, made: {}, depth, span };
    },
  },
};
