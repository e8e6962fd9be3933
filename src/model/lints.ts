import type { Expression, Network as NetworkSyntax, Statement } from '../language/syntax.js';
import { inside } from '../language/walk.js';
import type { Report } from './diagnostics.js';
import { reached } from './instantiate/prune.js';
import type { CheckedModel, Feature } from './model.js';
import { literal } from './reading.js';
import type { RowExpression } from './row-expression.js';

/** Warnings that know the field, one rule each. `declared` are the features that the model says itself: what it inherits it need not use. */
type Lint = (model: CheckedModel, report: Report, declared: readonly Feature[]) => void;

const unusedFeatures: Lint = ({ features }, report, declared) => {
  const used = new Set(features.map((f) => f.name));
  for (const f of declared) {
    if (!used.has(f.name)) report('unused-feature', f.span, { name: f.name }, { help: 'no label and no output depends on it' });
  }
};

const constantFeatures: Lint = ({ features }, report) => {
  for (const f of features) {
    if (f.value && columnsOf(f.value).length === 0)
      report(
        'constant-feature',
        f.span,
        { feature: f.name, value: 'the same' },
        { help: 'its value reads no column: leave it out' },
      );
  }
};

const leakingLabels: Lint = ({ features, labels }, report) => {
  for (const label of labels) {
    const columns = new Set(columnsOf(label.value));
    for (const f of features) {
      if (!f.value || !columnsOf(f.value).some((c) => columns.has(c))) continue;
      report(
        'leaking-label',
        f.span,
        { feature: f.name, label: label.name },
        { notes: [{ span: label.span, text: 'the label is here' }], help: leakHelp },
      );
    }
  }
};

export const leakHelp = 'a model that reads its answer learns nothing else';

const untrainedOutputs: Lint = ({ network: { nodes, logits, outputs } }, report) => {
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
};

const probabilitiesAsLogits: Lint = ({ network, labels }, report) => {
  for (const { label, node } of network.logits) {
    const last = network.nodes[node];
    const applied = last?.kind === 'reshape' ? network.nodes[last.x] : last;
    const kind = labels.find(({ name }) => name === label)?.task.kind;
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
};

const ranksThatSaveNothing: Lint = ({ network }, report) => {
  const shapes = new Map(network.weights.map((w) => [w.name, w.shape]));
  for (const w of network.weights) {
    const [size, rank] = w.shape.slice(-2);
    const pair = w.name.endsWith('.U') ? shapes.get(w.name.replace(/U$/, 'V')) : undefined;
    if (size === undefined || rank === undefined || pair?.join() !== w.shape.join()) continue;
    if (2 * rank >= size) report('rank-saves-nothing', w.span, { rank, size });
  }
};

const gatesWithoutExperts: Lint = ({ network: { nodes } }, report) => {
  for (const node of nodes) {
    if (node.kind !== 'softmax') continue;
    const size = node.over === 'vector' ? nodes[node.x]?.shape[0] : node.over.size;
    if (size === 1) report('gate-without-experts', node.span, {}, { help: 'take two experts or more, or leave the gate out' });
  }
};

const lints: readonly Lint[] = [
  unusedFeatures,
  constantFeatures,
  leakingLabels,
  untrainedOutputs,
  probabilitiesAsLogits,
  ranksThatSaveNothing,
  gatesWithoutExperts,
];

export function lintModel(model: CheckedModel, declared: readonly Feature[], report: Report): void {
  for (const lint of lints) lint(model, report, declared);
}

/** DCN-V2 and its followers train 1 to 6; the gain of each is less than that of the one before. */
const mostCrossLayers = 6;

/** Warns of what a network says, whatever it is instantiated to. */
export function lintNetwork({ body }: NetworkSyntax, report: Report): void {
  const visit = (e: Expression): void => {
    if (e.kind === 'call' && e.callee.kind === 'name' && e.callee.text === 'cross') {
      const given = e.arguments.find(({ name }, i) => (name ? name.text === 'depth' : i === 1))?.value;
      const depth = given && literal(given);
      if (given && depth !== undefined && depth > mostCrossLayers)
        report(
          'depth-plateaus',
          given.span,
          { depth },
          { help: 'published models have 2 to 4; a deep network beside them brings more' },
        );
    }
    for (const child of inside(e)) visit(child);
  };
  const visitAll = (statements: readonly Statement[]): void => {
    for (const s of statements) {
      if ('value' in s) visit(s.value);
      if ('body' in s) visitAll(s.body.statements);
    }
  };
  visitAll(body.statements);
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
