import { ownOf } from '../encode/columns.js';
import type { CheckedModel } from '../model/model.js';
import type { RowValues, Scores } from '../train/score.js';

/** A number, a list for a vector, a list of lists for a matrix. */
export type Nested = number | readonly Nested[];

/** What rows are given under a name. */
export interface OutputColumn extends RowValues {
  readonly name: string;
}

/** Labels' predictions and other outputs, in the order of their names. */
export const outputColumns = (
  { labels }: Pick<CheckedModel, 'labels'>,
  names: readonly string[],
  { predictions, outputs }: Pick<Scores, 'predictions' | 'outputs'>,
): readonly OutputColumn[] =>
  names.map((name) => {
    const task = labels.find((label) => label.name === name)?.task;
    const none = new Float64Array(0);
    if (task === undefined) return { name, ...(ownOf(outputs, name) ?? { shape: [], values: none }) };
    return { name, shape: task.kind === 'class' ? [task.classes] : [], values: ownOf(predictions, name) ?? none };
  });

/** Element `at` of the first axis of values [n, ...shape]. */
export function elementAt(values: Float64Array, shape: readonly number[], at: number): Nested {
  const [length, ...rest] = shape;
  if (length === undefined) return values[at] ?? NaN;
  return Array.from({ length }, (_, i) => elementAt(values, rest, at * length + i));
}

/** Puts a value under a name that may be `__proto__`. */
export function setOwn<T>(record: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
  else record[name] = value;
}
