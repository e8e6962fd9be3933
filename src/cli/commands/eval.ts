import { availableParallelism } from 'node:os';
import path from 'node:path';
import { openDataset, type Dataset } from '../../data/dataset.js';
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
import { choice, count, size, texts, toggle } from '../options.js';
import { openInference, openStoredModel } from '../../serve/stored-model.js';
import { measure } from '../../train/metrics.js';
import { scoreSplit } from '../../train/windows.js';
import { interruptible } from '../interruption.js';
import { bar, progressLine } from '../progress.js';
import { readingText } from '../reading.js';
import { metricsText, metricValues } from '../train-texts.js';
import { version } from '../version.js';

export default command({
  description:
    'Measures a run: on the test rows of the data it was trained on, or on every row of another file.\nEverything but the data comes from the run folder.\nThe result goes to standard output; with --json it is one line, {"run", "split", "rows", "metrics"}.',
  arguments: [{ name: 'run', help: 'the folder that train wrote' }],
  options: {
    split: choice('--split', ['test', 'valid', 'train', 'all'], 'which rows; all takes every row that `keep` leaves'),
    data: texts('--data', 'PATH', 'where the data are: a folder, another file, or name=FILE for one of several'),
    ...engineOptions,
    threads: count('--threads', 'N', 1, 'threads of the engine; without it one for each core'),
    memory: size(
      '--memory',
      'SIZE',
      'most memory for rows, such as 2GB; more rows lie in a temporary file and are measured a part at a time. Without it a part of what is free',
    ),
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
    const line = progressLine(host);
    const { signal, release } = interruptible(host, () => {
      line.keep('ending …');
    });
    let dataset: Dataset | undefined;
    try {
      const { model, program, state } = stored;
      dataset = await openDataset({
        model,
        program,
        state,
        paths,
        rows: split === 'all' ? 'all' : 'as-trained',
        compiler: version,
        budget: options.memory,
        signal,
        onProgress: (progress) => {
          line.show(readingText(progress));
        },
      });
      const { counts, warnings, summaries } = dataset;
      line.keep(describeRows(counts, summaries));
      for (const told of describeBadRows(counts, host)) line.keep(told);
      const own = split === 'all' ? 'test' : split;
      const { rows } = summaries[own];
      if (rows === 0) throw complaint(`there are no ${split} rows`, { help: 'Choose others with --split.' });
      for (const told of [...warnings, ...unknownWarnings(program, summaries[own], split === 'all' ? 'given' : split)])
        line.keep(`warning: ${withShortPaths(told, host.folder)}`);
      const { logits, labels } = await scoreSplit({
        dataset,
        split: own,
        predict: (part) => inference.predictRows(part, signal),
        signal,
        onRows: (done) => {
          line.show(`measuring ${bar(done / rows)} ${done.toLocaleString('en-US')} of ${rows.toLocaleString('en-US')} rows`);
        },
      });
      line.clear();
      const values = metricValues(measure(model, logits, labels));
      if (options.json) host.write(`${JSON.stringify({ run: folder, split, rows, metrics: values } satisfies EvaluatedJson)}\n`);
      else host.write(`${split}, ${rows.toLocaleString('en-US')} rows: ${metricsText(values)}\n`);
      return 0;
    } catch (error) {
      line.clear();
      if (signal.aborted && error === signal.reason) return 130;
      throw error;
    } finally {
      await dataset?.close();
      await inference.close();
      release();
    }
  },
});
