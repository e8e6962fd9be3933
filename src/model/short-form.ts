import type { Span } from '../language/source.js';
import type { Argument, Call, Expression, Name, Network, RecordExpression, Statement } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import type { Blocks } from './library.js';
import { oneOf } from './messages.js';
import type { MergedModel, MergedSection } from './merge.js';
import type { Label } from './model.js';
import {
  describe,
  givenEntries,
  key,
  numberIn,
  readKeys,
  taking,
  word,
  type Accepts,
  type Key,
  type Keys,
  type Reader,
} from './reading.js';

const expression: Reader<Expression> = (e) => e;
/** May be computed, `2 * 3`, but no name stands for a number here. */
const countExpression: Reader<Expression> = (e, where, report) => {
  const isOther = e.kind === 'name' || e.kind === 'string' || e.kind === 'boolean' || e.kind === 'list' || e.kind === 'record';
  if (!isOther) return e;
  report('wrong-value', e.span, { where, wanted: 'a whole number ≥ 1', found: describe(e) });
  return undefined;
};
/** Handed to a block, whose parameter checks it. */
const value = (doc: string, accepts: Accepts): Key<Expression> => key(doc, taking(accepts, expression));
const count = (doc: string): Key<Expression> => key(doc, taking({ wanted: 'a whole number ≥ 1' }, countExpression));
const activation: Accepts = { words: ['relu', 'tanh', 'sigmoid', 'identity'], wanted: 'a function', names: 'function' };

/** Which layer each `kind` is. */
const layerOfKind = { v1: 'cross_v1', full: 'cross_full', gated: 'gated_cross', tfrs: 'cross_tfrs' } as const;
const kinds = ['v1', 'full', 'gated', 'tfrs'] as const satisfies readonly (keyof typeof layerOfKind)[];

/** The blocks that a cross network is made of. */
export const crossLayers = ['cross_low_rank', 'cross_experts', 'cross_mix', ...Object.values(layerOfKind)] as const;

export const crossKeys = {
  depth: count('How many cross layers.'),
  rank: count('Rank of their matrices: a low-rank layer, DCN-V2 Eq. (2).'),
  experts: count('How many low-rank matrices share a layer, DCN-V2 Eq. (3).'),
  gate: value('How the experts share.', { words: ['softmax', 'sigmoid', 'ones'], wanted: 'a function', names: 'function' }),
  activation: value('Nonlinearity within an expert, DCN-V2 Eq. (4).', activation),
  score: value('What the gate is given.', { wanted: 'a function of x', names: 'function' }),
  diag_scale: value('How much of x is added to W x in the layer of TensorFlow Recommenders.', { wanted: 'a number' }),
  kind: key('Which layer, if the other keys do not say.', word(...kinds), { defaultText: 'as the other keys say' }),
  heads: key('How many cross networks stand side by side.', numberIn({ min: 1, max: 1024, integer: true }), { default: 1 }),
} as const satisfies Keys;

export const deepKeys = {
  units: key('Sizes of its layers.', taking({ wanted: 'a list of whole numbers' }, expression), { required: true }),
  activation: value('Nonlinearity of each layer.', activation),
  dropout: value('Share of the elements set to 0 while training.', { wanted: 'a number ≥ 0 and < 1' }),
  norm: value('Normalization before the activation.', {
    words: ['batch_norm', 'layer_norm', 'identity'],
    wanted: 'a function',
    names: 'function',
  }),
} as const satisfies Keys;

const notOfLayer = new Set(['depth', 'kind', 'heads']);

const name = (text: string, span: Span): Name => ({ kind: 'name', text, span });
const argument = (valueGiven: Expression, named?: Name): Argument => ({
  kind: 'argument',
  value: valueGiven,
  span: valueGiven.span,
  ...(named && { name: named }),
});
const call = (callee: string, given: readonly Argument[], span: Span): Call => ({
  kind: 'call',
  callee: name(callee, span),
  arguments: given,
  span,
});
const whole = (n: number, span: Span): Expression => ({ kind: 'number', value: n, text: String(n), span });
const assign = (target: string, valueGiven: Expression, span: Span): Statement => ({
  kind: 'assign',
  targets: [name(target, span)],
  value: valueGiven,
  span,
});

/** Whether a model says its network in the short form; one that says neither can only be extended. */
export const hasShortForm = (model: MergedModel): boolean =>
  isOn(model.sections.get('cross')) || isOn(model.sections.get('deep'));

const isNone = (e: Expression): boolean => e.kind === 'name' && e.text === 'none';
const isOn = (s: MergedSection | undefined): boolean => s !== undefined && !isNone(s.value);

function record(section: MergedSection | undefined, where: string, report: Report): RecordExpression | undefined {
  if (!section || isNone(section.value)) return undefined;
  if (section.value.kind === 'record') return section.value;
  report('wrong-value', section.value.span, {
    where: `\`${where}\``,
    wanted: 'a section in { }, or `none`',
    found: describe(section.value),
  });
  return undefined;
}

/**
 * The network that `cross`, `deep` and `combine` stand for: calls of library blocks, at the places of the user's keys.
 * Undefined where a section has errors.
 */
