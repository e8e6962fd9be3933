import type { CheckOptions } from '../check.js';
import { specs, type Explanation } from './explanation.js';

const blocks = `block twice(x: vector[d]) -> vector[d] { return 2 * x }
block thrice(x: vector[d]) -> vector[d] { return 3 * x }
`;

/** A file `blocks.rec` beside the spec; `clicks.rec` imports the spec. */
const beside: CheckOptions = {
  load: (path) => {
    if (path === 'blocks.rec') return { source: { path, text: blocks } };
    const cycle = `import { Clicks } from "./wrong.rec"\n${blocks}`;
    return path === 'clicks.rec' ? { source: { path, text: cycle } } : { problem: 'there is no such file' };
  },
};

/** Of names, keys and values. */
export const nameExplanations = {
  'duplicate-name': {
    explain:
      'Two things of one kind have the same name in one place, so a reader could not tell which is meant. Rename one, or leave one out. To change a value that is inherited, say it once in the model that `extends`.',
    ...specs(`
model Clicks {
  features { price: number, «price|discount»: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'unknown-model': {
    explain: 'A model extends another model of its file, or one that the file imports, and none there has this name.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
}
model Deep extends «Click|Clicks» {
  deep { units: [16] }
}`),
  },
  'extends-cycle': {
    explain:
      'A model inherits everything from the one it extends. Following `extends` from model to model has to end at one that extends nothing.',
    ...specs(`
model Clicks «extends Clicks |»{
  features { price: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'shadows-library': {
    explain:
      "A block of the standard library, or a built-in function, has this name already. Give yours a name of its own. If this file is meant to use yours in place of the library's block, begin it with `override`; blocks of the library go on calling each other. Built-in functions cannot be overridden.",
    ...specs(`
block «dot|scaled_dot»(a: vector[d], b: vector[d]) -> scalar { return sum(a * b) / d }
model Clicks {
  features { user: number[8], movie: number[8] }
  label clicked: binary
  network { clicked = «dot|scaled_dot»(user, movie) }
}`),
  },
  'overrides-nothing': {
    explain:
      '`override` says that a block of this file stands for the block of the library that has its name. The library has none of this name, so the block needs no `override`, or its name is misspelt.',
    ...specs(`
«override |»block twice(x: vector[d]) -> vector[d] { return 2 * x }
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(twice(price), 1) }
}`),
  },
  'cannot-import': {
    explain:
      'An import names a spec beside the file that says it, or in a folder below the first one: with `/` on every system, from the folder of the file that says it. It cannot be remote, absolute or elsewhere, since a spec from a stranger must not read what it likes.',
    ...specs(`
import { twice } from "«https://example.org/|./»blocks.rec"
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(twice(price), 1) }
}`),
    options: beside,
  },
  'import-cycle': {
    explain:
      'A file imports another one that imports the first, perhaps by way of others. Move what both need into a file that imports neither.',
    ...specs(`
import { twice } from "./«clicks|blocks».rec"
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(twice(price), 1) }
}`),
    options: beside,
  },
  'unknown-import': {
    explain:
      'The file that is imported declares no model and no block of this name. What it imports itself has to be imported from where it is declared.',
    ...specs(`
import { «twize|twice» } from "./blocks.rec"
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(«twize|twice»(price), 1) }
}`),
    options: beside,
  },
  'unused-import': {
    explain: 'Nothing in this file reads the name that is imported. Leave it out.',
    ...specs(`
import { twice«, thrice|» } from "./blocks.rec"
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(twice(price), 1) }
}`),
    options: beside,
  },
  'unknown-section': {
    explain:
      'A model consists of `data`, `features`, `label`, `embeddings`, `cross`, `deep`, `combine`, `network`, `train` and `metrics`. Anything else is an error, never ignored.',
    ...specs(`
model Clicks {
  «feature|features» { price: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'unknown-key': {
    explain:
      'This section, call or record has no such key. The help names the nearest one, or all of them. A key of a `cross` section has to belong to the layer that the others choose.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  deep { units: [16], «droput|dropout»: 0.1 }
}`),
  },
  'unknown-feature': {
    explain: 'The name has to be one of the `features` of this model, with those that it inherits.',
    ...specs(`
model Clicks {
  features { user_id: category }
  label clicked: binary
  embeddings { «user|user_id»: { dim: 8 }«, dim: 8|» }
  deep { units: [16] }
}`),
  },
  'unknown-name': {
    explain:
      'In a network a name stands for a feature or for what an earlier line gives; in a block for a parameter, a size of a parameter or an earlier line. A name that is given in a loop ends with its braces.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(«prize|price», 1) }
}`),
  },
  'unknown-function': {
    explain:
      'No block of this file, block of the library or built-in function has this name. Over columns (after `=`, and in `keep`) there are only a few functions of their own: abs, log, exp, sqrt, floor, ceil, lower, upper and column.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = «liner|linear»(price, 1) }
}`),
  },
  'unknown-type': {
    explain:
      'A feature is a `category`, a `number` or a `time`. A parameter of a block is an `int`, `float`, `bool`, `feature`, `function`, `scalar`, `vector[d]`, `matrix[n, k]`, `fields[n, k]` or `tensor[a, b, …]`, or a list of one of them, as `int[]`.',
    ...specs(`
model Clicks {
  features { price: «numeric|number» }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'unknown-column': {
    explain:
      'The spec lists the columns of every file it reads, and none has this name. A feature or label reads the column of its own name unless it says another one: `zip_code: category = zip`. A column whose name is not a word is `column("Zip Code")`.',
    ...specs(`
model Clicks {
  data { source: csv("clicks.csv", columns: [cost, clicked]) }
  features { price: number = «price|cost» }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'missing-key': {
    explain: 'This key has no default that would suit most models, so it has to be said.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  deep { «|units: [16], »activation: tanh }
}`),
  },
  'missing-section': {
    explain:
      'A model with `cross`, `deep` or a `network` is one to train, and needs `features` and a `label`. Without any of these three it is only a base for others to extend.',
    ...specs(`
model Clicks {
  features { price: number }
  «|label clicked: binary
  »deep { units: [16] }
}`),
  },
  'wrong-value': {
    explain: 'The value is not of the kind that this key takes. The message says what it takes.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  deep { units: [16] }
  train { optimizer: «rprop|adam(1e-3)» }
}`),
  },
  'out-of-range': {
    explain: 'The value is of the right kind, but too small, too large or not whole. The message says what is allowed.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  deep { units: [16], dropout: «1.5|0.5» }
}`),
  },
  'conflicting-keys': {
    explain:
      'Each of the two keys answers the same question in its own way, or one takes away what the other needs. Keep one of them.',
    ...specs(`
model Clicks {
  features { device: category(values: ["ios", "android"]«, hash: 100|») }
  label clicked: binary
  embeddings { dim: 8 }
  deep { units: [16] }
}`),
  },
  'network-and-short-form': {
    explain:
      '`cross`, `deep` and `combine` are a short form of a network; a model says it in one way or the other. `reccompile expand` prints the network that a short form stands for, to go on from. A model that extends another replaces its form with its own.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  «deep { units: [16] }
  |»network { clicked = linear(price, 1) }
}`),
  },
} as const satisfies Record<string, Explanation>;
