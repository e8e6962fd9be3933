import { builtins } from '../../src/model/instantiate/builtins.js';
import { acceptedOf, modelItems, sectionNames, type ModelItem } from '../../src/model/key-tables.js';
import { types } from '../../src/model/names.js';
import type { Accepts, Keys } from '../../src/model/reading.js';
import { functions as rowFunctions } from '../../src/model/row-check.js';
import { standardBlocks } from '../../src/std/index.js';

/** All that a section takes, also within its calls and records. */
function within(accepts: Accepts): readonly Accepts[] {
  const keys: readonly Keys[] = [accepts.record ?? {}, ...Object.values(accepts.calls ?? {}).map((form) => form.keys)];
  const inner = [...keys.flatMap((one) => Object.values(one).map(acceptedOf)), ...(accepts.element ? [accepts.element] : [])];
  return [accepts, ...inner.flatMap(within)];
}

const everything = Object.values<ModelItem>(modelItems).flatMap((item) =>
  [item, item.entry ?? {}, ...Object.values(item.keys ?? {}).map(acceptedOf)].flatMap(within),
);

/** `category[]` is a category. */
const heads = (forms: object): readonly string[] => [...new Set(Object.keys(forms).map((form) => form.replace(/\W.*/, '')))];
/** Made by their sizes in brackets. */
const weights = ['weight', 'bias'];
const featureKinds = heads(modelItems.features.entry.calls);
const labelKinds = heads(modelItems.label.entry.calls);

/** What the language knows by name, from the tables that check a spec. */
export const words = {
  sections: sectionNames,
  featureKinds,
  labelKinds,
  types,
  weights,
  /** What may be called, or given as a function: blocks of the library, update rules, kinds of files and so on. */
  functions: [
    ...Object.keys(builtins),
    ...standardBlocks.keys(),
    ...weights,
    'column',
    ...rowFunctions,
    ...everything.flatMap(({ calls = {} }) => heads(calls)).filter((name) => ![...featureKinds, ...labelKinds].includes(name)),
  ],
  /** What stands for itself as a value, such as `auto`. */
  values: everything.flatMap((accepts) => accepts.words ?? []).filter((word) => word !== 'true' && word !== 'false'),
} as const satisfies Readonly<Record<string, readonly string[]>>;