export function desugar(
  model: MergedModel,
  labels: readonly Label[],
  features: readonly string[],
  library: Blocks,
  report: Report,
): Network | undefined {
  const span = model.sections.get('cross')?.key ?? model.sections.get('deep')?.key ?? model.span;
  const crossRecord = record(model.sections.get('cross'), 'cross', report);
  const deepRecord = record(model.sections.get('deep'), 'deep', report);
  const combineSection = model.sections.get('combine');
  const combine = combineSection && word('stacked', 'parallel')(combineSection.value, '`combine`', report);
  if (combineSection && combine && !(crossRecord && deepRecord)) {
    report('unused-setting', combineSection.key, { what: '`combine`', why: 'it takes both `cross` and `deep`' });
  }
  const taken = new Set([...features, ...labels.map((label) => label.name)]);
  const fresh = (text: string): string => (taken.has(text) ? fresh(`${text}_`) : text);
  const [x0, cross, deep] = [fresh('x0'), fresh('cross'), fresh('deep')];
  const inputs = taken.has('features') ? features : ['features'];
  const vectors = inputs.map((text) => argument(name(text, span)));
  const statements: Statement[] = [assign(x0, call('concat', vectors, span), span)];
  let last = x0;
  if (crossRecord) {
    const at = model.sections.get('cross')?.key ?? span;
    const network = crossNetwork(crossRecord, x0, at, library, report);
    if (!network) return undefined;
    statements.push(assign(cross, network, at));
    last = cross;
  }
  if (deepRecord) {
    const at = model.sections.get('deep')?.key ?? span;
    const read = readKeys(deepKeys, givenEntries(deepRecord.entries), '`deep`', deepRecord.span, report);
    if (!read.units) return undefined;
    const given = Object.entries(read).map(([of, v]) => argument(v.value, name(of, v.key)));
    statements.push(assign(deep, call('mlp', [argument(name(combine === 'parallel' ? x0 : last, at)), ...given], at), at));
    last = deep;
  }
  const top =
    combine === 'parallel' && crossRecord && deepRecord
      ? call('concat', [argument(name(cross, span)), argument(name(deep, span))], span)
      : name(last, span);
  for (const { name: label, task } of labels) {
    const outputs = task.kind === 'class' ? task.classes : 1;
    statements.push(assign(label, call('linear', [argument(top), argument(whole(outputs, span))], span), span));
  }
  return { kind: 'network', keyword: span, span, body: { statements, span } };
}

function crossNetwork(
  section: RecordExpression,
  x0: string,
  span: Span,
  library: Blocks,
  report: Report,
): Expression | undefined {
  const read = readKeys(crossKeys, givenEntries(section.entries), '`cross`', section.span, report);
  if (Object.keys(read).length < section.entries.length) return undefined;
  const layer = read.kind
    ? layerOfKind[read.kind.value]
    : read.activation
      ? 'cross_mix'
      : read.experts
        ? 'cross_experts'
        : read.rank
          ? 'cross_low_rank'
          : 'cross_full';
  const parameters =
    library
      .get(layer)
      ?.parameters.map((p) => p.name.text)
      .slice(2) ?? [];
  const options: Argument[] = [];
  for (const [of, v] of Object.entries(read)) {
    if (notOfLayer.has(of) || typeof v.value !== 'object') continue;
    if (parameters.includes(of)) options.push(argument(v.value, name(of, v.key)));
    else {
      report(
        'unknown-key',
        v.key,
        { key: of, where: `a \`${layer}\` layer` },
        {
          help: parameters.length > 0 ? `it has ${oneOf(parameters.map((p) => `\`${p}\``))}` : needs[of],
          ...(read.kind && { notes: [{ span: read.kind.key, text: 'the layer is chosen here' }] }),
        },
      );
    }
  }
  const chosen = read.kind ?? read.activation ?? read.experts;
  const missing = library
    .get(layer)
    ?.parameters.slice(2)
    .find((p) => !p.default && !Object.hasOwn(read, p.name.text));
  if (missing) {
    const text = missing.name.text;
    report(
      'missing-key',
      chosen?.key ?? section.span,
      { key: text, where: `a \`${layer}\` layer` },
      { help: `add \`${text}: …\`` },
    );
    return undefined;
  }
  if (layer === 'cross_mix' && !read.experts) {
    options.push(argument(whole(1, span), name('experts', span)));
    if (!read.gate) options.push(argument(name('ones', span), name('gate', span)));
  }
  const given: Argument[] = [argument(name(x0, span))];
  if (read.depth) given.push(argument(read.depth.value, name('depth', read.depth.key)));
  if (layer !== 'cross_full') {
    const holes = [argument({ kind: 'hole', span }), argument({ kind: 'hole', span })];
    given.push(argument(options.length > 0 ? call(layer, [...holes, ...options], span) : name(layer, span), name('layer', span)));
  }
  const network = call('cross', given, span);
  const heads = read.heads?.value ?? crossKeys.heads.default;
  if (heads === 1) return network;
  return call(
    'concat',
    [argument({ kind: 'comprehension', element: network, variable: name('h', span), over: whole(heads, span), span })],
    span,
  );
}

const needs: Readonly<Record<string, string>> = {
  gate: 'a gate chooses between experts: add `experts: 4` and a `rank`',
  activation: 'an activation stands within experts: add a `rank`',
  score: 'a score is what the gate of experts is given',
  diag_scale: 'it belongs to `kind: tfrs`',
};
