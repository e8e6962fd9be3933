import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleBackends } from '../../scripts/backends/bundle.mjs';
import { tolerances } from './kit/agreement.js';
import { chosen } from './kit/chosen.js';
import { measure, measureSteps } from './kit/measure.js';
import { backends, type OpenBackend } from './kit/open.js';
import { expectedOf, type Expected } from './kit/oracle.js';
import type { Missing } from './kit/start.js';
import { targetsOf } from './kit/targets.js';
import { subjectsOf, type Subjects } from './kit/subjects.js';

/** The others are slower and compute by the same code: `scripts/matrix.mjs` runs them. */
const tested = backends.filter(({ everyTime }) => everyTime);

const prepared = new Map<string, { readonly subjects: Subjects; readonly expected: Expected }>();

beforeAll(async () => {
  await bundleBackends();
  for (const [file, name] of chosen) {
    const subjects = await subjectsOf(file, name);
    prepared.set(name, { subjects, expected: await expectedOf(subjects.by) });
  }
});

describe.each(tested)('$name', ({ name, kind, open }) => {
  let opened: OpenBackend | Missing | undefined;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(async () => {
    if (opened !== undefined && 'close' in opened) await opened.close();
  });

  // Software stands in for the GPU: one way through forward, backward and update is what there is time for.
  const targets = kind === 'gpu' ? ['tfjs live'] : targetsOf(name);
  test.for(chosen.flatMap(([, model]) => targets.map((target) => [model, target] as const)))(
    '%s by %s',
    async ([model, target], { skip }) => {
      if (opened === undefined) throw new Error('it has not started');
      if ('missing' in opened) return skip(opened.missing);
      const { subjects, expected } = prepared.get(model)!;
      const measured =
        kind === 'gpu'
          ? { adam: await measureSteps(opened, target, subjects, expected, 'adam') }
          : await measure(opened, target, subjects, expected).then(({ predictions, steps }) => ({ predictions, ...steps }));
      for (const [what, deviation] of Object.entries(measured)) {
        expect(deviation, `${what} fails`).toBeTypeOf('number');
        expect(deviation, what).toBeLessThanOrEqual(tolerances[kind]);
      }
    },
  );
});
