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

const scaleOf = (target: string, { by }: Subjects): ((logits: Logits) => Logits) =>
  noLogits.has(target) ? (logits) => predictionsOf(by.adam.model, logits) : (logits) => logits;

const codeFor = async (target: string, { by }: Subjects, optimizer: OptimizerName): Promise<{ readonly code?: string }> =>
  target === 'typescript' ? { code: await projectCode(by[optimizer].model) } : {};

/** Steps by one optimizer alone. */
async function measureSteps(
  backend: OpenBackend,
  target: string,
  subjects: Subjects,
  expected: Expected,
  optimizer: OptimizerName,
): Promise<number | string> {
  const subject = subjects.by[optimizer];
  const answer = await backend.ask({ target, subject, ...(await codeFor(target, subjects, optimizer)) });
  const { losses, logits } = expected.trained[optimizer];
  const wanted = { losses, logits: scaleOf(target, subjects)(logits) };
  return deviationOr(answer, (given) => ('losses' in given ? deviationOfTraining(given, wanted) : Infinity));
}

/** Runs a model by a target on a backend: predictions, and steps by each optimizer. */
export async function measure(backend: OpenBackend, target: string, subjects: Subjects, expected: Expected): Promise<Measured> {
  const { weights } = expected;
  const predicted = await backend.ask({
    target,
    subject: subjects.by.adam,
    weights,
    ...(await codeFor(target, subjects, 'adam')),
  });
  const wanted = scaleOf(target, subjects)(expected.logits);
  const predictions = deviationOr(predicted, ({ logits }) => deviationOfLogits(logits, wanted));
  if (noTraining.has(target)) return { predictions };
  const measured: [OptimizerName, number | string][] = [];
  for (const name of optimizerNames) measured.push([name, await measureSteps(backend, target, subjects, expected, name)]);
  return { predictions, steps: Object.fromEntries(measured) as Record<OptimizerName, number | string> };
}
