import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  fitTable,
  isWritten,
  savedParameters,
  withEqualSizes,
  type FittedNumber,
  type FittedSizes,
  type FittedTable,
} from '../../fit/sizes.js';
import { fittedModel } from '../../fit/spec.js';
import type { Source } from '../../language/source.js';
import type { Diagnostic, Marked } from '../../model/diagnostics.js';
import { renderDiagnostics } from '../../model/render.js';
import { columns } from '../columns.js';
import { command } from '../command.js';
import { complaint, refusal, type ExitStatus } from '../errors.js';
import { shownPath } from '../files.js';
import { originOf, specExtending, type RunOrigin } from '../fitted-spec.js';
import type { Host } from '../host.js';
import type { FittedJson } from '../json-outputs.js';
import { ratio, text, toggle } from '../options.js';
import { shellWord } from '../shell.js';
import { openStoredModel, storedTables, type StoredModel } from '../../serve/stored-model.js';

export default command({
  description:
    'Chooses the size of each embedding table by what a run has learned: the smallest number of principal components that explains a ratio of the variance of its trained rows (FDO, of GDCN).\nWrites a spec that extends the model of the run with those sizes, to be trained anew. It is checked first: where the network needs equal sizes, nothing is written.',
  arguments: [{ name: 'run', help: 'the folder that train wrote' }],
  options: {
    ratio: ratio('--ratio', 'RATIO', 0.9, 'how much of the variance the new sizes explain'),
    equal: toggle('--equal', 'one size for all tables, and numbers that have a vector: the largest that a table needs'),
    out: text('-o, --out', 'FILE', 'the spec to write; without it <model>Fitted.rec beside the spec of the run'),
    force: toggle('--force', 'write over a file that is there'),
    json: toggle('--json', 'one line of JSON on standard output instead of the table'),
  },
  examples: [
    { line: 'reccompile fit-dims runs/Gdcn-1', says: 'sizes that explain 90% of the variance' },
    { line: 'reccompile fit-dims runs/Gdcn-1 --ratio 0.8 --out small.rec', says: 'smaller ones' },
    { line: 'reccompile train GdcnFitted.rec', says: 'then train it' },
  ],
  run: async ([folder = ''], { ratio: wanted, equal, out, force, json }, host): Promise<ExitStatus> => {
    const stored = await openStoredModel(path.resolve(host.folder, folder));
    const origin = await originOf(stored.run);
    const name = `${stored.model.name}Fitted`;
    const beside = origin.spec !== undefined && existsSync(origin.spec) ? path.dirname(origin.spec) : host.folder;
    const file = out === undefined ? path.join(beside, `${name}.rec`) : path.resolve(host.folder, out);
    const shown = shownPath(file, host.folder);
    if (existsSync(file) && !force)
      throw complaint(`${shown} exists already`, { help: 'Choose another file with --out, or say --force.' });
    const each = { tables: await fitTables(stored, wanted), numbers: numbersOf(stored) };
    const sizes = equal ? withEqualSizes(each) : each;
    const { tables, numbers } = sizes;
    const changes = tables.some((table) => isWritten(table) && table.after !== table.before);
    const result = {
      run: folder,
      model: stored.model.name,
      ratio: wanted,
      tables: tables.map((t) => ({ ...t, saved: savedParameters(t) })),
      numbers,
    };
    const tell = (at?: string): void => {
      if (json)
        host.write(`${JSON.stringify({ ...result, ...(at !== undefined && { file: at, name }) } satisfies FittedJson)}\n`);
      else host.write(tableText(stored.model.name, sizes, wanted));
    };
    if (!changes) {
      tell();
      host.writeError('every table keeps its size: there is nothing to write\n');
      return 0;
    }
    const doc = `${stored.model.name} with the sizes of embeddings that explain ${percent(wanted)} of the variance in ${shownPath(stored.run.folder, host.folder)}.`;
    const written = specExtending(
      {
        stored: await stored.run.model(),
        origin,
        base: stored.model.name,
        model: fittedModel({ base: stored.model.name, name, doc, ...sizes }),
        name,
        file,
        facts: stored.run.record.facts,
      },
      host,
    );
    const { checked, imports } = written;
    if (!checked.models.some((model) => model.name === name)) {
      tell();
      host.writeError(`${renderDiagnostics(unwritten(checked.diagnostics, shown), { colour: host.colour.error })}\n`);
      throw complaint(`the network of ${stored.model.name} does not take these sizes: nothing was written`, {
        help: equal
          ? 'Write the sizes into its spec where the network can take them.'
          : `With --equal every table gets the largest of them; a network that concatenates, such as concat(…) in place of fields(…), takes any.`,
      });
    }
    writeSpec(file, shown, written.text, force);
    tell(shown);
    host.writeError(`wrote ${shown}: model ${name}${imports ? '' : `, with ${stored.model.name} as the run has kept it`}\n`);
    host.writeError(
      `next: reccompile train ${shellWord(shown)}${imports ? '' : ` --model ${name}`}${written.settings.map(setOption).join('')}${dataOption(origin, imports, file, host)}\n`,
    );
    return 0;
  },
});

