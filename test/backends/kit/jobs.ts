import type { Weights } from '../../../src/train/weights.js';
import { decode, encode } from './codec.js';
import type { Logits, Runner, Subject, Trained } from './subject.js';

/** What is asked of a backend, in text that programs and pages read. */
export interface Job {
  readonly target: string;
  readonly subject: Subject;
  /** Predict by these, or train. */
  readonly weights?: Weights;
  /** Of a target that writes code: that, as one module. */
  readonly code?: string;
}

export type Answer = { readonly logits: Logits } | Trained | { readonly error: string };

/** Does a job by the runner of its target. */
export async function answerTo(text: string, runners: Readonly<Record<string, Runner>>): Promise<string> {
  const { target, subject, weights, code } = decode(text) as Job;
  const runner = runners[target];
  try {
    if (runner === undefined) throw new Error(`nothing runs ${target} here`);
    if (weights !== undefined) return encode({ logits: await runner.predict(subject, weights, code) } satisfies Answer);
    if (runner.train === undefined) throw new Error(`${target} does not train`);
    return encode((await runner.train(subject, code)) satisfies Answer);
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return encode({ error: stack.split('\n').slice(0, 4).join('\n') } satisfies Answer);
  }
}
