import { costs } from '../../graph/cost.js';
import { inferenceGraph, stepGraph } from '../../graph/pipeline.js';
import { optimizerSlots } from '../../graph/update/rules.js';
import type { CheckedModel, Table } from '../../model/model.js';
import { columns } from '../columns.js';
import { command } from '../command.js';
import type { ExitStatus } from '../errors.js';
import { readFacts } from '../facts.js';
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

interface Inspected {
  readonly model: string;
  /** All that are known; tables of unknown size are in `unknown`. */
  readonly parameters: number;
  readonly dense: number;
  /** Terms such as `32·V(user_id)`. */
  readonly unknown: readonly string[];
  readonly batch: number;
  readonly tables: readonly {
    readonly name: string;
    readonly rows: number | string;
    readonly dim: number;
    readonly parameters: number | string;
  }[];
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly parameters: number }[];
  /** For one batch. */
  readonly inference: { readonly multiplyAdds: number; readonly bytes: number };
  readonly step: { readonly multiplyAdds: number; readonly bytes: number };
  readonly parts: readonly {
    readonly name: string;
    readonly parameters: number;
    readonly multiplyAdds: number;
    readonly bytes: number;
  }[];
  /** Bytes of weights and optimizer state in float32, tables of unknown size left out. */
  readonly memory: { readonly weights: number; readonly optimizer: number };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const rowsText = ({ rows }: Table): number | string => (rows.kind === 'known' ? rows.rows : `V(${rows.name})`);

function inspectModel(model: CheckedModel, batch: number): Inspected {
  const step = costs(stepGraph(model).graph, batch);
  const inference = costs(inferenceGraph(model).graph, batch);
  const weights = model.network.weights.map(({ name, shape }) => ({ name, shape, parameters: sizeOf(shape) }));
  const tables = model.tables.map((t) => ({
    name: t.name,
    rows: rowsText(t),
    dim: t.dim,
    parameters: t.rows.kind === 'known' ? t.rows.rows * t.dim : `${String(t.dim)}·V(${t.rows.name})`,
  }));
  const dense = weights.reduce((sum, w) => sum + w.parameters, 0);
  const knownTables = tables.reduce((sum, t) => sum + (typeof t.parameters === 'number' ? t.parameters : 0), 0);
  const { embeddings, rest } = model.train.optimizer;
  return {
    model: model.name,
    parameters: dense + knownTables,
    dense,
    unknown: tables.flatMap((t) => (typeof t.parameters === 'string' ? [t.parameters] : [])),
    batch,
    tables,
    weights,
    inference: { multiplyAdds: inference.multiplyAdds, bytes: inference.bytes },
    step: { multiplyAdds: step.multiplyAdds, bytes: step.bytes },
    parts: step.parts.map((p) => ({
      name: p.name,
      parameters: p.parameters.known,
      multiplyAdds: p.multiplyAdds,
      bytes: p.bytes,
    })),
    memory: {
      weights: 4 * (dense + knownTables),
      optimizer: 4 * (dense * optimizerSlots(rest) + knownTables * optimizerSlots(embeddings)),
    },
  };
}

const grouped = (n: number): string => n.toLocaleString('en-US');

function asText(i: Inspected): string {
  const total = [...(i.parameters > 0 || i.unknown.length === 0 ? [grouped(i.parameters)] : []), ...i.unknown].join(' + ');
  const rows: readonly (readonly string[])[] = [
    ['part', 'parameters', 'multiply-adds', 'bytes moved'],
    ...i.parts.map((p) => [p.name, grouped(p.parameters), grouped(p.multiplyAdds), bytesText(p.bytes)]),
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
    `${i.model}: ${total} parameters, ${grouped(i.dense)} of them dense`,
    `memory: ${bytesText(i.memory.weights)} of weights and ${bytesText(i.memory.optimizer)} of optimizer state${i.unknown.length > 0 ? ', tables of unknown size aside' : ''}`,
    '',
    ...columns(rows),
    ...(i.tables.length > 0 ? ['', ...columns(tables)] : []),
    `\nfor a batch of ${grouped(i.batch)} rows`,
    '',
  ].join('\n');
}
