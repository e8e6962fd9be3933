import type { Entry } from '../language/syntax.js';
import type { Label } from './model.js';
import { describe, givenArguments, key, numberIn, readKeys } from './reading.js';
import { checkRow, type Columns } from './row-check.js';
import { nearest } from './suggest.js';

const weight = key('Weight of its loss.', numberIn({ above: 0 }));

export const labelKinds = {
  binary: { weight },
  number: { weight },
  class: {
    classes: key('How many classes there are.', numberIn({ min: 2, max: 65536, integer: true }), { position: 0, required: true }),
    weight,
  },
} as const;

/** `label liked: binary = rating >= 4` */
export function checkLabel(entry: Entry, columns: Columns): Label | undefined {
  const { report } = columns;
  const where = `label \`${entry.name.text}\``;
  const e = entry.value;
  const spoken = e.kind === 'name' ? e : e.kind === 'call' && e.callee.kind === 'name' ? e.callee : undefined;
  const kinds = Object.keys(labelKinds);
  if (!spoken || !kinds.includes(spoken.text)) {
    const near = spoken && nearest(spoken.text, kinds);
    report(
      'wrong-value',
      e.span,
      { where, wanted: '`binary`, `number` or `class(n)`', found: describe(e) },
      {
        help: near ? `did you mean \`${near}\`?` : undefined,
        fix: near ? { span: spoken.span, text: near } : undefined,
      },
    );
    return undefined;
  }
  const kind = spoken.text as keyof typeof labelKinds;
  const given = e.kind === 'call' ? givenArguments(e) : [];
  const sized = kind === 'class' ? readKeys(labelKinds.class, given, '`class`', e.span, report) : undefined;
  const read = sized ?? readKeys(labelKinds.binary, given, `\`${kind}\``, e.span, report);
  const value = checkRow(entry.from ?? entry.name, kind === 'binary' ? ['boolean', 'number'] : ['number'], where, columns);
  const classes = sized?.classes?.value;
  if (!value || (kind === 'class' && classes === undefined)) return undefined;
  return {
    name: entry.name.text,
    task: kind === 'class' ? { kind, classes: classes ?? 0 } : { kind },
    weight: read.weight?.value ?? 1,
    value,
    span: entry.name.span,
    ...(entry.doc !== undefined && { doc: entry.doc }),
  };
}
