import type { CheckedModel } from '../model/model.js';
import { nearest } from '../model/suggest.js';
import { givenBy } from '../serve/served.js';
import { complaint } from './errors.js';

/**
 * The names that the command line asks for, single or with commas between them; without any, the model's own outputs.
 * @throws a complaint where the model gives no such thing
 */
export function pickOutputs(
  model: Pick<CheckedModel, 'name' | 'labels' | 'outputs'>,
  given: readonly string[],
): readonly string[] {
  const all = givenBy(model);
  const names = [...new Set(given.flatMap((text) => text.split(',')).map((name) => name.trim()))];
  for (const name of names) {
    if (all.includes(name)) continue;
    const near = nearest(name, all);
    throw complaint(name === '' ? '--output needs NAME' : `model ${model.name} has no output ${name}`, {
      help: near === undefined ? `It gives ${all.join(', ')}.` : `Did you mean ${near}?`,
      exitStatus: 2,
    });
  }
  return names.length === 0 ? model.outputs : names;
}
