import { fullSteps } from './subject.js';

/** Six models that together have every op, kind of feature and kind of loss: a test holds that. */
export const chosen = [
  ['test/target/typescript/films.rec', 'Films'],
  ['test/target/typescript/shop.rec', 'Places'],
  ['test/target/typescript/shop.rec', 'Parts'],
  ['test/target/typescript/shop.rec', 'Towers'],
  ['test/target/typescript/wide.rec', 'Shelves'],
  ['test/backends/agreement.rec', 'Rest'],
] as const satisfies readonly (readonly [file: string, model: string])[];

/** How many steps tests do. Software stands in for a GPU, and takes a second for each. */
export const testedSteps = { cpu: fullSteps, gpu: 5 } as const;

/** The engine does on a GPU what the live object does. */
export const testedOnGpu = ['typescript', 'tfjs live', 'tfjs graph model'] as const;
