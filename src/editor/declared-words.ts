import { position } from '../language/source.js';
import type { CategoryFeature, CheckedModel, Codes, Feature, RowCount, Table } from '../model/model.js';
import { widthOf } from '../model/feature-width.js';
import { occurrencesOf } from './occurrences.js';
import { parametersOfModel, parametersOfTables, sizeOfPart } from './sizes.js';
import { identityOf, isDeclared, type Declared, type ModelNames } from './symbols.js';
import { pathTo } from './tree.js';
import { grouped, inlineCode, valueWords } from './words.js';
import type { Analysis } from './workspace.js';

type Of<K extends Declared['kind']> = Extract<Declared, { kind: K }>;

/** A checked model that has what a model declares: itself, or one that extends it. */
function modelWith(analysis: Analysis, name: string, has: (model: CheckedModel) => boolean): CheckedModel | undefined {
  const { sound } = analysis.checked;
  return sound.find((model) => model.name === name && has(model)) ?? sound.find(has);
}

export function modelWords(name: string, { checked }: Analysis): string {
  const model = checked.sound.find((one) => one.name === name);
  return model ? `${parametersOfModel(model)} parameters` : '';
}

/** Kind, size and users of a feature. */
export function featureWords(symbol: Of<'feature'>, analysis: Analysis): string {
  const isIt = ({ name }: { readonly name: string }): boolean => name === symbol.name;
  const model = modelWith(analysis, symbol.model.name.text, ({ features }) => features.some(isIt));
  const feature = model?.features.find(isIt);
  const size = model && feature ? sizeWords(model, feature) : '';
  return [size, usersOf(symbol, analysis, model)].filter((part) => part !== '').join('\n\n');
}

function sizeWords(model: CheckedModel, feature: Feature): string {
  if (feature.kind !== 'category') {
    const width = widthOf(feature);
    return `${kindWords[feature.kind]}, ${width === 1 ? 'one number' : `${String(width)} numbers`} a row`;
  }
  const table = model.tables.find(({ name }) => name === feature.table);
  const own = table?.features.length === 1;
  const shared = table && !own ? `, in table ${inlineCode(table.name)}` : '';
  const vector = table ? `, vectors of ${String(table.dim)}${shared}: ${parametersOfTables([table])} parameters` : '';
  return `${categoryWords(feature)}${vector}`;
}

const kindWords = { number: 'A number', vector: 'A list of numbers', time: 'A time' } as const;

function categoryWords({ many, cross, codes }: CategoryFeature): string {
  const kind = cross
    ? `A category crossed of ${cross.map((part) => inlineCode(part)).join(' and ')}`
    : many
      ? 'Categories, several in a row'
      : 'A category';
  return `${kind}, ${codesWords(codes)}`;
}

function codesWords(codes: Codes): string {
  switch (codes.kind) {
    case 'vocabulary':
      return codes.minCount > 1
        ? `values seen ${grouped(codes.minCount)} times or more in the training rows`
        : `values of the training rows${codes.minCount === 0 ? ` of ${inlineCode(codes.name)}` : ''}`;
    case 'values':
      return `${grouped(codes.values.length)} values and unknown`;
    case 'hash':
      return `hashed into ${grouped(codes.buckets)}`;
    case 'size':
      return `0 to ${grouped(codes.size - 1)}`;
    case 'buckets':
      return `${grouped(codes.boundaries.length + 1)} buckets`;
    default:
      return codes satisfies never;
  }
}

const rowsWords = (rows: RowCount): string =>
  rows.kind === 'known' ? `${grouped(rows.rows)} rows` : `as many rows as ${inlineCode(rows.name)} has values`;

