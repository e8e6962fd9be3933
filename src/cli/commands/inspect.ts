import { costs, type Costs } from '../../graph/cost.js';
import { inferenceGraph, stepGraph } from '../../graph/pipeline.js';
import { rememberedNumbers, sweptBytes } from '../../graph/update/cost.js';
import type { CheckedModel, Table } from '../../model/model.js';
import { optimizerOfTable, optimizerOfWeight } from '../../model/optimizers.js';
import { columns } from '../columns.js';
import { command } from '../command.js';
import type { ExitStatus } from '../errors.js';
import { readFacts } from '../facts.js';
import type { InspectedJson } from '../json-outputs.js';
import { choice, count, text } from '../options.js';
import { bytesText } from '../progress.js';
import { checkSpec, pickModels, specOptions } from '../spec.js';

export default command({
  description:
    'Counts what a model costs: parameters, multiply-adds and memory, in all and by part.\nWithout facts a learned vocabulary has an unknown number of rows, written V(name).',
  arguments: [{ name: 'file', help: 'the .rec file' }],
  options: {
    ...specOptions,
    facts: text('--facts', 'RUN', 'take the sizes of vocabularies from a run'),
    batch: count('--batch', 'ROWS', 1, 'for so many rows instead of train.batch'),
    format: choice('--format', ['text', 'json'], 'how it is written; with several models json gives a list'),
  },
  examples: [
    { line: 'reccompile inspect movies.rec', says: 'every model of the file' },
    { line: 'reccompile inspect movies.rec --model Cross --format json', says: '{"parameters": …}' },
    { line: 'reccompile inspect movies.rec --facts runs/movies', says: 'with the vocabularies of a run' },
  ],
  run: async ([file = ''], { model: name, settings, facts, batch, format }, host): Promise<ExitStatus> => {
    const known = facts === undefined ? undefined : await readFacts(facts, host);
    const checked = checkSpec(file, { settings, ...(known && { facts: known }) }, host);
    const inspected = pickModels(checked, name, file).map((model) => inspectModel(model, batch ?? model.train.batch));
    const [first] = inspected;
    if (format === 'json') host.write(`${JSON.stringify(inspected.length === 1 ? first : inspected, undefined, 2)}\n`);
    else host.write(inspected.map(asText).join('\n'));
    return 0;
  },
});

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const rowsText = ({ rows }: Table): number | string => (rows.kind === 'known' ? rows.rows : `V(${rows.name})`);
const knownRows = ({ rows }: Table): number => (rows.kind === 'known' ? rows.rows : 0);
const knownSize = (table: Table): number => knownRows(table) * table.dim;

/** The part of the network that makes a table, or `embeddings`. */
const partOf = ({ name }: Table): string => (name.includes('.') ? (name.split('.')[0] ?? name) : 'embeddings');

/** The sizes that are not known, one term for each vocabulary. */
function termsOf(tables: readonly Table[]): readonly string[] {
  const dims = new Map<string, number>();
  for (const { rows, dim } of tables) if (rows.kind === 'vocabulary') dims.set(rows.name, (dims.get(rows.name) ?? 0) + dim);
  return [...dims].map(([name, dim]) => `${String(dim)}·V(${name})`);
}

function inspectModel(model: CheckedModel, batch: number): InspectedJson {
  const stepped = stepGraph(model);
  const step = costs(stepped.graph, batch);
  const inference = costs(inferenceGraph(model).graph, batch);
  const weights = model.network.weights.map(({ name, shape }) => ({ name, shape, parameters: sizeOf(shape) }));
  const tables = model.tables.map((t) => ({
    name: t.name,
    rows: rowsText(t),
    dim: t.dim,
    parameters: t.rows.kind === 'known' ? t.rows.rows * t.dim : `${String(t.dim)}·V(${t.rows.name})`,
  }));
  const dense = weights.reduce((sum, w) => sum + w.parameters, 0);
  const knownTables = model.tables.reduce((sum, t) => sum + knownSize(t), 0);
  const { optimizer, ema } = model.train;
  const hasAverage = ema !== undefined;
  const slots =
    stepped.parameters.reduce(
      (sum, { name, shape, frozen }) =>
        sum + (frozen ? 0 : rememberedNumbers(optimizerOfWeight(optimizer, name), sizeOf(shape), hasAverage, false)),
      0,
    ) +
    model.tables.reduce(
      (sum, t) =>
        sum + (t.frozen ? 0 : knownRows(t)) * rememberedNumbers(optimizerOfTable(optimizer, t.name), t.dim, hasAverage, true),
      0,
    );
  const moved = model.tables.filter(({ frozen }) => !frozen);
  const swept = moved.map((t) => ({ ...t, dim: sweptBytes(optimizerOfTable(optimizer, t.name), t.dim, hasAverage) }));
  return {
    model: model.name,
    parameters: dense + knownTables,
    dense,
    unknown: termsOf(model.tables),
    batch,
    tables,
    weights,
    states: model.network.states.map(({ name, shape }) => ({ name, shape })),
    inference: { multiplyAdds: inference.multiplyAdds, bytes: inference.bytes },
    step: { multiplyAdds: step.multiplyAdds, bytes: step.bytes },
    parts: partsOf(model, step),
    memory: { weights: 4 * (dense + knownTables), optimizer: 4 * slots },
    sweeps: { bytes: swept.reduce((sum, t) => sum + knownSize(t), 0), unknown: termsOf(swept.filter(({ dim }) => dim > 0)) },
  };
}

