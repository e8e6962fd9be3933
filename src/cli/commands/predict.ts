import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { predictionFormat, readPredictionRows, type PredictionFormat, type PredictionRow } from '../../data/prediction-rows.js';
import { createRowEncoder, type RawRow, type RowEncoder } from '../../encode/row.js';
import type { CheckedModel } from '../../model/model.js';
import { defaultEngine, engineNames } from '../../train/engines/index.js';
import type { Inference } from '../../train/inference.js';
import { command } from '../command.js';
import { complaint, type ExitStatus } from '../errors.js';
import type { Host } from '../host.js';
import { choice, count, text, texts } from '../options.js';
import { openInference, openStoredModel } from '../stored-model.js';

const rowsAtOnce = 4096;
const mostShown = 5;

export default command({
  description:
    'Predicts a label for each row: a probability for `binary`, the value for `number`, a probability for each of `class(n)`.\nOne line of JSON a row, in order; a row that cannot be predicted becomes {"error": …}, and the exit status 1.',
  arguments: [
    { name: 'run', help: 'the folder that train wrote' },
    { name: 'rows', help: 'a .csv, .tsv or .jsonl file; without it, standard input', optional: true },
  ],
  options: {
    format: text('--format', 'csv|jsonl', 'of the rows; without it by the ending of the file, jsonl for standard input'),
    separator: text('--separator', 'TEXT', 'of a csv'),
    keep: texts('--keep', 'COLUMN', 'copy this column of the row to the result'),
    engine: choice('--engine', [defaultEngine, ...engineNames.filter((n) => n !== defaultEngine)], 'what runs the graph'),
    threads: count('--threads', 'N', 1, 'threads of the engine; without it one for each core'),
  },
  examples: [
    { line: 'reccompile predict runs/Cross-1 rows.csv', says: 'a file' },
    { line: 'reccompile predict runs/Cross-1 rows.jsonl --keep user_id --keep movie_id', says: 'with columns to know rows by' },
    { line: `echo '{"user_id": 1, "movie_id": 50}' | reccompile predict runs/Cross-1`, says: 'a row by hand' },
  ],
  run: async ([folder = '', file], options, host): Promise<ExitStatus> => {
    const known = file === undefined ? undefined : predictionFormat(file);
    const format = formatOf(options.format, known?.format, file);
    const stored = await openStoredModel(path.resolve(host.folder, folder));
    const validate = new Ajv({ allowUnionTypes: true, allErrors: true }).compile(await stored.run.schema());
    const encoder = createRowEncoder(stored.program, stored.state);
    const inference = await openInference(stored, options.engine, options.threads ?? availableParallelism());
    const separator = options.separator ?? known?.separator;
    const source =
      file === undefined || file === '-' ? { text: decoded(host.input()) } : { path: path.resolve(host.folder, file) };
    const work: Work = { model: stored.model, validate, encoder, inference, keep: options.keep, host };
    let wrong = 0;
    let rows = 0;
    try {
      let batch: PredictionRow[] = [];
      for await (const row of readPredictionRows(source, format, separator === undefined ? {} : { separator })) {
        batch.push(row);
        if (batch.length < rowsAtOnce) continue;
        wrong += await predictBatch(work, batch, wrong);
        rows += batch.length;
        batch = [];
      }
      wrong += await predictBatch(work, batch, wrong);
      rows += batch.length;
    } finally {
      await inference.close();
    }
    if (rows === 0) throw complaint(`${file ?? 'standard input'} has no rows`);
    if (wrong > mostShown) host.writeError(`${String(wrong)} of ${String(rows)} rows could not be predicted\n`);
    return wrong > 0 ? 1 : 0;
  },
});

function formatOf(given: string | undefined, known: PredictionFormat | undefined, file: string | undefined): PredictionFormat {
  if (given === 'csv' || given === 'jsonl') return given;
  if (given !== undefined) throw complaint(`--format is csv or jsonl, not ${given}`, { exitStatus: 2 });
  if (known !== undefined) return known;
  if (file === undefined || file === '-') return 'jsonl';
  throw complaint(`cannot tell what ${file} is by its name`, { help: 'Say --format csv or --format jsonl.', exitStatus: 2 });
}

async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

interface Work {
  readonly model: CheckedModel;
  readonly validate: ValidateFunction;
  readonly encoder: RowEncoder;
  readonly inference: Inference;
  readonly keep: readonly string[];
  readonly host: Host;
}

/** Writes a line for each row of the batch; returns how many could not be predicted. */
async function predictBatch(
  { model, validate, encoder, inference, keep, host }: Work,
  batch: readonly PredictionRow[],
  before: number,
): Promise<number> {
  const results: Record<string, unknown>[] = batch.map(() => ({}));
  const good: { readonly at: number; readonly row: RawRow }[] = [];
  batch.forEach((found, at) => {
    if ('broken' in found) results[at] = { error: found.broken };
    else if (validate(found.row)) good.push({ at, row: found.row });
    else results[at] = { error: schemaError(validate.errors ?? []) };
  });
  const { encoded, positions, problems } = encoder.encodeRows(good.map(({ row }) => row));
  for (const { position, problems: own } of problems) {
    results[good[position]?.at ?? 0] = { error: own.map((p) => `${p.name}: ${p.reason}`).join('; ') };
  }
  if (encoded.rows > 0) {
    const { predictions } = await inference.predictRows(encoded);
    positions.forEach((position, r) => {
      const entry = good[position];
      if (!entry) return;
      const kept = Object.fromEntries(
        keep.map((column) => [column, Object.hasOwn(entry.row, column) ? entry.row[column] : null]),
      );
      const values = model.labels.map(({ name, task }) => {
        const all = predictions[name] ?? new Float64Array();
        if (task.kind !== 'class') return [name, rounded(all[r])] as const;
        return [name, Array.from(all.subarray(r * task.classes, (r + 1) * task.classes), rounded)] as const;
      });
      results[entry.at] = { ...kept, ...Object.fromEntries(values) };
    });
  }
  host.write(results.map((r) => `${JSON.stringify(r)}\n`).join(''));
  let wrong = 0;
  results.forEach((r, at) => {
    if (!('error' in r)) return;
    wrong += 1;
    if (before + wrong <= mostShown) host.writeError(`row ${String(batch[at]?.record ?? at + 1)}: ${String(r.error)}\n`);
  });
  return wrong;
}

/** Seven digits are all that float32 has. */
const rounded = (x: number | undefined): number | null =>
  x === undefined || !Number.isFinite(x) ? null : Number(x.toPrecision(7));

function schemaError(errors: readonly ErrorObject[]): string {
  const texts = errors.map((e) => {
    const column = e.instancePath.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
    if (e.keyword === 'required') return `${String((e.params as { missingProperty?: unknown }).missingProperty)} is missing`;
    return `${column}: ${e.message ?? 'is wrong'}`;
  });
  return [...new Set(texts)].join('; ');
}
