import { deviationOfLogits, deviationOfTraining, predictionsOf } from './agreement.js';
import type { Answer } from './jobs.js';
import type { OpenBackend } from './open.js';
import type { Expected } from './oracle.js';
import { projectCode } from './project-code.js';
import { optimizerNames, type Logits, type OptimizerName } from './subject.js';
import type { Subjects } from './subjects.js';

/** How far a backend is from the float64 interpreter, or what it says where it fails. */
export interface Measured {
  readonly predictions: number | string;
  /** Over the losses of the steps and the predictions after them; none of what does not train. */
  readonly steps?: Readonly<Record<OptimizerName, number | string>>;
}

/** What writes inference alone. */
const noTraining = new Set(['tfjs graph model', 'onnx']);
/** What gives no logits. */
const noLogits = new Set(['typescript']);

const deviationOr = (answer: Answer, deviation: (answer: Exclude<Answer, { error: string }>) => number): number | string =>
  'error' in answer ? answer.error : deviation(answer);

/** Runs a model by a target on a backend: predictions, and steps by each optimizer. */
export async function measure(backend: OpenBackend, target: string, { by }: Subjects, expected: Expected): Promise<Measured> {
  const { model } = by.adam;
  const scale = (logits: Logits): Logits => (noLogits.has(target) ? predictionsOf(model, logits) : logits);
  const codeFor = async (optimizer: OptimizerName): Promise<{ readonly code?: string }> =>
    target === 'typescript' ? { code: await projectCode(by[optimizer].model) } : {};
  const predicted = await backend.ask({
    target,
    subject: by.adam,
    weights: expected.weights,
    ...(await codeFor('adam')),
  });
  const predictions = deviationOr(predicted, ({ logits }) => deviationOfLogits(logits, scale(expected.logits)));
  if (noTraining.has(target)) return { predictions };
  const measured: [OptimizerName, number | string][] = [];
  for (const name of optimizerNames) {
    const answer = await backend.ask({ target, subject: by[name], ...(await codeFor(name)) });
    const { losses, logits } = expected.trained[name];
    const deviation = deviationOr(answer, (given) =>
      'losses' in given ? deviationOfTraining(given, { losses, logits: scale(logits) }) : Infinity,
    );
    measured.push([name, deviation]);
  }
  return { predictions, steps: Object.fromEntries(measured) as Record<OptimizerName, number | string> };
}