/** The graph leaves tables to the host, so that its costs do not know them. */
function partsOf(model: CheckedModel, { parts }: Costs): InspectedJson['parts'] {
  const names = [
    ...new Set([
      ...(model.tables.length > 0 ? ['embeddings'] : []),
      ...parts.map(({ name }) => name),
      ...model.tables.map(partOf),
    ]),
  ];
  return names
    .map((name) => {
      const cost = parts.find((part) => part.name === name);
      const own = model.tables.filter((table) => partOf(table) === name);
      return {
        name,
        parameters: (cost?.parameters.known ?? 0) + own.reduce((sum, t) => sum + knownSize(t), 0),
        unknown: termsOf(own),
        multiplyAdds: cost?.multiplyAdds ?? 0,
        bytes: cost?.bytes ?? 0,
      };
    })
    .filter(({ parameters, unknown, multiplyAdds, bytes }) => parameters + multiplyAdds + bytes > 0 || unknown.length > 0);
}

const grouped = (n: number): string => n.toLocaleString('en-US');

/** Terms that a cell of a table has room for. */
const mostTerms = 2;

function sumText({ parameters, unknown }: Pick<InspectedJson, 'parameters' | 'unknown'>, most = Infinity): string {
  const more = unknown.length - most;
  const terms = more > 1 ? [...unknown.slice(0, most), `${String(more)} more`] : unknown;
  return [...(parameters > 0 || unknown.length === 0 ? [grouped(parameters)] : []), ...terms].join(' + ');
}

const sweepText = ({ bytes, unknown }: InspectedJson['sweeps']): string =>
  [...(bytes > 0 ? [bytesText(bytes)] : []), ...unknown.map((term) => `${term} bytes`)].join(' + ');

function asText(i: InspectedJson): string {
  const statistics = i.states.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const rows: readonly (readonly string[])[] = [
    ['part', 'parameters', 'multiply-adds', 'bytes moved'],
    ...i.parts.map((p) => [p.name, sumText(p, mostTerms), grouped(p.multiplyAdds), bytesText(p.bytes)]),
    ['a training step', '', grouped(i.step.multiplyAdds), bytesText(i.step.bytes)],
    ['inference', '', grouped(i.inference.multiplyAdds), bytesText(i.inference.bytes)],
  ];
  const tables: readonly (readonly string[])[] = [
    ['table', 'rows', 'dim', 'parameters'],
    ...i.tables.map((t) => [
      t.name,
      typeof t.rows === 'number' ? grouped(t.rows) : t.rows,
      String(t.dim),
      typeof t.parameters === 'number' ? grouped(t.parameters) : t.parameters,
    ]),
  ];
  return [
    `${i.model}: ${sumText(i)} parameters, ${grouped(i.dense)} of them dense`,
    ...(statistics > 0 ? [`running statistics: ${grouped(statistics)} numbers, which are no parameters`] : []),
    `memory: ${bytesText(i.memory.weights)} of weights and ${bytesText(i.memory.optimizer)} of optimizer state${i.unknown.length > 0 ? ', tables of unknown size aside' : ''}`,
    ...(i.sweeps.bytes > 0 || i.sweeps.unknown.length > 0
      ? [`each step moves every row of a table: ${sweepText(i.sweeps)}`]
      : []),
    '',
    ...columns(rows),
    ...(i.tables.length > 0 ? ['', ...columns(tables)] : []),
    `\nfor a batch of ${grouped(i.batch)} rows`,
    '',
  ].join('\n');
}
