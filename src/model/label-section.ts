import type { Entry } from '../language/syntax.js';
import type { Label } from './model.js';
import { describe, givenArguments, key, numberIn, readKeys, type Form } from './reading.js';
import { checkRow, type Columns } from './row-check.js';
import { meant } from './suggest.js';

const weight = key('Weight of its loss.', numberIn({ above: 0 }), { default: 1 });

const classes = key('How many classes there are.', numberIn({ min: 2, max: 65536, integer: true }), {
  position: 0,
  required: true,
});

/** What a label can be, as a spec writes it. */
export const labelForms = {
  binary: { doc: 'Yes or no: the network gives a logit, the loss is log loss.', keys: { weight } },
  number: { doc: 'A number: the network gives it, the loss is the squared error.', keys: { weight } },
  class: {
    doc: 'One of several classes: the network gives a logit for each, the loss is cross entropy.',
    keys: { classes, weight },
  },
} as const satisfies Readonly<Record<string, Form>>;

/** `label liked: binary = rating >= 4` */
export function checkLabel(entry: Entry, columns: Columns): Label | undefined {
  const { report } = columns;
  const where = `label \`${entry.name.text}\``;
  const e = entry.value;
  const spoken = e.kind === 'name' ? e : e.kind === 'call' && e.callee.kind === 'name' ? e.callee : undefined;
  const kinds = Object.keys(labelForms);
  if (!spoken || !kinds.includes(spoken.text)) {
    report(
      'wrong-value',
      e.span,
      { where, wanted: '`binary`, `number` or `class(n)`', found: describe(e) },
      spoken && meant(spoken.span, kinds),
    );
    return undefined;
  }
  const kind = spoken.text as keyof typeof labelForms;
  const given = e.kind === 'call' ? givenArguments(e) : [];
  const sized = kind === 'class' ? readKeys(labelForms.class.keys, given, '`class`', e.span, report) : undefined;
  const read = sized ?? readKeys(labelForms.binary.keys, given, `\`${kind}\``, e.span, report);
  const value = checkRow(entry.from ?? entry.name, kind === 'binary' ? ['boolean', 'number'] : ['number'], where, columns);
  const count = sized?.classes?.value;
  if (!value || (kind === 'class' && count === undefined)) return undefined;
  return {
    name: entry.name.text,
    task: kind === 'class' ? { kind, classes: count ?? 0 } : { kind },
    weight: read.weight?.value ?? weight.default,
    value,
    span: entry.name.span,
    ...(entry.doc !== undefined && { doc: entry.doc }),
  };
}
