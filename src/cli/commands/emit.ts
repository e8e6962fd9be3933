import { encoderProgram } from '../../encode/compile.js';
import { printEncoderSql } from '../../encode/sql-text.js';
import { printFoldedGraph, printGraph } from '../../graph/text.js';
import { forEngine, inferenceStages, stepGraph, stepStages } from '../../graph/pipeline.js';
import { cutIntoShards } from '../../graph/shards.js';
import { print } from '../../language/printer.js';
import { expand } from '../../model/expand.js';
import { packedFeed } from '../../target/onnx/packed-feed.js';
import { onnxModel } from '../../target/onnx/model.js';
import { printOnnx } from '../../target/onnx/text.js';
import { command } from '../command.js';
import { complaint } from '../errors.js';
import { choice, text, toggle } from '../options.js';
import { checkSpec, pickModel, specOptions } from '../spec.js';

export default command({
  description:
    'Prints what a spec is compiled to, stage by stage: `syntax` as read, `model` written out, `graph` for inference, `step` for training (forward, loss, gradients), `onnx` with the kernels chosen for it, `sql` over the columns of the data.',
  arguments: [{ name: 'file', help: 'the .rec file' }],
  options: {
    ...specOptions,
    stage: choice('--stage', ['graph', 'step', 'onnx', 'model', 'syntax', 'sql'], 'which stage'),
    after: text('--after', 'PASS', 'of a graph: as it is after this pass, instead of the last one'),
    full: toggle('--full', 'of a graph: every turn of a repeat, instead of one'),
  },
  examples: [
    { line: 'reccompile emit movies.rec --stage=step', says: 'the training step with its gradients' },
    { line: 'reccompile emit movies.rec --stage=graph --after=lower', says: 'before anything was simplified' },
    { line: 'reccompile emit movies.rec --stage=onnx', says: 'the step as the engine runs it, and why each kernel was chosen' },
    { line: 'reccompile emit movies.rec --stage=sql', says: 'what is computed over the columns' },
  ],
  run: ([file = ''], { model: name, settings, stage, after, full }, host) => {
    const checked = checkSpec(file, { settings }, host);
    if (after !== undefined && stage !== 'graph' && stage !== 'step') {
      throw complaint(`--after belongs to --stage=graph and --stage=step, not to ${stage}`, { exitStatus: 2 });
    }
    if (stage === 'syntax') {
      host.write(print(checked.file));
      return 0;
    }
    const model = pickModel(checked, name, file);
    switch (stage) {
      case 'model':
        host.write(print(expand(checked, { only: model.name })));
        break;
      case 'sql':
        host.write(printEncoderSql(encoderProgram(model), model.data?.keep));
        break;
      case 'onnx': {
        const step = forEngine(stepGraph(model));
        const { shardRows } = cutIntoShards(model.train.batch, step, model.train);
        host.write(printOnnx(onnxModel(step.graph, { rows: shardRows, feed: packedFeed(step.graph, shardRows) })));
        break;
      }
      case 'graph':
      case 'step': {
        const stages = stage === 'graph' ? inferenceStages(model) : stepStages(model);
        const wanted = after === undefined ? stages.at(-1) : stages.find((s) => s.name === after);
        if (!wanted) {
          throw complaint(`there is no pass ${after ?? ''}`, {
            help: `The passes are ${[...new Set(stages.map((s) => s.name))].join(', ')}.`,
            exitStatus: 2,
          });
        }
        host.write(full ? printGraph(wanted.graph) : printFoldedGraph(wanted.graph));
        break;
      }
      default:
        stage satisfies never;
    }
    return 0;
  },
});
