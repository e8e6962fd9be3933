import type { EncodedData } from '../../../src/encode/program.js';
import { encoderProgram } from '../../../src/encode/compile.js';
import { sliceRows } from '../../../src/encode/row-groups.js';
import { inferenceGraph } from '../../../src/graph/pipeline.js';
import { labelNames } from '../../../src/model/model.js';
import type { Engine } from '../../../src/train/engine.js';
import { openModel } from '../../../src/train/inference.js';
import { nothingReached } from '../../../src/train/position.js';
import { startCrew } from '../../../src/train/train.js';
import { copyWeights, viewState, type Weights } from '../../../src/train/weights.js';
import { seed, type Logits, type Runner, type Subject } from './subject.js';

const dataOf = ({ model, state, rows }: Subject): EncodedData => ({
  program: encoderProgram(model),
  state,
  train: rows,
  valid: sliceRows(rows, 0, 0),
  test: sliceRows(rows, 0, 0),
  counts: { read: rows.rows, dropped: 0, bad: 0, badRows: [] },
});

async function predict(engine: Engine, { model, rows }: Subject, weights: Weights): Promise<Logits> {
  const inference = await openModel({ model, graph: inferenceGraph(model, labelNames(model)), weights, engine });
  try {
    return (await inference.predictRows(rows)).logits;
  } finally {
    await inference.close();
  }
}

/** The losses of a subject's steps of the training loop, and what it has learned by them. */
export async function trainSteps(engine: Engine, subject: Subject): Promise<{ losses: readonly number[]; weights: Weights }> {
  const options = { model: subject.model, data: dataOf(subject), engine, seed, threads: 1 };
  const { crew, memory, layout } = await startCrew(options);
  try {
    crew.beginEpoch(1, nothingReached);
    const losses: number[] = [];
    for (let i = 0; i < subject.steps; i++) {
      const { lastLoss } = await crew.run({ from: i, to: i + 1, before: 0 }, () => false);
      losses.push(lastLoss);
    }
    return { losses, weights: copyWeights(viewState(memory, layout, subject.steps, 1)) };
  } finally {
    await crew.close();
  }
}

/** What `train` and `predict` of the command line do, by an engine. */
export const engineRunner = (engine: Engine): Runner => ({
  predict: (subject, weights) => predict(engine, subject, weights),
  train: async (subject) => {
    const { losses, weights } = await trainSteps(engine, subject);
    return { losses, logits: await predict(engine, subject, weights) };
  },
});
