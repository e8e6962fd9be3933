import type { Report } from './diagnostics.js';
import { reached } from './instantiate/prune.js';
import type { CheckedModel, Feature } from './model.js';
import type { RowExpression } from './row-expression.js';

/** Warnings that know the field. `declared` are the features that the model says itself: what it inherits it need not use. */
export function lintModel(model: CheckedModel, declared: readonly Feature[], report: Report): void {
  const used = new Set(model.features.map((f) => f.name));
  for (const f of declared) {
    if (!used.has(f.name)) report('unused-feature', f.span, { name: f.name }, { help: 'no label and no output depends on it' });
  }
  for (const label of model.labels) {
    const columns = new Set(columnsOf(label.value));
    for (const f of model.features) {
      if (f.value && columnsOf(f.value).some((c) => columns.has(c))) {
        report(
          'leaking-label',
          f.span,
          { feature: f.name, label: label.name },
          {
            notes: [{ span: label.span, text: 'the label is here' }],
            help: 'a model that reads its answer learns nothing else',
          },
        );
      }
    }
  }
  const { nodes, logits, outputs } = model.network;
  const trained = reached(
    nodes,
    logits.map(({ node, loss }) => loss ?? node),
  );
  for (const { name, node } of outputs) {
    const own = reached(nodes, [node]);
    const idle = nodes.find((n) => (n.kind === 'weight' || n.kind === 'lookup') && own[n.id] === 1 && trained[n.id] === 0);
    if (idle)
      report('untrained-output', idle.span, { name }, { help: 'let a label depend on it, or read it off what one depends on' });
  }
  for (const { label, node } of model.network.logits) {
    const last = model.network.nodes[node];
    const applied = last?.kind === 'reshape' ? model.network.nodes[last.x] : last;
    const kind = model.labels.find(({ name }) => name === label)?.task.kind;
    const isSigmoid = kind === 'binary' && applied?.kind === 'unary' && applied.function === 'sigmoid';
    if (!isSigmoid && !(kind === 'class' && applied?.kind === 'softmax')) continue;
    const named = isSigmoid ? 'sigmoid' : 'softmax';
    report(
      'probability-as-logit',
      applied.span,
      { label, function: named },
      { help: `leave out the ${named}: twice it keeps probabilities in the middle` },
    );
  }
  const shapes = new Map(model.network.weights.map((w) => [w.name, w.shape]));
  for (const w of model.network.weights) {
    const [size, rank] = w.shape.slice(-2);
    const pair = w.name.endsWith('.U') ? shapes.get(w.name.replace(/U$/, 'V')) : undefined;
    if (size === undefined || rank === undefined || pair?.join() !== w.shape.join()) continue;
    if (2 * rank >= size) report('rank-saves-nothing', w.span, { rank, size });
  }
}

function columnsOf(e: RowExpression): readonly string[] {
  switch (e.kind) {
    case 'column':
      return [e.name];
    case 'literal':
      return [];
    case 'operation':
      return e.operands.flatMap(columnsOf);
    case 'in':
      return columnsOf(e.operand);
    default:
      return e satisfies never;
  }
}
