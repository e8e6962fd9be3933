import { parseExpression } from '../language/parser.js';
import type { Entry, Expression, File, Item, Model, Name, RecordExpression } from '../language/syntax.js';
import type { Span } from '../language/source.js';
import type { Checked, Expansion } from './check.js';
import { initializerText } from './initializers.js';
import type { CheckedModel, Optimizer } from './model.js';

/** A file in which every checked model stands whole: inheritance merged, the short form written out, training in full. */
export function expand(checked: Checked, only?: string): File {
  const models = checked.models.filter((m) => only === undefined || m.name === only);
  const { file } = checked;
  return {
    kind: 'file',
    span: file.span,
    ...(file.edition && { edition: file.edition }),
    items: [
      ...file.items.filter((i) => i.kind === 'block'),
      ...models.flatMap((model) => {
        const expansion = checked.expansions.get(model.name);
        return expansion ? [expandModel(model, expansion)] : [];
      }),
    ],
  };
}

function expandModel(model: CheckedModel, { merged, network }: Expansion): Model {
  const { span } = model;
  const name = (text: string): Name => ({ kind: 'name', text, span });
  const section = (text: string, record: RecordExpression): Item => ({ kind: 'section', name: name(text), record, span });
  const kept = (text: string): readonly Item[] => {
    const found = merged.sections.get(text)?.value;
    return found?.kind === 'record' ? [section(text, found)] : [];
  };
  const items: Item[] = [
    ...kept('data'),
    ...kept('features'),
    ...merged.labels.map((entry): Item => {
      const { doc, ...rest } = entry;
      return { kind: 'label', entry: rest, span, ...(doc !== undefined && { doc }) };
    }),
    ...kept('embeddings'),
    { kind: 'network', keyword: span, body: network.body, span },
    section('train', written(trainText(model), span)),
    { kind: 'property', name: name('metrics'), value: read(`[${model.metrics.join(', ')}]`), span },
  ];
  return { kind: 'model', name: name(model.name), items, span, ...(model.doc !== undefined && { doc: model.doc }) };
}

function read(text: string): Expression {
  const { expression } = parseExpression({ path: 'expand', text });
  if (!expression) throw new Error(`expand wrote what does not parse: ${text}`);
  return expression;
}

function written(entries: readonly (readonly [string, string])[], span: Span): RecordExpression {
  return {
    kind: 'record',
    span,
    entries: entries.map(([key, text]): Entry => ({
      kind: 'entry',
      name: { kind: 'name', text: key, span },
      value: read(text),
      span,
    })),
  };
}

function optimizerText(o: Optimizer): string {
  const given = Object.entries(o.parameters).map(([k, v]) => `${k}: ${String(v)}`);
  return `${o.rule}(${[...given, ...(o.exact ? ['exact'] : [])].join(', ')})`;
}

/** The train section with every default filled in. */
function trainText({ train }: CheckedModel): readonly (readonly [string, string])[] {
  const [embeddings, rest] = [optimizerText(train.optimizer.embeddings), optimizerText(train.optimizer.rest)];
  return [
    ['optimizer', embeddings === rest ? rest : `{ embeddings: ${embeddings}, rest: ${rest} }`],
    ['batch', String(train.batch)],
    ['epochs', String(train.epochs)],
    ...(train.clipNorm
      ? [
          [
            'clip_norm',
            train.clipNorm.scope === 'each' ? `each(${String(train.clipNorm.norm)})` : String(train.clipNorm.norm),
          ] as const,
        ]
      : []),
    ['l2', String(train.l2)],
    ['init', initializerText(train.initializer)],
    ...(train.stop ? [['stop', `no_improvement(patience: ${String(train.stop.patience)})`] as const] : []),
    ['monitor', train.monitor],
    ['shuffle', String(train.shuffle)],
    ['seed', String(train.seed)],
  ];
}