/** Where a feature is read. */
function usersOf(symbol: Declared, analysis: Analysis, model: CheckedModel | undefined): string {
  const { spec } = analysis.checked;
  const identity = identityOf(symbol);
  const users = new Set<string>();
  for (const { span, role, symbol: found } of occurrencesOf(spec).all) {
    if (role === 'declares' || !isDeclared(found) || identityOf(found) !== identity) continue;
    const path = pathTo(spec.file, span.start);
    const user = path.findLast(
      (node) => node.kind === 'assign' || node.kind === 'indexed-assign' || (node.kind === 'entry' && node.name.span !== span),
    );
    const name =
      user?.kind === 'assign'
        ? user.targets[0]?.text
        : user?.kind === 'indexed-assign'
          ? user.target.text
          : user?.kind === 'entry'
            ? user.name.text
            : 'network';
    users.add(`${inlineCode(name ?? '')} (line ${String(position(spec.source, span.start).line)})`);
  }
  if (users.size > 0)
    return `Used by ${[...users].slice(0, 8).join(', ')}${users.size > 8 ? ` and ${String(users.size - 8)} more` : ''}`;
  return model ? 'Used with all features' : '';
}

export function tableWords(symbol: Of<'table'>, analysis: Analysis): string {
  const isIt = ({ name }: Table): boolean => name === symbol.name;
  const model = modelWith(analysis, symbol.model.name.text, ({ tables }) => tables.some(isIt));
  const table = model?.tables.find(isIt);
  return table ? `${rowsWords(table.rows)}, vectors of ${String(table.dim)}: ${parametersOfTables([table])} parameters` : '';
}

export function labelWords(symbol: Of<'label'>, analysis: Analysis): string {
  const isIt = ({ name }: { readonly name: string }): boolean => name === symbol.name;
  const model = modelWith(analysis, symbol.model.name.text, ({ labels }) => labels.some(isIt));
  const label = model?.labels.find(isIt);
  if (!model || !label) return '';
  const task =
    label.task.kind === 'binary'
      ? 'A logit, log loss'
      : label.task.kind === 'number'
        ? 'A number, squared error'
        : `${String(label.task.classes)} logits, cross entropy`;
  const metrics = model.metrics.filter((metric) => metric.label === symbol.name).map(({ name }) => inlineCode(name));
  return [
    `${task}, weight ${String(label.weight)}${metrics.length > 0 ? `; measured by ${metrics.join(', ')}` : ''}`,
    costWords(model, symbol.name),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Shape, parameters and multiply-adds of a name of a network; of one of a block, the shape in its first call. */
export function tensorWords(symbol: Of<'tensor'>, analysis: Analysis): string {
  const value = analysis.checked.valueOf(symbol.declaration);
  const shape = value ? `: ${valueWords(value).replace(/^`\w+` \((.*)\)$/, '$1')}` : '';
  const title = `**${symbol.name}**${shape}`;
  if (symbol.within.kind === 'block')
    return value ? `${title}, where ${inlineCode(symbol.within.name.text)} is first called` : title;
  const model = analysis.checked.sound.find(
    ({ name, network }) => isOf(analysis, name, symbol) && network.named.some((n) => n.name === symbol.name),
  );
  return [title, model ? costWords(model, symbol.name) : ''].filter((part) => part !== '').join('\n\n');
}

/** The network that a model has, or inherits. */
function networkOf(model: ModelNames | undefined): unknown {
  for (let at = model; at; at = at.base) {
    const network = at.model.items.find(({ kind }) => kind === 'network');
    if (network) return network;
  }
  return undefined;
}

/** Whether a model's network is the one that a name is of. */
const isOf = ({ checked }: Analysis, model: string, { within }: Of<'tensor'>): boolean =>
  networkOf(occurrencesOf(checked.spec).names.models.get(model)) === within;

function costWords(model: CheckedModel, name: string): string {
  const { parameters, multiplyAdds } = sizeOfPart(model, name);
  const table = model.tables.filter((t) => t.name.startsWith(`${name}.`));
  const terms = table.length > 0 ? ` and ${parametersOfTables(table)} in tables` : '';
  if (parameters === 0 && multiplyAdds === 0 && terms === '') return '';
  return `${grouped(parameters)} parameters${terms}, ${grouped(multiplyAdds)} multiply-adds a row`;
}