async function fitTables(stored: StoredModel, wanted: number): Promise<readonly FittedTable[]> {
  const tables: FittedTable[] = [];
  for await (const [table, { name, shape, values }] of storedTables(stored)) {
    const [rows = 0, dim = 0] = shape;
    tables.push(fitTable(table, name, { rows, dim, values }, stored.run.record.seed, wanted));
  }
  return tables;
}

/** Numbers that have a vector, which the spec could size. */
const numbersOf = ({ model }: StoredModel): readonly FittedNumber[] =>
  model.network.weights.flatMap(({ name, shape: [size = 0] }) =>
    name.startsWith('embeddings.') ? [{ name: name.slice('embeddings.'.length), before: size, after: size }] : [],
  );

/** Diagnostics of a text that is in no file, which do not say the name of one. */
function unwritten(diagnostics: readonly Diagnostic[], shown: string): readonly Diagnostic[] {
  const renamed = new Map<Source, Source>();
  const of = <Part extends Pick<Marked, 'span'>>(part: Part): Part => {
    const { source } = part.span;
    if (source.path !== shown) return part;
    const named = renamed.get(source) ?? { ...source, path: 'in the spec that would be written' };
    renamed.set(source, named);
    return { ...part, span: { ...part.span, source: named } };
  };
  return diagnostics.map((d) => ({
    ...of(d),
    labels: d.labels.map(of),
    notes: d.notes.map(of),
    trace: d.trace.map(of),
  }));
}

const percent = (share: number): string => `${String(Number((100 * share).toPrecision(4)))}%`;
const grouped = (n: number): string => n.toLocaleString('en-US');

function tableText(model: string, { tables, numbers }: FittedSizes, wanted: number): string {
  const rows = [
    ['field', 'size', 'new size', 'explains', 'parameters saved'],
    ...tables.map((t) => [
      fieldOf(t),
      String(t.before),
      isWritten(t) ? String(t.after) : '–',
      percent(t.explained),
      grouped(savedParameters(t)),
    ]),
  ];
  const before = tables.reduce((sum, t) => sum + t.rows * t.before, 0);
  const saved = tables.reduce((sum, t) => sum + savedParameters(t), 0);
  const notes = [...tables.flatMap(noteOf), ...numbers.map(vectorNote)];
  return [
    `${model}: the smallest sizes that explain ${percent(wanted)} of the variance of trained rows`,
    ...columns(rows),
    `${grouped(saved)} of ${grouped(before)} parameters of tables saved`,
    ...notes,
    '',
  ].join('\n');
}

/** A table that several features share is one field. */
const fieldOf = ({ name, features }: FittedTable): string =>
  features.length === 1 && features[0] === name ? name : `${name} (${features.join(', ')})`;

function noteOf({ name, fixed, before, after }: FittedTable): readonly string[] {
  switch (fixed) {
    case undefined:
      return [];
    case 'made-in-network':
      return [
        `${name}: its size is written where the network makes it with embed${after < before ? `; ${String(after)} would do in place of ${String(before)}` : ''}`,
      ];
    case 'too-few-rows':
      return [`${name}: it keeps its size, for training has moved less than two of its rows`];
    default:
      return fixed satisfies never;
  }
}

const vectorNote = ({ name, before, after }: FittedNumber): string =>
  before === after
    ? `${name}: it keeps its size, for a number has one vector, not a table`
    : `${name}: its vector gets the size of the tables, ${String(after)} in place of ${String(before)}`;

function writeSpec(file: string, shown: string, spec: string, force: boolean): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, spec, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const refused = refusal(error, 'write', shown);
    throw refused === undefined ? error : complaint(refused);
  }
}

/** How to say where the data are, if the new spec does not find them by itself. */
function dataOption({ spec, data, files }: RunOrigin, imports: boolean, file: string, host: Pick<Host, 'folder'>): string {
  const from = imports && spec !== undefined ? path.dirname(spec) : path.dirname(file);
  const folder = data === undefined || data === from ? [] : [shownPath(data, host.folder)];
  const named = Object.entries(files).map(([name, one]) => `${name}=${shownPath(one, host.folder)}`);
  return [...folder, ...named].map((given) => ` --data ${shellWord(given)}`).join('');
}

const setOption = (setting: string): string => ` --set ${shellWord(setting)}`;
