import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { predictionFormats, readPredictionRows, type PredictionRow } from '../../data/prediction-rows.js';
import type { Encoding } from '../../data/text-files.js';
import { neededColumns } from '../../encode/needed-columns.js';
import { rowSchema } from '../../encode/schema.js';
import { inferenceGraph } from '../../graph/pipeline.js';
import { damaged } from '../../run/errors.js';
import type { StoredRun } from '../../run/read.js';
import { places } from '../../run/record.js';
import { neededBy, withFeaturesOf } from '../../serve/served.js';
import { openInference, openStoredModel } from '../../serve/stored-model.js';
import { loadEngine } from '../../train/engines/index.js';
import { command } from '../command.js';
import { engineOptions } from '../engine-options.js';
import { complaint, refusal, type ExitStatus } from '../errors.js';
import { nearFile } from '../files.js';
import type { Host } from '../host.js';
import { choice, choiceIfAny, count, text, texts } from '../options.js';
import { checkColumns, columnsThere } from '../prediction-columns.js';
import { predictionForm } from '../prediction-form.js';
import { createPredictor } from '../predictor.js';
import { pickOutputs } from '../served.js';

const rowsAtOnce = 4096;
const mostShown = 5;

export default command({
  description:
    'Predicts for each row what the model gives: its labels, or what its `outputs` lists. A label is a probability for `binary`, the value for `number`, a probability for each of `class(n)`; a vector is a list.\nStandard output has one line of JSON a row, in order: {"liked": 0.73, "user": [0.1, -0.4]}, with the columns of --keep before it. A row that cannot be predicted becomes {"error": "…"}, and the exit status 1.\nA row needs only the columns that these outputs depend on: vectors of items are made of a file of items.',
  arguments: [
    { name: 'run', help: 'the folder that train wrote' },
    { name: 'rows', help: 'a .csv, .tsv, .jsonl or .parquet file; without it, standard input', optional: true },
  ],
  options: {
    format: choiceIfAny(
      '--format',
      predictionFormats,
      'of the rows; without it by the ending of the file, else as the spec says; jsonl for standard input',
    ),
    separator: text(
      '--separator',
      'TEXT',
      "of a csv; without it as the spec says of the model's own rows, but a comma for a .csv where they are none",
    ),
    missingColumns: choice('--missing-columns', ['refuse', 'allow'], 'columns that no row has though a feature reads them'),
    output: texts('--output', 'NAME', 'write this instead of what the model lists: a label, or one of its outputs'),
    keep: texts('--keep', 'COLUMN', 'copy this column of the row to the result'),
    ...engineOptions,
    threads: count('--threads', 'N', 1, 'threads of the engine; without it one for each core'),
  },
  examples: [
    { line: 'reccompile predict runs/Cross-1 rows.csv', says: 'a file' },
    { line: 'reccompile predict runs/Cross-1 rows.jsonl --keep user_id --keep movie_id', says: 'with columns to know rows by' },
    { line: 'reccompile predict runs/Towers-1 items.csv --output item --keep movie_id', says: 'a vector of each item' },
    { line: `echo '{"user_id": 1, "movie_id": 50}' | reccompile predict runs/Cross-1`, says: 'a row by hand' },
  ],
  run: async ([folder = '', given], options, host): Promise<ExitStatus> => {
    const file = given === '-' ? undefined : given;
    const absolute = file === undefined ? undefined : existing(file, host);
    const stored = await openStoredModel(path.resolve(host.folder, folder));
    const outputs = pickOutputs(stored.model, options.output);
    const clash = options.keep.find((column) => outputs.includes(column));
    if (clash !== undefined) {
      throw complaint(`--keep ${clash} cannot be told from the prediction, which has that name`, { exitStatus: 2 });
    }
    const graph = inferenceGraph(stored.model, outputs);
    const program = neededBy(graph, stored.program);
    // The schema of the run is that of the model's own outputs.
    const schema: Readonly<Record<string, unknown>> =
      options.output.length === 0 ? await stored.run.schema() : { ...rowSchema(withFeaturesOf(stored.model, program)) };
    const needed = [...neededColumns(program).keys()];
    const { format, options: read } = predictionForm(options, file, stored.model.data?.source, needed);
    const form = { ...read, wanted: new Set([...needed, ...options.keep]) };
    const source = absolute === undefined ? { text: decoded(host.input(), form.encoding) } : { path: absolute };
    const validate = validatorOf(stored.run, schema);
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    const inference = await openInference(
      stored,
      graph,
      await loadEngine(options.engine, options),
      options.threads ?? availableParallelism(),
    );
    const predict = createPredictor({ stored, program, outputs, validate, inference, keep: options.keep });
    if (file === undefined && host.typed)
      host.writeError(`Type rows, ${format === 'csv' ? 'the header first' : 'one JSON object a line'}; Ctrl-D ends.\n`);
    let wrong = 0;
    let bare = 0;
    const outside = new Map<string, number>();
    let rows = 0;
    const lookAtColumns = async (batch: readonly PredictionRow[]): Promise<readonly string[]> => {
      const isWhole = format !== 'jsonl' || batch.length < rowsAtOnce || absolute === undefined;
      const others = isWhole ? undefined : readPredictionRows({ path: absolute }, format, form);
      const there = await columnsThere(batch, needed, others);
      return checkColumns([...there], {
        program,
        required,
        keep: options.keep,
        format,
        allowsLost: options.missingColumns === 'allow' || (file === undefined && host.typed),
        file: file ?? 'standard input',
      });
    };
    const write = async (batch: readonly PredictionRow[]): Promise<void> => {
      const warnings = rows === 0 ? await lookAtColumns(batch) : [];
      for (const told of warnings) host.writeError(`warning: ${told}\n`);
      const { lines, remarks, outside: found } = await predict(batch);
      for (const [name, count] of found) outside.set(name, (outside.get(name) ?? 0) + count);
      host.write(lines);
      for (const { record, error, note } of remarks) {
        if (note !== undefined && (bare += 1) <= mostShown) host.writeError(`warning: row ${String(record)}: ${note}\n`);
        if (error !== undefined && (wrong += 1) <= mostShown) host.writeError(`row ${String(record)}: ${error}\n`);
      }
      rows += batch.length;
    };
    try {
      let batch: readonly PredictionRow[] = [];
      for await (const some of readPredictionRows(source, format, form)) {
        batch = [...batch, ...some];
        if (batch.length < rowsAtOnce && !host.typed) continue;
        await write(batch);
        batch = [];
        if (host.unread()) break;
      }
      if (batch.length > 0) await write(batch);
    } finally {
      await inference.close();
    }
    if (rows === 0) throw complaint(`${file ?? 'standard input'} has no rows`);
    if (bare > mostShown) host.writeError(`warning: every feature is missing in ${String(bare)} of ${String(rows)} rows\n`);
    for (const [name, count] of outside)
      host.writeError(
        `warning: feature ${name} has a value outside its \`values\`, which counts as unknown, in ${String(count)} of ${String(rows)} rows\n`,
      );
    if (wrong > mostShown) host.writeError(`${String(wrong)} of ${String(rows)} rows could not be predicted\n`);
    return wrong > 0 ? 1 : 0;
  },
});

function existing(file: string, host: Host): string {
  const absolute = path.resolve(host.folder, file);
  try {
    if (statSync(absolute).isDirectory()) throw complaint(`cannot read ${file}: it is a folder`);
    return absolute;
  } catch (error) {
    const refused = refusal(error, 'read', file);
    throw refused === undefined ? error : complaint(refused, nearFile(absolute));
  }
}

function validatorOf(run: StoredRun, schema: Readonly<Record<string, unknown>>): ValidateFunction {
  try {
    return new Ajv({ allowUnionTypes: true, allErrors: true }).compile(schema);
  } catch {
    throw damaged(`${run.folder}/${places.schema}`, 'it is not a JSON Schema');
  }
}

async function* decoded(bytes: AsyncIterable<Uint8Array>, encoding: Encoding = 'utf8'): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}
