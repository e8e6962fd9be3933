import { specs, type Explanation } from './explanation.js';

/** Of what cannot be read. */
export const textExplanations = {
  'unexpected-character': {
    explain:
      'The language has no use for this character outside a text in quotes and a comment. Entries are separated by a newline, a space or a comma, comments begin with `//`, texts stand in double quotes.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary«;|»
  deep { units: [16] }
}`),
  },
  'unterminated-string': {
    explain: 'A text begins and ends with `"` on one line. Close it; a newline within a text is written `\\n`, a quote `\\"`.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv«|"»
  }
  features { price: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'unknown-escape': {
    explain:
      'A backslash in a text begins an escape, and there are few: `\\n`, `\\t`, `\\"`, `\\\\` and `\\uXXXX` with four hexadecimal digits. A backslash itself is written `\\\\`; paths are written with `/` on every system.',
    ...specs(`
model Clicks {
  data { source: "data«\\c|/»clicks.csv" }
  features { price: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'number-too-large': {
    explain:
      'The number cannot be held exactly: a whole number beyond 9,007,199,254,740,991 would silently become another one, and one beyond 1.8e308 would be infinite. Write a smaller one; an identifier that looks like a number is a text in quotes.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv", keep: campaign != «12345678901234567890|"12345678901234567890"» }
  features { price: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  expected: {
    explain:
      'Something else has to stand here. The message names what could, the most likely first. When the place itself looks right, look at what stands before it: a missing `:` or `=` shows only at the next word.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked«|:» binary
  deep { units: [16] }
}`),
  },
  'unclosed-bracket': {
    explain:
      'A bracket is opened and never closed. The note shows where it was opened; the message says which bracket is missing.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  deep { units: [16«|]» }
}`),
  },
  'return-not-last': {
    explain:
      '`return` ends a block and gives its value, so nothing can follow it, and it cannot stand in a loop or a network. Choose between two values with `if … then … else …`.',
    ...specs(`
block double(x: vector[d]) -> vector[d] {
«  return 2 * x
  y = 2 * x|  y = 2 * x
  return y»
}
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = double(price) }
}`),
  },
  'nesting-too-deep': {
    explain:
      'Brackets, conditions and calls of blocks may nest 200 deep, which no spec needs. Give a part its own name, or its own block.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = «${'('.repeat(201)}price${')'.repeat(201)}|price» }
}`),
  },
  'unknown-edition': {
    explain:
      'An edition fixes what every key, default and library block means. This compiler knows edition 1; a spec of a later edition needs a later compiler. Without the line the newest edition holds.',
    ...specs(`
edition «7|1»
model Clicks {
  features { price: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'not-yet': {
    explain:
      'This belongs to the language, and a later version will build it. Until then it is an error rather than ignored, so that no spec says what its model does not do. Leave it out for now.',
    ...specs(`
model Clicks {
  features { words: category[](separator: " "«, pool: max|») }
  label clicked: binary
  embeddings { dim: 8 }
  deep { units: [16] }
}`),
  },
} as const satisfies Record<string, Explanation>;
