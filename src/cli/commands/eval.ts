import { availableParallelism } from 'node:os';
import path from 'node:path';
import { encodeWithState } from '../../data/encode.js';
import { inferenceGraph } from '../../graph/pipeline.js';
import { labelNames } from '../../model/model.js';
import { unknownWarnings } from '../../data/warnings.js';
import { loadEngine } from '../../train/engines/index.js';
import { withShortPaths } from '../answer.js';
import { command } from '../command.js';
import { dataPathsOfRun } from '../data-paths.js';
import { describeBadRows, describeRows } from '../counts.js';
import { engineOptions } from '../engine-options.js';
import { complaint, type ExitStatus } from '../errors.js';
import type { EvaluatedJson } from '../json-outputs.js';
import { choice, count, texts, toggle } from '../options.js';
import { openInference, openStoredModel } from '../../serve/stored-model.js';
import { metricsText, metricValues } from '../train-texts.js';

export default command({
  description:
    'Measures a run: on the test rows of the data it was trained on, or on every row of another file.\nEverything but the data comes from the run folder.\nThe result goes to standard output; with --json it is one line, {"run", "split", "rows", "metrics"}.',
  arguments: [{ name: 'run', help: 'the folder that train wrote' }],
  options: {
    split: choice('--split', ['test', 'valid', 'train', 'all'], 'which rows; all takes every row that `keep` leaves'),
    data: texts('--data', 'PATH', 'where the data are: a folder, another file, or name=FILE for one of several'),
    ...engineOptions,
    threads: count('--threads', 'N', 1, 'threads of the engine; without it one for each core'),
    json: toggle('--json', 'one line of JSON'),
  },
  examples: [
    { line: 'reccompile eval runs/Cross-1', says: 'the test rows' },
    { line: 'reccompile eval runs/Cross-1 --split all --data new.csv', says: 'every row of a new file' },
    { line: 'reccompile eval runs/Cross-1 --json', says: 'for a script' },
  ],
  run: async ([folder = ''], options, host): Promise<ExitStatus> => {
    const { split } = options;
    const stored = await openStoredModel(path.resolve(host.folder, folder));
    const paths = await dataPathsOfRun(stored.run, options.data, host);
    const inference = await openInference(
      stored,
      inferenceGraph(stored.model, labelNames(stored.model)),
      await loadEngine(options.engine, options),
      options.threads ?? availableParallelism(),
    );
    try {
      const { model, program, state } = stored;
      const data = await encodeWithState({ model, program, state, paths, rows: split === 'all' ? 'all' : 'as-trained' });
      host.writeError(`${describeRows(data.counts, data)}\n`);
      for (const line of describeBadRows(data.counts, host)) host.writeError(`${line}\n`);
      const rows = data[split === 'all' ? 'test' : split];
      if (rows.rows === 0) throw complaint(`there are no ${split} rows`, { help: 'Choose others with --split.' });
      for (const told of [...(data.warnings ?? []), ...unknownWarnings(program, rows, split === 'all' ? 'given' : split)])
        host.writeError(`warning: ${withShortPaths(told, host.folder)}\n`);
      const values = metricValues(await inference.evaluate(rows));
      if (options.json)
        host.write(`${JSON.stringify({ run: folder, split, rows: rows.rows, metrics: values } satisfies EvaluatedJson)}\n`);
      else host.write(`${split}, ${rows.rows.toLocaleString('en-US')} rows: ${metricsText(values)}\n`);
    } finally {
      await inference.close();
    }
    return 0;
  },
});
