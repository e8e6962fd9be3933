import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleBackends } from '../../scripts/backends/bundle.mjs';
import { tolerances } from './kit/agreement.js';
import { chosen, testedOnGpu, testedSteps } from './kit/chosen.js';
import { measure } from './kit/measure.js';
import { backends, type OpenBackend } from './kit/open.js';
import { expectedOf, type Expected } from './kit/oracle.js';
import type { Missing } from './kit/start.js';
import { targetsOf } from './kit/targets.js';
import { subjectsOf, type Subjects } from './kit/subjects.js';

/** The others are slower and compute by the same code: `scripts/matrix.mjs` runs them. */
const tested = backends.filter(({ everyTime }) => everyTime);

type Kind = keyof typeof tolerances;

interface Prepared {
  readonly subjects: Subjects;
  readonly expected: Expected;
}

const prepared = new Map<string, Promise<Prepared>>();

async function prepare(file: string, name: string, kind: Kind): Promise<Prepared> {
  const subjects = await subjectsOf(file, name, testedSteps[kind]);
  return { subjects, expected: await expectedOf(subjects.by) };
}

function preparedFor(file: string, name: string, kind: Kind): Promise<Prepared> {
  const key = `${name} ${kind}`;
  return prepared.get(key) ?? prepared.set(key, prepare(file, name, kind)).get(key)!;
}

beforeAll(bundleBackends);

describe.each(tested)('$name', ({ name, kind, open }) => {
  let opened: OpenBackend | Missing | undefined;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(async () => {
    if (opened !== undefined && 'close' in opened) await opened.close();
  });

  const targets = kind === 'gpu' ? testedOnGpu : targetsOf(name);
  test.for(chosen.flatMap(([file, model]) => targets.map((target) => [model, target, file] as const)))(
    '%s by %s',
    async ([model, target, file], { skip }) => {
      if (opened === undefined) throw new Error('it has not started');
      if ('missing' in opened) return skip(opened.missing);
      const { subjects, expected } = await preparedFor(file, model, kind);
      const { predictions, steps } = await measure(opened, target, subjects, expected);
      for (const [what, deviation] of Object.entries({ predictions, ...steps })) {
        expect(deviation, `${what} fails`).toBeTypeOf('number');
        expect(deviation, what).toBeLessThanOrEqual(tolerances[kind]);
      }
    },
  );
});
